"""The served files: read at the start, read again when they change, saved without ever leaving their folder.

A file is looked at every 0.3 s. What was written so lately that its time could be the same after the next write is read
anew, so that no change is lost; a file that an editor writes beside and renames is just another file of that name. A
broken file keeps the last good scenario it had.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

from mock_ares.ares.errors import NAMES
from mock_ares.authoring.load import MOST_BYTES, files_of, loads
from mock_ares.authoring.text_files import read_some
from mock_ares.paths import is_folder, is_there, resolved
from mock_ares.scenario.diagnostics import Mistake, ScenarioError
from mock_ares.scenario.model import Scenario
from mock_ares.server.files.atomic_write import OutsideError, tag_of, written
from mock_ares.server.replies.effort import much_to_read
from mock_ares.server.replies.executor import BusyError

RACY = 2.0
"""Seconds for which a file's time does not prove that it is the same."""
MOST_FILES = 5000
MOST_WATCHED = 200
"""Files that are looked at for each request."""
MOST_TEXTS = 100
SUFFIXES = (".yaml", ".yml")
Signature = tuple[int, ...]
Change = Literal["added", "reloaded", "broken", "removed"]
_NAMED = re.compile(r"file[\"']?\s*:\s*(?:\"([^\"\n]+)\"|'([^'\n]+)'|([^\s,}#\"'][^\n,}#]*))")
"""Texts that a file may name; one too many does no harm."""


@dataclass(frozen=True, slots=True)
class Root:
    """A served folder, or the folder of a served file; ``only`` are its files where it is not served whole."""

    label: str
    """Stands before the names of its files where there are several."""
    path: Path
    given: Path
    """As the caller spelled it."""
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ServedFile:
    """One file, as it was when it was last read."""

    name: str
    """Relative to its root, with slashes; behind the root's label where there are several."""
    path: Path
    root: Root
    text: str = ""
    tag: str = ""
    """Of its bytes; empty where they cannot be read."""
    size: int = 0
    good: Scenario | None = None
    """The last one without mistakes."""
    wrong: tuple[Mistake, ...] = ()
    double: Mistake | None = None
    """Another file before it has a scenario of that name."""
    seen: Signature = ()
    """What the file system said when it was read."""
    looked: float = 0.0
    texts: Mapping[Path, Signature] = field(default_factory=dict)
    """Other files that it may name, and what the file system said of them."""

    @property
    def parts(self) -> Iterator[tuple[Path, Signature]]:
        """The file and those that it may name, with what the file system said of them."""
        yield self.path, self.seen
        yield from self.texts.items()

    @property
    def scenario(self) -> Scenario | None:
        """What is served of it."""
        return self.good if self.double is None else None

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        return self.wrong if self.double is None else (*self.wrong, self.double)

    @property
    def serving(self) -> Literal["current", "last-good", "nothing"]:
        if self.scenario is None:
            return "nothing"
        return "last-good" if self.wrong else "current"


class Folder:
    """The files that ``serve`` was given. It reads; whoever owns it serves what it has found."""

    editable = True

    def __init__(self, paths: Iterable[Path]) -> None:
        self.roots = _roots(list(paths))
        self.entries: dict[str, ServedFile] = {}
        """Replaced as a whole by each scan, which may run in another thread."""
        self._by_scenario: dict[int, ServedFile] = {}
        self._scanning = threading.Lock()
        self._folders = dict[Path, Signature]()
        """What the file system said of the folders at the beginning of the last scan."""

    @property
    def title(self) -> str:
        return ", ".join(str(root.path) for root in self.roots)

    @property
    def home(self) -> Path:
        return self.roots[0].path

    def of(self, scenario: Scenario) -> ServedFile | None:
        return self._by_scenario.get(id(scenario))

    @property
    def scenarios(self) -> list[Scenario]:
        return [entry.scenario for entry in self.entries.values() if entry.scenario is not None]

    @property
    def broken(self) -> list[ServedFile]:
        return [entry for entry in self.entries.values() if entry.mistakes]

    def load(self) -> list[Scenario]:
        """The scenarios of all files. Raises ScenarioError with the mistakes of all."""
        self.scan()
        if mistakes := self.mistakes:
            raise ScenarioError(mistakes)
        return self.scenarios

    @property
    def mistakes(self) -> list[Mistake]:
        """In all files, which are named as the caller named them."""
        mistakes = [replace(m, file=_given(entry)) for entry in self.broken for m in entry.wrong]
        homes = {entry.scenario.name: _given(entry) for entry in self.entries.values() if entry.scenario is not None}
        mistakes += [
            _double(entry.good.name, homes[entry.good.name], _given(entry))
            for entry in self.broken
            if entry.double is not None and entry.good is not None
        ]
        return sorted(mistakes + self.missing)

    @property
    def missing(self) -> list[Mistake]:
        """Files that were named, and are not there."""
        return [
            Mistake(str(root.given / name), 1, 1, f"cannot be read: {_why_missing(root.path / name)}")
            for root in self.roots
            for name in sorted(root.only or ())
            if self._label(root, name) not in self.entries
        ]

    def may_have(self, scenario: str) -> bool:
        """Whether a scenario of this name may be in a file with mistakes, by the file's name or by what it says."""
        says = re.compile(rf"^name: *[\"']?{re.escape(scenario)}\b", re.MULTILINE)
        return any(entry.path.stem == scenario or says.search(entry.text) for entry in self.broken)

    def scan(self, read: Read | None = None) -> list[tuple[Change, ServedFile]]:
        """Reads what has changed, and says what that was. Blocks: not for an event loop.

        ``read`` makes scenarios of long texts, as ``read_scenario`` does.
        """
        with self._scanning:
            self._folders = {folder: _signature(folder) for folder in self._known_folders()}
            before, found = self.entries, dict[str, ServedFile]()
            for name, path, root in self._files():
                entry = before.get(name) or ServedFile(name, path, root)
                found[name] = _read(entry, read or read_scenario) if _changed(entry) else entry
            self.entries = _with_doubles(found)
            self._by_scenario = {id(each.scenario): each for each in self.entries.values() if each.scenario is not None}
            return list(_differences(before, self.entries))

    @property
    def stale(self) -> bool:
        """Whether something has been saved since the last scan; told at once of so many files, of more never."""
        entries = self.entries
        if len(entries) > MOST_WATCHED:
            return False
        folders = self._known_folders()
        return (
            folders != self._folders.keys()
            or any(_signature(folder) != seen for folder, seen in self._folders.items())
            or any(_signature(path) != seen for entry in entries.values() for path, seen in entry.parts)
        )

    def _known_folders(self) -> set[Path]:
        return {root.path for root in self.roots} | {entry.path.parent for entry in self.entries.values()}

    def _files(self) -> Iterator[tuple[str, Path, Root]]:
        for root in self.roots:
            if root.only is not None:
                files: Iterable[Path] = filter(is_there, (root.path / name for name in sorted(root.only)))
            else:
                files = islice(files_of([root.path]), MOST_FILES) if is_folder(root.path) else ()
            for path in files:
                yield self._label(root, path.relative_to(root.path).as_posix()), path, root

    def _label(self, root: Root, name: str) -> str:
        return name if len(self.roots) == 1 else f"{root.label}/{name}"

    # Names

    def entry(self, name: str) -> ServedFile:
        """Raises OutsideError for what is none of the files."""
        if name not in self.entries:
            raise OutsideError(f"there is no file {name!r} in the served folder")
        return self.entries[name]

    def place(self, name: str) -> tuple[Root, tuple[str, ...]]:
        """The root and the parts below it of a name that may be saved. Raises OutsideError."""
        parts = PurePosixPath(name).parts
        if not parts or name != "/".join(parts) or name.startswith("/") or "\\" in name or ":" in name:
            raise OutsideError(f"{name!r} is no name of a file in the served folder, such as day.yaml or bad/day.yaml")
        if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) < 0xE000 for char in name):
            raise OutsideError("a file's name has no control characters")
        if any(part in ("..", ".") or part.startswith(".") or len(part.encode()) > 200 for part in parts):
            raise OutsideError(f"{name!r} leads out of the served folder, or is hidden in it")
        if not name.endswith(SUFFIXES):
            raise OutsideError(f"{name!r} is no scenario file: its name ends in .yaml")
        root = self.roots[0]
        if len(self.roots) > 1:
            labels = {each.label: each for each in self.roots}
            if parts[0] not in labels or len(parts) < 2:
                raise OutsideError(f"{name!r} is in none of the served folders: {', '.join(labels)}")
            root, parts = labels[parts[0]], parts[1:]
        if root.only is not None and "/".join(parts) not in root.only:
            raise OutsideError(f"only {', '.join(sorted(root.only))} is served of that folder; serve the folder itself")
        return root, parts

    def save(self, name: str, text: str, tag: str | None) -> bool:
        """Replaces a file in one step, or makes it; True where it is new. Blocks.

        Raises OutsideError, ChangedError, OSError.
        """
        root, parts = self.place(name)
        return written(root.path, parts, text.encode(), tag)

    def home_of(self, name: str, text: str) -> tuple[Path, str]:
        """The folder of a file of this name and text, and the scenario's name where the text has none.

        Raises OutsideError, ScenarioError for a text that is too long.
        """
        root, parts = self.place(name)
        path = root.path.joinpath(*parts)
        if len(text.encode("utf-8", "replace")) > MOST_BYTES:
            raise ScenarioError([Mistake(name, 1, 1, f"a scenario file has {MOST_BYTES} bytes at most")])
        return path.parent, path.stem

    def check_name(self, name: str, scenario: Scenario) -> None:
        """Raises ScenarioError where another file has a scenario of that name."""
        for entry in self.entries.values():
            if entry.name != name and entry.scenario is not None and entry.scenario.name == scenario.name:
                raise ScenarioError([_double(scenario.name, entry.name, name)])


def _given(entry: ServedFile) -> str:
    return str(entry.root.given / entry.path.relative_to(entry.root.path))


def _roots(paths: list[Path]) -> tuple[Root, ...]:
    whole, parts, spelled = list[Path](), dict[Path, set[str]](), dict[Path, Path]()
    for path in paths:
        folder = path if is_folder(path) else path.parent
        spelled.setdefault(resolved(folder), folder)
        if is_folder(path):
            whole.append(resolved(path))
        else:
            parts.setdefault(resolved(folder), set()).add(path.name)
    wanted: dict[Path, frozenset[str] | None] = dict.fromkeys(whole)
    wanted |= {folder: frozenset(names) for folder, names in parts.items() if folder not in wanted}
    roots, labels = list[Root](), set[str]()
    for folder, only in wanted.items():
        label = base = folder.name or "root"
        number = 2
        while label in labels:
            label, number = f"{base}-{number}", number + 1
        labels.add(label)
        roots.append(Root(label, folder, spelled[folder], only))
    return tuple(roots)


# --- reading --------------------------------------------------------------------------------------------------------


def _why_missing(path: Path) -> str:
    try:
        path.stat()
    except OSError as error:
        return error.strerror or str(error)
    return "it was not there when it was looked for"


def _signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns)


def _changed(entry: ServedFile) -> bool:
    """Whether the file, or one that it names, may be another than the one that was read."""
    for path, seen in entry.parts:
        if _signature(path) != seen or (len(seen) > 1 and entry.looked - seen[0] / 1e9 < RACY):
            return True
    return False


def read_scenario(text: str | bytes, name: str, base: Path, stem: str) -> Scenario:
    """The scenario of a served file. Raises ScenarioError."""
    return loads(text, name, base=base, name=stem, errors=NAMES)


Read = Callable[[bytes, str, Path, str], Scenario]


def _read(entry: ServedFile, read: Read) -> ServedFile:
    """The file as it is now. What is wrong in it leaves the last good scenario in its place."""
    entry = replace(entry, seen=_signature(entry.path), looked=time.time())
    try:
        if entry.root.only is None and not resolved(entry.path).is_relative_to(entry.root.path):
            raise OSError(0, "it is a link that leads out of the served folder")
        data = read_some(entry.path, MOST_BYTES)
    except OSError as error:
        return replace(entry, tag="", wrong=(Mistake(entry.name, 1, 1, f"cannot be read: {error.strerror or error}"),))
    tag, texts = tag_of(data), {path: _signature(path) for path in entry.texts}
    if tag == entry.tag and texts == entry.texts:
        return entry
    text = data.decode("utf-8", "replace")
    texts = {path: _signature(path) for path in _texts_of(entry.path.parent, text)}
    entry = replace(entry, text=text, tag=tag, size=len(data), texts=texts)
    try:
        if len(data) > MOST_BYTES:
            raise ScenarioError([Mistake(entry.name, 1, 1, f"the file has more than {MOST_BYTES} bytes")])
        read = read if much_to_read(text) else read_scenario
        scenario = read(data, entry.name, entry.path.parent, entry.path.stem)
    except ScenarioError as error:
        return replace(entry, wrong=tuple(error.mistakes))
    except BusyError as error:
        return replace(entry, wrong=(Mistake(entry.name, 1, 1, str(error)),))
    return replace(
        entry, wrong=(), good=entry.good if scenario == entry.good else scenario
    )  # the same keeps its places


def _texts_of(folder: Path, text: str) -> Iterator[Path]:
    for found in islice(_NAMED.finditer(text), MOST_TEXTS):
        name = next(filter(None, found.groups()), "").strip()
        if name and "\0" not in name and len(name.encode("utf-8", "replace")) < 200:
            yield folder / name


def _with_doubles(entries: dict[str, ServedFile]) -> dict[str, ServedFile]:
    """A name that two scenarios have is the first one's."""
    homes, found = dict[str, str](), dict[str, ServedFile]()
    for name, entry in entries.items():
        first = homes.setdefault(entry.good.name, name) if entry.good is not None else name
        double = None if first == name else _double(entry.good.name, first, name)  # type: ignore[union-attr]
        found[name] = entry if entry.double == double else replace(entry, double=double)
    return found


def _double(scenario: str, first: str, name: str) -> Mistake:
    return Mistake(name, 1, 1, f"a scenario named {scenario!r} is in {first} too; give one of them another name")


def _differences(before: dict[str, ServedFile], now: dict[str, ServedFile]) -> Iterator[tuple[Change, ServedFile]]:
    for name, entry in now.items():
        old = before.get(name)
        if old is None or (old.mistakes, old.tag) != (entry.mistakes, entry.tag) or old.scenario is not entry.scenario:
            yield "broken" if entry.mistakes else "added" if old is None else "reloaded", entry
    for name, entry in before.items():
        if name not in now:
            yield "removed", entry

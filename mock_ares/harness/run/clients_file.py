"""The clients of a run, as the command line or a grid file names them.

    [[client]]
    name = "node fetch"                       # by default the command, file or function
    kind = "driver"                           # of a command: exec (default) or driver
    command = ["node", "client.mjs"]          # or browser = "client.js", page = URL, client = "module:function"
    capabilities = ["incremental", "timeout=5"]
    boundaries = "best-effort"                # where it pipes what it reads through something else
    dialect = "text"
    expect = { "bom" = "our proxy strips it" }   # as in a baseline

Commands run, and files and modules are looked for, in the folder of the grid file's caller.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args

from mock_ares.authoring.text_files import MOST_SETTINGS, read_whole
from mock_ares.dialects import DialectName
from mock_ares.harness.clients.kinds import KINDS, OF_COMMANDS, OF_WORDS, OPTIONS
from mock_ares.harness.model import Boundaries, Client, KnownFailure, UsageError
from mock_ares.harness.run.baseline import known_failures
from mock_ares.harness.settings import Transport
from mock_ares.scenario.diagnostics import listed, nearest


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """A client that is not running yet."""

    kind: str
    """Of the table of kinds."""
    words: tuple[str, ...]
    """The command, or the one word that names the file or the function."""
    name: str = ""
    capabilities: tuple[str, ...] = ()
    boundaries: Boundaries | None = None
    """None: as this kind of client has it."""
    dialect: DialectName | None = None
    expect: Mapping[str, KnownFailure] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    """The further words of its kind, such as a page's selectors."""
    transport: Transport | None = None
    """Over which it is checked, as one of several; None: as all that is checked."""

    @property
    def title(self) -> str:
        """What it is called in reports and baselines: each transport is a column."""
        name = self.name or shlex.join(self.words)
        return name if self.transport is None else f"{name} [{self.transport.name}]"

    @property
    def arguments(self) -> str:
        """How the command line names it, behind `mock-ares check` or `mock-ares replay FILE`."""
        can = f"--can {shlex.quote(','.join(self.capabilities))} " if self.capabilities else ""
        can += "--best-effort " if self.boundaries == "best-effort" and self.kind in OF_COMMANDS else ""
        if self.kind in OF_WORDS:
            more = "".join(f" --{word} {shlex.quote(value)}" for word, value in self.options.items())
            return f"{can}--{self.kind} {shlex.quote(self.words[0])}{more}"
        return f"{can}{f'--{self.kind} ' if self.kind != OF_COMMANDS[0] else ''}-- {shlex.join(self.words)}"

    def make(self) -> Client:
        """Raises UsageError for capabilities that there are not."""
        make = KINDS[self.kind].adapter()
        if KINDS[self.kind].options:
            return make(self.words[0], self.title, self.capabilities, options=self.options)  # type: ignore[no-any-return]
        if self.kind in OF_WORDS:
            return make(self.words[0], self.title, self.capabilities)  # type: ignore[no-any-return]
        return make(self.words, self.title, self.capabilities, boundaries=self.boundaries or "exact")  # type: ignore[no-any-return]


def read_grid(path: Path) -> list[ClientEntry]:
    """The clients of a grid file. Raises UsageError, which says which client and which word."""
    try:
        data = tomllib.loads(read_whole(path, MOST_SETTINGS).decode())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML file: {error}") from None
    clients = data.get("client")
    if unknown := sorted(data.keys() - {"client"}):
        raise UsageError(f"{path}: unknown word {unknown[0]!r}; a grid is a list of [[client]]")
    if not isinstance(clients, list) or not clients or not all(isinstance(client, dict) for client in clients):
        raise UsageError(f"{path}: a grid needs at least one [[client]]")
    entries = [_entry(client, f"{path}: client {number}") for number, client in enumerate(clients, 1)]
    _refuse_twins(entries, path)
    return entries


def _refuse_twins(entries: list[ClientEntry], path: Path) -> None:
    seen = set[str]()
    for entry in entries:
        if entry.title in seen:
            raise UsageError(f"{path}: two clients are named {entry.title!r}; give one of them another name")
        seen.add(entry.title)


_WHAT = ("command", *OF_WORDS)
_KNOWN = frozenset(
    {*_WHAT, *OPTIONS, *(field.name for field in fields(ClientEntry))} - {"words", "options", "transport"}
)


def _entry(data: dict[str, Any], where: str) -> ClientEntry:
    if unknown := sorted(data.keys() - _KNOWN):
        raise UsageError(f"{where}: unknown word {unknown[0]!r}{nearest(unknown[0], _KNOWN)}")
    given = [word for word in _WHAT if word in data]
    if len(given) != 1:
        raise UsageError(f"{where}: it needs exactly one of {listed(_WHAT, 'and')}")
    kinds = OF_COMMANDS if given == ["command"] else given
    kind = data.get("kind", kinds[0])
    if kind not in kinds:
        raise UsageError(f"{where}: kind is {listed(OF_COMMANDS)}, and goes with command; there is {kind!r}")
    refuse_options(kind, [word for word in data if word in OPTIONS], f"{where}: ")
    words = data[given[0]]
    return ClientEntry(
        kind=kind,
        words=_command(words, where) if given == ["command"] else (_text(words, where, given[0]),),
        name=_text(data.get("name", ""), where, "name"),
        capabilities=_texts(data.get("capabilities", []), where, "capabilities"),
        boundaries=_one_of(data.get("boundaries"), get_args(Boundaries), where, "boundaries"),
        dialect=_one_of(data.get("dialect"), get_args(DialectName), where, "dialect"),
        expect=known_failures(data.get("expect", {}), f"{where}: expect"),
        options={word: _text(data[word], where, word) for word in OPTIONS if word in data},
    )


def refuse_options(kind: str, words: Iterable[str], where: str = "", mark: str = "") -> None:
    """Raises UsageError for words that go with another kind of client."""
    for word in words:
        if OPTIONS[word][0] != kind:
            raise UsageError(f"{where}{mark}{word} goes with {mark}{OPTIONS[word][0]}")


def _command(value: Any, where: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(value)) if isinstance(value, str) else _texts(value, where, "command")
    except ValueError:
        raise UsageError(f"{where}: the command has a quote that is never closed: {value}") from None
    if not words:
        raise UsageError(f"{where}: the command is empty")
    return words


def _text(value: Any, where: str, word: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{where}: {word} is a text, not {value!r}")
    return value


def _texts(value: Any, where: str, word: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{where}: {word} is a list of texts, not {value!r}")
    return tuple(value)


def _one_of(value: Any, known: tuple[str, ...], where: str, word: str) -> Any:
    if value is not None and value not in known:
        raise UsageError(f"{where}: {word} is one of {', '.join(known)}, not {value!r}")
    return value

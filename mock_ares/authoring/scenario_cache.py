"""Scenarios that were read before, so that the command line starts at once.

Reading a file right takes YAML, pydantic and a rehearsal of every reply; for the library that is most of a second's
start. What came of a text is therefore kept in the user's cache folder, by the text itself: a changed file, another
version or other code of this package is another key, and so is another content of a file that it names. Mistakes are
never kept.
The folder is the user's own, as that of Python's compiled files is; one that others can write to is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import stat
import tempfile
from collections.abc import Collection
from pathlib import Path

from mock_ares._version import __version__
from mock_ares.authoring.texts import read_some
from mock_ares.scenario.model import Scenario

MOST_BYTES = 8_000_000
MOST_FILE = 4 * MOST_BYTES
_OTHER_FILES = re.compile(rb"file|\\(?:x|u00|U000000)[46][69cC5]")
"""The word, or escapes of its letters."""
_NAMED = re.compile(rb"\bfile: ?([\w./-]+)[ ]*[}\r\n]")
_CODE = ("dialects", "scenario", "authoring", "authoring/yaml", "plan", "plan/http1", "faults", ".")


class Kept:
    """What is kept on this machine. Nothing goes wrong where it cannot be: then files are read as ever."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "scenarios.pickle"
        self._code = _code()
        self._known = self._read()
        self._used = dict[bytes, bytes]()
        self._fresh = False

    def key(self, data: bytes | str, base: Path, name: str, errors: Collection[str] | None) -> bytes | None:
        """None: it may say something about other files that is not understood here."""
        data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        named = _NAMED.findall(data)
        if len(named) != len(_OTHER_FILES.findall(data)):
            return None
        digest = hashlib.sha256(repr((name, errors and sorted(errors))).encode() + data)
        try:
            for other in named:
                digest.update(hashlib.sha256(read_some(base / other.decode(), MOST_BYTES)).digest())
        except (OSError, ValueError):
            return None
        return digest.digest()

    def get(self, key: bytes | None) -> Scenario | None:
        if key is None or key not in self._known:
            return None
        try:
            found = pickle.loads(self._known[key])
        except Exception:  # damaged: it is read anew, and kept anew
            found = None
        if not isinstance(found, Scenario):
            del self._known[key]
            return None
        self._used[key] = self._known[key]
        return found

    def put(self, key: bytes | None, scenario: Scenario) -> None:
        if key is not None:
            self._known[key] = self._used[key] = pickle.dumps(scenario)
            self._fresh = True

    def save(self) -> None:
        """Keeps all; where that is too much, what was asked for this time."""
        if not self._fresh:
            return
        self._fresh = False
        whole = sum(map(len, self._known.values())) <= MOST_BYTES
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(self._path, pickle.dumps((self._code, self._known if whole else self._used)))

    def _read(self) -> dict[bytes, bytes]:
        try:
            if not (_own(self._path.parent) and _own(self._path)):
                return {}
            code, known = pickle.loads(read_some(self._path, MOST_FILE))
        except Exception:  # whatever is in it, it is not what was kept
            return {}
        return known if code == self._code and isinstance(known, dict) else {}


def _replace(path: Path, data: bytes) -> None:
    """In one step; where the disk is full nothing is left behind. Raises OSError."""
    number, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _own(path: Path) -> bool:
    """Whether it is a file or folder, and nobody else can have written it."""
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # reading a pipe may never end
        return False
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _code() -> str:
    """What the outcome depends on besides the text: this package's own code."""
    home = Path(__file__).parents[1]
    files = sorted(file for folder in _CODE for file in (home / folder).glob("*.py"))
    stamps = [(file.name, (status := file.stat()).st_mtime_ns, status.st_size) for file in files]
    return hashlib.sha256(repr((__version__, stamps)).encode()).hexdigest()


def folder() -> Path:
    """Where programs of this user keep what they can make again (XDG Base Directory)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "mock-ares"


_opened: Kept | None = None


def use() -> None:
    """From now on this process keeps what it reads. For programs, not for tests."""
    global _opened
    if _opened is None and hasattr(os, "getuid"):
        with contextlib.suppress(OSError, RuntimeError):
            _opened = Kept(folder())


def opened() -> Kept | None:
    return _opened


def done() -> None:
    """What was read so far is there at the next start; nothing is looked up or kept any more."""
    global _opened
    if _opened is not None:
        _opened.save()
        _opened = None

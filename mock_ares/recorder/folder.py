"""A folder of recordings: one recorder's at a time, each file whole or absent, none of another session's touched."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from mock_ares.recorder.exchange.payload import UnrecordableError
from mock_ares.recorder.exchange.scenarios import Recorded, cleaned
from mock_ares.recorder.exchange.secrets import Secrets
from mock_ares.server.files.atomic_write import ChangedError, OutsideError, tag_of, written

MOST_FILES = 2000


class FolderError(Exception):
    """Nothing can be recorded into this folder; says why in one line."""


class _Files(NamedTuple):
    stem: str
    """Of the YAML file's name."""
    kept: Recorded


class Swept(NamedTuple):
    """What became of files in which something turned out to be secret."""

    changed: list[Path]
    """In their place."""
    removed: int


class RecordingFolder:
    """The lock is the folder's own, and goes with the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = dict[str, _Files]()
        """Of this session, by the scenario's name."""
        self.doubles = dict[str, str]()
        """Files of this session by older ones that answer the same requests first."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            probe = path / ".recording~"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise FolderError(f"cannot write to {path}: {error.strerror}") from None
        if not _locked(self._lock):
            os.close(self._lock)
            raise FolderError(f"another recorder writes to {path}; give this one a folder of its own with --out")

    def close(self) -> None:
        os.close(self._lock)

    def kept(self, name: str) -> Recorded | None:
        """Of this session."""
        files = self._files.get(name)
        return None if files is None else files.kept

    def save(self, kept: Recorded) -> Path:
        """Writes a scenario's file, new or once more. Raises UnrecordableError; what was there is then as it was."""
        before = self._files.get(kept.scenario.name)
        if before is None and len(self._files) >= MOST_FILES:
            raise UnrecordableError(f"{MOST_FILES} files have been written, which is the most")
        return self._put(kept, before)

    def _put(self, kept: Recorded, before: _Files | None) -> Path:
        """A long text is a file of its own, which is there before the one that names it."""
        name = kept.scenario.name
        stem, tag = (name, None) if before is None else (before.stem, tag_of(before.kept.text.encode()))
        try:
            if kept.long_text is not None:
                with contextlib.suppress(ChangedError):  # it is there: the name follows from what is in it
                    written(self.path, (kept.long_name,), kept.long_text.encode(), None)
            for number in range(2, 1000):
                try:
                    written(self.path, (f"{stem}.yaml",), kept.text.encode(), tag)
                except ChangedError:
                    self.doubles[f"{name}-{number}.yaml"] = f"{stem}.yaml"
                    stem, tag = f"{name}-{number}", None
                else:
                    self._files[name] = _Files(stem, kept)
                    return self.path / f"{stem}.yaml"
        except (OSError, OutsideError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UnrecordableError(f"it cannot be written to {self.path}: {reason}") from None
        raise UnrecordableError(f"there are a thousand files named {name} in {self.path}")

    def sweep(self, secrets: Secrets) -> Swept:
        """Takes out what turned out to be secret after it had been written; where it cannot be, the file goes."""
        swept = Swept([], 0)
        for name, files in list(self._files.items()):
            before, kept = files.kept, None
            if before.known == len(secrets.known):
                continue
            try:
                kept = cleaned(before, secrets)
                if (kept.text, kept.long_text) == (before.text, before.long_text):
                    continue
                stays = kept.scenario.name == name
                swept.changed.append(self._put(kept, files if stays else None))
            except UnrecordableError:
                kept, stays = None, False
                swept = swept._replace(removed=swept.removed + 1)
            if not stays:
                (self.path / f"{files.stem}.yaml").unlink(missing_ok=True)
                del self._files[name]
            if before.long_text is not None and (kept is None or kept.long_name != before.long_name):
                (self.path / before.long_name).unlink(missing_ok=True)
        return swept


def _locked(folder: int) -> bool:
    try:
        import fcntl

        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # elsewhere nobody else is expected
        return True
    except OSError:
        return False
    return True

"""A folder of recordings: one recorder's at a time, each file whole or absent, none of another session's touched."""

from __future__ import annotations

import os
from pathlib import Path

from mock_ares.recorder.exchange.payload import UnrecordableError
from mock_ares.recorder.exchange.secrets import Secrets
from mock_ares.scenario.model import Scenario
from mock_ares.server.files.atomic_write import ChangedError, OutsideError, tag_of, written

MOST_FILES = 2000


class FolderError(Exception):
    """Nothing can be recorded into this folder; says why in one line."""


class RecordingFolder:
    """The lock is the folder's own, and goes with the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scenarios = dict[str, Scenario]()
        """Of this session, by name."""
        self._files = dict[str, tuple[str, bytes]]()
        """Name and bytes of the file of each."""
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

    def save(self, scenario: Scenario, text: str, long_text: str | None = None) -> Path:
        """Writes the file of a scenario, new or once more. Raises UnrecordableError; what was there is then as it was.

        ``long_text`` is a file of its own, which is there before the one that names it.
        """
        data = text.encode()
        stem, before = self._files.get(scenario.name, (scenario.name, None))
        if before is None and len(self._files) >= MOST_FILES:
            raise UnrecordableError(f"{MOST_FILES} files have been written, which is the most")
        for number in range(2, 1000):
            try:
                if long_text is not None:
                    written(self.path, (f"{scenario.name}.txt",), long_text.encode(), None)
                written(self.path, (f"{stem}.yaml",), data, None if before is None else tag_of(before))
            except ChangedError:
                self.doubles[f"{scenario.name}-{number}.yaml"] = f"{stem}.yaml"
                stem, before = f"{scenario.name}-{number}", None
                continue
            except (OSError, OutsideError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                raise UnrecordableError(f"it cannot be written to {self.path}: {reason}") from None
            self.scenarios[scenario.name], self._files[scenario.name] = scenario, (stem, data)
            return self.path / f"{stem}.yaml"
        raise UnrecordableError(f"there are a thousand files named {scenario.name} in {self.path}")

    def sweep(self, secrets: Secrets) -> list[Path]:
        """Takes out what turned out to be secret after it had been written; the files that this changed."""
        changed = list[Path]()
        for name, (stem, data) in self._files.items():
            text = secrets.masked(data.decode())
            if text.encode() != data:
                self._files[name] = (stem, text.encode())
                written(self.path, (f"{stem}.yaml",), text.encode(), tag_of(data))
                changed.append(self.path / f"{stem}.yaml")
        return changed


def _locked(folder: int) -> bool:
    try:
        import fcntl

        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # elsewhere nobody else is expected
        return True
    except OSError:
        return False
    return True

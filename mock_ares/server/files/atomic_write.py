"""A file of the served folder replaced in one step, without ever leaving that folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path

from mock_ares.authoring.load import MOST_BYTES


class OutsideError(Exception):
    """A name that leads out of the served folder, or is none of its files."""


class ChangedError(Exception):
    """The file is not the one that the caller saw."""


def tag_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def written(root: Path, parts: tuple[str, ...], data: bytes, tag: str | None) -> bool:
    """Follows no link, whoever puts one in the way meanwhile: each folder is opened from the one above it."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = _below(folder, part)
            os.close(folder)
            folder = below
        return _replaced(folder, parts[-1], data, tag)
    finally:
        os.close(folder)


def _below(folder: int, part: str) -> int:
    try:
        return os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        raise OutsideError(f"there is no folder {part!r} in the served folder; make it first") from None
    except OSError:
        raise OutsideError(f"{part!r} is no folder of the served folder's own, but a link or a file") from None


def _replaced(folder: int, name: str, data: bytes, tag: str | None) -> bool:
    old, mode = _old(folder, name)
    if old is None and tag is not None:
        raise ChangedError("the file is gone: it was removed or renamed since it was read")
    if old is not None and tag_of(old) != tag:
        said = "there is a file of this name" if tag is None else "the file has changed since it was read"
        raise ChangedError(f"{said}: read it again, and save with its tag")
    beside = f".{name[:180]}.{secrets.token_hex(4)}~"
    made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=folder)
    try:
        with os.fdopen(made, "wb") as file:
            if old is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(beside, dir_fd=folder)
        raise
    return old is None


def _old(folder: int, name: str) -> tuple[bytes | None, int]:
    """What the file holds, and its mode; None where there is none."""
    try:
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None, 0o666
    except OSError:
        raise OutsideError(f"{name!r} is a link, or nothing that can be read, and is left alone") from None
    with os.fdopen(found, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OutsideError(f"{name!r} is no ordinary file, and is left alone")
        return file.read(MOST_BYTES + 1), status.st_mode & 0o777

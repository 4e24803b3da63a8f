"""Texts that stand in files of their own."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

from mock_ares.paths import is_file, is_folder, is_there, resolved
from mock_ares.scenario.model import Reply, Text

MOST_BYTES = 64_000_000
MOST_CERTIFICATES = 16_000_000
"""Bytes of a PEM file; what a system trusts has less than one million."""
MOST_SETTINGS = 16_000_000
"""Bytes of a file that a command is told by."""


def read_text(reply: Reply, base: Path) -> Reply:
    """The reply with ``text: {file: ...}`` read.

    Raises OSError, or ValueError for a file that lies outside ``base``, is too large, or is not UTF-8.
    """
    if not isinstance(reply.text, Text) or reply.text.file is None:
        return reply
    name = reply.text.file
    if "\0" in name or not (path := resolved(base / name)).is_relative_to(resolved(base)):
        raise ValueError(f"the file {name!r} lies outside the folder of the scenario")
    try:
        data = read_some(path, MOST_BYTES)
    except OSError as error:
        raise ValueError(f"the file {name!r} cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise ValueError(f"the file {name!r} has more than {MOST_BYTES} bytes")
    try:
        return replace(reply, text=data.decode())
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is 0x{data[error.start]:02x}"
        raise ValueError(f"the file {name!r} is not UTF-8: {what}") from None


def read_some(path: Path, most: int) -> bytes:
    """At most a byte more than ``most``. Raises OSError; for a pipe or a device, too, which might never end."""
    if is_there(path) and not is_file(path):
        raise OSError(errno.EINVAL, "it is a folder" if is_folder(path) else "it is no ordinary file", str(path))
    with path.open("rb") as file:
        return file.read(most + 1)


def read_whole(path: Path, most: int) -> bytes:
    """All of it. Raises OSError as ``read_some`` does, and for more than ``most`` bytes."""
    data = read_some(path, most)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return data

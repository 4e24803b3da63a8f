"""Files that are written whole, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from mock_ares.paths import resolved


def write_whole(path: Path, text: str) -> None:
    """What was there before stays until all of the text lies beside it; a link stays one. Raises OSError."""
    target = resolved(path)
    if target.is_symlink():  # a ring, which writing would break up
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise

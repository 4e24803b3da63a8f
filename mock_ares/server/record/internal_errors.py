"""What went wrong in the fake itself, so that nobody takes it for the client's doing."""

from __future__ import annotations

import errno
import traceback
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

MOST = 20
SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC})
"""What an operating system has run out of; any other OSError of a connection is the way of networks."""


@dataclass(slots=True)
class Failures:
    """The latest exceptions of the fake's own, in words. Noted in its event loop, looked at from anywhere."""

    count: int = 0
    """Of all, the forgotten ones too."""
    _latest: deque[str] = field(default_factory=lambda: deque(maxlen=MOST))

    def note(self, what: str, error: BaseException | None) -> None:
        """An exception met while ``what`` was done; what a network does by itself is none."""
        if isinstance(error, OSError) and error.errno not in SCARCE:
            return
        self._latest.append(f"{what}: {described(error)}" if error is not None else what)
        self.count += 1

    def since(self, count: int) -> list[str]:
        """Those that came after so many; at most the latest 20."""
        return list(self._latest)[-new:] if (new := self.count - count) > 0 else []


def described(error: BaseException) -> str:
    """Type, message and place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno}, in {frames[-1].name})" if frames else ""
    return f"{traceback.format_exception_only(error)[-1].strip()}{place}"

"""One timer of an event loop, to the microsecond where the system has such.

Event loops round their timers to milliseconds: asyncio up, so that every event is late, and uvloop to the nearest, so
that it wakes too early and then spins until it is time. Linux has timers that are descriptors (timerfd_create(2)),
which a loop watches as it watches sockets. Python knows them from 3.13 on; before that they are reached by ctypes.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol

_MONOTONIC, _NONBLOCK, _CLOEXEC, _ABSOLUTE = 1, 0o4000, 0o2000000, 1


class Alarm(Protocol):
    """Calls back at the deadline that was set last, by the monotonic clock; never before it, on Linux.

    Whoever is called back sets the next one, which may be infinity.
    """

    def set(self, deadline: float) -> None: ...
    def close(self) -> None: ...


def alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], object], now: Callable[[], float]) -> Alarm:
    """The best that there is for this loop."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, NotImplementedError, AttributeError, ImportError):
            return _TimerFd(loop, ring)
    return _LoopTimer(loop, ring, now)


class _LoopTimer:
    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], object], now: Callable[[], float]) -> None:
        self._loop = loop
        self._ring = ring
        self._now = now
        self._handle: asyncio.TimerHandle | None = None

    def set(self, deadline: float) -> None:
        self.close()
        if not math.isinf(deadline):
            self._handle = self._loop.call_later(max(0.0, deadline - self._now()), self._ring)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


class _TimerFd:
    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], object]) -> None:
        self._fd = -1
        self._loop = loop
        self._set = _settime()
        self._fd = _create()
        loop.add_reader(self._fd, ring)

    def set(self, deadline: float) -> None:
        """A timer that is set anew, or to 0 (never), has not expired: nothing needs to be read from it."""
        self._set(self._fd, 0 if deadline == math.inf else max(1, int(deadline * 1e9) + 1))

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            if not self._loop.is_closed():
                self._loop.remove_reader(fd)
            os.close(fd)

    def __del__(self) -> None:
        self.close()


def _create() -> int:
    if sys.version_info >= (3, 13):
        return os.timerfd_create(_MONOTONIC, flags=_NONBLOCK | _CLOEXEC)
    fd = int(_libc().timerfd_create(_MONOTONIC, _NONBLOCK | _CLOEXEC))
    if fd < 0:
        raise OSError("this kernel has no timerfd")
    return fd


def _settime() -> Callable[[int, int], object]:
    """Sets a timer to nanoseconds of the monotonic clock."""
    if sys.version_info >= (3, 13):
        return lambda fd, at: os.timerfd_settime_ns(fd, flags=_ABSOLUTE, initial=at)
    import ctypes

    settime, spec = _libc().timerfd_settime, (ctypes.c_long * 4)()

    def set_(fd: int, at: int) -> None:
        spec[2], spec[3] = divmod(at, 1_000_000_000)
        settime(fd, _ABSOLUTE, spec, None)

    return set_


def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None)

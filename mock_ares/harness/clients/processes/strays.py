"""What a client leaves behind outside its process group: daemons, which have a session of their own.

Linux gives orphans to their nearest ancestor that has said it will look after them (PR_SET_CHILD_SUBREAPER, prctl(2)).
The process of `mock-ares check` says so; then what a client has left behind is among its children, and is known by a
mark in its environment. Elsewhere process groups are all there is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MARK = b"MOCK_ARES_CLIENT"
"""In the environment of a client's processes: which client they are of."""
_SUBREAPER = 36
_ROUNDS = 20
"""What is ended may leave orphans of its own."""
_REAPED = 1000
_TASKS = Path("/proc/self/task")


def adopt() -> None:
    """From now on this process gets the orphans of its children, where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def end(group: int, mark: bytes) -> None:
    """Ends and reaps every child of this process that bears the mark; reaps those of a group that has been killed."""
    _reap(group)
    _end(MARK + b"=" + mark)


def end_all() -> None:
    """The same with every client's: those of a process of ours that was killed itself."""
    _end(MARK + b"=")


def _end(mark: bytes) -> None:
    for _ in range(_ROUNDS):
        pids = [pid for pid in _children() if _bears(pid, mark)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        if not pids:
            return


def _reap(group: int) -> None:
    with contextlib.suppress(ChildProcessError):
        for _ in range(_REAPED):
            if os.waitpid(-group, os.WNOHANG) == (0, 0):
                time.sleep(0.001)  # killed, and not yet gone


def _children() -> Iterator[int]:
    """Of all threads; nothing where the kernel does not list them."""
    with contextlib.suppress(OSError):
        for task in _TASKS.iterdir():
            yield from map(int, (task / "children").read_text().split())


def _bears(pid: int, mark: bytes) -> bool:
    with contextlib.suppress(OSError):
        return any(word.startswith(mark) for word in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    return False

"""Lines to standard output that never hold up who says them: a bounded queue, and a thread that writes.

Whoever started the program may not read what it prints, may close the pipe, or keep it in a file on a full disk. What
then does not fit is counted, and the count is told as soon as lines get through again.
"""

from __future__ import annotations

import errno
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

MOST_WAITING = 1_000_000
"""Characters of lines that wait to be written."""
TOGETHER = 0.01
"""Seconds for which lines are gathered behind one that was written: a thread that wakes for each costs more than it."""
PATIENCE = 1.0
"""Seconds that the last lines have at the end."""
_GONE = frozenset({errno.EPIPE, errno.EBADF, errno.ECONNRESET, errno.ENOTCONN})


class LineWriter:
    """``missed`` makes the line that tells how many are missing."""

    def __init__(self, out: TextIO | None, missed: Callable[[int], str]) -> None:
        self._write = _writer(out) if out is not None else None
        self._missed = missed
        self._lines = deque[str]()
        self._size = 0
        self._lost = 0
        self._news = threading.Condition()
        self._closing = False
        self._told_any = False
        self._idle = False
        """Whether the thread sleeps until there is something to write."""
        self._thread: threading.Thread | None = None
        self._told = False

    def say(self, line: str) -> None:
        """From any thread; returns at once."""
        with self._news:
            if self._write is None:
                return
            if self._lines and self._size + len(line) > MOST_WAITING:
                self._lost += 1
                return
            self._lines.append(line)
            self._size += len(line)
            if self._idle:
                self._idle = False
                self._news.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mock-ares lines", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """What waits is written, if that can be done soon."""
        with self._news:
            self._closing = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        while (text := self._next()) is not None and self._write is not None:
            try:
                self._write(text)
            except OSError as error:
                with self._news:
                    self._lost += text.count("\n")  # perhaps the disk is full, for a while
                    if error.errno in _GONE:
                        self._write = None
                self._tell(error)
            except ValueError:  # a stream that has been closed
                self._write = None

    def _tell(self, error: OSError) -> None:
        """Once, to standard error; of a pipe that its reader has closed nobody wants to hear."""
        if self._told or error.errno in _GONE:
            return
        self._told = True
        with suppress(OSError, ValueError):  # the same disk, perhaps
            sys.stderr.write(f"mock-ares: standard output cannot be written to: {error.strerror}; it is tried again\n")
            sys.stderr.flush()

    def _next(self) -> str | None:
        """All that waits, with what is missing in front of it; None at the end."""
        with self._news:
            if self._told_any and not self._closing:
                self._news.wait(TOGETHER)
            while not self._lines and not self._closing:
                self._idle = True
                self._news.wait()
            self._told_any = True
            if not self._lines:
                return None
            lines, lost = list(self._lines), self._lost
            self._lines.clear()
            self._size = self._lost = 0
        return "".join(f"{line}\n" for line in (*lines, *([self._missed(lost)] if lost else ())))


def _writer(out: TextIO) -> Callable[[str], object]:
    """Past the stream's own buffer, which would be locked while nobody reads, and keep the program from ending."""
    try:
        number = out.fileno()
        out.flush()
    except (OSError, ValueError, AttributeError):
        return lambda text: (out.write(text), out.flush())
    coding = out.encoding or "utf-8"
    return lambda text: _write_all(number, text.encode(coding, "backslashreplace"))


def _write_all(number: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(number, rest) :]
        except BlockingIOError:  # a pipe that was made so by whoever is at its other end
            select.select([], [number], [])


def usable_streams() -> None:
    """Standard streams that are there and take every character, whatever the program was started with."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # a file or a connection would take its place
            os.open(os.devnull, os.O_RDWR)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(number, "w", closefd=False, errors="backslashreplace"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

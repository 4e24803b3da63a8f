"""Being told to stop: SIGINT, SIGTERM and SIGHUP alike end the clients, and leave a report of what there is by then."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopping:
    """What has been asked for so far."""

    number: int = signal.SIGINT
    """The first signal that came."""
    asked: bool = False

    @property
    def status(self) -> int:
        """The exit status, as shells count it: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """The first one stops the run, a second Ctrl-C also what is done behind it."""
        if is_deferred(partial(self, number, frame)):
            return
        if not self.asked:
            self.number = number
        if not self.asked or number == signal.SIGINT:
            self.asked = True
            raise KeyboardInterrupt


_deferrals = 0
_deferred: list[Callable[[], object]] = []


def is_deferred(answer: Callable[[], object]) -> bool:
    """For a signal's handler: whether it has come within ``deferred``, at whose end it is answered."""
    if _deferrals:
        _deferred.append(answer)
    return bool(_deferrals)


@contextmanager
def deferred() -> Iterator[None]:
    """A block that no handler interrupts: a process that is being started would be nobody's, and go on for ever."""
    global _deferrals
    if threading.current_thread() is not threading.main_thread():  # where handlers run
        yield
        return
    _deferrals += 1
    try:
        yield
    finally:
        _deferrals -= 1
        if not _deferrals and _deferred:
            first, *_ = _deferred  # the others ask for the same
            _deferred.clear()
            first()


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Within the block any of the signals raises KeyboardInterrupt in the main thread, where it calls this.

    One that is ignored stays so: who says ``nohup`` means it.
    """
    stopping = Stopping()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heeded = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]
    try:
        for number in heeded:
            signal.signal(number, stopping)
        yield stopping
    finally:
        for number in heeded:
            signal.signal(number, before[number] or signal.SIG_DFL)

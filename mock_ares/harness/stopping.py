"""Being told to stop: SIGINT, SIGTERM and SIGHUP alike end the clients, and leave a report of what there is by then."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
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
        if not self.asked:
            self.number = number
        if not self.asked or number == signal.SIGINT:
            self.asked = True
            raise KeyboardInterrupt


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

"""The ends of pauses that last until somebody says so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from mock_ares.server.timing.waiters import Waiter, resolve


class Releases:
    """Each ends one pause: of those that wait the one that has waited longest, else the next that comes.

    Belongs to the event loop of the streams.
    """

    __slots__ = ("_kept", "_waiting", "beyond")

    def __init__(self) -> None:
        self.beyond: Releases | None = None
        """Others that end the same pauses, and further ones."""
        self._kept: float = 0
        self._waiting = list[Waiter]()

    def release(self, *, every: bool = False) -> None:
        """Ends a pause, or every one from now on."""
        waiting = [waiter for waiter in self._waiting if not waiter.done()]
        if every:
            self._kept = math.inf
        elif not waiting:
            self._kept += 1
        for waiter in waiting if every else waiting[:1]:
            resolve(waiter)

    def take(self) -> bool:
        """Whether a pause that begins has been ended already."""
        if self._kept:
            self._kept -= 1
            return True
        return self.beyond is not None and self.beyond.take()

    @contextmanager
    def waking(self, waiter: Waiter) -> Iterator[None]:
        """A block within which the next release resolves ``waiter``."""
        groups = [self._waiting] if self.beyond is None else [self._waiting, self.beyond._waiting]
        for group in groups:
            group.append(waiter)
        try:
            yield
        finally:
            for group in groups:
                group.remove(waiter)

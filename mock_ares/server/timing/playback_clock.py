"""How fast streams play: a clock of their own, which can be slowed, held and hurried while they run."""

from __future__ import annotations

import math
from collections.abc import Callable

from mock_ares.monotonic import monotonic
from mock_ares.server.timing.waiters import Among, Waiter, wake


class PlaybackClock:
    """Scripted seconds, of which ``speed`` pass in a real one. Changed in the event loop of the streams."""

    __slots__ = ("_anchor", "_now", "_played", "_speed", "_waiters", "changes", "instant")

    def __init__(self, speed: float = 1.0, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._anchor = self._played = now()
        self._speed = speed
        self._waiters = set[Waiter]()
        self.changes = 0
        """How often the speed has changed."""
        self.instant = math.isinf(speed)
        """Nothing is waited for. The scripted clock then goes like a real one."""

    @property
    def speed(self) -> float:
        """2 is twice as fast, 0 holds every stream, infinity does not wait at all."""
        return self._speed

    @property
    def rate(self) -> float:
        """Scripted seconds in a real one."""
        return 1.0 if self.instant else self._speed

    def change(self, speed: float) -> None:
        """From now on; streams that wait look again how long."""
        self._played, self._anchor = self.now(), self._now()
        self._speed, self.instant = speed, math.isinf(speed)
        self.changes += 1
        wake(self._waiters)

    def now(self) -> float:
        """The scripted clock."""
        return self._played + (self._now() - self._anchor) * self.rate

    def moment(self, scripted: float) -> float:
        """When, by the real clock, the scripted one will have come so far; infinity while it is held."""
        if self.instant:
            return -math.inf
        if self._speed == 0.0:
            return math.inf  # also what is due: a stream that is held says nothing more
        return self._anchor + (scripted - self._played) / self._speed

    def waking(self, waiter: Waiter) -> Among:
        """A block within which a change of speed also resolves ``waiter``."""
        return Among(waiter, self._waiters)

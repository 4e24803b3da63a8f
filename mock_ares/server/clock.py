"""One heap of deadlines for all streams of an event loop.

A timer per event costs a heap entry in the loop, a handle and a cancellation for each. Here the loop holds one timer,
for the earliest deadline of all; when it fires, everything due is resolved, in order.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from typing import Protocol

from mock_ares.server.alarm import Alarm, alarm


class Waiter(Protocol):
    """What waits for a deadline: a future, or what does something itself when it is resolved."""

    def done(self) -> bool: ...
    def set_result(self, result: None, /) -> object: ...


_Entry = tuple[float, int, Waiter]


class Clock:
    """Monotonic seconds, and waiting for them. Belongs to the event loop it is first waited on in."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._order = itertools.count()
        self._alarm: Alarm | None = None
        self._armed = math.inf
        self._ringing = False
        self._sweep_at = 1024

    def now(self) -> float:
        return time.monotonic()

    async def until(self, deadline: float) -> None:
        """Waits until ``now()`` has reached ``deadline``: never less, and not at all if it has passed."""
        if deadline > self.now():
            await self.timer(deadline)

    def timer(self, deadline: float) -> asyncio.Future[None]:
        """A future that is resolved at ``deadline``. Whoever resolves or cancels it earlier needs to do no more."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.wake(waiter, deadline)
        return waiter

    def wake(self, waiter: Waiter, deadline: float) -> None:
        """Resolves it at ``deadline`` unless it is done by then."""
        if len(self._heap) >= self._sweep_at:
            self._sweep()
        heapq.heappush(self._heap, (deadline, next(self._order), waiter))
        if deadline < self._armed and not self._ringing:
            self._arm(deadline)

    def close(self) -> None:
        """Gives back what the system lent; a later wait takes it again. Not needed where the process ends."""
        if self._alarm is not None:
            self._alarm.close()
            self._alarm, self._armed = None, math.inf

    def _arm(self, deadline: float) -> None:
        if self._alarm is None:
            self._alarm = alarm(asyncio.get_running_loop(), self._ring, self.now)
        self._armed = deadline
        self._alarm.set(deadline)

    def _ring(self) -> None:
        """Whoever is resolved may set its next deadline meanwhile."""
        self._armed, self._ringing = math.inf, True
        now = self.now()
        try:
            while self._heap and (self._heap[0][0] <= now or self._heap[0][2].done()):
                waiter = heapq.heappop(self._heap)[2]
                if not waiter.done():
                    waiter.set_result(None)
        finally:
            self._ringing = False
            if self._heap:
                self._arm(self._heap[0][0])

    def _sweep(self) -> None:
        """Drops the deadlines nobody waits for any more; they could lie hours ahead."""
        self._heap = [entry for entry in self._heap if not entry[2].done()]
        heapq.heapify(self._heap)
        self._sweep_at = max(1024, 2 * len(self._heap))

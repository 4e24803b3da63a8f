"""One heap of deadlines for all streams of an event loop.

A timer per event costs a heap entry in the loop, a handle and a cancellation for each. Here the loop holds one timer,
for the earliest deadline of all; when it fires, everything due is resolved, in order.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


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
        self._timer: asyncio.TimerHandle | None = None
        self._armed = 0.0
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
        if not self._ringing and (self._timer is None or deadline < self._armed):
            self._arm(asyncio.get_running_loop(), deadline)

    def _arm(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed = deadline
        self._timer = loop.call_later(max(0.0, deadline - self.now()), self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        """Whoever is resolved may set its next deadline meanwhile."""
        self._timer, self._ringing = None, True
        now = self.now()
        try:
            while self._heap and (self._heap[0][0] <= now or self._heap[0][2].done()):
                waiter = heapq.heappop(self._heap)[2]
                if not waiter.done():
                    waiter.set_result(None)
        finally:
            self._ringing = False
            if self._heap:
                self._arm(loop, self._heap[0][0])

    def _sweep(self) -> None:
        """Drops the deadlines nobody waits for any more; they could lie hours ahead."""
        self._heap = [entry for entry in self._heap if not entry[2].done()]
        heapq.heapify(self._heap)
        self._sweep_at = max(1024, 2 * len(self._heap))

"""One heap of deadlines for all streams of an event loop.

A timer per event costs a heap entry in the loop, a handle and a cancellation for each. Here the loop holds one timer,
for the earliest deadline of all; when it fires, everything due is resolved, in order. Waking up costs more than most of
what is done then, so deadlines that lie close together share a wake-up, that of the last of them.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Callable

from mock_ares.monotonic import monotonic
from mock_ares.server.timing.timerfd import Alarm, alarm
from mock_ares.server.timing.waiters import Waiter

QUANTUM = 0.0005
"""Seconds from one wake-up to the next at least: as late a busy loop may be for the sake of what comes together."""


Again = Callable[[float], float]
"""Told what time it is; gives the next deadline."""
_Entry = tuple[float, int, Waiter, Again | None]


class Deadlines:
    """Monotonic seconds, and waiting for them. Belongs to the event loop it is first waited on in."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._order = itertools.count()
        self._alarm: Alarm | None = None
        self._armed = math.inf
        self._ringing = False
        self._rung = -math.inf
        """When it last woke up."""
        self._sweep_at = 1024

    def now(self) -> float:
        return monotonic()

    async def until(self, deadline: float) -> None:
        """Waits until ``now()`` has reached ``deadline``: never less, and not at all if it has passed."""
        if deadline > self.now():
            await self.timer(deadline)

    def timer(self, deadline: float) -> Waiter:
        """A future that is resolved at ``deadline``. Whoever resolves or cancels it earlier needs to do no more."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._push(deadline, waiter, None)
        return waiter

    def again(self, deadline: float, waiter: Waiter, call: Again) -> None:
        """Calls it at ``deadline``, and then at every deadline that it gives, until the waiter is done.

        A deadline that has passed by then comes after the other work of the loop.
        """
        if deadline > self.now():
            self._push(deadline, waiter, call)
        elif not waiter.done():
            self._follow(call(self.now()), waiter, call)

    def catch_up(self) -> None:
        """Does what is due: for whoever keeps the loop busy."""
        if self._heap and not self._ringing and self._heap[0][0] <= self.now():
            self._ring()

    def close(self) -> None:
        """Gives back what the system lent; a later wait takes it again. Not needed where the process ends."""
        if self._alarm is not None:
            self._alarm.close()
            self._alarm, self._armed = None, math.inf

    def _push(self, deadline: float, waiter: Waiter, call: Again | None) -> None:
        if len(self._heap) >= self._sweep_at:
            self._sweep()
        heapq.heappush(self._heap, (deadline, next(self._order), waiter, call))
        if deadline < self._armed and not self._ringing:
            self._arm(deadline)

    def _follow(self, deadline: float, waiter: Waiter, call: Again) -> None:
        if waiter.done():
            return
        if deadline > self.now():
            self._push(deadline, waiter, call)
        else:
            asyncio.get_running_loop().call_soon(self.again, deadline, waiter, call)

    def _arm(self, deadline: float) -> None:
        if self._alarm is None:
            self._alarm = alarm(asyncio.get_running_loop(), self._ring, self.now)
        self._armed = max(deadline, self._rung + QUANTUM)
        self._alarm.set(self._armed)

    def _ring(self) -> None:
        """Whoever is resolved may set its next deadline meanwhile; what has passed by then has its turn next time."""
        heap, pop, push = self._heap, heapq.heappop, heapq.heappush
        self._ringing, self._rung = True, self.now()
        now = self._rung
        due = list[_Entry]()
        while heap and (heap[0][0] <= now or heap[0][2].done()):
            due.append(pop(heap))
        try:
            for _, order, waiter, call in due:
                if waiter.done():
                    continue
                if call is None:
                    waiter.set_result(None)
                elif (deadline := call(now)) > now and not waiter.done():
                    push(self._heap, (deadline, order, waiter, call))
                else:
                    self._follow(deadline, waiter, call)
        finally:
            self._ringing = False
            self._arm(self._heap[0][0] if self._heap else math.inf)

    def _sweep(self) -> None:
        """Drops the deadlines nobody waits for any more; they could lie hours ahead."""
        self._heap = [entry for entry in self._heap if not entry[2].done()]
        heapq.heapify(self._heap)
        self._sweep_at = max(1024, 2 * len(self._heap))

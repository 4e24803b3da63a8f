"""Withholding: each piece of a reply leaves only when the client has shown the one before.

A reply to be withheld is planned as usual, with long pauses between its chunks. The player waits for each of these
moments with the clock of its fake; the gate is that clock, and resolves such waits when the client has shown enough.
Before the player waits it has made sure that the client has read what was sent: one that shows nothing holds it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mock_ares.scenario.model import Pace, Reply
from mock_ares.server.timing.deadlines import Again, Deadlines
from mock_ares.server.timing.waiters import Waiter, resolve

APART = 14.0
"""Seconds between two chunks of a withheld reply: no more, or a profile would send comments to keep it alive."""
FAR = 12.0
"""Seconds from which a wait is one for the client; several chunks that it has shown at once are further apart."""
MOST_PATIENCE = 8.0
"""Seconds."""


def withheld(reply: Reply) -> Reply:
    """The reply with long pauses between its chunks."""
    return replace(reply, pace=Pace(every=APART), segments="event")


@dataclass(slots=True)
class Withholding:
    """One example: how much the client must have shown before each further chunk."""

    due: Sequence[int]
    """For each chunk: the characters shown before the next one leaves."""
    patience: float
    """Seconds for which a client that has read a chunk may keep it to itself."""
    shown: int = 0
    passed: int = 0
    """Chunks let through so far."""
    stalled: int | None = None
    """The number of chunks that were sent when the client showed nothing more; None: it showed them all."""
    waiting: list[Callable[[], object]] = field(default_factory=list)
    """What goes on then."""
    timer: asyncio.TimerHandle | None = None

    @property
    def open(self) -> bool:
        """The next chunk may leave."""
        return self.stalled is not None or self.passed >= len(self.due) or self.shown >= self.due[self.passed]


class ClientGate(Deadlines):
    """A clock whose far deadlines come when the client has shown what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self._now: Withholding | None = None

    def begin(self, withholding: Withholding | None) -> None:
        """For the next example. In the event loop."""
        if self._now is not None:
            self._give_up(self._now)
        self._now = withholding

    def timer(self, deadline: float) -> Waiter:
        withholding = self._holds(deadline)
        if withholding is None:
            return super().timer(deadline)
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._hold(withholding, lambda: resolve(waiter))
        return waiter

    def again(self, deadline: float, waiter: Waiter, call: Again) -> None:
        withholding = self._holds(deadline)
        if withholding is None:
            super().again(deadline, waiter, call)
        else:
            go_on = super().again
            self._hold(withholding, lambda: go_on(self.now(), waiter, call))

    def _holds(self, deadline: float) -> Withholding | None:
        return self._now if deadline - self.now() >= FAR else None

    def _hold(self, withholding: Withholding, go_on: Callable[[], object]) -> None:
        withholding.waiting.append(go_on)
        withholding.timer = asyncio.get_running_loop().call_later(withholding.patience, self._give_up, withholding)
        self._let_through(withholding)

    def show(self, characters: int) -> None:
        """The client has shown so many more. In the event loop."""
        if self._now is not None:
            self._now.shown += characters
            self._let_through(self._now)

    def _let_through(self, withholding: Withholding) -> None:
        if not withholding.waiting or not withholding.open:
            return
        withholding.passed += 1
        if withholding.timer is not None:
            withholding.timer.cancel()
        waiting, withholding.waiting = withholding.waiting, []
        for go_on in waiting:
            go_on()

    def _give_up(self, withholding: Withholding) -> None:
        if withholding.waiting and withholding.stalled is None:
            withholding.stalled = withholding.passed + 1
        self._let_through(withholding)

"""What was really sent of each answer, and when; for the latest ones, as far as memory allows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from mock_ares.plan.model import Headers, Script, StreamPlan
from mock_ares.server.clock import Clock
from mock_ares.server.journal import Exchange
from mock_ares.server.player import Sent

MOST_BYTES = 64 * 1024 * 1024
MOST_MOMENTS = 20_000
"""Of one stream; what leaves then is told with the last of them."""
PER_OBJECT = 150
PER_MOMENT = 24


@dataclass(slots=True)
class Record:
    """One answer: its plan, and how much of it had been sent at which moment."""

    exchange: Exchange
    plan: StreamPlan
    script: Script
    extra: Headers
    moments: array[float] = field(default_factory=lambda: array("d"))
    writes: array[int] = field(default_factory=lambda: array("Q"))
    """Writes handed over in full at each moment."""
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    """Bytes at each moment, the head not counted."""
    told: int = 0
    """Moments that readers of the events have been told of."""

    def note(self, moment: float, writes: int, size: int) -> None:
        if len(self.moments) >= MOST_MOMENTS:
            self.moments.pop(), self.writes.pop(), self.sizes.pop()
            self.told = min(self.told, len(self.moments))
        self.moments.append(moment)
        self.writes.append(writes)
        self.sizes.append(size)

    def sent_at(self, index: int) -> float | None:
        """When a write of the script had been handed over; None: it has not."""
        found = bisect_right(self.writes, index)
        return self.moments[found] if found < len(self.moments) else None

    @property
    def sent(self) -> int:
        """Writes that have been handed over in full."""
        return max(self.exchange.segments, self.writes[-1] if self.writes else 0)

    @property
    def upto(self) -> int:
        """The payload offset that has been sent."""
        return self.script.writes[self.sent - 1].upto if self.sent else 0


class Recorder:
    """A watcher of a fake; ``touched`` is told of each record that has something new."""

    def __init__(self, clock: Clock, most: Callable[[], int], touched: Callable[[Record], object]) -> None:
        self._clock = clock
        self._most = most
        self._touched = touched
        self._records = OrderedDict[int, Record]()
        self._shared = dict[int, list[int]]()
        """Of each script: its weight, and how many records have it."""
        self._size = 0

    def __len__(self) -> int:
        return len(self._records)

    @property
    def size(self) -> int:
        """About how many bytes of memory are kept."""
        return self._size

    def get(self, number: int) -> Record | None:
        return self._records.get(number)

    def opened(self, exchange: Exchange) -> None: ...

    def answered(self, exchange: Exchange, plan: StreamPlan, script: Script, extra: Headers) -> Sent:
        record = self._records[exchange.number] = Record(exchange, plan, script, extra)
        self._hold(record)
        now, begun = self._clock.now, exchange.begun or self._clock.now()

        def sent(writes: int, size: int) -> None:
            exchange.segments, exchange.bytes = writes, size
            record.note(now() - begun, writes, size)
            self._touched(record)

        return sent

    def ended(self, exchange: Exchange) -> None:
        record = self._records.get(exchange.number)
        if record is not None:
            self._size += PER_MOMENT * len(record.moments)
            self._fit()

    def forget(self, numbers: set[int]) -> None:
        for number in numbers & self._records.keys():
            self._drop(self._records.pop(number))

    def _hold(self, record: Record) -> None:
        held = self._shared.get(id(record.script))
        if held is None:
            held = self._shared[id(record.script)] = [_weight(record.plan, record.script), 0]
            self._size += held[0]
        held[1] += 1
        self._size += PER_OBJECT
        self._fit()

    def _fit(self) -> None:
        while len(self._records) > 1 and (self._size > MOST_BYTES or len(self._records) > self._most()):
            self._drop(self._records.popitem(last=False)[1])

    def _drop(self, record: Record) -> None:
        held = self._shared[id(record.script)]
        held[1] -= 1
        self._size -= PER_OBJECT
        if record.exchange.ending != "open":
            self._size -= PER_MOMENT * len(record.moments)
        if not held[1]:
            self._size -= self._shared.pop(id(record.script))[0]


def _weight(plan: StreamPlan, script: Script) -> int:
    return script.size + plan.size + PER_OBJECT * (len(plan.pieces) + len(plan.chunks) + len(script.writes))

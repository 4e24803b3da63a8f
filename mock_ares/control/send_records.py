"""What was really sent of each answer, and when; for the latest ones, as far as memory allows."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from mock_ares.plan.model import Headers, Script, StreamPlan
from mock_ares.server.record.journal import Exchange

MOST_BYTES = 64 * 1024 * 1024
PER_OBJECT = 150
"""Bytes."""
PER_MOMENT = 8
"""Bytes."""


@dataclass(slots=True)
class Record:
    """One answer: its plan, and what is told of how it was sent."""

    exchange: Exchange
    plan: StreamPlan
    script: Script
    extra: Headers
    told: int = 0
    """Writes that readers of the events have been told of."""
    told_held: int | None = None
    """The pause at which they have been told that it stands."""

    def sent_at(self, index: int) -> float | None:
        """When a write of the script had been handed over, in seconds from the beginning; None: it has not."""
        moment = self.exchange.sent.at(index)
        return None if moment is None else moment - (self.exchange.begun or 0.0)

    @property
    def sent(self) -> int:
        """Writes that have been handed over in full."""
        return self.exchange.segments

    @property
    def moments(self) -> int:
        """How many are kept."""
        return len(self.exchange.sent.moments or ())

    @property
    def upto(self) -> int:
        """The payload offset that has been sent."""
        return self.script.writes[self.sent - 1].upto if self.sent else 0


class Recorder:
    """Keeps them."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
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

    def answered(self, exchange: Exchange, plan: StreamPlan, script: Script, extra: Headers) -> Record:
        record = self._records[exchange.number] = Record(exchange, plan, script, extra)
        exchange.sent.moments = array("d")
        self._hold(record)
        return record

    def ended(self, exchange: Exchange) -> None:
        record = self._records.get(exchange.number)
        if record is not None:
            self._size += PER_MOMENT * record.moments
            self._fit()

    def forget(self, numbers: set[int]) -> None:
        for number in numbers & self._records.keys():
            self._drop(self._records.pop(number))

    def _hold(self, record: Record) -> None:
        shared = self._shared.get(id(record.script))
        if shared is None:
            shared = self._shared[id(record.script)] = [_weight(record.plan, record.script), 0]
            self._size += shared[0]
        shared[1] += 1
        self._size += PER_OBJECT
        self._fit()

    def _fit(self) -> None:
        while len(self._records) > 1 and (self._size > MOST_BYTES or len(self._records) > self._most()):
            self._drop(self._records.popitem(last=False)[1])

    def _drop(self, record: Record) -> None:
        shared = self._shared[id(record.script)]
        shared[1] -= 1
        self._size -= PER_OBJECT
        if record.exchange.ending != "open":
            self._size -= PER_MOMENT * record.moments
        record.exchange.sent.moments = None
        if not shared[1]:
            self._size -= self._shared.pop(id(record.script))[0]


def _weight(plan: StreamPlan, script: Script) -> int:
    return script.size + plan.size + PER_OBJECT * (len(plan.pieces) + len(plan.chunks) + len(script.writes))

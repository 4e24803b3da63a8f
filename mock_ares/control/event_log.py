"""What happens, for everybody who listens: the latest events in one ring, and a place in it for each reader.

There is no queue for a reader. One that is slow, or was away, finds that the ring has gone on without it, and is
told so.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mock_ares.server.timing.waiters import Waiter, wake, woken

MOST_EVENTS = 4096
MOST_BYTES = 16 * 1024 * 1024
"""Of all of them; one event may tell of thousands of tokens."""
MOST_READERS = 64
LINGER = 60.0
"""Seconds for which events are still kept when the last reader has gone."""
INTERVAL = 0.1
"""Seconds between two reports of what was sent."""
MOST_TOLD = 50
"""Moments of one stream in one report."""


def encode(value: Any) -> bytes:
    """Compact JSON; half a surrogate pair, which no UTF-8 can say, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def event(kind: str, value: Any, id: str | None = None) -> bytes:
    """One server-sent event (WHATWG HTML 9.2.5)."""
    head = f"id: {id}\n" if id else ""
    return b"%bevent: %b\ndata: %b\n\n" % (head.encode(), kind.encode(), encode(value))


@dataclass(slots=True)
class Cursor:
    """Where a reader is: the number of the next event that it has not got."""

    next: int


class Hub:
    """Numbers events, keeps the latest, and wakes who waits for them. Belongs to the event loop."""

    def __init__(self) -> None:
        self.boot = secrets.token_hex(4)
        self.readers = 0
        self._ring = deque[tuple[int, bytes]]()
        self._size = 0
        self._next = 1
        self._waiters = set[Waiter]()
        self._kept_until = 0.0

    @property
    def heard(self) -> bool:
        """Whether anybody listens, or did a moment ago."""
        return self.readers > 0 or bool(self._kept_until and self._now() < self._kept_until)

    def publish(self, kind: str, value: Callable[[], Any]) -> None:
        """``value`` is asked for only where somebody listens; else the event just counts."""
        number, self._next = self._next, self._next + 1
        if not self.heard:
            return
        data = event(kind, value(), f"{self.boot}-{number}")
        self._ring.append((number, data))
        self._size += len(data)
        while len(self._ring) > MOST_EVENTS or (self._size > MOST_BYTES and len(self._ring) > 1):
            self._size -= len(self._ring.popleft()[1])
        self.wake()

    @property
    def size(self) -> int:
        """Bytes of the events that are kept."""
        return self._size

    def wake(self) -> None:
        wake(self._waiters)

    def enter(self, last: str | None) -> tuple[Cursor, int | None]:
        """A new reader's place behind the event of this id, and how many it has missed; None: nobody knows."""
        self.readers += 1
        match = re.fullmatch(rf"{self.boot}-([0-9]{{1,15}})", last or "")
        if not last:
            return Cursor(self._next), 0
        if match is None or int(match[1]) >= self._next:
            return Cursor(self._next), None
        place = Cursor(int(match[1]) + 1)
        return place, self.lost(place)

    def leave(self) -> None:
        self.readers -= 1
        if not self.readers:
            self._kept_until = self._now() + LINGER

    def lost(self, place: Cursor) -> int:
        """How many events the ring no longer has for a reader; it goes on behind them."""
        first = self._ring[0][0] if self._ring else self._next
        missed = max(0, first - place.next)
        place.next += missed
        return missed

    def take(self, place: Cursor, most: int = 65536) -> tuple[int, bytes]:
        """The events from a place on, so many bytes or a little more, and how many were lost before them."""
        missed, parts, size = self.lost(place), list[bytes](), 0
        start = len(self._ring) - (self._next - place.next) if self._ring else 0
        start = max(0, start)
        while start < len(self._ring) and self._ring[start][0] < place.next:
            start += 1
        while start < len(self._ring) and size < most:
            number, data = self._ring[start]
            if number != place.next:  # nobody listened for a while
                missed += number - place.next
            place.next = number + 1
            parts.append(data)
            size += len(data)
            start += 1
        if start >= len(self._ring):
            missed, place.next = missed + self._next - place.next, self._next
        return missed, b"".join(parts)

    async def wait(self, place: Cursor, seconds: float) -> bool:
        """Until there is an event for this place; False when the time is over."""
        return place.next < self._next or await woken(self._waiters, self._now() + seconds)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

"""What a key's owner has: further keys, the runs of agents, and a count of what was used."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_KEYS = 1000
MOST_RUNS = 1000
MOST_RUN_BYTES = 16 * 1024 * 1024
MOST_OWNERS = 1000
MOST_DAYS = 62


@dataclass(slots=True)
class Key:
    """An API key that was asked for. Times are seconds since the epoch."""

    id: str
    owner: str
    name: str
    secret: str
    """The key itself: what is forgotten must be revoked, or it would go on without being listed."""
    created: float
    expires: float | None
    last_used: float | None = None
    active: bool = True


class Keys:
    """By their ids. Bounded: the oldest is forgotten first."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._kept: OrderedDict[str, Key] = OrderedDict()
        self._by_digest: dict[bytes, Key] = {}

    def add(self, key: Key) -> Key | None:
        """Keeps a key; gives one that is forgotten for it."""
        self._kept[key.id] = self._by_digest[_digest(key.secret)] = key
        if len(self._kept) <= self._most:
            return None
        _, dropped = self._kept.popitem(last=False)
        del self._by_digest[_digest(dropped.secret)]
        return dropped

    def of(self, owner: str) -> list[Key]:
        """The active ones, youngest first."""
        return [key for key in reversed(self._kept.values()) if key.owner == owner and key.active]

    def find(self, id: str, owner: str) -> Key | None:
        key = self._kept.get(id)
        return key if key is not None and key.owner == owner else None

    def used(self, secret: str, now: float) -> None:
        """Notes that somebody came with it."""
        key = self._by_digest.get(_digest(secret))
        if key is not None:
            key.last_used = now


@dataclass(frozen=True, slots=True)
class AgentRun:
    """What an agent did once. Times are seconds since the epoch."""

    id: str
    owner: str
    agent: str
    input: Any
    output: Any
    started: float
    duration: float
    """Seconds."""
    tokens: int
    size: int
    """Bytes of the request."""


class Runs:
    """Bounded by number and size: the oldest are forgotten first."""

    def __init__(self, most: int = MOST_RUNS, most_bytes: int = MOST_RUN_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: deque[AgentRun] = deque()
        self._size = 0

    def add(self, run: AgentRun) -> None:
        self._kept.append(run)
        self._size += run.size
        while len(self._kept) > self._most or (self._size > self._most_bytes and len(self._kept) > 1):
            self._size -= self._kept.popleft().size

    def of(self, owner: str, agent: str) -> list[AgentRun]:
        """Newest first."""
        return [run for run in reversed(self._kept) if run.owner == owner and run.agent == agent]


@dataclass(slots=True)
class Day:
    """What was used on one day."""

    runs: int = 0
    tokens: int = 0
    api_calls: int = 0


@dataclass(slots=True)
class Usage:
    """By owner and day (``2026-03-13``, UTC). Bounded: the owner who was silent longest is forgotten first."""

    most_owners: int = MOST_OWNERS
    _days: OrderedDict[str, dict[str, Day]] = field(default_factory=OrderedDict)

    def day(self, owner: str, date: str) -> Day:
        """The count of a day, to be added to."""
        days = self._days.setdefault(owner, {})
        self._days.move_to_end(owner)
        if len(self._days) > self.most_owners:
            self._days.popitem(last=False)
        if date not in days:
            days[date] = Day()
            if len(days) > MOST_DAYS:
                del days[min(days)]
        return days[date]

    def of(self, owner: str, month: str) -> Iterator[tuple[str, Day]]:
        """The days of a month (``2026-03``) on which there was any use, the latest first."""
        days = self._days.get(owner, {})
        return ((date, days[date]) for date in sorted(days, reverse=True) if date.startswith(month))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()

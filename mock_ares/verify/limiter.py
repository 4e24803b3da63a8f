"""What a server's fields say of its rate limiter, and what follows from that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mock_ares.verify.exchange import HttpAnswer

REFUSED = 429


class LimitedError(Exception):
    """The limiter lets no request through for longer than may be waited."""


@dataclass(slots=True)
class Limiter:
    """Seconds are what the server says, its clock being its own."""

    budget: float
    """Seconds that may still be waited, all waits together."""
    allowed: int | None = None
    """Requests at once."""
    pause: float | None = 0.0
    """Before the next request; None: there is no telling."""
    window: bool = False
    """After the pause as many as ever are let through; else one."""

    def heard(self, answer: HttpAnswer) -> None:
        """Takes in an answer's fields."""
        now = _moment(answer.field("date")) or datetime.now(UTC)
        reset = _moment(answer.field("x-ratelimit-reset"))
        self.window = self.window or reset is not None
        self.allowed = _whole(answer.field("x-ratelimit-limit")) or self.allowed
        until = math.ceil((reset - now).total_seconds()) if reset is not None else None
        if answer.status == REFUSED:
            said = answer.field("retry-after") or answer.field("x-ratelimit-after")
            at = _moment(said)
            wait = _whole(said) if at is None else math.ceil((at - now).total_seconds())
            wait = until if wait is None else wait
            self.pause = None if wait is None else max(wait, 0) + 1  # begun seconds may have been left out
        elif until is not None and _whole(answer.field("x-ratelimit-remaining")) == 0:
            self.pause = max(until, 0) + 1
        else:
            self.pause = 0.0

    def due(self) -> float:
        """Seconds to wait now, which are taken off the budget. Raises LimitedError."""
        if self.pause is None or self.pause > self.budget:
            raise LimitedError
        self.budget -= self.pause
        return self.pause

    def needed(self, requests: int) -> float | None:
        """About how many seconds so many requests take from now on; None: there is no telling."""
        if self.pause is None:
            return None
        turns = math.ceil(requests / self.allowed) if self.window and self.allowed else requests
        return turns * self.pause


def _whole(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _moment(value: str) -> datetime | None:
    """An HTTP date, or one as ARES's pages write it."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(value)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None

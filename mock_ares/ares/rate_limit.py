"""A real limit: so many requests in so many seconds, counted for each token."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from mock_ares.ares.errors import HttpError, json_error, plain_error
from mock_ares.ares.profiles import Profile
from mock_ares.plan.model import Headers

MOST_OWNERS = 10_000
LAST = 253_402_300_799
"""The last second of the year 9999."""


class RateLimit:
    """A fixed window for each owner, which opens with its first request. Bounded: the longest unused are forgotten."""

    def __init__(
        self,
        requests: int,
        seconds: float,
        profile: Profile,
        *,
        quota: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.requests = requests
        self.seconds = seconds
        self.profile = profile
        self._quota = quota
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, owner: str) -> Headers | HttpError:
        """Counts a request: the head fields that tell what is left, or the 429."""
        now = self._clock()
        opened, taken = self._windows.pop(owner, (now, 0))
        if not opened <= now < opened + self.seconds:  # over, or the clock was put back
            opened, taken = now, 0
        allowed = taken < self.requests
        self._windows[owner] = (opened, taken + allowed)
        if len(self._windows) > MOST_OWNERS:
            self._windows.popitem(last=False)
        closes = opened + self.seconds
        headers = self._told(self.requests - taken - 1 if allowed else 0, closes)
        return headers if allowed else self._refused(closes - now, headers)

    def clear(self) -> None:
        """Everybody begins anew."""
        self._windows.clear()

    def _told(self, left: int, closes: float) -> Headers:
        fields = (("x-ratelimit-limit", str(self.requests)), ("x-ratelimit-remaining", str(left)))
        if self.profile.name == "docs":
            return (*fields, ("x-ratelimit-reset", _timestamp(closes)))
        return () if self._quota else fields  # of its quota the server says nothing

    def _refused(self, wait: float, headers: Headers) -> HttpError:
        if self.profile.name == "docs":
            message = "Monthly request quota exceeded" if self._quota else "Rate limit exceeded"
            return json_error(429, message, headers=(*headers, ("retry-after", str(math.ceil(wait)))))
        if self._quota:
            return json_error(429, "Monthly request quota exceeded")
        seconds = str(int(wait))  # begun seconds are left out, so a client may be told to come back in 0
        fields = (("x-ratelimit-after", seconds), ("retry-after", seconds), *headers)
        return plain_error(429, f"Too Many Requests! Wait for {seconds}s", fields, content_type=None)


def _timestamp(moment: float) -> str:
    """A moment in seconds since the epoch as the pages write it, begun seconds counted."""
    return datetime.fromtimestamp(min(math.ceil(moment), LAST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

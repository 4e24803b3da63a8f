"""Real limits: so many requests in so many seconds for each token; and ARES's own, for each address."""

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


class AddressLimit:
    """ARES's: ``burst`` requests at once for each address, and then one each ``seconds``. Bounded as the other."""

    def __init__(
        self, burst: int, seconds: float, profile: Profile, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.profile = profile
        self._burst, self._seconds, self._clock = burst, seconds, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What an address had left, and when."""

    def take(self, address: str) -> Headers | HttpError:
        """Counts a request: the head fields that tell what is left, or the 429."""
        now = self._clock()
        left, since = self._left.pop(address, (float(self._burst), now))
        left = min(self._burst, left + (now - since) / self._seconds)
        allowed = left >= 1
        self._left[address] = (left - allowed, now)
        if len(self._left) > MOST_OWNERS:
            self._left.popitem(last=False)
        told = int(left - 1) if allowed else 0
        fields = (("x-ratelimit-limit", str(self._burst)), ("x-ratelimit-remaining", str(told)))
        return fields if allowed else _governed((1 - left) * self._seconds, fields, self.profile)

    def clear(self) -> None:
        """Everybody begins anew."""
        self._left.clear()


def _governed(wait: float, fields: Headers, profile: Profile) -> HttpError:
    """A refusal that tells how long to wait, in seconds; the server leaves out begun ones, so it may say 0."""
    if profile.name == "docs":
        return json_error(429, "Rate limit exceeded", headers=(*fields, ("retry-after", str(math.ceil(wait)))))
    seconds = str(int(wait))
    told = (("x-ratelimit-after", seconds), ("retry-after", seconds), *fields)
    return plain_error(429, f"Too Many Requests! Wait for {seconds}s", told, content_type=None)


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
        if not self._quota:
            return _governed(wait, headers, self.profile)
        told = (*headers, ("retry-after", str(math.ceil(wait)))) if self.profile.name == "docs" else ()
        return json_error(429, "Monthly request quota exceeded", headers=told)


def _timestamp(moment: float) -> str:
    """A moment in seconds since the epoch as the pages write it, begun seconds counted."""
    return datetime.fromtimestamp(min(math.ceil(moment), LAST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

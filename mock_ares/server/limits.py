"""A real limit: so many requests in so many seconds, counted for each token."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from mock_ares.plan.model import Headers
from mock_ares.server.errors import HttpError, json_error, plain_error
from mock_ares.server.profiles import Profile

MOST_OWNERS = 10_000


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
        self._profile = profile
        self._quota = quota
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, owner: str) -> Headers | HttpError:
        """Counts a request: the head fields that tell what is left, or the 429."""
        now = self._clock()
        opened, taken = self._windows.pop(owner, (now, 0))
        if now >= opened + self.seconds:
            opened, taken = now, 0
        allowed = taken < self.requests
        self._windows[owner] = (opened, taken + allowed)
        if len(self._windows) > MOST_OWNERS:
            self._windows.popitem(last=False)
        wait = max(1, math.ceil(opened + self.seconds - now))
        if allowed:
            return self._told(self.requests - taken - 1, opened)
        return self._refused(wait, opened)

    def _told(self, left: int, opened: float) -> Headers:
        if self._quota:
            return ()
        fields = (("x-ratelimit-limit", str(self.requests)), ("x-ratelimit-remaining", str(left)))
        return fields if self._profile.name == "server" else (*fields, self._reset(opened))

    def _reset(self, opened: float) -> tuple[str, str]:
        return "x-ratelimit-reset", str(math.ceil(opened + self.seconds))

    def _refused(self, wait: int, opened: float) -> HttpError:
        retry = ("retry-after", str(wait))
        if self._quota:
            return json_error(429, "Monthly request quota exceeded", headers=(retry,))
        if self._profile.name == "server":
            fields = (("x-ratelimit-after", str(wait)), retry, *self._told(0, opened))
            return plain_error(429, f"Too Many Requests! Wait for {wait}s", fields, content_type=None)
        return json_error(429, "Rate limit exceeded", headers=(*self._told(0, opened), retry))

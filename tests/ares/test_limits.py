from __future__ import annotations

from dataclasses import dataclass

import pytest

from mock_ares.ares import rate_limit
from mock_ares.ares.errors import JSON, HttpError
from mock_ares.ares.profiles import PROFILES
from mock_ares.ares.rate_limit import AddressLimit, RateLimit
from mock_ares.plan.model import Headers

NOON = 1_774_958_400.0  # 2026-03-31T12:00:00Z


@dataclass
class FakeClock:
    now: float = NOON

    def __call__(self) -> float:
        return self.now


def limit(
    clock: FakeClock, requests: int = 2, seconds: float = 10, profile: str = "docs", *, quota: bool = False
) -> RateLimit:
    return RateLimit(requests, seconds, PROFILES[profile], quota=quota, clock=clock)


def allowed(found: Headers | HttpError) -> dict[str, str]:
    assert isinstance(found, tuple)
    return dict(found)


def refused(found: Headers | HttpError) -> HttpError:
    assert isinstance(found, HttpError)
    assert found.status == 429
    return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestCounting:
    def test_so_many_and_no_more(self, clock: FakeClock) -> None:
        limited = limit(clock)
        assert [isinstance(limited.take("me"), HttpError) for _ in range(4)] == [False, False, True, True]

    def test_each_token_by_itself(self, clock: FakeClock) -> None:
        limited = limit(clock, requests=1)
        assert [isinstance(limited.take(owner), HttpError) for owner in "abab"] == [False, False, True, True]

    @pytest.mark.parametrize(("after", "again"), [(9.999, False), (10.0, True), (1000.0, True)])
    def test_a_window_opens_with_its_first_request(self, clock: FakeClock, after: float, again: bool) -> None:
        limited = limit(clock, requests=1)
        limited.take("me")
        clock.now += after
        assert isinstance(limited.take("me"), tuple) == again

    def test_refused_requests_do_not_count(self, clock: FakeClock) -> None:
        limited = limit(clock, requests=1)
        for _ in range(5):
            limited.take("me")
        clock.now += 10
        allowed(limited.take("me"))

    def test_none_at_all(self, clock: FakeClock) -> None:
        refused(limit(clock, requests=0).take("me"))

    def test_a_clock_that_is_put_back_locks_nobody_out(self, clock: FakeClock) -> None:
        limited = limit(clock, requests=1)
        limited.take("me")
        clock.now -= 86_400
        allowed(limited.take("me"))
        refused(limited.take("me"))

    def test_memory_is_bounded_and_the_longest_unused_go_first(
        self, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rate_limit, "MOST_OWNERS", 3)
        limited = limit(clock, requests=1)
        for owner in "abc":
            limited.take(owner)
        refused(limited.take("a"))
        limited.take("d")
        assert len(limited._windows) == 3
        refused(limited.take("a"))
        allowed(limited.take("b"))


class TestDocs:
    def test_what_is_left(self, clock: FakeClock) -> None:
        limited = limit(clock, requests=2, seconds=10)
        fields = {"x-ratelimit-limit": "2", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "2026-03-31T12:00:10Z"}
        assert allowed(limited.take("me")) == fields
        clock.now += 4
        assert allowed(limited.take("me")) == fields | {"x-ratelimit-remaining": "0"}

    def test_refused(self, clock: FakeClock) -> None:
        limited = limit(clock, requests=0, seconds=10)
        limited.take("me")
        clock.now += 3.25
        error = refused(limited.take("me"))
        assert (error.body, error.content_type) == (b'{"error":"Rate limit exceeded"}', JSON)
        assert dict(error.headers) == {
            "x-ratelimit-limit": "0",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": "2026-03-31T12:00:10Z",
            "retry-after": "7",
        }

    def test_who_waits_as_told_is_let_in(self, clock: FakeClock) -> None:
        clock.now += 0.7
        limited = limit(clock, requests=1, seconds=10)
        limited.take("me")
        clock.now += 3.3
        clock.now += int(dict(refused(limited.take("me")).headers)["retry-after"])
        allowed(limited.take("me"))

    def test_the_reset_is_never_too_early(self, clock: FakeClock) -> None:
        clock.now += 0.001
        assert allowed(limit(clock).take("me"))["x-ratelimit-reset"] == "2026-03-31T12:00:11Z"

    def test_a_quota(self, clock: FakeClock) -> None:
        limited = limit(clock, requests=1, quota=True)
        assert allowed(limited.take("me"))["x-ratelimit-remaining"] == "0"
        error = refused(limited.take("me"))
        assert (error.body, error.content_type) == (b'{"error":"Monthly request quota exceeded"}', JSON)
        assert dict(error.headers)["retry-after"] == "10"


class TestServer:
    def test_what_is_left(self, clock: FakeClock) -> None:
        limited = limit(clock, profile="server")
        assert allowed(limited.take("me")) == {"x-ratelimit-limit": "2", "x-ratelimit-remaining": "1"}

    @pytest.mark.parametrize(("after", "said"), [(0.0, "10"), (0.1, "9"), (9.0, "1"), (9.5, "0")])
    def test_refused_in_whole_seconds_rounded_down(self, clock: FakeClock, after: float, said: str) -> None:
        limited = limit(clock, requests=1, profile="server")
        limited.take("me")
        clock.now += after
        error = refused(limited.take("me"))
        assert (error.body.decode(), error.content_type) == (f"Too Many Requests! Wait for {said}s", None)
        assert error.headers == (
            ("x-ratelimit-after", said),
            ("retry-after", said),
            ("x-ratelimit-limit", "1"),
            ("x-ratelimit-remaining", "0"),
        )

    def test_of_its_quota_it_says_nothing(self, clock: FakeClock) -> None:
        limited = limit(clock, requests=1, profile="server", quota=True)
        assert allowed(limited.take("me")) == {}
        error = refused(limited.take("me"))
        assert error == HttpError(429, (), b'{"error":"Monthly request quota exceeded"}', JSON)


class TestAddresses:
    """ARES's own limiter: a bucket for each address, which fills one by one."""

    def limit(self, clock: FakeClock, profile: str = "server") -> AddressLimit:
        return AddressLimit(2, 100.0, PROFILES[profile], clock)

    def test_so_many_at_once_and_then_one_by_one(self, clock: FakeClock) -> None:
        limited = self.limit(clock)
        left = [allowed(limited.take("here"))["x-ratelimit-remaining"] for _ in range(2)]
        assert left == ["1", "0"]
        refused(limited.take("here"))
        clock.now += 100
        assert allowed(limited.take("here")) == {"x-ratelimit-limit": "2", "x-ratelimit-remaining": "0"}
        refused(limited.take("here"))
        clock.now += 1000
        assert allowed(limited.take("here"))["x-ratelimit-remaining"] == "1"

    def test_each_address_by_itself(self, clock: FakeClock) -> None:
        limited = self.limit(clock)
        assert [isinstance(limited.take(address), HttpError) for address in "aaaba"] == [
            False,
            False,
            True,
            False,
            True,
        ]

    def test_begun_seconds_are_left_out(self, clock: FakeClock) -> None:
        limited = self.limit(clock)
        limited.take("here")
        limited.take("here")
        clock.now += 99.5
        fields = (
            ("x-ratelimit-after", "0"),
            ("retry-after", "0"),
            ("x-ratelimit-limit", "2"),
            ("x-ratelimit-remaining", "0"),
        )
        assert refused(limited.take("here")) == HttpError(429, fields, b"Too Many Requests! Wait for 0s", None)

    def test_the_docs_say_it_in_json(self, clock: FakeClock) -> None:
        limited = self.limit(clock, "docs")
        limited.take("here")
        limited.take("here")
        error = refused(limited.take("here"))
        assert (error.body, dict(error.headers)["retry-after"]) == (b'{"error":"Rate limit exceeded"}', "100")

    def test_everybody_begins_anew(self, clock: FakeClock) -> None:
        limited = self.limit(clock)
        for _ in range(3):
            limited.take("here")
        limited.clear()
        assert allowed(limited.take("here"))["x-ratelimit-remaining"] == "1"

    def test_bounded(self, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rate_limit, "MOST_OWNERS", 10)
        limited = self.limit(clock)
        for number in range(100):
            limited.take(str(number))
        assert len(limited._left) == 10

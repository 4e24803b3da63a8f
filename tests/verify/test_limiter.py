"""Rate limiters as ARES has them, and as others do."""

from __future__ import annotations

import pytest

from mock_ares.verify.exchange import HttpAnswer
from mock_ares.verify.limiter import LimitedError, Limiter

DATE = ("date", "Mon, 30 Nov 2026 09:00:00 GMT")


def heard(status: int, *fields: tuple[str, str], budget: float = 1000.0) -> Limiter:
    limiter = Limiter(budget)
    limiter.heard(HttpAnswer(status, (DATE, *fields)))
    return limiter


@pytest.mark.parametrize(
    ("fields", "pause"),
    [
        ([("retry-after", "99")], 100.0),
        ([("retry-after", "0")], 1.0),  # less than a second
        ([("x-ratelimit-after", "7")], 8.0),
        ([("retry-after", "Mon, 30 Nov 2026 09:01:00 GMT")], 61.0),
        ([("x-ratelimit-reset", "2026-11-30T09:00:30Z")], 31.0),
        ([("retry-after", "5"), ("x-ratelimit-reset", "2026-11-30T09:00:30Z")], 6.0),
        ([("retry-after", "Mon, 30 Nov 2026 08:00:00 GMT")], 1.0),  # over already
    ],
)
def test_a_refusal_says_how_long(fields: list[tuple[str, str]], pause: float) -> None:
    assert heard(429, *fields).due() == pause


@pytest.mark.parametrize(
    "fields", [[], [("retry-after", "soon")], [("retry-after", "-1")], [("retry-after", "9" * 30)]]
)
def test_a_refusal_that_does_not(fields: list[tuple[str, str]]) -> None:
    limiter = heard(429, *fields)
    assert limiter.needed(5) is None
    with pytest.raises(LimitedError):
        limiter.due()


def test_an_answer_that_was_the_last_one() -> None:
    last = ("x-ratelimit-remaining", "0")
    assert heard(200, last, ("x-ratelimit-reset", "2026-11-30T09:00:10Z")).due() == 11.0
    assert heard(200, last).due() == 0.0  # the next one is told when
    assert heard(200, ("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "2026-11-30T09:00:10Z")).due() == 0.0


def test_what_is_left_takes_a_turn_for_each_or_a_window_for_many() -> None:
    limit = ("x-ratelimit-limit", "10")
    assert heard(429, limit, ("retry-after", "99")).needed(12) == 1200.0
    assert heard(429, limit, ("retry-after", "59"), ("x-ratelimit-reset", "2026-11-30T09:01:00Z")).needed(12) == 120.0


def test_waits_are_taken_off_the_budget() -> None:
    limiter = heard(429, ("retry-after", "5"), budget=10.0)
    assert limiter.due() == 6.0
    with pytest.raises(LimitedError):
        limiter.due()

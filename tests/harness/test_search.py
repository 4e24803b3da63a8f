"""The search itself, with cases that nobody plays."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import strategies as st

from mock_ares.harness.checks.rows import one
from mock_ares.harness.model import Case, Failure, HarnessError
from mock_ares.harness.run.search import Search
from mock_ares.harness.settings import RunSettings
from tests.harness.report.samples import SMALLEST

CASES = st.text("ab", min_size=1, max_size=3).map(one)


def test_what_an_attempt_raises_ends_it() -> None:
    tried: list[Case] = []

    def attempt(case: Case) -> Failure | None:
        tried.append(case)
        raise HarnessError("no fake")

    with pytest.raises(HarnessError, match="no fake"):
        Search(attempt, RunSettings(), "x").run(CASES, 50)
    assert len(tried) == 1


def test_a_strategy_that_depends_on_more_than_its_seed_is_found_out() -> None:
    numbers = count()

    def attempt(case: Case) -> Failure | None:
        return SMALLEST if case == one("0") else None

    search = Search(attempt, RunSettings(), "x")
    with pytest.raises(HarnessError, match="the search for x did not repeat itself"):
        search.run(st.booleans().map(lambda _: one(str(next(numbers)))), 50)


def test_none_is_tried_where_none_is_wanted() -> None:
    def attempt(case: Case) -> Failure | None:
        raise AssertionError

    Search(attempt, RunSettings(), "x").run(CASES, 0)

"""Each single-bug parser is failed by the fixed examples of the checks that are named for it, whatever the seed."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

import pytest

from mock_ares import client
from mock_ares.dialects import DialectName
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.run.checks_in_order import run_contract
from tests.mutants.base import Delta, Right, Typed
from tests.mutants.parsers import CAPABILITIES, PARSERS, Parser, StaleRowError, Started, failing, settings_of

STAGES: dict[str, type[Right]] = {"text": Right, "typed": Typed, "delta": Delta}


def sampled(parsers: list[Parser]) -> list[Any]:
    """One in ten for ``make test``, all for ``-m slow``."""
    return [
        pytest.param(parser, id=parser.name, marks=[pytest.mark.slow] if number % 10 else [])
        for number, parser in enumerate(parsers)
    ]


@pytest.mark.parametrize("parser", sampled([*PARSERS]))
def test_its_own_fixed_examples_fail_it(parser: Parser) -> None:
    assert set(failing(parser, parser.told_by)) == set(parser.told_by)


@pytest.mark.parametrize("parser", sampled([*PARSERS]))
def test_so_do_the_few_that_stand_for_them(parser: Parser) -> None:
    assert set(failing(parser, parser.told_by, Started)) == set(parser.told_by)


@pytest.mark.parametrize("parser", sampled([each for each in PARSERS if not each.breaks_all]))
def test_it_is_right_in_all_else(parser: Parser) -> None:
    """A row that is no Python any more would be failed by everything."""
    assert failing(parser, ("once",)) == []


@pytest.mark.slow
@pytest.mark.parametrize("dialect", [name for name in get_args(DialectName) if name in STAGES])
def test_what_they_are_made_of_passes(dialect: DialectName) -> None:
    for function in (partial(client.stream_chat, timeout=15.0, dialect=dialect), STAGES[dialect]().stream_chat):
        report = run_contract(PythonClient(function, dialect, CAPABILITIES), settings_of(dialect))
        assert [r.info.id for r in report.checks if r.verdict not in ("passed", "skipped", "informational")] == []


def test_the_table() -> None:
    assert len({parser.name for parser in PARSERS}) == len(PARSERS) >= 80
    assert all(parser.told_by for parser in PARSERS)


def test_a_row_that_outlives_its_source_is_told() -> None:
    with pytest.raises(StaleRowError, match="'no such line' stands 0 times in client"):
        Parser("stale", "no such line", "", ("once",)).stream_chat()

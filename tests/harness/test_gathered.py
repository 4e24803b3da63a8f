"""Where each example costs a start, a quick run asks few that stand for many, and tells the same."""

from __future__ import annotations

from typing import Any

import pytest

from mock_ares.client import stream_chat
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import CheckResult
from mock_ares.harness.run.check_runner import cases_of
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import RunSettings
from tests.mutants.framing import ParsesRetry

GATHERED = [check for check in CHECKS.values() if check.gathered]
QUICK = RunSettings(quick=True)


class Started(PythonClient):
    spawns = True


def result_of(kind: type[PythonClient], client: Any, check: str, settings: RunSettings = QUICK) -> CheckResult:
    report = run_contract(kind(client, "client", ("v1",)), RunSettings(quick=settings.quick, only=(check,)))
    return report.checks[0]


@pytest.mark.parametrize("check", GATHERED, ids=lambda check: check.id)
def test_they_are_fewer_in_all_they_stand_for(check: Any) -> None:
    stood_for = {"": check.row.examples, **check.row.resting}
    assert check.gathered.keys() <= stood_for.keys()
    for name, cases in check.gathered.items():
        assert len(cases) < len(stood_for[name]) or name == "request", name
    assert check.row.fitted is None, "it depends on the client what is asked"


def test_a_right_client_is_asked_half_as_much() -> None:
    client = Started(stream_chat)
    few, all_of_them = (
        sum(len(cases_of(check, client, QUICK, gathered=gathered)) for check in GATHERED) for gathered in (True, False)
    )
    assert few * 2 < all_of_them


@pytest.mark.parametrize("check", ["text-newlines", "comments", "bad-utf8", "read-bytes"])
def test_it_passes(check: str) -> None:
    asked, full = result_of(Started, stream_chat, check), result_of(PythonClient, stream_chat, check)
    assert asked.verdict == full.verdict == "passed" and asked.examples < full.examples


def test_a_wrong_one_is_told_by_the_same_stream() -> None:
    few, full = (result_of(kind, ParsesRetry().stream_chat, "fields").failure for kind in (Started, PythonClient))
    assert few is not None and full is not None
    assert few.case == full.case and few.diagnosis == full.diagnosis


def test_all_are_asked_in_a_run_that_is_not_quick() -> None:
    asked = result_of(Started, stream_chat, "read-whole", RunSettings())
    assert asked.examples > len(CHECKS["read-whole"].row.examples)

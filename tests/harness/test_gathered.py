"""Where each example costs a start, a quick run asks few that stand for many, and tells the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mock_ares.client import stream_chat
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.gathered import TEXT
from mock_ares.harness.checks.rows import speaking
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
    for names, cases in check.gathered.items():
        assert check.row.rests_on.issuperset(names.split())
        stood_for = [each for of, each in check.row.resting.items() if set(names.split()).issuperset(of.split())]
        assert len(cases) < len(check.row.examples) + sum(map(len, stood_for)), names
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
    assert few.case == full.case and few.observation.error == full.observation.error


def test_one_example_that_many_checks_share_is_played_once() -> None:
    sharing = [check for check in GATHERED if TEXT in list(check.gathered.values())[-1]]
    assert len(sharing) >= 5
    played = []

    def client(url: str, token: str, message: str) -> Iterator[str]:
        played.append(message)
        yield from stream_chat(url, token, message)

    started = Started(client, "client")
    report = run_contract(started, RunSettings(quick=True, only=tuple(each.id for each in sharing)))
    assert {check.verdict for check in report.checks} == {"passed"} and all(check.examples for check in report.checks)
    asked = [case for check in sharing for case in cases_of(check, started, QUICK, gathered=True)]
    assert asked.count(speaking(TEXT, "text")) == len(sharing)
    assert len(played) == 1 + len(asked) - len(sharing)


def test_the_one_that_is_shared_says_who_gets_it_wrong() -> None:
    def drops(url: str, token: str, message: str) -> str:
        return "".join(stream_chat(url, token, message)).replace("\0", "")

    report = run_contract(Started(drops, "client"), RunSettings(quick=True, only=("text-lookalikes", "text-nul")))
    assert [check.verdict for check in report.checks] == ["passed", "failed"]


def test_all_are_asked_in_a_run_that_is_not_quick() -> None:
    asked = result_of(Started, stream_chat, "read-whole", RunSettings())
    assert asked.examples > len(CHECKS["read-whole"].row.examples)


def test_what_only_happens_where_all_of_it_is_together_is_told_too() -> None:
    def gives_up(url: str, token: str, message: str) -> str:
        text = "".join(stream_chat(url, token, message))
        return "" if "\0" in text and "日本語" in text else text

    report = run_contract(Started(gives_up, "client"), RunSettings(quick=True))
    assert [check.info.id for check in report.checks if check.verdict == "failed"] == ["everything"]

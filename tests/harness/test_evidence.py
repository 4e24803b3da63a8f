"""Which cause it is: examples together tell what one alone cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import CheckResult
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.check_runner import run_check
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import RunSettings
from tests.mutants.base import Right
from tests.mutants.framing import KnowsOnlyLf
from tests.mutants.matrix import client_of
from tests.mutants.text import StripsLeadingSpaces


class Joins(Right):
    """Data lines of an event are joined without a newline."""

    def joined(self, data: list[str]) -> str:
        return "".join(data)


class SkipsFirstEmpty(Right):
    """Empty data lines in front count for nothing."""

    def joined(self, data: list[str]) -> str:
        return super().joined(data).lstrip("\n")


class Empty(Right):
    """Whatever it is sent, it returns nothing."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        for _ in events:
            yield ""


class Prints(Right):
    """The text is printed with a line end behind it."""

    def stream_chat(self, url: str, token: str, message: str) -> str:
        return "".join(super().stream_chat(url, token, message)) + "\n"


@pytest.fixture(scope="module")
def arena() -> Iterator[ExampleRunner]:
    with ExampleRunner() as arena:
        yield arena


def said(kind: type[Right], check: str, arena: ExampleRunner, settings: RunSettings) -> str:
    with client_of(kind) as client:
        result = run_check(client, CHECKS[check], arena, settings)
    assert result.failure is not None, result
    return result.failure.diagnosis


JOINED = "newlines in the text are lost: data lines of one event are joined without them"
START = "newlines at the start of an event's text are lost: its empty data lines count for nothing"


@pytest.mark.parametrize("examples", [0, 4, 20])
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("kind", "cause"), [(Joins, JOINED), (SkipsFirstEmpty, START)])
def test_more_examples_change_no_diagnosis(
    kind: type[Right], cause: str, seed: int, examples: int, arena: ExampleRunner
) -> None:
    settings = RunSettings(seed=seed, examples=examples, budget=0.2)
    assert said(kind, "text-newlines", arena, settings) == cause


def test_bytes_that_are_no_utf_8_refute_nothing(arena: ExampleRunner) -> None:
    """Their chunks hold them in another form than the text does."""
    only = ("request", "plain", "chunk-spaces", "bad-utf8")
    report = run_contract(client_of(StripsLeadingSpaces), RunSettings(only=only, examples=0))
    (failed,) = (result for result in report.checks if result.verdict == "failed")
    assert failed.failure is not None
    assert failed.failure.cause == "spaces at the start of chunks are lost: strip one behind the colon"


@pytest.mark.parametrize(
    ("kind", "cause", "only"),
    [
        (Empty, "the text is empty, whatever was sent", ("request", "no-space", "bom", "read-line", "eol-cr")),
        (Prints, "a line end is put behind the text", ("request", "chunk-split", "eol-crlf", "gzip")),
        (
            KnowsOnlyLf,
            "the CR at the end of a line is taken for text: lines are ended at LF only",
            ("request", "eol-crlf", "eol-mixed"),
        ),
    ],
)
def test_one_bug_gets_one_sentence_in_all_checks(kind: type[Right], cause: str, only: tuple[str, ...]) -> None:
    report = run_contract(client_of(kind), RunSettings(only=only, examples=2, budget=0.2))
    assert {_said(result) for result in report.checks if result.failure} == {cause}


def _said(result: CheckResult) -> str:
    assert result.failure is not None
    return result.failure.diagnosis

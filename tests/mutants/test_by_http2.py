"""Clients that are wrong only by HTTP/2: failed there by the checks named for them and by no other."""

from __future__ import annotations

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.report.counterexample.replanned import stream_of
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import RunSettings, Transport
from tests.mutants.base import Right
from tests.mutants.by_http2 import BY_HTTP2, ByHttp2, FirstEventOfAFrame, GivesNoRoom, OneAtATime, SaysConnection
from tests.mutants.table import Mutant, name_of

OF_HTTP2 = tuple(name for name, check in CHECKS.items() if check.row.http == "2" and not check.row.lasts)
LASTING = tuple(name for name, check in CHECKS.items() if check.row.http == "2" and check.row.lasts)
QUICK = [pytest.param(m, id=m.name) for m in BY_HTTP2 if not m.failed_by & {*LASTING}]
NEAR = ("plain", "read-line", "drop-fin", "drop-rst", "trailers", "early-103", "http-reads", "gzip", "empty-reply")
"""Checks that a wrong end, or a wrong frame, could be taken for."""


def failed_by(kind: type[Right], *only: str) -> set[str]:
    """Errors of the harness among them."""
    client = PythonClient(kind().stream_chat, name_of(kind), kind.capabilities)
    settings = RunSettings(transport=Transport(http="2"), only=only, strict=True, quick=not {*only} & {*LASTING})
    report = run_contract(client, settings)
    return {check.info.id for check in report.checks if check.verdict in ("failed", "errored")}


@pytest.mark.parametrize("mutant", QUICK)
def test_failed_by_its_checks(mutant: Mutant) -> None:
    assert failed_by(mutant.kind, *NEAR, *OF_HTTP2) == mutant.failed_by, mutant.because


def test_a_counterexample_is_drawn_as_it_was_sent() -> None:
    client = PythonClient(FirstEventOfAFrame().stream_chat)
    (check,) = run_contract(client, RunSettings(transport=Transport(http="2"), only=("h2-frames",), quick=True)).checks
    assert check.failure is not None and (drawn := stream_of(check.failure)) is not None
    assert drawn.script.head is not None and drawn.script.head.version == "2"


def test_what_they_are_made_of_passes() -> None:
    assert failed_by(ByHttp2, *NEAR, *OF_HTTP2) == set()


def test_a_field_of_http1_ends_the_connection() -> None:
    """Nothing else can be asked then."""
    assert failed_by(SaysConnection, "request", "plain", "h2-frames") == {"request"}


@pytest.mark.slow
def test_who_gives_no_room_gets_no_large_answer() -> None:
    assert failed_by(GivesNoRoom, *NEAR, *OF_HTTP2, "many-chunks", "long-line") == {"many-chunks", "long-line"}


@pytest.mark.slow
def test_what_they_are_made_of_passes_all() -> None:
    assert failed_by(ByHttp2) == set()


@pytest.mark.slow
@pytest.mark.parametrize("mutant", BY_HTTP2, ids=lambda mutant: mutant.name)
def test_failed_by_no_other_check(mutant: Mutant) -> None:
    assert failed_by(mutant.kind) == mutant.failed_by - {*LASTING}


@pytest.mark.slow
def test_who_lets_others_wait_is_told() -> None:
    assert failed_by(OneAtATime, "plain", "at-once", *LASTING) == {"h2-beside"}
    assert failed_by(ByHttp2, "plain", "at-once", *LASTING) == set()

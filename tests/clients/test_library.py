"""The clients against the fake itself: its library's plain scenario, and some of its bad days."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from mock_ares.authoring.load import load
from mock_ares.expectation import expect
from mock_ares.paths import FIXTURES
from mock_ares.plan.build import RequestContext, build
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.clients.rig import PATH, Outcome, Runner
from tests.clients.test_samples import TOOLS, each

BAD_DAYS = ["drop-rst", "read-utf8", "status-401-expired"]
"""A few, to see that the programs tell their callers; test_trial.py puts the clients to all of the contract."""


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as server:
        yield server


def play(fake: FakeServer, runner: Runner, client: str, name: str) -> tuple[Outcome, str, str]:
    """What the client makes of the first reply of a scenario; what a right one makes of it; how its reads ended."""
    scenario, me = load(FIXTURES / f"{name}.yaml"), fake.credentials()
    (reply, *_) = scenario.replies
    fake.script(me.id, reply)
    outcome = runner(client, fake.url, me.token)
    asked = [exchange for exchange in fake.requests(me.id) if exchange.path == PATH]
    assert asked, "the request did not arrive with its token"
    expected = "error" if reply.error else expect(build(reply, RequestContext(), scenario.seed)).outcome
    return outcome, expected, asked[-1].boundaries


@each(*TOOLS)
@pytest.mark.parametrize("variant", ["sample", "fixed"])
def test_the_plain_scenario_comes_through_exactly(tool: str, variant: str, fake: FakeServer, runner: Runner) -> None:
    outcome, expected, boundaries = play(fake, runner, f"{tool}/{variant}", "plain")
    (reply,) = load(FIXTURES / "plain.yaml").replies
    assert (expected, boundaries) == ("exact", "exact")
    assert (outcome.text, outcome.failed) == (reply.text, False)


@each(*TOOLS)
@pytest.mark.parametrize("name", BAD_DAYS)
def test_the_corrected_clients_stand_a_bad_day(tool: str, name: str, fake: FakeServer, runner: Runner) -> None:
    outcome, expected, _ = play(fake, runner, f"{tool}/fixed", name)
    plan = None if expected == "error" and name.startswith("status") else _plan(name)
    assert outcome.failed is (expected == "error"), outcome.said
    if plan is not None:
        whole = outcome.text == plan
        assert plan.startswith(outcome.text) if expected == "error" else whole


def _plan(name: str) -> str:
    scenario = load(FIXTURES / f"{name}.yaml")
    return build(scenario.replies[0], RequestContext(), scenario.seed).text

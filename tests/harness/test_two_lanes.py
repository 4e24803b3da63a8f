"""A command that is started anew for each example is run by several threads: its start is most of its time."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from mock_ares.client import stream_chat
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import CheckResult, Observation, Target, UsageError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.checks_in_order import Contract, run_contract
from mock_ares.harness.settings import RunSettings

LANES = 5
"""Two for each of two cores, and the thread that began."""
SHARED = ("chunk-split", "chunk-empty", "text-lookalikes", "blank-lines", "unterminated")
"""None of them waits for another."""
ONLY = ("request", *SHARED, "everything")
REQUESTS = len(CHECKS["request"].examples)
"""Examples of the check that is run before there are several lanes."""


class Spawned(PythonClient):
    """It says that it is a command."""

    abreast = spawns = True
    in_process = False

    def __init__(self, all_met: threading.Barrier, seen: list[int], broken: bool = False) -> None:
        super().__init__(stream_chat, "spawned")
        self.all_met, self.seen, self.broken = all_met, seen, broken
        self.met = False

    def another(self) -> Spawned:
        return Spawned(self.all_met, self.seen, broken=self.broken)

    def observe(self, target: Target, shown: Any = None) -> Observation:
        self.seen.append(threading.get_ident())
        if len(self.seen) > REQUESTS and not self.met:
            self.met = True
            self.all_met.wait(20)  # passed by all at once, or never
        if self.broken and threading.current_thread() is not threading.main_thread():
            raise UsageError("no such command any more")
        return super().observe(target, shown)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def run(client: Spawned) -> dict[str, str]:
    report = run_contract(client, RunSettings(only=ONLY, examples=0))
    return {result.info.id: result.verdict for result in report.checks}


def test_two_examples_at_once_for_each_core_and_each_check_once() -> None:
    client = Spawned(threading.Barrier(LANES), [])
    assert run(client) == dict.fromkeys(ONLY, "passed")
    assert len(set(client.seen)) == LANES


def test_an_error_there_is_an_error_here() -> None:
    with pytest.raises(UsageError, match="no such command any more"):
        run(Spawned(threading.Barrier(LANES), [], broken=True))


@pytest.mark.parametrize(("shared", "others"), [((), 0), (SHARED[:1], 0), (SHARED[:2], 1), (SHARED, LANES - 1)])
def test_there_are_no_more_than_checks(shared: tuple[str, ...], others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each other one is a start, for nothing where there is no check left for it."""
    made = list[Spawned]()
    another = Spawned.another

    def noted(client: Spawned) -> Spawned:
        made.append(another(client))
        return made[-1]

    monkeypatch.setattr(Spawned, "another", noted)
    report = run_contract(Spawned(threading.Barrier(1), []), RunSettings(only=("request", *shared), examples=0))
    assert {result.verdict for result in report.checks} == {"passed"}
    assert len(made) == others


class Growing(dict[str, CheckResult]):
    """Another lane comes to a result at each step of who goes through them."""

    def items(self) -> Any:
        for name, result in super().items():
            self[f"another than {name}"] = result
            yield name, result


def test_another_lane_may_come_to_a_result_meanwhile() -> None:
    skipped = CheckResult(CHECKS["plain"].info, "skipped")
    with ExampleRunner() as arena:
        contract = Contract(PythonClient(stream_chat), RunSettings(), arena)
        contract.results = Growing(dict.fromkeys(CHECKS, skipped))
        assert contract._held(CHECKS["everything"]) == frozenset()

"""Checks that last are run beside the others, and their verdicts are those of a run in turn."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import Check, Row, one
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import Client, HarnessError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run import background
from mock_ares.harness.run.background import Fork, lanes
from mock_ares.harness.run.check_runner import Event
from mock_ares.harness.run.checks_in_order import Contract, run_contract
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import Pace
from tests.harness import right_client as right

SETTINGS = RunSettings(only=("bom", "silence", "patience"), examples=1)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks that last, but not long."""
    for name in ("silence", "patience"):
        row = Row((one("ab", pace=Pace(head=0.1)),), lasts=CHECKS[name].row.lasts)
        monkeypatch.setitem(CHECKS, name, Check(CHECKS[name].info, row))


def verdicts(client: Client, settings: RunSettings = SETTINGS) -> tuple[dict[str, str], list[Event]]:
    events: list[Event] = []
    report = run_contract(client, settings, events.append)
    return {result.info.id: result.verdict for result in report.checks}, events


class Noting(PythonClient):
    """Notes the processes and threads in which it is called."""

    def __init__(self, file: Path, name: str = "noting") -> None:
        super().__init__(self._chat, name)
        self._file = file

    def _chat(self, url: str, token: str, message: str) -> str:
        with self._file.open("a") as file:
            file.write(f"{os.getpid()} {threading.get_native_id()}\n")
        return right.whole(url, token, message)

    @property
    def noted(self) -> set[tuple[int, int]]:
        return {(int(a), int(b)) for a, b in (line.split() for line in self._file.read_text().splitlines())}


class Apart(Noting):
    """Has a second instance to give."""

    in_process = False

    def another(self) -> Noting:
        return Noting(self._file, "another")


class TestAnotherInstance:
    def test_runs_what_lasts_in_threads(self, tmp_path: Path) -> None:
        client = Apart(tmp_path / "calls")
        found, events = verdicts(client)
        assert found == {"bom": "passed", "patience": "passed", "silence": "passed"}
        assert len(client.noted) == 3 and {pid for pid, _ in client.noted} == {os.getpid()}
        assert {e.check.id for e in events if e.kind == "started"} == set(found)
        assert sorted(e.done for e in events if e.kind == "finished") == [1, 2, 3]

    def test_is_what_commands_have(self) -> None:
        for client in (ProcessClient(["x"], "a", "timeout=5"), DriverClient(["x"], "a", "timeout=5,retry")):
            other = client.another()
            assert other is not client and type(other) is type(client)
            assert (other.name, other.capabilities, other.timeout) == ("a", client.capabilities, 5.0)

    def test_what_goes_wrong_there_is_told(self) -> None:
        class Broken(PythonClient):
            in_process = False

            def another(self) -> PythonClient:
                return PythonClient(None, "broken")  # type: ignore[arg-type]  # that is what is broken

        with pytest.raises(Exception, match="broken: expected a function"):
            verdicts(Broken(right.whole))


@pytest.mark.skipif(not background.FORKS, reason="no forks on this system")
class TestAFork:
    def test_runs_what_lasts_in_a_copy(self, tmp_path: Path) -> None:
        client = Noting(tmp_path / "calls")
        found, _ = verdicts(client)
        assert found == {"bom": "passed", "patience": "passed", "silence": "passed"}
        assert len({pid for pid, _ in client.noted}) == 3

    def test_says_only_that_a_check_is_passed(self, tmp_path: Path) -> None:
        here = os.getpid()

        def chat(url: str, token: str, message: str) -> str:
            if os.getpid() != here:
                raise ValueError("there is no database here")
            return right.whole(url, token, message)

        found, _ = verdicts(PythonClient(chat))
        assert found == {"bom": "passed", "patience": "passed", "silence": "passed"}

    def test_a_failure_is_one_of_this_process(self) -> None:
        found, events = verdicts(PythonClient(lambda *asked: right.whole(*asked)[:1]))
        assert found["silence"] == "failed" and found["patience"] == "failed"
        (result,) = [e.result for e in events if e.kind == "finished" and e.check.id == "patience"]
        assert result is not None and result.failure is not None and result.failure.expected_text == "ab"

    def test_of_a_client_that_never_asks_nobody_waits_for(self) -> None:
        found, _ = verdicts(PythonClient(lambda *asked: ""), RunSettings(only=("request", "silence", "patience")))
        assert found == {"request": "failed", "silence": "skipped", "patience": "skipped"}

    def test_one_that_never_comes_back_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(background, "WEDGED", 0.2)

        def forever(client: Client, checks: Any, progress: Any) -> None:
            threading.Event().wait()

        (lane,) = lanes(PythonClient(right.whole), [CHECKS["silence"]], forever)
        assert isinstance(lane, Fork)
        pid = lane._pid
        assert pid is not None
        assert lane.results() == []
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, 0)

    def test_one_that_dies_says_nothing(self) -> None:
        def dies(client: Client, checks: Any, progress: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        (lane,) = lanes(PythonClient(right.whole), [CHECKS["silence"]], dies)
        assert lane.results() == []

    def test_is_ended_with_the_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(
            CHECKS, "patience", Check(CHECKS["patience"].info, Row((one("ab", pace=Pace(head=60.0)),), lasts=60.0))
        )

        forks: list[int] = []

        def noting(*words: Any) -> list[background.BackgroundChecks]:
            begun = lanes(*words)
            forks.extend(lane._pid for lane in begun if isinstance(lane, Fork) and lane._pid is not None)
            return begun

        def stopped(event: Event) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("mock_ares.harness.run.checks_in_order.lanes", noting)
        with pytest.raises(KeyboardInterrupt):
            run_contract(PythonClient(right.whole), SETTINGS, stopped)
        assert len(forks) == 2
        for pid in forks:
            with pytest.raises(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


@pytest.fixture
def contract() -> Iterator[Contract]:
    with ExampleRunner() as arena:
        contract = Contract(PythonClient(right.whole), SETTINGS, arena)
        yield contract
        contract.client.close()


def test_what_was_not_begun_is_run_when_it_is_asked_for(contract: Contract) -> None:
    assert contract.collect(CHECKS["silence"]).verdict == "passed"


def test_what_is_not_judged_is_not_begun(contract: Contract) -> None:
    contract.begin([CHECKS["stall"], CHECKS["retry-after"], CHECKS["bom"]])
    assert contract._lanes == []


def test_a_mistake_of_ours_beside_is_ours(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(client: Client, checks: Any, progress: Any) -> None:
        raise HarnessError("oops")

    monkeypatch.setattr(contract.client, "another", lambda: PythonClient(right.whole), raising=False)
    contract._lanes = lanes(contract.client, [CHECKS["silence"]], bug)
    with pytest.raises(HarnessError, match="oops"):
        contract.collect(CHECKS["silence"])

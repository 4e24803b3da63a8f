"""A quick run asks fixed examples alone: its verdicts do not hang on a seed."""

from __future__ import annotations

from typing import Any

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import Case, Client
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.result import ExampleResult
from mock_ares.harness.run import checks_in_order
from mock_ares.harness.run.checks_in_order import Contract, run_contract
from mock_ares.harness.settings import RunSettings
from tests.harness import right_client as right
from tests.mutants.framing import ParsesRetry
from tests.mutants.matrix import client_of

CHEAP = tuple(name for name in CHECKS if name not in ("many-chunks", "long-line", "cancel"))


class Noting(ExampleRunner):
    """Notes what is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def observe(self, client: Client, case: Case, **words: Any) -> ExampleResult:
        self.asked.append(repr(case))
        return super().observe(client, case, **words)


def asked(client: Client, seed: int) -> tuple[list[str], dict[str, str]]:
    runner = Noting()
    report = Contract(client, RunSettings(quick=True, seed=seed, only=CHEAP), runner).run()
    return runner.asked, {result.info.id: result.verdict for result in report.checks}


def test_every_seed_asks_the_same_of_a_right_client() -> None:
    first, second = (asked(PythonClient(right.stream_chat), seed) for seed in (1, 2))
    assert first == second and len(first[0]) > 200


def test_and_says_the_same_of_a_wrong_one() -> None:
    verdicts = [asked(client_of(ParsesRetry), seed)[1] for seed in (1, 2)]
    assert verdicts[0] == verdicts[1]
    assert [name for name, verdict in verdicts[0].items() if verdict == "failed"] == ["fields"]


def test_a_client_that_spins_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """After two examples of the check that comes first, and one more of plain: by then it hangs often."""
    monkeypatch.setattr(checks_in_order, "QUICK", 0.3)

    def spins(url: str, token: str, message: str) -> str:
        text = right.whole(url, token, message)
        while text is not None:
            pass
        return text

    report = run_contract(PythonClient(spins), RunSettings(quick=True))
    found = {result.info.id: (result.verdict, result.examples) for result in report.checks if not result.unasked}
    assert found == {"request": ("failed", 2), "plain": ("failed", 1)}

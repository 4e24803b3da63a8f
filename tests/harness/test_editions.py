"""Editions of the contract: what there was then is there now, and nothing else is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS, editions
from mock_ares.harness.checks.rows import one
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import Edition, UsageError
from mock_ares.harness.run.check_runner import cases_of
from mock_ares.harness.run.checks_in_order import selected
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import Pace
from tests.harness import right_client as right

NAMES = editions.names()
SOME = Edition("2025.9", {"bom": frozenset({editions.sum_of(CHECKS["bom"].examples[0])}), "silence": frozenset()})


@pytest.mark.parametrize("name", NAMES)
def test_all_of_an_edition_is_there(name: str) -> None:
    """A fixed example that is in one can be moved to another place, but neither be changed nor taken away."""
    now = editions.current()
    gone = {
        check: sorted(sums - now.get(check, set()))
        for check, sums in editions.read(name).checks.items()
        if not sums <= now.get(check, set()) or check not in CHECKS
    }
    assert gone == {}, "make edition EDITION=... freezes what there is now, where an edition is not out yet"


def test_they_are_named_by_year_and_number_and_read_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("2026.10", "2026.2", "2025.1"):
        (tmp_path / f"{name}.json").write_text("{}")
    monkeypatch.setattr(editions, "FOLDER", tmp_path)
    assert editions.names() == ["2025.1", "2026.2", "2026.10"]
    with pytest.raises(UsageError, match=r"no edition '2026\.3' of the contract; did you mean '2026\.2'"):
        editions.read("2026.3")


def test_what_is_written_is_read_as_it_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "2030.1.json").write_text(editions.written())
    monkeypatch.setattr(editions, "FOLDER", tmp_path)
    edition = editions.read("2030.1")
    assert {name: set(sums) for name, sums in edition.checks.items()} == editions.current()
    assert list(editions.newer(edition)) == []


def test_a_sum_is_of_what_is_asked_and_not_of_how_it_is_written() -> None:
    plain = one("ab")
    assert editions.sum_of(plain) == editions.sum_of(one("ab", pace=Pace()))
    assert editions.sum_of(plain) == editions.sum_of(replace(plain))
    assert len({editions.sum_of(each) for each in (plain, one("a", "b"), one("ab", pace=Pace(every=1.0)))}) == 3


def test_nothing_else_is_asked() -> None:
    settings = RunSettings(edition=SOME)
    assert [check.id for check in selected(settings)] == [name for name in CHECKS if name in SOME.checks]
    client = PythonClient(right.whole, capabilities=("timeout=5",))
    assert cases_of(CHECKS["bom"], client, settings) == cases_of(CHECKS["bom"], client, RunSettings())[:1]
    assert cases_of(CHECKS["silence"], client, settings) == cases_of(CHECKS["silence"], client, RunSettings())
    assert (settings.most_examples, replace(settings, examples=7).most_examples) == (0, 7)


def test_what_is_newer_is_told() -> None:
    newer = {check.id: examples for check, examples in editions.newer(SOME)}
    assert newer["bom"] == len(CHECKS["bom"].examples) - 1 and newer["read-line"] and "silence" not in newer


@pytest.mark.skipif(not NAMES, reason="no edition is out")
class TestOnTheCommandLine:
    def test_a_run_says_which(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        words = ["check", "--contract", NAMES[0], "--only", "bom", "--client", "mock_ares.client:stream_chat"]
        ran = CliRunner().invoke(main, words)
        assert ran.exit_code == 0 and f"contract {NAMES[0]}, seed 0" in ran.output, ran.output

    def test_one_that_there_is_not(self) -> None:
        for words in (["check", "--contract", "1999.1", "--client", "a:b"], ["list", "checks", "--since", "1999.1"]):
            ran = CliRunner().invoke(main, words)
            assert ran.exit_code == 2 and "mock-ares: there is no edition '1999.1' of the contract" in ran.output

    def test_the_newest_has_all(self) -> None:
        ran = CliRunner().invoke(main, ["list", "checks", "--since", NAMES[-1]])
        assert ran.exit_code == 0 and ran.output

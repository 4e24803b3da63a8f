"""Shards of a run: the checks are dealt out, and their reports joined are the report of the whole run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import UsageError
from mock_ares.harness.report.joined import LONG, Part, join, read
from mock_ares.harness.report.write import write
from mock_ares.harness.run.checks_in_order import selected
from mock_ares.harness.settings import RunSettings
from tests.harness.report.samples import REPORT, SMALLEST, result
from tests.harness.test_check_cli import NAIVE

GATES = {name for name, check in CHECKS.items() if check.row.gate}
SOME = ("no-space", "read-line", "eol-cr", "comments", "status", "drop-fin", "text-newlines")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "client.py").write_text(NAIVE)
    monkeypatch.chdir(tmp_path)


def check(*words: str) -> Result:
    only = [word for name in SOME for word in ("--only", name)]
    return CliRunner().invoke(main, ["check", "--quick", "--examples", "0", *only, "--client", "client:naive", *words])


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_each_check_is_in_one_shard_and_what_opens_a_run_in_each(of: int) -> None:
    dealt = [[c.id for c in selected(RunSettings(shard=(number, of)))] for number in range(1, of + 1)]
    assert all(set(shard) >= GATES for shard in dealt)
    rest = [name for shard in dealt for name in shard if name not in GATES]
    assert sorted(rest) == sorted(CHECKS.keys() - GATES)


def test_what_rests_on_another_check_is_in_its_shard() -> None:
    for number in (1, 2, 3):
        shard = {check.id: check.row for check in selected(RunSettings(shard=(number, 3)))}
        for name, row in shard.items():
            assert row.rests_on - row.draws_from <= shard.keys(), name


def facts(path: str) -> list[Any]:
    (client,) = json.loads(Path(path).read_text())["clients"]
    names = ("id", "verdict", "outcome", "diagnosis", "same_as", "command", "advice")
    return [{name: each[name] for name in names} for each in client["checks"]]


def test_two_shards_joined_are_one_run() -> None:
    whole = check("--report", "whole.json")
    assert whole.exit_code == 1, whole.output
    for number in (1, 2):
        ran = check("--shard", f"{number}/2", "--report", f"{number}.json")
        assert ran.exit_code == 1, ran.output
    assert len(facts("1.json")) < len(facts("whole.json"))
    joined = CliRunner().invoke(main, ["report", "2.json", "1.json", "-o", "joined.json", "-o", "joined.html"])
    assert joined.exit_code == 1, joined.output
    assert facts("joined.json") == facts("whole.json")
    assert "read-line" in Path("joined.html").read_text() and "✗ read-line" in joined.output


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    long = replace(SMALLEST, expected_text="é" * LONG * 2, request={"headers": {"user-agent": "node"}})
    sample = (*REPORT.clients[0].checks, result("failed", "eol-lf", failure=long))
    checks = tuple(replace(check, info=CHECKS[check.info.id].info) for check in sample if check.info.id in CHECKS)
    report = replace(REPORT, clients=(replace(REPORT.clients[0], checks=checks),))
    write(report, tmp_path / "a.json")
    part = read(tmp_path / "a.json")
    assert part.report == report and part.commands["node client.mjs", "read-line"].endswith(" -- CMD")
    assert (tmp_path / "a.json").stat().st_size < LONG


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot read a.json: No such file"),
        ("{", "a.json is no report: "),
        ("[" * 100_000, "a.json is no report: it is nested too deep"),
        ("[]", "a.json is no report that `check --report NAME.json` has written: it is a list, and no object"),
        ("null", "it is null, and no object"),
        ('{"clients": []}', "there is no 'notes' where it has one"),
        ('{"checks": [1]}', "there is no 'clients' where it has one"),
        ('{"clients": 1}', "something in it is of another kind than in one"),
        ('{"clients": [1]}', "something in it is of another kind than in one"),
    ],
)
def test_a_file_that_is_no_report(text: str | None, said: str) -> None:
    if text is not None:
        Path("a.json").write_text(text)
    ran = CliRunner().invoke(main, ["report", "a.json"])
    assert ran.exit_code == 2 and said in ran.output, ran.output


@pytest.mark.parametrize("change", [{"seed": 5}, {"version": "9.9"}, {"edition": "2025.1"}])
def test_parts_of_different_runs_are_not_joined(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"a\.json and b\.json are not of one run"):
        join({"a.json": Part(REPORT, {}), "b.json": Part(replace(REPORT, **change), {})})


@pytest.mark.parametrize("word", ["1", "1/", "/2", "0/2", "3/2", "1/1000", "a/b", "-1/2", "²/2"])
def test_a_shard_that_there_is_not(word: str) -> None:
    ran = check("--shard", word)
    assert ran.exit_code == 2 and f"--shard {word}: " in ran.output

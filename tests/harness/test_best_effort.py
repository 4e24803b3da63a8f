"""Where no client's socket can be asked about: verdicts stay right, and the report says so once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.client import stream_chat
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import CheckResult
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.report.html import as_html
from mock_ares.harness.report.json import as_json
from mock_ares.harness.report.junit import as_junit
from mock_ares.harness.report.write import with_blank
from mock_ares.harness.run.check_runner import UNVOUCHED, run_check
from mock_ares.harness.settings import RunSettings
from tests.harness import wrong_clients as wrong
from tests.harness.report.samples import REPORT

FEW = RunSettings(examples=5, budget=0.5, deadline=2.0)
PATIENT = replace(FEW, deadline=20.0)
WHY = "read boundaries are best effort here (netlink refused: EPERM)"

pytestmark = pytest.mark.usefixtures("no_barrier")


@pytest.fixture(scope="module")
def arena() -> Iterator[ExampleRunner]:
    with ExampleRunner() as arena:
        yield arena


def check(arena: ExampleRunner, function: Callable[..., Any], name: str, settings: RunSettings = FEW) -> CheckResult:
    client = PythonClient(function, capabilities="incremental,cancel,v1")
    try:
        return run_check(client, CHECKS[name], arena, settings)
    finally:
        client.close()


QUICK = [name for name, check in CHECKS.items() if not check.row.lasts and name not in ("everything", "many-chunks")]


@pytest.mark.parametrize("name", QUICK)
def test_a_right_client_is_never_accused(arena: ExampleRunner, name: str) -> None:
    """Nobody hears that a silent connection has gone: that example always takes its whole time."""
    result = check(arena, stream_chat, name, FEW if name == "drop-silent" else PATIENT)
    assert result.verdict in ("passed", "skipped") or name == "drop-silent", (result.verdict, result.reason)


@pytest.mark.parametrize(
    ("chat", "name", "said"),
    [
        (wrong.reading(wrong.NoLineBuffer), "read-line", "no line buffer"),
        (wrong.reading(wrong.EachReadDecoded), "read-utf8", "no incremental decoder"),
        (wrong.end_is_success, "drop-fin", "as if that were all"),
        (wrong.buffers, "incremental", "kept the last to itself"),
    ],
)
def test_a_wrong_client_fails_by_what_is_wrong(arena: ExampleRunner, chat: Any, name: str, said: str) -> None:
    result = check(arena, chat, name)
    assert result.verdict == "failed" and result.failure is not None, result.reason
    assert said in result.failure.diagnosis


def test_what_passed_without_having_been_seen_to_be_cut_is_told_as_such(arena: ExampleRunner) -> None:
    assert check(arena, stream_chat, "read-line").reason == UNVOUCHED
    assert check(arena, stream_chat, "eol-cr").reason == ""


def test_the_command_says_it_once_before_all_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("check", "--client", "mock_ares.client:stream_chat", "--quick", "--examples=0", "--only=read-line")
    ran = CliRunner().invoke(main, [*words, "--report=r.json"])
    said = " ".join(ran.output.split())
    assert ran.exit_code == 0 and said.startswith(WHY.capitalize()[:1] + WHY[1:]), ran.output
    assert said.count("best effort") == 1 and "too busy" not in said
    report = json.loads(Path("r.json").read_text())
    assert report["hindrance"].startswith(WHY) and report["clients"][0]["boundaries"] == "best-effort"


def test_each_report_says_it_at_the_top() -> None:
    report = replace(REPORT, hindrance="netlink refused: EPERM")
    assert json.loads(as_json(report, with_blank))["hindrance"].startswith(WHY)
    page = as_html(report, lambda client, check: None)
    assert page.count("ead boundaries are best effort") == 1
    assert page.index("ead boundaries are best effort") < page.index("<main>")
    for suite in Xml.fromstring(as_junit(report, lambda client, check: None).encode()):
        (told,) = (each.get("value") for each in suite.iter("property") if each.get("name") == "hindrance")
        assert told is not None and told.startswith(WHY)


def test_nothing_is_said_where_it_can_be_known() -> None:
    assert json.loads(as_json(REPORT, with_blank))["hindrance"] is None
    assert "hindrance" not in as_junit(REPORT, lambda client, check: None)

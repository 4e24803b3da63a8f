"""Failures of one cause, told once: in the terminal, in HTML, JSON and JUnit XML."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

from mock_ares.harness.model import CheckResult, ClientReport, Failure, Report
from mock_ares.harness.report.grouping import groups
from mock_ares.harness.report.html import as_html
from mock_ares.harness.report.json import as_json
from mock_ares.harness.report.terminal import Terminal
from mock_ares.harness.report.write import with_blank, write
from mock_ares.scenario.model import Reply
from tests.harness.report.samples import CUT, REPORT, SMALLEST, failure, result

LF = "lines are ended at LF only"


def of_lf(text: str) -> Failure:
    return failure(Reply(text=text), "", diagnosis=LF)


def failed(name: str, found: Failure) -> CheckResult:
    return result("failed", name, failure=found, replay=f"{name}.yaml")


CHECKS = (
    failed("eol-crlf", of_lf("a longer text")),
    failed("read-line", SMALLEST),
    failed("eol-cr", of_lf("a")),
    result("informational", "eol-lax", failure=of_lf("a"), replay="eol-lax.yaml", reason="nothing demands it"),
    failed("drop-rst", CUT),
    failed("eol-mixed", of_lf("a long text")),
    result("passed", "bom"),
)
ONE = replace(REPORT, clients=(ClientReport("node", "exact", CHECKS),))
TWO = replace(REPORT, clients=(*ONE.clients, ClientReport("java", "exact", CHECKS[-1:])))


def replay(client: ClientReport, check: CheckResult) -> str | None:
    return f"mock-ares replay {check.replay} -- node" if check.replay else None


def text_of(report: Report) -> str:
    return "\n".join(Terminal(io.StringIO(), width=100).report(report, replay))


def test_a_group_has_one_sentence_and_one_verdict_and_the_smallest_in_front() -> None:
    found = [(group.told.info.id, [check.info.id for check in group.same]) for group in groups(CHECKS)]
    assert found == [("eol-cr", ["eol-crlf", "eol-mixed"]), ("read-line", []), ("eol-lax", []), ("drop-rst", [])]


def test_what_is_least_unusual_is_in_front_of_what_is_smaller() -> None:
    odd = failed("no-colon", replace(of_lf("a"), traits=("a field name without a colon",)))
    (group,) = groups((odd, failed("text-newlines", of_lf("a longer text"))))
    assert group.told.info.id == "text-newlines"


def test_the_terminal_tells_a_cause_once_with_all_its_replay_lines() -> None:
    said = text_of(ONE)
    assert said.count("advice") == 3 and said.count("Lines are ended at LF only") == 2  # with the informational one
    assert "the same  in eol-crlf, eol-mixed\n" in said
    for name in ("eol-cr", "eol-crlf", "eol-mixed", "eol-lax", "drop-rst"):
        assert said.count(f"mock-ares replay {name}.yaml -- node") == 1


def test_beneath_a_grid_it_is_one_line_with_the_other_names() -> None:
    said = text_of(TWO)
    assert said.count(LF) == 1 and "the same in eol-crlf, eol-mixed" in said


def test_json_names_the_check_that_tells_it() -> None:
    found = {check["id"]: check["same_as"] for check in json.loads(as_json(ONE, with_blank))["clients"][0]["checks"]}
    assert {name: told for name, told in found.items() if told} == {"eol-crlf": "eol-cr", "eol-mixed": "eol-cr"}


def test_junit_tells_the_others_in_short(tmp_path: Path) -> None:
    write(ONE, tmp_path / "report.xml", replay)
    root = Xml.parse(tmp_path / "report.xml").getroot()
    told = {case.get("name"): case.findtext("failure") or "" for case in root.iter("testcase")}
    assert told["eol-mixed"] == f"the same as eol-cr: {LF}\nmock-ares replay eol-mixed.yaml -- node"
    assert "in eol-crlf, eol-mixed" in told["eol-cr"] and "replay eol-mixed.yaml" in told["eol-cr"]
    assert root[0].get("failures") == "5"


def test_html_has_them_one_behind_the_other() -> None:
    page = as_html(ONE, replay)
    rows = [part.split("<")[0] for part in page.split('<th scope="row">')[1:]]
    assert rows == ["eol-cr", "eol-crlf", "eol-mixed", "read-line", "drop-rst", "eol-lax", "bom"]
    assert page.count('<span class="reason">the same as eol-cr</span>') == 2
    assert '<span class="reason">the same in eol-crlf, eol-mixed</span>' in page
    assert "<dt>the same</dt><dd>in eol-crlf, eol-mixed" in page

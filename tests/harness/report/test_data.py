"""JSON and JUnit XML: what other programs read."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from mock_ares.harness.model import ClientReport, UsageError
from mock_ares.harness.report import ENDINGS
from mock_ares.harness.report.json import as_json
from mock_ares.harness.report.write import with_blank, write
from tests.harness.report.samples import HOSTILE, ONE, REPORT

WORDS = {
    "lost", "altered", "added", "silent-truncation", "error-as-answer", "raised-on-good-stream", "hung", "slow",
    "reposted", "early-retry", "buffered", "kept-open", "queued", "bad-request", "unexplained", "leaked-credentials",
    "unsteady", "none",
}  # fmt: skip


def test_the_json_has_exactly_the_fixed_form() -> None:
    data = json.loads(as_json(REPORT, with_blank))
    assert list(data) == ["version", "contract", "seed", "hindrance", "notes", "clients"]
    assert (data["version"], data["seed"]) == ("1.2.3", 77)
    for client in data["clients"]:
        assert list(client) == ["name", "boundaries", "checks"]
        assert client["boundaries"] in ("exact", "best-effort")
        for check in client["checks"]:
            assert list(check) == [
                "id",
                "tier",
                "verdict",
                "outcome",
                "examples",
                "diagnosis",
                "needs",
                "same_as",
                "replay",
                "command",
                "seconds",
                "title",
                "clause",
                "advice",
                "reason",
                "facts",
                "counterexample",
            ]
            assert check["outcome"] in WORDS
            assert check["verdict"] in ("passed", "failed", "skipped", "errored", "informational")


def test_the_json_of_each_verdict() -> None:
    checks = {check["id"]: check for check in json.loads(as_json(ONE, with_blank))["clients"][0]["checks"]}
    plain = {
        "id": "chunk-split", "tier": "documented", "verdict": "passed", "outcome": "none", "examples": 12,
        "diagnosis": "", "needs": [], "same_as": None, "replay": None, "command": None, "advice": None, "facts": [],
    }  # fmt: skip
    assert checks["chunk-split"].items() >= plain.items()
    assert checks["read-line"]["outcome"] == "lost"
    assert checks["read-line"]["replay"] == ".mock-ares/failures/node-read-line.yaml"
    facts = {fact["label"]: fact["lines"] for fact in checks["read-line"]["facts"]}
    assert {"sent", "received", "bytes", "ended", "correct"} <= facts.keys()
    assert "d│ata: 0" in facts["bytes"][1]
    assert checks["read-line"]["command"].endswith("mock-ares replay .mock-ares/failures/node-read-line.yaml -- CMD")
    assert checks["read-line"]["advice"] and checks["read-line"]["clause"]
    assert checks["early-103"]["verdict"] == "informational" and checks["early-103"]["outcome"] == "lost"
    assert checks["early-103"]["diagnosis"].startswith("text is lost")
    assert checks["early-103"]["diagnosis"].endswith("; expected to fail: requests")
    assert checks["bom"]["verdict"] == "failed" and "it passes, and was" in checks["bom"]["diagnosis"]


def test_json_carries_whatever_a_client_said() -> None:
    text = as_json(REPORT, with_blank)
    assert text.isascii()
    assert json.loads(text)["clients"][1]["name"] == HOSTILE


def junit(tmp_path: Path) -> Xml.Element:
    write(REPORT, tmp_path / "report.xml")
    return Xml.fromstring((tmp_path / "report.xml").read_bytes())


def test_junit_is_xml_whatever_a_client_said(tmp_path: Path) -> None:
    root = junit(tmp_path)
    assert root.tag == "testsuites"
    assert [suite.get("tests") for suite in root] == ["8", "3"]
    assert "\x1b" not in (tmp_path / "report.xml").read_text()


def test_junit_counts_and_tells(tmp_path: Path) -> None:
    suite = junit(tmp_path)[0]
    assert [suite.get(name) for name in ("failures", "errors", "skipped")] == ["3", "1", "1"]
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases["chunk-split"]) == []
    failure = cases["read-line"].find("failure")
    assert failure is not None and failure.get("type") == "lost"
    assert "d│ata: 0" in (failure.text or "")
    assert "mock-ares replay .mock-ares/failures/node-read-line.yaml -- CMD" in (failure.text or "")
    assert cases["eol-cr"].find("error") is not None
    assert cases["cancel"].find("skipped") is not None
    for name in ("drop-silent", "early-103"):
        assert cases[name].find("skipped") is None and cases[name].findtext("system-out", "").startswith(
            "informational: "
        )


def test_the_ending_names_the_form(tmp_path: Path) -> None:
    for name, start in (("a.json", "{"), ("a.xml", "<?xml"), ("a.html", "<!doctype html>")):
        write(REPORT, tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    with pytest.raises(UsageError, match=r"\.md, \.badge\.json or \.codequality\.json, not as 'a\.txt' does"):
        write(REPORT, tmp_path / "a.txt")


def test_a_badge_says_the_worst(tmp_path: Path) -> None:
    write(REPORT, tmp_path / "a.badge.json")
    badge = json.loads((tmp_path / "a.badge.json").read_text())
    assert (badge["schemaVersion"], badge["label"], badge["color"]) == (1, "ARES contract", "red")
    right = replace(REPORT, clients=(ClientReport("a", "exact", ONE.clients[0].checks[:1]),))
    write(right, tmp_path / "a.badge.json")
    assert json.loads((tmp_path / "a.badge.json").read_text()) == {
        "schemaVersion": 1, "label": "ARES contract", "message": "1 passed", "color": "brightgreen",
    }  # fmt: skip


def test_code_quality_has_an_entry_for_each_failure(tmp_path: Path) -> None:
    write(ONE, tmp_path / "gl.codequality.json")
    entries = json.loads((tmp_path / "gl.codequality.json").read_text())
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 4
    line = next(entry for entry in entries if entry["check_name"] == "read-line")
    assert line["location"]["path"] == ".mock-ares/failures/node-read-line.yaml" and line["severity"] == "major"
    assert {entry["severity"] for entry in entries} == {"major", "info"}


def test_a_run_of_nothing_is_a_report_too(tmp_path: Path) -> None:
    empty = replace(REPORT, clients=(ClientReport("a", "exact", ()),))
    for nothing in (empty, replace(REPORT, clients=())):
        for name in (f"a{each}" for each in ENDINGS):
            write(nothing, tmp_path / name)


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.json").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(REPORT, tmp_path / "a.json")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "old")]

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
from mock_ares.harness.report.json import as_json
from mock_ares.harness.report.write import write
from tests.harness.report.samples import HOSTILE, ONE, REPORT

WORDS = {
    "lost", "altered", "added", "silent-truncation", "error-as-answer", "raised-on-good-stream", "hung", "slow",
    "reposted", "early-retry", "buffered", "kept-open", "bad-request", "unexplained", "leaked-credentials", "unsteady",
    "none",
}  # fmt: skip


def test_the_json_has_exactly_the_fixed_form() -> None:
    data = json.loads(as_json(REPORT))
    assert list(data) == ["version", "seed", "hindrance", "clients"]
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
            ]
            assert check["outcome"] in WORDS
            assert check["verdict"] in ("passed", "failed", "skipped", "errored", "informational")


def test_the_json_of_each_verdict() -> None:
    checks = {check["id"]: check for check in json.loads(as_json(ONE))["clients"][0]["checks"]}
    assert checks["chunk-split"] == {
        "id": "chunk-split", "tier": "documented", "verdict": "passed", "outcome": "none", "examples": 12,
        "diagnosis": "", "needs": [], "same_as": None, "replay": None,
    }  # fmt: skip
    assert checks["read-line"]["outcome"] == "lost"
    assert checks["read-line"]["replay"] == ".mock-ares/failures/node-read-line.yaml"
    assert checks["early-103"]["verdict"] == "informational" and checks["early-103"]["outcome"] == "lost"
    assert checks["early-103"]["diagnosis"].startswith("text is lost")
    assert checks["early-103"]["diagnosis"].endswith("; expected to fail: requests")
    assert checks["bom"]["verdict"] == "failed" and "it passes, and was" in checks["bom"]["diagnosis"]


def test_json_carries_whatever_a_client_said() -> None:
    text = as_json(REPORT)
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
    assert [suite.get(name) for name in ("failures", "errors", "skipped")] == ["3", "1", "3"]
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases["chunk-split"]) == []
    failure = cases["read-line"].find("failure")
    assert failure is not None and failure.get("type") == "lost"
    assert "d│ata: 0" in (failure.text or "")
    assert "mock-ares replay .mock-ares/failures/node-read-line.yaml -- CMD" in (failure.text or "")
    assert cases["eol-cr"].find("error") is not None
    assert [cases[name].find("skipped") is not None for name in ("drop-silent", "cancel", "early-103")] == [True] * 3


def test_the_ending_names_the_form(tmp_path: Path) -> None:
    for name, start in (("a.json", "{"), ("a.xml", "<?xml"), ("a.html", "<!doctype html>")):
        write(REPORT, tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    with pytest.raises(UsageError, match=r"\.json, \.html or \.xml, not in \.txt"):
        write(REPORT, tmp_path / "a.txt")


def test_a_run_of_nothing_is_a_report_too(tmp_path: Path) -> None:
    empty = replace(REPORT, clients=(ClientReport("a", "exact", ()),))
    for nothing in (empty, replace(REPORT, clients=())):
        for name in ("a.json", "a.xml", "a.html"):
            write(nothing, tmp_path / name)


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.json").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(REPORT, tmp_path / "a.json")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "old")]

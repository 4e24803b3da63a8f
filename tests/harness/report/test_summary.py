"""The report as Markdown, and what GitHub's runner is told."""

from __future__ import annotations

import re

import pytest

from mock_ares.harness.report import summary
from mock_ares.harness.report.summary import as_markdown, workflow_commands
from mock_ares.harness.report.write import with_blank
from tests.harness.report.samples import HOSTILE, ONE, REPORT


def test_failures_come_first_each_cause_once_with_its_bytes() -> None:
    text = as_markdown(ONE, with_blank)
    headings = re.findall("(?m)^#+ .*", text)
    assert headings[0].startswith("## ✗ The contract of streaming clients: 1 passed")
    assert any(heading.startswith("### ✗ read-line") for heading in headings)
    assert text.index("d│ata: 0") < text.index("<details>")
    assert "mock-ares replay .mock-ares/failures/node-read-line.yaml -- CMD" in text
    assert "- early-103: " in text and "seed 77" in text


def test_what_a_client_said_is_nothing_but_text() -> None:
    text = as_markdown(REPORT, with_blank)
    outside = re.sub(r"(?s)(`{3,})text\n.*?\n\1", "", text)
    assert HOSTILE not in text and "\x1b" not in text
    assert not re.search(r"(?<!\\)<(?!/?(details|summary)>)", outside)


def test_a_fence_is_longer_than_any_within() -> None:
    assert summary._fenced("a ```` b").startswith("`````text\n")


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = as_markdown(REPORT, with_blank)
    monkeypatch.setattr(summary, "MOST", len(whole) // 2)
    cut = as_markdown(REPORT, with_blank)
    assert len(cut) < len(whole) and "more left out: a summary is bounded" in cut


def test_github_is_told_a_line_for_each_cause() -> None:
    lines = list(workflow_commands(REPORT))
    assert lines and all(re.fullmatch(r"::error title=[^:,\n]*::[^\n]*", line) for line in lines)
    assert any("read-line" in line for line in lines)

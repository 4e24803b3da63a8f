"""What a run says of a server, in every form, and what it keeps to itself."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from mock_ares.harness.report.terminal import Terminal
from mock_ares.harness.report.write import write
from mock_ares.verify.exchange import HttpAnswer, NoAnswerError, Probe
from mock_ares.verify.run import Verification
from tests.verify.rig import Heard, fake, verified, with_verdict

SECRET = ("eyJ", "ares_", "correct horse")


@pytest.fixture(scope="module")
def run() -> Verification:
    """A server that shows its tokens where something else belongs."""
    heard = Heard.of("docs")
    leaky: dict[Probe, HttpAnswer | NoAnswerError] = {
        ask: replace(answer, reads=((0.0, json.dumps(heard.values).encode()),)) if ask.auth else answer
        for ask, answer in heard.answers.items()
        if isinstance(answer, HttpAnswer)
    }
    values = {**heard.values, "email": "ann@example.com", "new_email": "ann@example.com", "password": "correct horse"}
    run = Verification(replace(heard, answers=leaky), "", values, write=True)
    run.run()
    return run


def forms(run: Verification, folder: Path) -> dict[str, str]:
    texts = {"terminal": "\n".join(Terminal(io.StringIO(), width=100).report(run.report(), lambda *_: None))}
    for ending in ("json", "xml", "html"):
        write(run.report(), folder / f"report.{ending}", lambda *_: None)
        texts[ending] = (folder / f"report.{ending}").read_text()
    return texts


def test_no_secret_is_in_any_of_them(run: Verification, tmp_path: Path) -> None:
    assert len(with_verdict(run, "differs")) > 10
    for form, text in forms(run, tmp_path).items():
        assert "[redacted]" in text, form
        assert not [secret for secret in (*SECRET, *run.values.values()) if len(secret) > 3 and secret in text
                    and "@" not in secret and secret != run.values["context"]], form  # fmt: skip


def test_the_terminal(run: Verification, tmp_path: Path) -> None:
    text = forms(run, tmp_path)["terminal"]
    assert "✗ conversations  answer" in text
    assert "  asked     GET /api/conversations\n            authorization: [redacted]" in text
    assert text.splitlines()[-1].startswith("profile docs: of the first 5 answers 5 are as docs has them")


def test_json(run: Verification, tmp_path: Path) -> None:
    report = json.loads(forms(run, tmp_path)["json"])
    assert set(report) == {"version", "notes", "servers"}
    (server,) = report["servers"]
    checks = {check["id"]: check for check in server["checks"]}
    assert server["name"] == run.asker.url
    assert (checks["health"]["verdict"], checks["health"]["outcome"]) == ("same", "none")
    assert (checks["memory"]["verdict"], checks["memory"]["outcome"]) == ("differs", "answer")
    assert checks["stream-comments"]["verdict"] == "unasked"


def test_junit(run: Verification, tmp_path: Path) -> None:
    (suite,) = Xml.fromstring(forms(run, tmp_path)["xml"])
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) == len(with_verdict(run, "differs"))
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped")) == len(with_verdict(run, "unasked"))
    assert [each.attrib["name"] for each in suite.findall("properties/property")] == ["version", "note 1"]


def test_html(run: Verification, tmp_path: Path) -> None:
    page = forms(run, tmp_path)["html"]
    assert "<h1>Does it answer as ARES does?</h1>" in page
    assert 'class="cell failed" popovertarget="c0-memory"' in page
    assert f"{len(with_verdict(run, 'same'))} same" in page
    assert '<th class="tier" scope="rowgroup" colspan="3">differs</th>' in page
    assert "passed</b>" not in page and "seed" not in page


def test_what_was_not_asked_is_told_reason_by_reason() -> None:
    with fake("docs") as server:
        run = verified(server.url)
    lines = list(Terminal(io.StringIO(), width=100).report(run.report(), lambda *_: None))
    assert lines[1:3] == [
        "– unasked: it leaves something behind, or costs something: --write asks it",
        "  register, login, stream-type, stream-framing, stream-utf8, stream-dialect, stream-events,",
    ]
    assert "– unasked: it wants an API key: --api-key" in lines

"""One client over several transports: a column for each, by its name in reports, baselines and replays."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.faults import reset_stream
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.browser.client import BrowserClient
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import Case, UsageError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.settings import TRANSPORTS, Transport

CARELESS = """
import os, ssl
import httpx
from mock_ares.sse import decode

def stream_chat(url, token, message):
    http2 = os.environ["ARES_HTTP_VERSION"] == "2"
    trusted = ssl.create_default_context(cafile=os.environ.get("ARES_CA"))
    text = b""
    try:
        with httpx.Client(http1=not http2, http2=http2, verify=trusted) as client:
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
            with client.stream("POST", url, json={"message": message}, headers=headers) as answer:
                answer.raise_for_status()
                for data in answer.iter_bytes():
                    text += data
    except httpx.HTTPError:
        if not (http2 and text):
            raise
    return "".join(event.data for event in decode(text) if event.data != "[DONE]")
"""
"""One that takes whatever ends an answer by HTTP/2 for its end."""
CLIENT = ("--client", "careless:stream_chat")
ALL = tuple(TRANSPORTS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("careless.py").write_text(CARELESS)


def check(*words: str, status: int) -> str:
    ran = CliRunner().invoke(main, ["check", "--quick", "--jobs", "1", *words, *CLIENT])
    assert ran.exit_code == status, ran.output
    return ran.output


def verdicts(path: str) -> dict[str, dict[str, str]]:
    clients = json.loads(Path(path).read_text())["clients"]
    return {client["name"]: {each["id"]: each["verdict"] for each in client["checks"]} for client in clients}


def test_the_names() -> None:
    assert ALL == ("http/1.1", "http/1.1+tls", "http/2", "http/2+tls")
    assert [each.arguments for each in TRANSPORTS.values()] == ["", "--tls ", "--http 2 ", "--tls --http 2 "]
    assert TRANSPORTS["http/2+tls"] == Transport(tls=True, http="2")


def test_a_column_for_each() -> None:
    only = [word for name in ("drop-rst", "h2-reset", "tls-broken") for word in ("--only", name)]
    said = check("--transports", "all", *only, "--report", "all.json", "--report", "all.html", status=1)
    skipped, failed, passed = "skipped", "failed", "passed"
    assert verdicts("all.json") == {
        "careless:stream_chat [http/1.1]": {"drop-rst": passed, "tls-broken": skipped, "h2-reset": skipped},
        "careless:stream_chat [http/1.1+tls]": {"drop-rst": passed, "tls-broken": passed, "h2-reset": skipped},
        "careless:stream_chat [http/2]": {"drop-rst": failed, "tls-broken": skipped, "h2-reset": failed},
        "careless:stream_chat [http/2+tls]": {"drop-rst": failed, "tls-broken": failed, "h2-reset": failed},
    }
    assert "┌ careless:stream_chat [http/2+tls]" in said
    assert "--http 2 --client careless:stream_chat" in said
    assert "--tls --http 2 --client careless:stream_chat" in said
    assert Path("all.html").read_text().count("careless:stream_chat [http/2]") > 0
    saved = next(Path(".mock-ares/failures").glob("*http-2-tls-drop-rst.yaml"))
    ran = CliRunner().invoke(main, ["replay", str(saved), "--tls", "--http", "2", *CLIENT])
    assert ran.exit_code == 1
    assert f"replay {saved} --tls --http 2 --client" in ran.output
    ran = CliRunner().invoke(main, ["replay", str(saved), *CLIENT])
    assert (ran.exit_code, ran.output.split()[0]) == (0, "FIXED")


@pytest.mark.slow
def test_a_baseline_knows_each() -> None:
    words = ("--transports", "http/1.1,http/2", "--only", "drop-rst", "--baseline", "known.toml")
    check(*words, "--write-baseline", status=0)
    known = Path("known.toml").read_text()
    assert '[clients."careless:stream_chat [http/2]"]\ndrop-rst = ' in known
    check(*words, status=0)
    Path("known.toml").write_text(known.replace("http/2", "http/3"))
    ran = CliRunner().invoke(main, ["check", *words, *CLIENT])
    assert ran.exit_code == 2
    assert "has no client 'careless:stream_chat [http/2]'" in ran.output


@pytest.mark.slow
def test_shards_are_joined_by_transport() -> None:
    for number in (1, 2):
        words = ("--transports", "http/1.1,http/2", "--only", "drop-rst", "--only", "drop-fin", "--only", "plain")
        check(*words, "--shard", f"{number}/2", "--report", f"{number}.json", status=1)
    ran = CliRunner().invoke(main, ["report", "1.json", "2.json", "-o", "joined.json"])
    assert ran.exit_code == 1, ran.output
    joined = verdicts("joined.json")
    assert joined["careless:stream_chat [http/1.1]"] == dict.fromkeys(("plain", "drop-fin", "drop-rst"), "passed")
    assert joined["careless:stream_chat [http/2]"]["drop-rst"] == "failed"


def test_browsers_have_no_prior_knowledge() -> None:
    Path("client.js").write_text("async function streamChat() {}")
    browser = BrowserClient("client.js")
    with pytest.raises(UsageError, match="browsers speak HTTP/2 over TLS alone"):
        ExampleRunner.of(browser, "docs", Transport(http="2"))
    cases = CHECKS["h2-reset"].examples
    refused = [case for case in cases if browser.refuses(case) is not None]
    assert refused == [Case((replace(cases[0].replies[0], faults=(reset_stream(1, "HTTP_1_1_REQUIRED"),)),))]
    assert not any(PythonClient(lambda url, token, message: "").refuses(case) for case in cases)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--transports", "http/3"], "there is no transport 'http/3'"),
        (["--transports", "http/2", "--tls"], "--tls and --http cannot stand beside it"),
        (["--transports", "all", "--http", "2"], "--tls and --http cannot stand beside it"),
        (["--transports", ""], "there is no transport ''"),
    ],
)
def test_wrong_use(words: list[str], said: str) -> None:
    ran = CliRunner().invoke(main, ["check", *words, "--", sys.executable, "-c", ""])
    assert ran.exit_code == 2
    assert said in ran.output

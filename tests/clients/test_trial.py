"""The trial: its grid is sound, the corrected clients pass, and what is said to be impossible is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import Row
from mock_ares.harness.report.verdicts import diagnosis
from mock_ares.harness.run.clients_file import read_grid
from mock_ares.harness.run.session import EntryRun
from mock_ares.harness.settings import RunSettings
from mock_ares.paths import CONTRACTS
from tests.clients import picture
from tests.clients.trial import faults
from tests.clients.versions import STANDS_ON, base
from tests.toolchains import require_tool

CLIENTS = CONTRACTS / "clients"
LIBRARIES = CLIENTS / "libraries"


def test_the_grid_has_each_sample_beside_a_corrected_one() -> None:
    names = [entry.title for entry in read_grid(CONTRACTS / "trial.toml")]
    tools = ("curl", "requests", "httpx", "browser", "Node", "Go", "Java", "Rust")
    assert names[: 2 * len(tools)] == [f"{tool}, {which}" for tool in tools for which in ("the page's", "corrected")]


def test_the_grid_expects_no_failure_and_the_table_of_libraries_says_versions() -> None:
    assert not any(entry.expect for entry in read_grid(CONTRACTS / "trial.toml"))
    flaws = [flaw for check in CHECKS.values() for flaw in check.info.flaws]
    assert flaws and all(re.search(r"\(\d", flaw.said) for flaw in flaws)


def test_every_file_of_a_library_is_on_trial() -> None:
    words = {Path(word).name for entry in read_grid(CONTRACTS / "trial.toml") for word in entry.words}
    assert {path.name for path in (*LIBRARIES.glob("with_*.py"), *LIBRARIES.glob("*.mjs"))} <= words


def test_the_readme_shows_the_grid_light_and_dark() -> None:
    readme = (CONTRACTS.parent / "README.md").read_text(encoding="utf-8")
    for scheme in picture.SCHEMES:
        name = f"docs/trial-{scheme}.png"
        assert name in readme
        data = (CONTRACTS.parent / name).read_bytes()
        assert data.startswith(b"\x89PNG") and len(data) < picture.MOST


def test_of_every_client_it_is_known_what_it_stands_on() -> None:
    names = [entry.title for entry in read_grid(CONTRACTS / "trial.toml")]
    assert {base(name) for name in names} == STANDS_ON.keys()
    assert re.fullmatch(r"openai 6\.\d+\.\d+", STANDS_ON["openai (Node)"]())
    assert re.fullmatch(r"httpx \d+\.\d+\.\d+", STANDS_ON["httpx"]())


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((LIBRARIES / "package-lock.json").read_text(encoding="utf-8"))
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


CORRECTED = {
    entry.title.removesuffix(", corrected"): entry
    for entry in read_grid(CONTRACTS / "trial.toml")
    if entry.title.endswith(", corrected")
}
AGENTS = {
    "requests": "python-requests/2.34.2",
    "browser": "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
    "Node": "node",
    "Java": "Java-http-client/17.0.15",
}
"""What the libraries of corrected clients send, of those that have flaws."""
PROGRAMS = {"curl": "curl", "browser": "chromium", "Node": "node", "Go": "go", "Java": "javac", "Rust": "cargo"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "tool",
    [pytest.param(tool, marks=pytest.mark.toolchain(PROGRAMS[tool]) if tool in PROGRAMS else ()) for tool in CORRECTED],
)
def test_a_corrected_client_passes_all_but_what_is_its_library_s(
    tool: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixed examples of all that lasts no seconds. `make trial` has the rest."""
    monkeypatch.chdir(CONTRACTS.parent)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if tool in PROGRAMS:
        require_tool(PROGRAMS[tool])
    entry = CORRECTED[tool]
    if tool == "Go":
        entry = replace(entry, words=(str(request.getfixturevalue("go_programs") / "fixed"),))
    if tool == "Rust":
        entry = replace(entry, words=(str(request.getfixturevalue("rust_programs") / "fixed"),))
    if tool == "Java":
        entry = replace(entry, words=("java", "-cp", str(request.getfixturevalue("java_classes")), "Drive", "fixed"))
    entry = replace(entry, words=tuple(sys.executable if word == ".venv/bin/python" else word for word in entry.words))
    held = tuple(name for name, check in CHECKS.items() if check.info.tier != "defensive" and _is_usual(check.row))
    of_client = EntryRun.of(entry, RunSettings(quick=True, examples=0, only=held), lambda entry, event: None)
    of_client.run()
    report = of_client.report
    wrong = [result for result in report.checks if result.verdict in ("failed", "errored")]
    assert [(result.info.id, result.verdict, diagnosis(result)) for result in wrong] == []
    fails = {result.info.id for result in report.checks if result.failure is not None}
    assert fails == {name for name in held if _has_flaw(name, AGENTS.get(tool, ""))}
    assert sum(result.verdict == "passed" for result in report.checks) > 30


def _is_usual(row: Row) -> bool:
    """Whether it is asked by HTTP/1.1 in clear text."""
    return not row.over_tls and row.http != "2"


def _has_flaw(name: str, agent: str) -> bool:
    return any(re.match(flaw.agent, agent) for flaw in CHECKS[name].info.flaws)


def test_what_is_impossible_is_shown_without_our_clients() -> None:
    said = reproduced("requests:early-103")
    assert "early-103" in said and "103 b''" in said


@pytest.mark.toolchain("node")
def test_what_is_impossible_on_node() -> None:
    require_tool("node")
    said = reproduced("node:drop-fin-close", "node:early-100")
    assert "a body that is cut" in said and "failed: bad response" in said


@pytest.mark.toolchain("javac")
def test_what_is_impossible_in_java() -> None:
    require_tool("javac")
    said = reproduced("java:malformed-chunk")
    assert "200 'data: a" in said and said.count("data: a") == 1


def reproduced(*names: str) -> str:
    command = [sys.executable, str(CLIENTS / "reproduce.py"), *names]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_trial_is_judged_by_its_corrected_clients() -> None:
    def client(name: str, verdict: str) -> dict[str, object]:
        return {"name": name, "checks": [{"id": "bom", "verdict": verdict, "diagnosis": "why"}]}

    report = {"clients": [client("Go, the page's", "failed"), client("Go, corrected", "skipped")]}
    assert faults(report) == []
    report["clients"] += [client("curl, corrected", "failed"), client("aiohttp", "errored")]
    assert faults(report) == ["curl, corrected: bom: failed: why", "aiohttp: bom: errored: why"]

"""The trial: its grid is sound, what drives its clients speaks the protocol, and what is said to be impossible is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.entries import read_grid
from mock_ares.harness.runner import run_contract
from mock_ares.harness.settings import Settings
from mock_ares.paths import CONTRACTS
from tests.clients.trial import faults
from tests.toolchains import require_tool

CLIENTS = CONTRACTS / "clients"
LIBRARIES = CLIENTS / "libraries"


def test_the_grid_has_each_sample_beside_a_corrected_one() -> None:
    names = [entry.title for entry in read_grid(CONTRACTS / "trial.toml")]
    tools = ("curl", "requests", "httpx", "browser", "Node", "Go")
    assert names[:12] == [f"{tool}, {which}" for tool in tools for which in ("the page's", "corrected")]


def test_the_grid_expects_failures_of_corrected_clients_only_and_says_the_version() -> None:
    for entry in read_grid(CONTRACTS / "trial.toml"):
        assert not entry.expect or entry.title.endswith(", corrected")
        assert entry.expect.keys() <= CHECKS.keys()
        assert not entry.expect or any(char.isdigit() for why in entry.expect.values() for char in why)


def test_every_file_of_a_library_is_on_trial() -> None:
    words = {Path(word).name for entry in read_grid(CONTRACTS / "trial.toml") for word in entry.words}
    assert {path.name for path in (*LIBRARIES.glob("with_*.py"), *LIBRARIES.glob("*.mjs"))} <= words


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((LIBRARIES / "package-lock.json").read_text(encoding="utf-8"))
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


@pytest.mark.parametrize("file", ["python-requests/fixed.py", "python-httpx/fixed.py"])
def test_drives_python(file: str) -> None:
    drive([sys.executable, str(CLIENTS / "drive.py"), str(CLIENTS / file)])


@pytest.mark.toolchain("node")
def test_drives_node() -> None:
    drive([require_tool("node"), str(CLIENTS / "drive.mjs"), str(CLIENTS / "node/fixed.mjs")])


def drive(command: list[str]) -> None:
    settings = Settings(only=("request", "read-utf8", "status", "incremental", "cancel"), examples=1)
    report = run_contract(DriverClient(command, capabilities="incremental,cancel"), settings)
    assert {result.info.id: result.verdict for result in report.checks} == dict.fromkeys(settings.only, "passed")


def test_what_is_impossible_is_shown_without_our_clients() -> None:
    said = reproduced("requests:early-103")
    assert "early-103" in said and "103 b''" in said


@pytest.mark.toolchain("node")
def test_what_is_impossible_on_node() -> None:
    require_tool("node")
    said = reproduced("node:drop-fin-close", "node:early-100")
    assert "a body that is cut" in said and "failed: bad response" in said


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

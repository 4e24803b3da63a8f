"""The corrected clients by HTTP/2, each put to each of its faults: what docs/http2.md says of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.browser.client import BrowserClient
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import Client
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import TRANSPORTS, RunSettings
from tests import programs
from tests.clients.rig import CLIENTS, DRIVERS
from tests.toolchains import require_tool

ROWS = tuple(name for name, check in CHECKS.items() if check.row.http == "2" and not check.row.lasts)
Make = Callable[[pytest.FixtureRequest], Client]


def _driven(tool: str, file: str) -> Make:
    return lambda request: DriverClient([*DRIVERS[tool], str(CLIENTS / file)], tool)


def _go(request: pytest.FixtureRequest) -> Client:
    return ProcessClient([str(request.getfixturevalue("go_programs") / "fixed")], "go")


def _java(request: pytest.FixtureRequest) -> Client:
    classes: Path = request.getfixturevalue("java_classes")
    return DriverClient([*programs.JAVA, "-cp", str(classes), "Drive", "fixed"], "java")


WRONG: dict[str, tuple[str | None, Make, tuple[str, ...], set[str]]] = {
    "curl": (
        "curl",
        lambda request: ProcessClient(["sh", str(CLIENTS / "curl" / "fixed.sh")], "curl"),
        ("http/2", "http/2+tls"),
        {"h2-reset", "h2-reset-well", "h2-broken-frame", "h2-length"},
    ),
    "httpx": (None, _driven("python-httpx", "python-httpx/fixed.py"), ("http/2", "http/2+tls"), {"h2-goaway"}),
    "node": ("node", _driven("node", "node/http2.mjs"), ("http/2", "http/2+tls"), {"h2-reset-well", "h2-broken-frame"}),
    "go": ("go", _go, ("http/2+tls",), set()),
    "java": ("javac", _java, ("http/2+tls",), {"h2-goaway", "h2-length", "h2-broken-frame"}),
    "chromium": (
        "chromium",
        lambda request: BrowserClient(CLIENTS / "browser" / "fixed.js"),
        ("http/2+tls",),
        {"h2-reset-well", "h2-length"},
    ),
}
"""The program that it takes, what it speaks, and what it may get wrong: a library may learn better."""


@pytest.mark.slow
@pytest.mark.parametrize(("tool", "over"), [(tool, over) for tool, row in WRONG.items() for over in row[2]])
def test_what_a_client_makes_of_each_fault(
    tool: str, over: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, make, _, wrong = WRONG[tool]
    if program is not None:
        require_tool(program)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    settings = RunSettings(transport=TRANSPORTS[over], only=("request", "plain", *ROWS), quick=True, strict=True)
    found = {check.info.id: check for check in run_contract(make(request), settings).checks}
    failed = {name for name, check in found.items() if check.verdict == "failed"}
    assert failed <= wrong, {name: found[name].finding for name in failed - wrong}
    assert {name for name, check in found.items() if check.verdict == "passed"} >= found.keys() - wrong

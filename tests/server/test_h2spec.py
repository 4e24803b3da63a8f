"""h2spec, the conformance tests of others, put to the fake: in clear text with prior knowledge, and over TLS."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.programs import h2spec

pytestmark = [pytest.mark.slow, pytest.mark.toolchain("go")]
PREFACE = "Sends invalid connection preface"
"""In clear text what is no preface is HTTP/1.1, and gets its 400."""


@pytest.fixture(params=[False, True], ids=["clear text", "tls"])
def fake(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with FakeServer(Settings(speed=math.inf, tls=request.param)) as server:
        yield server


def test_all_of_its_cases(fake: FakeServer, tmp_path: Path) -> None:
    port, tls = fake.url.rpartition(":")[2], fake.ca is not None
    report = tmp_path / "report.xml"
    command = [str(h2spec()), "--port", port, "--path", "/health", "--timeout", "20", "--junit-report", str(report)]
    ran = subprocess.run([*command, *(["--tls", "--insecure"] if tls else [])], capture_output=True, text=True)
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = {
        case.get("classname") for case in cases if case.find("failure") is not None or case.find("error") is not None
    }
    assert failed == (set() if tls else {PREFACE}), ran.stdout
    found = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped", ran.stdout)
    assert found is not None and found.groups() == ("145", "144" if tls else "143", "1")

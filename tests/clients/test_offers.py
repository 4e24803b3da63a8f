"""Clients that offer an upgrade with every request, as they come: what they ask arrives, on either parser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.model import Target
from mock_ares.server.record.journal import Exchange, kept_text
from tests.clients.rig import PATH
from tests.programs import JAVA
from tests.surfaces.rig import PARSERS, Rig

MESSAGES = {"one segment": "Hé", "many segments": "日" * 100_000}
PATIENCE = 60


@pytest.fixture(scope="module", params=PARSERS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with Rig(request.param) as found:
        yield found


@pytest.fixture(scope="module")
def java(java_classes: Path) -> Iterator[DriverClient]:
    """java.net.http.HttpClient with its defaults."""
    with DriverClient([*JAVA, "-cp", str(java_classes), "Drive", "sample"]) as client:
        yield client


def arrived(rig: Rig, behind: int) -> list[tuple[str | None, int | None, bool]]:
    """What was asked, the status that it got, and whether an upgrade was offered."""

    def row(exchange: Exchange) -> tuple[str | None, int | None, bool]:
        return exchange.message, exchange.status, dict(exchange.headers).get("upgrade") == "h2c"

    return list(map(row, rig.settled(behind)))


@pytest.mark.toolchain("javac")
@pytest.mark.parametrize("size", MESSAGES)
def test_java(size: str, rig: Rig, java: DriverClient) -> None:
    message, behind = MESSAGES[size], rig.fake.journal.last
    target = Target(rig.server.url, PATH, rig.credentials.token, message, PATIENCE)
    answers = {java.observe(target).text for _ in range(2)}
    assert len(answers) == 1 and "Neural networks" in (answers.pop() or "")
    assert arrived(rig, behind) == [(kept_text(message), 200, True)] * 2


@pytest.mark.toolchain("curl")
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", MESSAGES)
def test_curl(size: str, framing: str, rig: Rig, tmp_path: Path) -> None:
    message, behind = MESSAGES[size], rig.fake.journal.last
    (tmp_path / "body").write_text(json.dumps({"message": message}))
    fields = [f"Authorization: Bearer {rig.credentials.token}", "Content-Type: application/json"]
    fields += ["Transfer-Encoding: chunked"] if framing == "chunked" else []
    command = ["curl", "--http2", "--fail", "--silent", "--show-error", "--data-binary", f"@{tmp_path / 'body'}"]
    command += [word for field in fields for word in ("-H", field)]
    asked = [f"{rig.server.url}{PATH}"] * 2  # on one connection
    done = subprocess.run([*command, *asked], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    # The connection is not upgraded, and curl offers no second time on it.
    assert [row[:2] for row in arrived(rig, behind)] == [(kept_text(message), 200)] * 2
    assert arrived(rig, behind)[0][2]


def test_a_websocket_client(rig: Rig) -> None:
    """RFC 6455 has no body in its handshake; the next request stands behind it."""
    offer = ("Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    body = json.dumps({"message": MESSAGES["many segments"]}).encode()
    request = rig.chat(*offer, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", body=body)
    got = rig.send(request + request, responses=2)
    assert [(each.message, each.status) for each in got.exchanges] == [(kept_text(MESSAGES["many segments"]), 200)] * 2

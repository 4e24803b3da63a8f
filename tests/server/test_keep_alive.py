"""One exchange's fault is not the next one's error: clients that keep their connections, every second reply broken.

``make soak`` has thousands of them.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable, Iterator

import httpx
import pytest
import requests

from mock_ares.faults import (
    close_early,
    empty_reply,
    garbage,
    long_length,
    malformed_chunk,
    reset_peer,
    short_length,
    truncate,
)
from mock_ares.scenario.model import Position, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.toolchains import require_tool

EXCHANGES = 160
"""Each fault ten times."""
TEXT = "Neural networks learn by example."
GOOD = "data: Neural\n\ndata:  networks\n\ndata:  learn\n\ndata:  by\n\ndata:  example.\n\n"
FAULTS = (
    reset_peer(after=Position(chunk=2)),
    close_early(after=Position(chunk=2)),
    malformed_chunk(after=Position(chunk=2)),
    long_length(by=3),
    empty_reply(),
    garbage(),
    truncate(after=Position(chunk=1)),
    short_length(by=2),
)
NODE = """
const [url, token, count] = process.argv.slice(1);
const results = [];
for (let i = 0; i < Number(count); i++) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: '{"message":"hi"}',
    });
    results.push(await response.text());
  } catch (error) {
    results.push(null);
  }
}
process.stdout.write(JSON.stringify(results));
"""


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as server:
        yield server


def with_httpx(url: str, token: str, count: int) -> list[str | None]:
    def exchange(client: httpx.Client) -> str | None:
        try:
            return client.post(url, headers={"authorization": f"Bearer {token}"}, json={"message": "hi"}).text
        except httpx.HTTPError:
            return None

    with httpx.Client(timeout=20) as client:
        return [exchange(client) for _ in range(count)]


def with_requests(url: str, token: str, count: int) -> list[str | None]:
    def exchange(session: requests.Session) -> str | None:
        try:
            answer = session.post(url, headers={"authorization": f"Bearer {token}"}, json={"message": "hi"}, timeout=20)
        except requests.RequestException:
            return None
        answer.encoding = "utf-8"
        return answer.text

    with requests.Session() as session:
        return [exchange(session) for _ in range(count)]


def with_node(url: str, token: str, count: int) -> list[str | None]:
    require_tool("node")
    command = ["node", "--input-type=module", "-e", NODE, url, token, str(count)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    found: list[str | None] = json.loads(done.stdout)
    return found


CLIENTS: tuple[Callable[[str, str, int], list[str | None]], ...] = (with_httpx, with_requests, with_node)
REPLIES = tuple(reply for fault in FAULTS for reply in (Reply(text=TEXT), Reply(text=TEXT, faults=(fault,))))


def harmed(results: list[str | None]) -> list[tuple[int, str | None]]:
    """Which of the good replies did not come as they were sent."""
    return [(at, text) for at, text in enumerate(results) if at % 2 == 0 and text != GOOD]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_fault_harms_no_later_exchange(fake: FakeServer, client: Callable[[str, str, int], list[str | None]]) -> None:
    credentials = fake.credentials()
    fake.script(credentials.id, *REPLIES, then="cycle")
    results = client(f"{fake.url}/api/chat/stream", credentials.token, EXCHANGES)
    assert len(results) == EXCHANGES
    assert harmed(results) == []
    exchanges = fake.requests(credentials.id)
    assert len(exchanges) == EXCHANGES, "a client sent a request again by itself, or not at all"

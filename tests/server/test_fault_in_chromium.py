"""In a page, too: what lies before a fault has been read before it comes.

A ``ReadableStream`` that is errored drops what is queued in it (Streams 4.2.4), and a browser hands on what it has read
of the socket to another process first.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_ares.faults import close_early, malformed_chunk, reset_peer
from mock_ares.harness.clients.browser.chromium import Chromium
from mock_ares.scenario.model import Pace, Reply
from mock_ares.server.hosting.in_thread import FakeServer

COUNT = """export async function streamChat({ url, path, token, message }) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify({ message }) });
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let events = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return `${events}, and a good end`;
      events += decoder.decode(value, { stream: true }).split("data:").length - 1;
    }
  } catch {
    return `${events}`;
  }
}"""

pytestmark = pytest.mark.toolchain("chromium")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    file = tmp_path / "count.js"
    file.write_text(COUNT)
    return file


@pytest.mark.parametrize("runs", [2, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("every", [0.0, 0.02], ids=["at-once", "paced"])
@pytest.mark.parametrize("fault", [close_early, reset_peer, malformed_chunk], ids=lambda fault: fault.__name__)
def test_three_chunks_are_three_chunks(
    fake: FakeServer, chromium: Chromium, counting: Path, fault: Any, every: float, runs: int
) -> None:
    credentials = fake.credentials()
    pace = Pace(every=every) if every else Pace()
    fake.script(credentials.id, Reply(text="one two three four five", pace=pace, faults=(fault(after=3),)))

    def count() -> str | None:
        path = "/api/chat/stream"
        return chromium.run(counting, {"url": fake.url, "path": path, "token": credentials.token, "message": "hi"}).text

    counts = [count() for _ in range(runs)]
    assert counts == ["3"] * runs
    said = {exchange.before_fault for exchange in fake.requests(credentials.id)}
    assert said == {"best-effort"}

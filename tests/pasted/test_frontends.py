"""docs/frontends.md, as it is pasted: an EventSource in Chromium, and what a client sees behind the proxy of Vite."""

from __future__ import annotations

import http.client
import json
import math
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mock_ares.authoring.load import load_all
from mock_ares.faults import close_early, hang, reset_peer
from mock_ares.harness.clients.browser.chromium import Chromium
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import Position, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.hosting.loop import listen
from mock_ares.server.state import Settings
from tests.documents import examples
from tests.server.live import PATIENCE, until
from tests.toolchains import missing

PAGE = "docs/frontends.md"
TEXT = "Neural networks learn."
CUT = b"data: Neural\n\ndata:  net"
LISTENER = """export function streamChat({ url, path, show }) {
  return new Promise((resolve, reject) => {
    let text = "";
    const source = new EventSource(url + path);
    source.addEventListener("message", ({ data }) => {
      show(data);
      text += data;
      if (!text.endsWith("example.")) return;
      source.close();
      resolve(text);
    });
    source.addEventListener("error", () => source.readyState === EventSource.CLOSED && reject(new Error("it gave up")));
  });
}"""


@pytest.mark.toolchain("chromium")
def test_an_event_source_goes_on_where_it_was(tmp_path: Path, chromium: Chromium) -> None:
    (scenario,) = examples(PAGE, "yaml")
    (tmp_path / "source.yaml").write_text(scenario.code)
    (tmp_path / "source.js").write_text(LISTENER)
    with FakeServer(Settings(speed=math.inf), load_all([tmp_path / "source.yaml"])) as fake:
        call = {"url": fake.url, "path": "/api/chat/stream", "token": "", "message": ""}
        ran = chromium.run(tmp_path / "source.js", call, timeout=PATIENCE)
        first, second = fake.requests()
    assert (ran.text, ran.error) == ("Neural networks learn by example.", None)
    assert (first.ending, dict(first.headers).get("last-event-id")) == ("reset", None)
    assert dict(second.headers)["last-event-id"] == "7"


@contextmanager
def vite(folder: Path, config: str, target: str) -> Iterator[int]:
    """The port of Vite's server, with that configuration."""
    with listen("127.0.0.1", 0) as free:
        port: int = free.getsockname()[1]
    (folder / "vite.config.mjs").write_text(config.replace("http://127.0.0.1:3000", target))
    command = ["node", "node_modules/vite/bin/vite.js", "--strictPort", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        try:
            assert any("Local:" in line for line in server.stdout)
            yield port
        finally:
            server.kill()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Vite."""
    folder = tmp_path_factory.mktemp("vite")
    (folder / "package.json").write_text(json.dumps({"private": True, "devDependencies": {"vite": "7.3.8"}}))
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode and "network" in done.stderr:
        missing("Vite cannot be fetched")
    assert done.returncode == 0, done.stderr
    return folder


class Behind:
    """What a client sees by way of a port."""

    def __init__(self, fake: FakeServer, port: int) -> None:
        self.fake, self.me = fake, fake.credentials()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._connection.connect()
        self.socket: socket.socket = self._connection.sock

    def asks(self, fault: Fault | None) -> http.client.HTTPResponse:
        self.fake.script(self.me.id, Reply(text=TEXT, faults=() if fault is None else (fault,)))
        fields = {"authorization": f"Bearer {self.me.token}", "content-type": "application/json"}
        self._connection.request("POST", "/api/chat/stream", json.dumps({"message": "hi"}), fields)
        return self._connection.getresponse()

    def ending(self) -> str:
        return self.fake.requests(self.me.id)[-1].ending


@pytest.mark.slow
@pytest.mark.toolchain("npm")
def test_behind_vite_with_the_lines_a_cut_is_a_cut_and_who_leaves_has_left(installed: Path) -> None:
    lines, _ = examples(PAGE, "js")
    with FakeServer(Settings(speed=math.inf)) as fake, vite(installed, lines.code, fake.url) as port:
        with Behind(fake, port).asks(None) as answer:
            assert answer.read().endswith(b"learn.\n\n")
        for fault in (reset_peer, close_early):
            with Behind(fake, port).asks(fault(after=Position(text="Neural net"))) as answer:
                with pytest.raises(http.client.IncompleteRead) as cut:
                    answer.read()
                assert cut.value.partial == CUT
        behind = Behind(fake, port)
        with behind.asks(hang(after=Position(text="Neural net"))) as answer:
            assert answer.read(len(CUT)) == CUT
        until(lambda: behind.ending() == "hang")


@pytest.mark.slow
@pytest.mark.toolchain("npm")
def test_without_them_the_page_waits(installed: Path) -> None:
    """What the page says of Vite; if it gets better, this says so."""
    lines, _ = examples(PAGE, "js")
    plain = lines.code.replace(", configure: bothEnds", "")
    with FakeServer(Settings(speed=math.inf)) as fake, vite(installed, plain, fake.url) as port:
        behind = Behind(fake, port)
        with behind.asks(reset_peer(after=Position(text="Neural net"))) as answer:
            assert answer.read(len(CUT)) == CUT
            until(lambda: behind.ending() == "reset")
            behind.socket.settimeout(2)
            with pytest.raises(TimeoutError):
                answer.read()

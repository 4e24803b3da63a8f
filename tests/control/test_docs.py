"""The examples of docs/control-api.md, run as they stand there: by Node, and by Playwright in Chromium."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mock_ares.control.app import ROUTES
from mock_ares.server.hosting.in_thread import FakeServer
from tests.documents import examples, text
from tests.toolchains import require_tool

PAGE = "docs/control-api.md"
PATIENCE = 60
CLIENT = """
export const chat = async (ares, token, message, left = 1) => {
  try {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const body = JSON.stringify({ message });
    const response = await fetch(`${ares}/api/chat/stream`, { method: "POST", headers, body });
    return (await response.text()).split("\\n\\n").map((event) => event.slice("data: ".length)).join("");
  } catch (error) {
    if (left > 0) return chat(ares, token, message, left - 1);
    throw error;
  }
};
"""
APP = """<!doctype html><title>A page of somebody's own</title><input><p></p>
<script>
const input = document.querySelector("input"), said = document.querySelector("p");
input.onkeydown = async (key) => {
  if (key.key !== "Enter") return;
  const headers = { authorization: `Bearer ${localStorage.getItem("token")}`, "content-type": "application/json" };
  const body = JSON.stringify({ message: input.value });
  const response = await fetch("ARES/api/chat/stream", { method: "POST", headers, body });
  said.setAttribute("role", response.ok ? "status" : "alert");
  const text = await response.text();
  said.textContent = response.ok ? text.replaceAll(/data: |\\n\\n/g, "") : "Please wait.";
};
</script>"""


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def code_of(name: str) -> str:
    (code,) = [example.code for example in examples(PAGE, "js") if example.name == name]
    return code


def run(folder: Path, *command: str, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_node(fake: FakeServer, tmp_path: Path) -> None:
    require_tool("node")
    code = code_of("control.test.mjs")
    assert len(code.splitlines()) <= 22
    (tmp_path / "control.test.mjs").write_text(code)
    (tmp_path / "client.mjs").write_text(CLIENT)
    run(tmp_path, "node", "--test", "control.test.mjs", ARES_URL=fake.url)


def test_half_an_answer(fake: FakeServer, tmp_path: Path) -> None:
    require_tool("node")
    (tmp_path / "half.test.mjs").write_text(code_of("half.test.mjs"))
    run(tmp_path, "node", "--test", "half.test.mjs", ARES_URL=fake.url)


def test_playwright(fake: FakeServer, tmp_path: Path) -> None:
    """Python's Playwright brings Node's along, whose page is this one."""
    require_tool("node")
    chromium = require_tool("chromium")
    found = importlib.util.find_spec("playwright")
    assert found is not None and found.origin is not None
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "playwright").symlink_to(Path(found.origin).parent / "driver" / "package")
    code = code_of("browser.mjs")
    assert len(code.splitlines()) <= 22
    (tmp_path / "browser.mjs").write_text(code)
    (tmp_path / "index.html").write_text(APP.replace("ARES", fake.url))
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        app = f"http://127.0.0.1:{server.server_port}/"
        try:
            run(tmp_path, "node", "browser.mjs", ARES_URL=fake.url, APP_URL=app, CHROMIUM=chromium)
        finally:
            server.shutdown()
            thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None: ...


def test_every_route_is_told() -> None:
    page = text(PAGE)
    heads = {"/" + path.strip("/").split("/")[0] for _, path, _ in ROUTES}
    assert [head for head in sorted(heads) if not re.search(rf"{re.escape(head)}[`/,]", page)] == []

"""Clients in a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_ares.faults import hang
from mock_ares.harness.clients.browser.chromium import ChromiumError
from mock_ares.harness.clients.browser.client import BrowserClient
from mock_ares.harness.model import HarnessError, Target, UsageError
from mock_ares.paths import CONTRACTS
from mock_ares.scenario.model import Position, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.harness.targets import target
from tests.toolchains import require_tool

Write = Callable[..., BrowserClient]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    require_tool("chromium")
    clients = []

    def make(source: str, **options: Any) -> BrowserClient:
        file = tmp_path / "client.js"
        file.write_text(source)
        clients.append(BrowserClient(file, **options))
        clients[-1].start()
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.mark.toolchain("chromium")
class TestClient:
    def test_text_and_failure(self, write: Write) -> None:
        client = write("""export const streamChat = ({ message, show }) => {
            show("a\\ud83d"); show("\\ude00");
            if (message === "odd") throw new Error("wrong");
            return "a😀";
        }""")
        assert (client.name, client.boundaries) == ("client.js", "best-effort")
        heard: list[str] = []
        observation = client.observe(target(), heard.append)
        assert (observation.text, observation.shown, heard) == ("a😀", ("a", "😀"), ["a", "😀"])
        observation = client.observe(target(message="odd"))
        assert (observation.text, observation.error) == (None, "Error: wrong")

    def test_given_up_and_bounded(self, write: Write) -> None:
        client = write(
            """export const streamChat = async ({ message, show }) => {
            show("ab");
            while (message === "flood") show("x".repeat(40));
            if (message === "hang") await new Promise(() => {});
            return "ab";
        }""",
            limit=100,
        )
        hung = client.observe(target(0.5, message="hang"))
        assert (hung.text, hung.shown, hung.timed_out) == (None, ("ab",), True)
        assert "more than 100 characters" in (client.observe(target(message="flood")).error or "")
        assert client.observe(target()).text == "ab"

    def test_a_file_without_the_function(self, write: Write) -> None:
        with pytest.raises(UsageError, match="has no streamChat"):
            write("export const streamchat = 1").observe(target())

    def test_a_listener_that_fails_is_the_harness_error(self, write: Write) -> None:
        def listen(piece: str) -> None:
            raise RuntimeError

        client = write("export const streamChat = ({ show }) => { show('a'); return 'a' }")
        with pytest.raises(HarnessError, match="listens"):
            client.observe(target(), listen)
        assert client.observe(target()).text == "a"

    def test_a_browser_that_fails_is_the_harness_error(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        client = write("export const streamChat = () => 'a'")
        run = client._chromium.run

        def fail(*args: object, **options: Any) -> None:
            raise ChromiumError("gone")

        monkeypatch.setattr(client._chromium, "run", fail)
        with pytest.raises(HarnessError, match="the browser failed: gone"):
            client.observe(target())
        monkeypatch.setattr(client._chromium, "run", run)
        assert client.observe(target()).text == "a"

    @pytest.mark.needs_barrier  # a FIN alone does not say that the client reads no more
    def test_a_caller_that_stops_closes_the_connection(self) -> None:
        require_tool("chromium")
        with (
            FakeServer(Settings(speed=math.inf)) as fake,
            BrowserClient(CONTRACTS / "clients/browser/fixed.js") as client,
        ):
            mine = fake.credentials()
            fake.script(mine.id, Reply(text="ab cd", faults=(hang(after=Position(text="ab")),)), Reply(text="ab cd"))
            to = Target(fake.url, "/api/chat/stream", mine.token, "Hello", 30, 2)
            observation = client.observe(to)
            assert (observation.text, observation.cancelled) == ("ab", True)
            whole = client.observe(Target(fake.url, "/api/chat/stream", mine.token, "Hello", 30))
            assert whole.text == "ab cd"
            assert fake.requests(mine.id)[0].ending == "hang"  # which is open until the client leaves


class TestStart:
    def test_no_such_file(self, tmp_path: Path) -> None:
        (tmp_path / "client.js").touch()
        for name, said in (("cleint.js", "is not there; did you mean 'client.js'"), ("", "is a directory")):
            with pytest.raises(UsageError, match=said):
                BrowserClient(tmp_path / name).start()

    def test_no_browser(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "client.js").touch()
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(UsageError, match="there is none on PATH: install chromium"):
            BrowserClient(tmp_path / "client.js").start()

    def test_a_browser_that_does_not_work(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "client.js").touch()
        program = tmp_path / "chromium"
        program.write_text("#!/bin/sh\necho cannot open a library\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(UsageError, match="does not work") as refusal:
            BrowserClient(tmp_path / "client.js").start()
        assert "cannot open a library" in str(refusal.value)

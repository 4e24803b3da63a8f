"""A fake with a served folder, and a browser's page beside it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from mock_ares.control.context import Control
from mock_ares.server.files.scenario_files import Folder
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings

STREAM = "/api/chat/stream"
FILES = {
    "hello.yaml": (
        "summary: A greeting.\nreplies:\n  - text: Hello there, how are you?\n    pace: {first: 40ms, every: 20ms}\n"
    ),
    "bad-day.yaml": (
        "summary: The connection is reset inside a word; then a good answer.\n"
        "when: {message: {contains: neural}}\nreplies:\n"
        "  - text: Neural networks learn by example.\n    segments: event\n"
        "    faults:\n      - reset_peer: {after: Neural net}\n"
        "  - text: Neural networks learn by example.\n"
    ),
    "slow.yaml": "summary: A long answer.\ntext: one two three four five six seven eight nine ten\npace: {every: 5s}\n",
}


class Served:
    """A fake on a port of its own, as ``mock-ares serve FOLDER`` has it."""

    def __init__(self, folder: Path, settings: Settings = Settings(), port: int = 0) -> None:
        self.folder = Folder([folder])
        self.server = FakeServer(settings, self.folder.load(), port=port)
        self.control = Control(self.server.fake, self.folder)
        self._watching: Future[None] | None = None

    def __enter__(self) -> Served:
        self.server.start()
        assert self.control.reloader is not None
        self._watching = asyncio.run_coroutine_threadsafe(self.control.reloader.run(), self.server.loop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(BaseException):
                self._watching.result(5)
            self._watching = None
            self.server.stop()

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def token(self) -> str:
        return self.server.credentials().token

    def api(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            data = None if body is None else json.dumps(body)
            connection.request(method, f"/_mock/api/{path}", data, {"content-type": "application/json"})
            response = connection.getresponse()
            said = response.read()
            assert response.status < 300, said
            return json.loads(said) if said else None

    @contextlib.contextmanager
    def asking(self, message: str, token: str | None = None, **fields: str) -> Iterator[http.client.HTTPResponse]:
        """A chat whose answer has begun."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            headers = {"content-type": "application/json", "authorization": f"Bearer {token or self.token}", **fields}
            connection.request("POST", STREAM, json.dumps({"message": message}).encode(), headers)
            with contextlib.closing(connection.getresponse()) as response:
                yield response

    def ask(self, message: str, token: str | None = None, **fields: str) -> tuple[int, str]:
        """The status and the body; what could be read of it."""
        with self.asking(message, token, **fields) as response:
            try:
                return response.status, response.read().decode()
            except (http.client.IncompleteRead, ConnectionError):
                return response.status, "broken"


async def open_console(page: Page, url: str, where: str = "journal") -> None:
    """Returns when the console shows what the fake says."""
    await page.goto(f"{url}/_mock/#/{where}")
    await page.locator("#link[data-state=live]").wait_for()


def text_of(body: str) -> str:
    return "".join(line.removeprefix("data: ") for line in body.split("\n"))

"""One browser and one tab for all tests of a process; the installed Chromium, never a downloaded one.

A tab of its own for each test would be a process of its own, that compiles and lays out everything for the first time:
three times the work; and so would an empty page of another site in between. What a test leaves in it is taken away: its
routes, listeners, sizes, permissions, storage, tabs.

The tests are coroutines, all on one event loop, which runs only while a test does: other tests
start loops of their own.
"""

from __future__ import annotations

import asyncio
import math
import os
import threading
from collections.abc import Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Playwright,
    ViewportSize,
    async_playwright,
    expect,
)

from mock_ares.harness.clients.browser.devtools import FLAGS, find_chromium
from mock_ares.server.state import Settings
from tests.console.stage import FILES, Served

HERE = Path(__file__).parent
PATIENCE_MS = 30_000
SIZE: ViewportSize = {"width": 1280, "height": 800}
FORGET = "() => location.protocol === 'http:' && (localStorage.clear(), sessionStorage.clear())"
T = TypeVar("T")

expect.set_options(timeout=PATIENCE_MS)  # a busy machine is no failure


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody wants to know."""


class Stage:
    """The loop, and the browser that is driven from it."""

    def __init__(self) -> None:
        self._between = ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
        self._loop = asyncio.new_event_loop()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self.context: BrowserContext
        self.page: Page
        self.told = list[str]()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def start(self) -> None:
        threading.Thread(target=self._between.serve_forever, daemon=True).start()
        self._playwright = await async_playwright().start()
        flags = [flag for flag in FLAGS if flag not in ("--headless", "--remote-debugging-pipe")]
        self._browser = await self._playwright.chromium.launch(executable_path=find_chromium(), args=flags)

        self.context = await self._browser.new_context(viewport=SIZE)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = await self.context.new_page()
        self.page.on("pageerror", lambda error: self.told.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("dialog", self._dialog)

    def _console(self, said: ConsoleMessage) -> None:
        """But for Chromium's own word for an answer that is an error, or a connection that broke: many tests' theme."""
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.told.append(said.text)

    async def _dialog(self, dialog: Dialog) -> None:
        """A page with unsaved work asks whether it may be left; it may."""
        if dialog.type != "beforeunload":
            self.told.append(dialog.message)
        await dialog.accept()

    async def clear(self) -> None:
        """As it was before its first test."""
        for page in self.context.pages:
            if page is not self.page:
                await page.close()
        await self.page.unroute_all(behavior="ignoreErrors")
        await self.page.evaluate(FORGET)
        await self.page.goto(f"http://127.0.0.1:{self._between.server_port}/")
        await self.page.emulate_media(media=None, color_scheme=None, reduced_motion=None, forced_colors=None)
        await self.page.set_viewport_size(SIZE)
        await self.context.clear_permissions()
        await self.context.clear_cookies()
        self.told.clear()

    async def _end(self) -> None:
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()

    def close(self) -> None:
        self.run(self._end())
        self._loop.close()
        self._between.shutdown()
        self._between.server_close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(f"{HERE}{os.sep}"):
            item.add_marker(pytest.mark.toolchain("chromium"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not asyncio.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    stage = pyfuncitem.funcargs["stage"]
    assert isinstance(stage, Stage)
    stage.run(pyfuncitem.obj(**wanted))
    return True


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    stage = Stage()
    try:
        stage.run(stage.start())
        yield stage
    finally:
        stage.close()


@pytest.fixture
def context(stage: Stage) -> Iterator[BrowserContext]:
    yield stage.context
    stage.run(stage.clear())


@pytest.fixture
def page(stage: Stage, context: BrowserContext) -> Iterator[Page]:
    """A page that may say nothing wrong: no error in its scripts, nothing that its policy forbids."""
    yield stage.page
    assert not stage.told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    with Served(folder, Settings(speed=math.inf)) as served:
        yield served

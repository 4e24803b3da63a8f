"""One browser for all tests of a process, a context for each; the installed Chromium, never a downloaded one.

The tests are coroutines, all on one event loop, which runs only while a test does: other tests
start loops of their own.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, async_playwright, expect

from mock_ares.harness.devtools import FLAGS, find_chromium
from mock_ares.server.state import Settings
from tests.console.stage import FILES, Served

HERE = Path(__file__).parent
PATIENCE_MS = 30_000
T = TypeVar("T")

expect.set_options(timeout=PATIENCE_MS)  # a busy machine is no failure


class Stage:
    """The loop, and the browser that is driven from it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def start(self) -> None:
        self._playwright = await async_playwright().start()
        flags = [flag for flag in FLAGS if flag not in ("--headless", "--remote-debugging-pipe")]
        self._browser = await self._playwright.chromium.launch(executable_path=find_chromium(), args=flags)

    async def context(self, **options: Any) -> BrowserContext:
        assert self._browser is not None
        context = await self._browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(PATIENCE_MS)
        return context

    async def _end(self) -> None:
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()

    def close(self) -> None:
        self.run(self._end())
        self._loop.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.toolchain("chromium"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not asyncio.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    pyfuncitem.funcargs["stage"].run(pyfuncitem.obj(**wanted))
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
    context = stage.run(stage.context())
    yield context
    stage.run(context.close())


@pytest.fixture
def page(stage: Stage, context: BrowserContext) -> Iterator[Page]:
    """A page that may say nothing wrong: no error in its scripts, nothing that its policy forbids."""
    wrong = list[str]()
    yield stage.run(_page_that_tells(context, wrong))
    assert not wrong


async def _page_that_tells(context: BrowserContext, wrong: list[str]) -> Page:
    """Playwright subscribes to some events by tasks, so only a loop that runs will do."""
    page = await context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" and not _of_network(said) else None)
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    return page


def _of_network(said: ConsoleMessage) -> bool:
    """Chromium's own word for an answer that is an error, or a connection that broke, which many tests are about."""
    return said.text.startswith("Failed to load resource")


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

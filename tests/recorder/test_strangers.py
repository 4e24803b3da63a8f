"""Servers that nobody wrote for mock-ares: recorded, played, compared."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from mock_ares.authoring.load import load_all
from mock_ares.plan.recorded import chunks
from mock_ares.recorder.drift import LiveServer, compared
from mock_ares.recorder.session import RecordingSession
from mock_ares.recorder.upstream import Upstream
from mock_ares.scenario.model import Scenario
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.programs import cargo_build
from tests.recorder.raw import Heard, ask, chat

AXUM = Path(__file__).parent / "axum"


def _typed(token: str) -> Callable[[Request], Awaitable[EventSourceResponse]]:
    async def answer(request: Request) -> EventSourceResponse:
        context = (await request.json()).get("context_id", "made-here")

        async def events() -> AsyncIterator[dict[str, Any]]:
            yield {"data": f'{{"event": "start", "agent": "product", "context_id": "{context}"}}', "id": "0"}
            for index, text in enumerate(["Größe", " zählt", ". 🧠"]):
                await asyncio.sleep(0.02)
                yield {"data": token % text, "id": str(index + 1)}
            yield {"data": f'{{"event": "done", "agent": "Product", "context_id": "{context}"}}', "retry": 1000}

        return EventSourceResponse(events())

    return answer


async def _pinged(request: Request) -> EventSourceResponse:
    async def events() -> AsyncIterator[str]:
        yield "one"
        await asyncio.sleep(0.25)
        yield "two\nlines"

    return EventSourceResponse(events(), ping=0.1)


@contextmanager
def sse_starlette(token: str = '{"event": "token", "content": "%s"}') -> Iterator[str]:
    """``token``: how it spells one."""
    app = Starlette(routes=[Route("/api/chat/stream", _typed(token), methods=["POST"]), Route("/pinged", _pinged)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def recorded(url: str, folder: Path, asks: Callable[[str], Heard]) -> tuple[Heard, Scenario]:
    with RecordingSession(Upstream.of(url), folder) as session:
        heard = asks(session.url)
    assert [outcome.reason for outcome in session.outcomes] == [""]
    (scenario,) = load_all([folder])
    return heard, scenario


def drift(scenario: Scenario, url: str) -> tuple[str, ...]:
    (found,) = asyncio.run(compared([scenario], LiveServer(Upstream.of(url), {})))
    return (found.verdict, *found.lines)


def spoken(url: str) -> Heard:
    return chat(url, "a-token", "hi", context_id="ctx-1")


def played(scenario: Scenario, context: str) -> Heard:
    with FakeServer(Settings(speed=float("inf")), [scenario]) as fake:
        return chat(fake.url, fake.credentials().token, "hi", context_id=context)


def test_sse_starlette_comes_again_byte_for_byte(tmp_path: Path) -> None:
    with sse_starlette() as url:
        heard, scenario = recorded(url, tmp_path, spoken)
        assert drift(scenario, url) == ("same",)
    reply = scenario.replies[0]
    assert (reply.dialect, reply.chunks) == ("typed", "recorded")
    assert heard.reader.body.count(b"\r\n\r\n") == 5
    assert played(scenario, "ctx-1").wire == heard.wire
    other = played(scenario, "another").reader.body
    assert other == heard.reader.body.replace(b"ctx-1", b"another")


def test_its_pings_are_kept_at_their_moments(tmp_path: Path) -> None:
    with sse_starlette() as url:
        heard, scenario = recorded(url, tmp_path, lambda url: ask(url, "GET /pinged"))
        assert drift(scenario, url) == ("same",)
    pings = len(re.findall(rb": ping - ", bytes(heard.reader.body)))
    assert pings >= 1
    with FakeServer(Settings(speed=float("inf")), [scenario]) as fake:
        assert ask(fake.url, "GET /pinged").wire == heard.wire
    pauses = scenario.replies[0].pace.pauses
    assert len(pauses) >= pings and sum(pause.lasts or 0 for pause in pauses) == pytest.approx(0.25, abs=0.2)


def test_a_server_that_has_changed_is_heard_of(tmp_path: Path) -> None:
    with sse_starlette() as url:
        _, scenario = recorded(url, tmp_path, spoken)
    with sse_starlette('{"event": "token", "text": "%s"}') as url:
        assert drift(scenario, url) == ("differs", "token: content: gone", "token: text: new")


@pytest.mark.slow
@pytest.mark.toolchain("cargo")
def test_axum_comes_again_byte_for_byte(tmp_path: Path) -> None:
    target = Path(__file__).parents[2] / "build" / "axum"
    cargo_build(AXUM, target)
    with subprocess.Popen([target / "debug" / "axum-stream"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = f"http://{process.stdout.readline().strip()}"
            begun = time.monotonic()
            heard, scenario = recorded(url, tmp_path, spoken)
            took = time.monotonic() - begun
            assert drift(scenario, url) == ("same",)
        finally:
            process.kill()
    reply = scenario.replies[0]
    assert [*chunks(reply)] == ["Ax", "um ", "spr", "icht", " Größe", "\n", "🧠"]
    assert took > 0.2
    assert played(scenario, "ctx-1").wire == heard.wire

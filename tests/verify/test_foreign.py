"""A server that nobody wrote for this: sse-starlette's events, where it is installed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.verify.rig import verified, with_verdict

EVENTS = pytest.importorskip("sse_starlette").EventSourceResponse
STREAM = frozenset(f"stream-{what}" for what in ("type", "framing", "utf8", "dialect", "events", "end", "one-by-one"))


async def chat(request: Request) -> Response:
    async def events() -> AsyncIterator[dict[str, str]]:
        for chunk in ("One,", " two,", "\nthree:", " naïve 🧠"):
            await asyncio.sleep(0.02)
            yield {"data": chunk}

    answer: Response = EVENTS(events())
    return answer


@pytest.fixture
def url() -> Iterator[str]:
    app = Starlette(routes=[Route("/api/chat/stream", chat, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_its_streams_are_as_the_pages_promise(url: str) -> None:
    run = verified(url, "docs", values={"jwt": "a.b.c"}, only=STREAM, write=True)
    assert set(with_verdict(run, "same")) == STREAM


def test_and_not_as_the_source_has_them(url: str) -> None:
    run = verified(url, "server", values={"jwt": "a.b.c"}, only=STREAM, write=True)
    assert with_verdict(run, "differs") == ["stream-dialect", "stream-events"]

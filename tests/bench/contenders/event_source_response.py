"""The helper that most reach for: sse-starlette."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def events(count: int, every: float) -> AsyncIterator[str]:
    for index in range(count):
        if every and index:
            await asyncio.sleep(every)
        yield "twenty bytes of it"


async def stream(request: Request) -> Response:
    asked = await request.json()
    response: Response = EventSourceResponse(events(asked["chunks"], asked.get("every", 0)), sep="\n")
    return response


listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
print(listener.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/api/chat/stream", stream, methods=["POST"])])
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])

"""What Starlette's documentation leads to: StreamingResponse over an async generator."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

EVENT = b"data: twenty bytes of it\n\n"


async def events(count: int, every: float) -> AsyncIterator[bytes]:
    for index in range(count):
        if every and index:
            await asyncio.sleep(every)
        yield EVENT


async def stream(request: Request) -> Response:
    asked = await request.json()
    return StreamingResponse(events(asked["chunks"], asked.get("every", 0)), media_type="text/event-stream")


listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
print(listener.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/api/chat/stream", stream, methods=["POST"])])
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])

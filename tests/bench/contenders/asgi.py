"""A stream of events as ASGI has it, for servers that are commands: each event is a message of its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

EVENT = b"data: twenty bytes of it\n\n"


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    asked = json.loads(body)
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for index in range(asked["chunks"]):
        if asked.get("every") and index:
            await asyncio.sleep(asked["every"])
        await send({"type": "http.response.body", "body": EVENT, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})

"""The event stream: ``GET /_mock/api/events``."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

from mock_ares.control.event_log import MOST_READERS, event
from mock_ares.control.messages import SAFE, Ask, RefusedError, Send
from mock_ares.control.resources.controls import status_json
from mock_ares.server.transport.wire import EXTENSION

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent."""


async def events(ask: Ask, send: Send) -> None:
    """Sends events until the reader leaves. Raises RefusedError before the first byte."""
    hub = ask.control.hub
    if hub.readers >= MOST_READERS:
        reason = f"{MOST_READERS} event streams are open, which is the most; close one"
        raise RefusedError(503, reason, headers=(("retry-after", "5"),))
    await ask.read()
    ask.scope["extensions"][EXTENSION].end_with_client()
    place, missed = hub.enter(ask.headers.get("last-event-id") or ask.query.get("last_event_id"))
    ask.control.report()
    left = asyncio.ensure_future(_left(ask))
    left.add_done_callback(lambda _: hub.wake())
    try:
        fields = (("date", formatdate(usegmt=True)), ("content-type", "text/event-stream"), *SAFE)
        headers = [(name.encode(), value.encode()) for name, value in fields]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        first = f"{hub.boot}-{place.next - 1}"
        data = b"retry: 1000\n\n" + event("hello", status_json(ask), first)
        data += event("gap", {"missed": missed}) if missed != 0 else b""
        while not left.done():
            if data:
                await send({"type": "http.response.body", "body": data, "more_body": True})
            data = b": still here\n\n"
            if await hub.wait(place, HEARTBEAT):
                lost, data = hub.take(place)
                data = event("gap", {"missed": lost}) + data if lost else data
    finally:
        hub.leave()
        left.cancel()


async def _left(ask: Ask) -> None:
    while (await ask.receive())["type"] != "http.disconnect":
        pass

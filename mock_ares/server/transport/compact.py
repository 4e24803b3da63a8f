"""Small stand-ins for what uvicorn keeps for every connection, of which a fake may have thousands open.

An ``asyncio.Event`` and a ``deque`` take 760 bytes each, used or not. Where uvicorn has them, these do the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.flow_control import FlowControl

from mock_ares.server.timing.waiters import Waiter, wake

if TYPE_CHECKING:
    from mock_ares.server.transport.refusal import Refusal


class Flag:
    """An ``asyncio.Event``, of which uvicorn uses this much."""

    __slots__ = ("_set", "_waiters")

    def __init__(self, is_set: bool = False) -> None:
        self._set = is_set
        self._waiters: tuple[Waiter, ...] = ()

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        waiters, self._waiters = self._waiters, ()
        wake(waiters)

    def clear(self) -> None:
        self._set = False

    async def wait(self) -> None:
        if not self._set:
            waiter: Waiter = asyncio.get_running_loop().create_future()
            self._waiters += (waiter,)
            await waiter


class Flow(FlowControl):
    """uvicorn's, with a smaller event."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.read_paused = False
        self.write_paused = False
        self._is_writable_event = Flag(True)  # type: ignore[assignment]


class Pipeline(list[Any]):
    """A ``deque`` that is nearly always empty."""

    __slots__ = ()

    def appendleft(self, item: Any) -> None:
        self.insert(0, item)


class Unparsed:
    """The cycle of what is no request: there is nothing to receive, and a refusal to send."""

    __slots__ = (
        "body", "disconnected", "keep_alive", "message_event", "more_body", "on_response", "refusal",
        "response_complete", "response_started", "waiting_for_100_continue",
    )  # fmt: skip

    def __init__(self, refusal: Refusal, on_response: Callable[[], object]) -> None:
        self.refusal = refusal
        self.body = b""
        self.on_response = on_response
        self.message_event = Flag(True)
        self.disconnected = self.keep_alive = self.more_body = self.waiting_for_100_continue = False
        self.response_started = self.response_complete = False

    def scope(self, server: Any, client: Any) -> dict[str, Any]:
        """An ASGI scope without a method and a path."""
        return {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "server": server,
            "client": client, "scheme": "http", "method": "", "root_path": "", "path": "", "raw_path": b"",
            "query_string": b"", "headers": [], "state": {},
        }  # fmt: skip

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Nobody sends the ASGI way."""

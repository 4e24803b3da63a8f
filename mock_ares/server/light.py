"""Small stand-ins for what uvicorn keeps for every connection, of which a fake may have thousands open.

An ``asyncio.Event`` and a ``deque`` take 760 bytes each, used or not. Where uvicorn has them, these do the same.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

from mock_ares.server.waiters import Waiter, wake


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

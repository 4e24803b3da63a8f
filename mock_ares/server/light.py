"""Small things for connections, of which a fake may have thousands open.

An ``asyncio.Event`` and a ``deque`` take 760 bytes each, used or not. Where uvicorn has them, these do the same.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl


class Flag:
    """An ``asyncio.Event``, of which uvicorn uses this much."""

    __slots__ = ("_set", "_waiters")

    def __init__(self, is_set: bool = False) -> None:
        self._set = is_set
        self._waiters: tuple[asyncio.Future[None], ...] = ()

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        waiters, self._waiters = self._waiters, ()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def clear(self) -> None:
        self._set = False

    async def wait(self) -> None:
        if not self._set:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
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


class Few(list[Any]):
    """A set of one or two."""

    __slots__ = ()

    def add(self, item: Any) -> None:
        self.append(item)

    def discard(self, item: Any) -> None:
        if item in self:
            self.remove(item)


class Among:
    """A block within which a waiter is in some sets of waiters."""

    __slots__ = ("_groups", "_waiter")

    def __init__(self, waiter: asyncio.Future[None], *groups: set[asyncio.Future[None]] | Few) -> None:
        self._waiter = waiter
        self._groups = groups

    def __enter__(self) -> None:
        for group in self._groups:
            group.add(self._waiter)

    def __exit__(self, *_: object) -> None:
        for group in self._groups:
            group.discard(self._waiter)

"""Futures that somebody waits for, and groups of them that are woken together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

Waiter = asyncio.Future[None]


class Few(list[Any]):
    """A set of one or two: a tenth of a set's memory."""

    __slots__ = ()

    def add(self, item: Any) -> None:
        self.append(item)

    def discard(self, item: Any) -> None:
        if item in self:
            self.remove(item)


class Among:
    """A block within which a waiter is in a group."""

    __slots__ = ("_group", "_waiter")

    def __init__(self, waiter: Waiter, group: set[Waiter] | Few) -> None:
        self._waiter = waiter
        self._group = group

    def __enter__(self) -> None:
        self._group.add(self._waiter)

    def __exit__(self, *_: object) -> None:
        self._group.discard(self._waiter)


def resolve(waiter: Waiter) -> None:
    """Unless somebody else has, or nobody waits any more."""
    if not waiter.done():
        waiter.set_result(None)


def wake(group: Iterable[Waiter]) -> None:
    """Resolves all of them."""
    for waiter in group:
        resolve(waiter)


async def woken(group: set[Waiter], deadline: float) -> bool:
    """Waits among them until it is resolved; False when the loop's clock has come to ``deadline``."""
    waiter: Waiter = asyncio.get_running_loop().create_future()
    with Among(waiter, group):
        try:
            async with asyncio.timeout_at(deadline):
                await waiter
        except TimeoutError:
            return False
    return True

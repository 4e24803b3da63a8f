"""A request as it came, and what may be decided about its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mock_ares.plan.http1.negotiation import Negotiated
from mock_ares.plan.model import Headers
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.responses import Answer
from mock_ares.server.transport.header_fields import Fields
from mock_ares.server.transport.wire import Wire


@dataclass(slots=True)
class Request:
    """What came, and the wire to answer on."""

    method: str
    path: str
    query: str
    headers: Fields
    body: bytes
    wire: Wire
    exchange: Exchange
    raw_path: str
    """As it came: not decoded."""
    gzip: bool = False
    """The client accepts it."""
    complete: float = 0.0
    """When all of it had come, by the clock."""
    on_end: Callable[[bool], object] | None = None
    """Told, once the answer has been played, whether all of it was."""

    @property
    def negotiated(self) -> Negotiated:
        keep_alive = self.wire.keep_alive and self.wire.unread is None  # who did not wait for the body cannot go on
        return _negotiated(self.wire.http_version, self.gzip, keep_alive)


@lru_cache(maxsize=8)
def _negotiated(version: str, gzip: bool, keep_alive: bool) -> Negotiated:
    """There are few of them, and plans go by them: one that is the same is found without being compared."""
    return Negotiated(version, gzip, keep_alive)


@dataclass(frozen=True, slots=True)
class Deferred:
    """An answer that takes long to find: what is to be awaited for it, and what comes of that."""

    work: Callable[[], Awaitable[Any]]
    then: Callable[[Any], Answer | Deferred]


Decided = tuple[Answer | Deferred, Headers]

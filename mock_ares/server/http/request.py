"""A request as it came, and what may be decided about its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mock_ares.ares.errors import HttpError
from mock_ares.plan.http.negotiation import Manners, Negotiated
from mock_ares.plan.model import Headers
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.responses import Answer
from mock_ares.server.transport.header_fields import Fields
from mock_ares.server.transport.wire import Wire


class BodyAwaitedError(Exception):
    """What is to be decided depends on the body, which has not been read."""


@dataclass(slots=True)
class Request:
    """What came, and the wire to answer on."""

    method: str
    path: str
    query: str
    headers: Fields
    read: bytes | None
    """The body; None: it has not been read."""
    wire: Wire
    exchange: Exchange
    raw_path: str
    """As it came: not decoded."""
    gzip: bool = False
    """The client accepts it."""
    complete: float = 0.0
    """When all of it had come, by the clock."""
    cors: Headers | None = None
    """The fields of a preflight's head; None: those of any."""
    is_known: bool = False
    """Whether something about the body has been asked for."""
    taken: Headers | HttpError | None = None
    """What is left to the client's token, or what it is told; None: nobody has counted the request."""
    limits: Headers | None = None
    """What is left to the client's address; None: nobody has counted the request."""
    is_nowhere: bool = False
    """There is no such path, where that leaves the answer to HEAD without a length."""
    on_end: Callable[[bool], object] | None = None
    """Told, once the answer has been played, whether all of it was."""

    @property
    def body(self) -> bytes:
        """Raises BodyAwaitedError."""
        if self.read is None:
            raise BodyAwaitedError
        self.is_known = True
        return self.read

    @property
    def negotiated(self) -> Negotiated:
        wire = self.wire
        # Who did not wait for the body cannot go on; where that is usual, it is not said.
        keep_alive = wire.keep_alive and (wire.unread is None or not wire.manners.waits)
        return _negotiated(wire.http_version, self.gzip, keep_alive, wire.manners)


@lru_cache(maxsize=16)
def _negotiated(version: str, gzip: bool, keep_alive: bool, manners: Manners) -> Negotiated:
    """There are few of them, and plans go by them: one that is the same is found without being compared."""
    return Negotiated(version, gzip, keep_alive, manners)


@dataclass(frozen=True, slots=True)
class Deferred:
    """An answer that takes long to find: what is to be awaited for it, and what comes of that."""

    work: Callable[[], Awaitable[Any]]
    then: Callable[[Any], Answer | Deferred]


Decided = tuple[Answer | Deferred, Headers]

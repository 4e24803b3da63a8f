"""One request's connection, for raw bytes.

ASGI's ``send`` writes well-formed responses only. What a fake of broken servers needs besides is here: bytes as they
are, whether they have been sent and read, and the connection's ends. ``uvicorn_protocol`` puts a ``Wire`` into the
scope of every request, as ``scope["extensions"][EXTENSION]``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mock_ares.plan.http.negotiation import Manners
from mock_ares.plan.model import TlsBreak
from mock_ares.server.timing.waiters import Among, Few, Waiter, resolve
from mock_ares.server.transport.client_socket import ClientSocket
from mock_ares.server.transport.read_barrier import Boundary, pauses, settle, until_read

if TYPE_CHECKING:
    from mock_ares.server.transport.counted_transport import CountedTransport
    from mock_ares.server.transport.hyper.request_head import ReadHead
    from mock_ares.server.transport.refusal import Refusal

EXTENSION = "mock_ares.wire"
MOST_UNREAD = 32 * 1024 * 1024
"""Bytes of a request's body that are read away behind an answer that did not wait for it."""
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Carrier(Protocol):
    """What carries the bytes of a request's answer: a connection of uvicorn's, in clear text or beneath TLS."""

    peer: ClientSocket
    waiters: Few
    lost: bool
    was_reset: bool
    has_end: bool
    ends_with_client: bool
    transport: Any
    flow: Any

    @property
    def manners(self) -> Manners:
        """What it does where HTTP leaves it to servers."""

    def begin(self, cycle: Any) -> None:
        """A raw byte is about to be written."""

    def finish(self, cycle: Any) -> None:
        """The response is complete."""

    def give_up(self) -> None:
        """RST: nobody waits for the request any more."""


class Wire:
    """Writes are silently dropped once the connection has ended."""

    __slots__ = (
        "_cycle", "_head", "_protocol", "_transport", "begun", "ended", "ending", "hands_on", "http_version",
        "keep_alive", "manners", "push", "push_run", "scheme", "unread",
    )  # fmt: skip

    def __init__(self, protocol: Carrier, cycle: Any, scope: dict[str, Any], head: ReadHead | None = None) -> None:
        """``head``: as it was read, where the connection reads heads itself."""
        self._head = head
        self._protocol = protocol
        self._cycle = cycle
        self._transport: CountedTransport = protocol.transport
        self.push = self._transport.push
        """Writes, as ``write`` does, once ``begin`` has been called. See ``CountedTransport``."""
        self.push_run = self._transport.push_run
        """The same with a run of a plan's bytes."""
        self.begun = False
        """Whether a raw byte has been written."""
        self.http_version: str = scope["http_version"]
        self.scheme: str = scope["scheme"]
        """http or https."""
        self.manners = protocol.manners
        """What the server behind it does where HTTP leaves it to servers."""
        self.keep_alive: bool = _stays_open(scope, self.manners)
        """Whether the connection may serve another request after this one, as far as the request goes."""
        self.hands_on: bool = b"sec-fetch-mode" in [name for name, _ in scope["headers"]]
        """Whether what has been read of the socket passes through queues before a script has it: the client fetches as
        browsers do (Fetch Metadata)."""
        self.ending = False
        """Whether all has been said, and the exchange ends without anybody's doing."""
        self.unread: Receive | None = None
        """Gives the request's body, which nobody has waited for."""
        self.ended = False
        """Whether this side has ended the connection."""

    @property
    def gone(self) -> bool:
        """Whether the connection has ended, whoever ended it."""
        return self._protocol.lost or self._transport.is_closing()

    @property
    def breaks_tls(self) -> bool:
        """Whether there is TLS, and it is the fake's own."""
        return self._transport.has_tls

    @property
    def has_body(self) -> bool:
        """Whether the request's body has come to its end."""
        return not self._cycle.more_body

    @property
    def is_left(self) -> bool:
        """Whether the client has ended its direction behind the request, where that ends the connection.

        The event loop may hear of it later.
        """
        if self.manners.half_closed or not self.has_body:
            return False
        return self.gone or self._protocol.peer.has_ended()

    @property
    def arrived(self) -> bytes:
        """What has come of the request's body, and was not received."""
        return bytes(self._cycle.body)

    @property
    def drops(self) -> bool:
        """Whether the connection ends with the answer, which does not say so: who does not wait for a body cannot go
        on behind it, nor behind trailers or a broken one. A stream of HTTP/2 ends alone.
        """
        head = self._head
        if self.http_version == "2":
            return False
        return self.unread is not None or self.refusal is not None or (head is not None and head.trailers)

    @property
    def is_read(self) -> bool:
        """Whether nothing is left of the request's body that would have to be read before the next request.

        One HTTP chunk is taken along, and no more.
        """
        head = self._head
        return self.has_body and (head is None or head.length is not None or not head.came)

    @property
    def refusal(self) -> Refusal | None:
        """What the connection itself has against the request; a body that is broken is known when it has come."""
        return getattr(self._cycle, "refusal", None)

    @property
    def is_no_request(self) -> bool:
        """Whether nobody looks at what it asks for: it is told what is wrong with it.

        Where bodies are read when they are needed, one that is broken is only a body.
        """
        return self.refusal is not None and not (self.refusal.body and not self.manners.waits)

    @property
    def left_in_peace(self) -> bool:
        """Whether the client has closed the connection itself, having read all that had come."""
        return self._protocol.lost and not self._protocol.was_reset and not self.ended

    @property
    def has_said_all(self) -> bool:
        """Whether the exchange is over but for the event loop's own work: a client may have seen its end."""
        return self.ending and (self.ended or not self.gone or self.left_in_peace)

    @property
    def address(self) -> tuple[str, int]:
        """Where the fake listens."""
        host, port = self._transport.get_extra_info("sockname")[:2]
        return str(host), int(port)

    @property
    def client(self) -> str:
        """The client's address."""
        return str((self._transport.get_extra_info("peername") or ("",))[0])

    @property
    def written(self) -> int:
        """Bytes written since the connection began, earlier responses included."""
        return self._transport.written

    def begin(self) -> None:
        """What is written from now on is the response."""
        if not self.begun and not self.gone:
            self.begun = True
            self._protocol.begin(self._cycle)

    def write(self, data: bytes | memoryview) -> None:
        self.begin()
        self._transport.write(data)

    async def drain(self) -> None:
        """Waits until the kernel has taken everything written, or the connection has ended."""
        if self._protocol.flow.write_paused and not self.gone:
            await self._protocol.flow.drain()

    async def flush(self) -> bool:
        """Waits until the client's kernel has everything written. False if the connection has ended before.

        A client that does not read is waited for as long as it stays.
        """
        await self.drain()
        for pause in pauses(16, 0.001, 0.05):
            if self.gone:
                return False
            if not self._transport.get_write_buffer_size() and (not self._protocol.peer.unsent() or self._has_come()):
                return True
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    def _has_come(self) -> bool:
        """Whether the client's own socket says so: it may keep its acknowledgement for 40 ms (RFC 9293 3.8.6.3), and
        over TLS, where it has answered in a handshake, it does.
        """
        state = self._protocol.peer.unread()
        return state is not None and state.received >= self.written

    @property
    def known(self) -> bool:
        """Whether the client's socket could be asked about; False, too, where nobody has asked."""
        return self._protocol.peer.known

    async def read_barrier(self, patience: float) -> Boundary:
        """Waits until the client has read everything written; ``patience``: seconds without it reading anything.

        ``exact``: it has. ``pause``: it cannot be asked about; 5 ms have passed. ``gone``: the connection has ended.
        """
        return await until_read(self._protocol.peer.unread, self.written, lambda: self.gone, patience)

    async def read_before_fault(self, patience: float) -> bool:
        """Waits until the client has read everything written, or long enough where that is not known; False: there."""
        known = await self.read_barrier(patience) == "exact" and not self.hands_on
        if not known:
            await self.flush()
            await settle(lambda: self.gone)
        return known

    def promise_end(self, promised: bool) -> None:
        """Whether what runs comes to an end by itself, so that a server that stops may wait for it."""
        self._protocol.has_end = promised

    def end_with_client(self) -> None:
        """What runs is for as long as there is somebody: a client that half-closes the connection has left."""
        self._protocol.ends_with_client = True

    def finish(self) -> None:
        """The response is complete: the connection serves the next request, or closes if the request says so."""
        if self.gone:
            return
        self.begin()
        self._cycle.keep_alive = self._cycle.keep_alive and self.keep_alive
        self._protocol.finish(self._cycle)

    async def finish_body(self, patience: float = 5.0) -> None:
        """FIN before the request's body has come: its rest is read away, since a socket that is closed upon it sends
        RST, which would take the answer from the client. ``patience``: seconds in which nothing of it comes.
        """
        assert self.unread is not None
        self._transport.write_eof()
        left = MOST_UNREAD
        with contextlib.suppress(TimeoutError):
            while left > 0:
                async with asyncio.timeout(patience):
                    message = await self.unread()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))

    def close(self, *, notify: bool = True) -> None:
        """FIN after what was written. The request's body must have been read, or it becomes a reset.

        ``notify``: where there is TLS, close_notify goes before it.
        """
        self.ended = True
        self._transport.close(notify=notify)

    def break_tls(self, how: TlsBreak) -> None:
        """Breaks TLS off, where there is any. Nothing but ``close`` without ``notify`` can follow."""
        self._transport.break_tls(how)

    def reset(self) -> None:
        """RST, which overtakes whatever the client's kernel has not got yet: ``flush()`` first."""
        self.ended = True
        if not self._protocol.lost:
            self._protocol.peer.linger_none()
            self._transport.abort()

    def give_up(self) -> None:
        """RST, where the request never comes: of the stream alone, whose connection may have others."""
        self.ended = True
        if not self._protocol.lost:
            self._protocol.give_up()

    def waking(self, waiter: Waiter) -> Among:
        """A block within which the end of the connection also resolves ``waiter``."""
        if self._protocol.lost:
            resolve(waiter)
        return Among(waiter, self._protocol.waiters)

    async def wait_gone(self) -> None:
        """Waits until the connection has ended, whoever ended it."""
        if not self._protocol.lost:
            waiter: Waiter = asyncio.get_running_loop().create_future()
            with self.waking(waiter):
                await waiter


def _stays_open(scope: dict[str, Any], manners: Manners) -> bool:
    """RFC 9112 9.3. The fake itself keeps no HTTP/1.0 connection open, as uvicorn does not. Over HTTP/2 each does."""
    if scope["http_version"] == "2":
        return True
    old = scope["http_version"] != "1.1"
    if old and not manners.in_kind:
        return False
    said = b",".join([value for name, value in scope["headers"] if name == b"connection"])
    options = [option.strip() for option in said.lower().split(b",")]
    return b"keep-alive" in options if old else b"close" not in options

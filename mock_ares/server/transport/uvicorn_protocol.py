"""Raw bytes on uvicorn's connections. The only module that knows uvicorn's internals.

ASGI lets an application send a well-formed response and nothing else, so a fake that must also send ill-formed ones
needs the transport. Both of uvicorn's HTTP protocol classes run an application with the ``receive`` method of a
*cycle*, their object for one request and its response. Here subclasses of both slip a ``Wire`` into the scope, which
writes to the transport and then tells the cycle what has become of it:

- *begun* (first raw byte): ``response_started``. Were the application to fail now, uvicorn would not add a 500, and
  a late ``receive()`` would not add a 100 Continue. h11 has a state machine of its own: it is fed a response, and its
  bytes are thrown away, so that it goes on parsing (and noticing the client's end) as during a response of its own.
- *finished*: ``response_complete``, and the cycle's ``on_response`` arms the keep-alive timer or starts the next
  pipelined request. h11 is fed the end of the message.
- *ended* (closed or reset by us) or left by the client: ``disconnected``, so that uvicorn sees a client that has gone
  and neither logs nor sends anything.

What uvicorn does otherwise, and this module does not:

- It closes a connection when the client half-closes it. A client may send its request, shut down that direction and
  read on (RFC 9112 9.6). But a closed socket sends the same FIN, so the kernel is asked which of the two it was.
- With pipelined requests it tells only the newest cycle that the client has gone. Here it is the running one.
- It answers bytes it cannot parse at once, also in the midst of a response, and past the application. Here the response
  is completed first, and what is no request is an exchange like any other (``server.transport.refusal``).
- It waits for the end of a head as long as it takes, however large. Here a head has bounds.
- It leaves the keep-alive timer of a connection that was reset behind.
- On httptools it loses the body of a request that offers an upgrade, which a server may ignore (RFC 9110 7.8): the
  parser believes that another protocol follows the head. Here a new one is told the head again, without the offer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from mock_ares.plan.http.http2.frames import PREFACE
from mock_ares.plan.http.negotiation import Manners
from mock_ares.server.timing.waiters import Few, wake
from mock_ares.server.transport import refusal
from mock_ares.server.transport.client_socket import ClientSocket
from mock_ares.server.transport.compact import Flag, Flow, Pipeline, Unparsed
from mock_ares.server.transport.counted_transport import CountedTransport
from mock_ares.server.transport.hyper.message_reader import MessageReader
from mock_ares.server.transport.hyper.request_head import ReadHead, RequestRefusedError
from mock_ares.server.transport.not_http import MOST, is_none
from mock_ares.server.transport.read_barrier import pauses
from mock_ares.server.transport.refusal import Refusal, checked
from mock_ares.server.transport.request_target import place
from mock_ares.server.transport.wire import EXTENSION, Wire

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
else:
    _Protocol = object

OWN = Manners()
KEEP_ALIVE = 3600
"""Seconds an idle connection stays open."""

_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)  # what a client does wrong is the journal's business, not the log's


class Connection(_Protocol):
    """What both protocol classes get in addition. They share the names used here; h11's subclass adds its state."""

    # Slots: the dictionary of an object with more than 30 attributes shares its keys with no other (CPython).
    __slots__ = (
        "_beginning", "_deaf", "_half_closed", "_head_size", "_head_timer", "_heads", "_opening", "_reader", "_refusal",
        "_running", "_watch", "ends_with_client", "has_end", "lost", "peer", "waiters", "was_reset",
    )  # fmt: skip
    peer: ClientSocket
    lost: bool
    was_reset: bool
    waiters: Few
    has_end: bool
    """Whether what runs comes to an end by itself."""
    ends_with_client: bool
    """Whether a client that sends no more is taken for one that has left: nothing else would end what runs."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app = self._run
        self.logger = _log
        self.access_log = False
        self.pipeline = Pipeline()  # type: ignore[assignment]
        self.lost = self.was_reset = self.has_end = self.ends_with_client = False
        self.waiters = Few()
        self._running: Any = None
        self._half_closed = False
        self._deaf = False
        """Whether nothing more is read: what came was no request."""
        self._refusal: Refusal | None = None
        """What is to be answered when all before it has been."""
        self._opening: bytes | None = None if self._http == "1.1" else b""
        """What has come first, as long as it may be the preface of HTTP/2; None: it is not."""
        self._beginning = b""
        """Of a head that has not ended."""
        self._head_size = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._reader: MessageReader | None = None
        """Reads heads where the server behind it reads other ones than the parser; the parser gets plain ones."""
        self._heads: list[ReadHead] = []
        """That were read, and not yet answered."""
        self._watch: asyncio.TimerHandle | None = None

    @property
    def _http(self) -> str:
        """Which versions the application speaks."""
        return getattr(self.config.loaded_app, "http", "both")

    @property
    def manners(self) -> Manners:
        """Of the application, for what begins now."""
        return getattr(self.config.loaded_app, "manners", OWN)

    # The application's side

    async def _run(self, scope: Any, receive: Any, send: Any) -> None:
        head = self._heads.pop(0) if self._heads and not isinstance(receive.__self__, Unparsed) else None
        if head is not None:
            scope.update(method=head.method, http_version=head.version, headers=head.fields)
            place(scope, head.target)
        # h11 leaves targets of other forms to uvicorn, which takes them for paths.
        elif not scope["raw_path"].startswith(b"/") or b"#" in scope["raw_path"] + scope["query_string"]:
            place(scope, scope["raw_path"] + b"?" + scope["query_string"])
        cycle = self._running = receive.__self__
        self.has_end = self.ends_with_client = False
        cycle.message_event = Flag(cycle.message_event.is_set())
        wire = Wire(self, cycle, scope, head)
        if not wire.keep_alive:  # the parser has had a plain head, and answers the ASGI way go by what it knows
            cycle.keep_alive = False
        if self._http == "2":
            cycle.refusal = refusal.not_by_http1()
        elif wire.refusal is None and head is None:
            cycle.refusal = checked(scope)
        scope.setdefault("extensions", {})[EXTENSION] = wire
        try:
            await self.config.loaded_app(scope, receive, send)
        except asyncio.CancelledError:  # the server is stopping; uvicorn would log it as the application's failure
            wire.ended = True
            self.transport.abort()
        else:
            found = None if cycle.response_started else wire.refusal
            if found is not None and not wire.gone:  # the application did not look at it
                self.transport.write(found.plainly)
                wire.close()
            elif wire.begun and not cycle.response_complete:  # the client has left, or was left alone
                wire.close()
        finally:
            if self._running is cycle:  # else the next pipelined request has begun
                self._running = None
            if wire.ended or wire.gone:  # the client has left, perhaps before this request's turn
                cycle.disconnected = True

    def begin(self, cycle: Any) -> None:
        cycle.response_started = True
        cycle.waiting_for_100_continue = False

    def finish(self, cycle: Any) -> None:
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def give_up(self) -> None:
        self.peer.linger_none()
        self.transport.abort()

    # uvicorn's side

    def connection_made(self, transport: asyncio.Transport | CountedTransport) -> None:  # type: ignore[override]
        counted = transport if isinstance(transport, CountedTransport) else CountedTransport(transport)
        self.peer = counted.peer
        super().connection_made(counted)  # type: ignore[arg-type]
        self.flow = counted.flow = Flow(counted)
        if self.manners.lenient:
            self._reader = MessageReader()
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost, self.was_reset = True, exc is not None
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._forget_head()
        if self._watch is not None:
            self._watch.cancel()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        wake(self.waiters)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._opening is not None:
            data, self._opening = self._opening + data, None
            if data.startswith(PREFACE):
                self._switch(data)
                return
            if PREFACE.startswith(data):
                self._hold(data)
                return
        self._unset_keepalive_if_required()
        if len(self._beginning) < MOST:
            self._beginning = (self._beginning + data[:MOST]).lstrip(b"\r\n")[:MOST]
        if self._reader is None:
            self.feed(data)
        else:
            self._read(self._reader, data)
        self._watch_head(len(data))
        if self.flow.read_paused:  # then the transport does not notice the client's end
            self._look_after()

    def _hold(self, data: bytes) -> None:
        """What may become a request of one version or the other."""
        self._opening = self._beginning = data
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(refusal.HEAD_TIMEOUT, self._head_is_late)

    def _switch(self, data: bytes) -> None:
        """Leaves the connection to HTTP/2, with prior knowledge (RFC 9113 3.3)."""
        from mock_ares.server.transport.http2.connection import Http2Connection

        self._unset_keepalive_if_required()
        self._forget_head()
        self.connections.discard(self)
        successor = Http2Connection(self.config.loaded_app, self.server_state)
        transport: CountedTransport = self.transport  # type: ignore[assignment]
        transport.set_protocol(successor)
        successor.connection_made(transport)
        successor.data_received(data)

    def feed(self, data: bytes) -> None:
        """Hands data to the parser, and what it cannot parse to ``refuse``."""
        super().data_received(data)

    def waits_for_head(self) -> bool:
        """Whether the parser has a part of a head."""
        raise NotImplementedError

    def _read(self, reader: MessageReader, data: bytes) -> None:
        try:
            for part in reader.feed(data):
                if isinstance(part, ReadHead):
                    self._heads.append(part)
                    part = part.plain
                if part and not self.transport.is_closing():
                    self.feed(part)
        except RequestRefusedError as error:
            self.refuse(error.refusal)

    def _expects_head(self) -> bool:
        return self.waits_for_head() if self._reader is None else self._reader.in_head

    def _watch_head(self, size: int) -> None:
        """Bounds a head that has begun, in bytes and in time. The read that it begins in is not counted."""
        if self._deaf or not self._expects_head():
            self._forget_head()
            if not self._busy() and not self._deaf:  # an empty line between requests (RFC 9112 2.2)
                self._wait_for_request()
        elif (
            not self._busy() and self._reader is None and is_none(self._beginning)
        ):  # the parser would wait for the end of a head that is none
            self.refuse(refusal.no_request(self._beginning))
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(refusal.HEAD_TIMEOUT, self._head_is_late)
        else:
            self._head_size += size
            if self._head_size > refusal.MOST_HEAD:
                self.refuse(refusal.too_large())

    def _head_is_late(self) -> None:
        self.refuse(refusal.too_late(self._beginning))

    def _wait_for_request(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(KEEP_ALIVE, self.timeout_keep_alive_handler)

    def _forget_head(self) -> None:
        self._beginning, self._head_size = b"", 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def shutdown(self) -> None:
        """The server is stopping: what runs goes on to its end, if it has one."""
        super().shutdown()
        if not self.has_end:
            self.transport.abort()

    def eof_received(self) -> bool:  # type: ignore[override]
        self._half_closed = True
        if not self.manners.half_closed:
            return self._has_ended_early()
        if self._beginning and not self._busy():
            self.refuse(refusal.ended(self._beginning))
            self._look_after()
            return True
        if not self._busy() or self.cycle.more_body or self.ends_with_client:
            return False
        self._look_after()
        return True

    def _has_ended_early(self) -> bool:
        """Where who sends no more is not answered; but for a body that is broken. Whether the connection goes on."""
        if self._busy() and self.cycle.more_body:
            self.refuse(refusal.broken_body())
            self._look_after()
            return True
        return False

    def send_400_response(self, msg: str) -> None:
        """uvicorn's word for what the parser refuses: the body of a request, or what is none."""
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            self.refuse(refusal.broken_body())
        else:
            self.refuse(refusal.no_request(self._beginning))

    def refuse(self, found: Refusal) -> None:
        """Reads no more, and answers: the request whose body is broken, or behind all others what is none."""
        self._forget_head()
        self._deaf = True
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            cycle.refusal, cycle.disconnected = found, True  # type: ignore[attr-defined]
            cycle.message_event.set()
        elif self._busy():
            self._refusal = found
        else:
            self._answer(found)

    def _answer(self, found: Refusal) -> None:
        self._refusal = None
        cycle: Any = Unparsed(found, self.on_response_complete)
        self.cycle = cycle
        task = self.loop.create_task(self._run(cycle.scope(self.server, self.client), cycle.receive, cycle.send))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._busy() or self.transport.is_closing():
            return
        if self._refusal is not None:
            self._answer(self._refusal)
        elif self._half_closed or self._deaf:
            self.transport.close()
        elif self._expects_head():
            self._watch_head(0)

    def _should_upgrade(self) -> bool:
        return False

    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _look_after(self) -> None:
        if self._watch is None:
            self.peer.probe()
            self._look(pauses(0, 0.001, 0.1))

    def _look(self, waits: Iterator[float]) -> None:
        self._watch = None
        if self.transport.is_closing() or not (self._half_closed or self.flow.read_paused):
            return
        if self.peer.left():
            self.transport.abort()
        else:
            self._watch = self.loop.call_later(next(waits), self._look, waits)

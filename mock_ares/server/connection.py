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
- It answers bytes it cannot parse at once, also in the midst of a response. Here the response is completed first.
- It leaves the keep-alive timer of a connection that was reset behind.
- On httptools it loses the body of a request that offers an upgrade, which a server may ignore (RFC 9110 7.8): the
  parser believes that another protocol follows the head. Here a new one is told the head again, without the offer.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from mock_ares.server.barrier import pauses
from mock_ares.server.light import Flag, Flow, Pipeline
from mock_ares.server.peer import Peer
from mock_ares.server.target import place
from mock_ares.server.waiters import Few, wake
from mock_ares.server.wire import EXTENSION, Wire

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
else:
    _Protocol = object

KEEP_ALIVE = 3600
"""Seconds an idle connection stays open."""

MALFORMED = "Invalid HTTP request received."
_FRAMING = (b"connection", b"content-length", b"expect", b"transfer-encoding")
_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)  # what a client does wrong is the journal's business, not the log's


class CountedTransport:
    """A transport that counts what is written, by whomever, and whose close is a FIN.

    Of a transport's methods it has those that uvicorn and a ``Wire`` call. (A ``__getattr__`` for the others would make
    every access to an attribute slow.)
    """

    __slots__ = ("_peer", "_transport", "_write", "flow", "is_closing", "written")

    def __init__(self, transport: asyncio.Transport, peer: Peer) -> None:
        self._transport = transport
        self._peer = peer
        self.written = 0
        self._write = transport.write
        self.is_closing = transport.is_closing
        self.flow: Flow
        """The connection's, which knows whether the kernel takes no more."""

    def push(self, data: bytes | memoryview) -> bool | None:
        """Writes. Whether the kernel has taken everything; None: nothing was written, the connection has ended."""
        if self.is_closing():
            return None
        self.written += len(data)
        self._write(data)
        return not self.flow.write_paused

    def write(self, data: bytes | memoryview) -> None:
        if data:
            self.push(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def close(self) -> None:
        if not self.is_closing():
            self._peer.discard_input()
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()


class Connection(_Protocol):
    """What both protocol classes get in addition. They share the names used here; h11's subclass adds its state."""

    # Slots: the dictionary of an object with more than 30 attributes shares its keys with no other (CPython).
    __slots__ = ("_garbled", "_half_closed", "_running", "_watch", "lost", "peer", "waiters", "was_reset")
    peer: Peer
    lost: bool
    was_reset: bool
    waiters: Few

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
        self.lost = self.was_reset = False
        self.waiters = Few()
        self._running: Any = None
        self._half_closed = False
        self._garbled = False
        self._watch: asyncio.TimerHandle | None = None

    # The application's side

    async def _run(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["raw_path"].startswith(b"/"):
            place(scope, scope["raw_path"] + b"?" + scope["query_string"])
        cycle = self._running = receive.__self__
        cycle.message_event = Flag(cycle.message_event.is_set())
        wire = Wire(self, cycle, scope)
        scope.setdefault("extensions", {})[EXTENSION] = wire
        try:
            await self.config.loaded_app(scope, receive, send)
        except asyncio.CancelledError:  # the server is stopping; uvicorn would log it as the application's failure
            wire.ended = True
            self.transport.abort()
        else:
            if wire.begun and not cycle.response_complete:  # the client has left, or was left alone
                wire.close()
        finally:
            if self._running is cycle:  # else the next pipelined request has begun
                self._running = None
            if wire.ended:
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

    # uvicorn's side

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.set_write_buffer_limits(high=0)  # drained means: nothing is left in the process
        self.peer = Peer(transport)
        self.peer.send_at_once()
        counted = CountedTransport(transport, self.peer)
        super().connection_made(counted)  # type: ignore[arg-type]
        self.flow = counted.flow = Flow(counted)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost, self.was_reset = True, exc is not None
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self._watch is not None:
            self._watch.cancel()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        wake(self.waiters)

    def data_received(self, data: bytes) -> None:
        if not self._garbled:
            self._unset_keepalive_if_required()
            self.feed(data)
        if self.flow.read_paused:  # then the transport does not notice the client's end
            self._look_after()

    def feed(self, data: bytes) -> None:
        super().data_received(data)

    def eof_received(self) -> bool:  # type: ignore[override]
        self._half_closed = True
        if not self._busy() or self.cycle.more_body:
            return False
        self._look_after()
        return True

    def send_400_response(self, msg: str) -> None:
        cycle = self._running or self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            super().send_400_response(msg)
        else:
            self._garbled = True

    def on_response_complete(self) -> None:
        if self._garbled:
            self.transport.close()
            return
        super().on_response_complete()
        if self._half_closed and not self._busy():
            self.transport.close()

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


@functools.cache
def httptools_protocol() -> type[asyncio.Protocol]:
    """The connection class on httptools. Raises ImportError where that is not installed."""
    import httptools
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class MockHttpToolsProtocol(Connection, HttpToolsProtocol):
        __slots__ = ("_offer",)

        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._offer: _Offer | None = None

        def feed(self, data: bytes) -> None:
            while data:
                try:
                    self.parser.feed_data(data)
                    return
                except httptools.HttpParserUpgrade as offer:
                    self._pass_over()
                    data = data[offer.args[0] :]
                except httptools.HttpParserError:
                    self.send_400_response(MALFORMED)
                    return

        def _pass_over(self) -> None:
            """A new parser, which has read the same head without an offer."""
            offer = self._offer = _Offer(self.parser.get_method().decode(), self.url, self.headers)
            head = offer.framing(self.parser.get_http_version())
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self.parser.feed_data(head)

        def on_headers_complete(self) -> None:
            if self.parser.should_upgrade():
                return
            offer, self._offer = self._offer, None
            if offer is not None:
                self.url, self.headers = offer.url, offer.headers
                self.scope["headers"] = offer.headers
            target, self.url = self.url, b"/"  # what is no URL would be an error in uvicorn's eyes
            super().on_headers_complete()
            place(cast(Any, self.scope), target)
            if offer is not None:
                self.scope["method"] = offer.method

        def on_message_complete(self) -> None:
            if not self.parser.should_upgrade():
                super().on_message_complete()

    return MockHttpToolsProtocol


@dataclass(frozen=True, slots=True)
class _Offer:
    """A head after which httptools takes what follows for another protocol: CONNECT, or one with Upgrade."""

    method: str
    url: bytes
    headers: list[tuple[bytes, bytes]]

    def framing(self, version: str) -> bytes:
        """A head that says of the body and the connection what this one says, and nothing else."""
        lines = [b"%b: %b" % field for field in self.headers if field[0] in _FRAMING]
        return b"\r\n".join([b"POST / HTTP/%b" % version.encode(), *lines, b"\r\n"])


@functools.cache
def h11_protocol() -> type[asyncio.Protocol]:
    """The connection class on h11, which is pure Python."""
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class MockH11Protocol(Connection, H11Protocol):  # type: ignore[misc]
        def begin(self, cycle: Any) -> None:
            super().begin(cycle)
            self.conn.send(h11.Response(status_code=400, headers=[]))  # never taken for a switch of protocols

        def finish(self, cycle: Any) -> None:
            self.conn.send(h11.EndOfMessage())
            if self.conn.our_state is h11.MUST_CLOSE:
                cycle.keep_alive = False
            super().finish(cycle)

    return MockH11Protocol


def protocol_class() -> type[asyncio.Protocol]:
    """The faster of the two that is installed."""
    return httptools_protocol() if importlib.util.find_spec("httptools") else h11_protocol()


def protocol_factory(
    app: Any, state: ServerState, http: type[asyncio.Protocol] | None = None
) -> Callable[[], asyncio.Protocol]:
    """Makes uvicorn's connections for an ASGI application; ``state`` has the open ones and their tasks."""
    config = _config(app, http or protocol_class())
    config.load()
    return lambda: config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg]


def workers_config(factory: Callable[[], Any], workers: int) -> Config:
    """For uvicorn's own processes; what crosses over to them is pickled, the class by its name."""
    return _config(factory, "mock_ares.server:Http", factory=True, workers=workers, timeout_graceful_shutdown=1)


def _config(app: Any, http: Any, **more: Any) -> Config:
    return Config(
        app,
        http=http,
        interface="asgi3",
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        **more,
    )

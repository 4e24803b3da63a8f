"""A client's TLS, between its socket and the connection that speaks HTTP.

asyncio's own has writes of its own making, always says close_notify, waits for the client's, and knows no half-closed
connection. Here a write becomes a record and leaves at once; an end comes with close_notify or without it, as it is
asked for; and who has ended its own direction is still answered.

- A client may answer close_notify with its own. It would get RST for that if its socket were closed already, and RST
  takes from it what it has not read. So the socket is read on for a moment behind FIN (``LINGER``).
- What is no TLS is answered in clear text, and told (``server.transport.refusal``).
- What ALPN has chosen decides who speaks: that is where another protocol's connection belongs.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mock_ares.plan.model import TlsBreak
from mock_ares.server.transport import refusal
from mock_ares.server.transport.counted_transport import CountedTransport, end_writing
from mock_ares.server.transport.tls.handshake_words import failure
from mock_ares.server.transport.tls.record_layer import RecordLayer

if TYPE_CHECKING:
    from uvicorn.server import ServerState

LINGER = 2.0
"""Seconds in which a client may end its direction behind FIN."""
_TLS = (b"\x16", b"\x80")
"""What a handshake begins with: its record, or the hello of SSL 2."""
Choose = Callable[["str | None"], asyncio.Protocol]
"""The connection for what ALPN has chosen."""
Tell = Callable[[str], object]
"""Is given why a handshake has come to nothing."""


class RecordTransport(CountedTransport):
    """What the connection above writes to. What is counted is what is written to the socket, handshake and all."""

    has_tls = True
    __slots__ = ("_closed", "_layer", "_owner")

    def __init__(self, transport: asyncio.Transport, layer: RecordLayer, owner: TlsConnection) -> None:
        super().__init__(transport)
        self._layer, self._owner, self._closed = layer, owner, False
        self.is_closing = self._is_closing

    def _is_closing(self) -> bool:
        return self._closed or self._transport.is_closing()

    def push(self, data: bytes | memoryview) -> bool | None:
        if self._closed or self._transport.is_closing():
            return None
        self.tell(self._layer.seal(data))
        return not self.flow.write_paused

    def tell(self, records: bytes) -> None:
        """Writes records as they are."""
        if records and not self._transport.is_closing():
            self.written += len(records)
            self._write(records)

    def close(self, *, notify: bool = True) -> None:
        if not self._is_closing():
            if notify:
                self.tell(self._layer.farewell())
            self._closed = True
            self._owner.linger()

    def break_tls(self, how: TlsBreak) -> None:
        if not self._is_closing():
            self.tell(self._layer.broken(how))

    def write_eof(self) -> None:
        if not self._is_closing():
            self.tell(self._layer.farewell())
            super().write_eof()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._owner.above = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._owner.context if name == "sslcontext" else super().get_extra_info(name, default)


class TlsConnection(asyncio.Protocol):
    """Shakes hands, and then stands between the socket and the connection that ALPN has chosen.

    While there is no such connection, and behind its end, it is itself among the server's, which can abort it.
    """

    __slots__ = (
        "_began", "_choose", "_eof", "_flushing", "_layer", "_let_go", "_loop", "_paused", "_records", "_state",
        "_tell", "_timer", "_told_end", "above", "context", "has_end", "transport",
    )  # fmt: skip
    transport: asyncio.Transport

    def __init__(self, context: ssl.SSLContext, choose: Choose, state: ServerState, tell: Tell) -> None:
        self.context = context
        self.has_end = False
        self._choose, self._state, self._tell = choose, state, tell
        self.above: Any = None
        self._layer = RecordLayer(context)
        self._records: RecordTransport
        self._timer: asyncio.TimerHandle | None = None
        self._began = False
        """Whether a byte has come."""
        self._told_end = False
        """Whether the connection above knows that the client sends no more."""
        self._eof = self._paused = False
        self._flushing = False
        """Whether the connection above is let go once all has left."""
        self._let_go = False
        """Whether the connection above knows that it has ended."""

    def shutdown(self) -> None:
        """The server is stopping: no handshake is waited for."""
        self.transport.abort()

    # The socket's side

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._loop, self.transport = asyncio.get_running_loop(), transport
        self._records = RecordTransport(transport, self._layer, self)
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._timer = self._loop.call_later(refusal.HEAD_TIMEOUT, self._is_late)

    def data_received(self, data: bytes) -> None:
        if self._records.is_closing():
            return
        if not self._began and not data.startswith(_TLS):
            self._answer_in_clear(data)
            return
        self._began = True
        try:
            said = self._layer.feed(data)
        except ssl.SSLError as error:
            self._broken(error)
            return
        self._records.tell(self._layer.due)
        if self._layer.established:
            self._hand_on(said)

    def eof_received(self) -> bool:
        self._eof = True
        self._left()
        if self.above is None or self._records.is_closing():
            return False
        return self._end_above()

    def pause_writing(self) -> None:
        self._paused = True
        if self.above is not None and not self._let_go:
            self.above.pause_writing()

    def resume_writing(self) -> None:
        self._paused = False
        if self.above is not None and not self._let_go:
            self.above.resume_writing()
        if self._flushing:
            self._part()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        if exc is not None:
            self._left()
        if self.above is not None and not self._let_go:
            self._let_go = True
            self.above.connection_lost(exc)
        self._state.connections.discard(self)

    # Shaking hands

    def _is_late(self) -> None:
        if self._began:
            self._tell(f"a TLS handshake: it did not end within {refusal.HEAD_TIMEOUT:g} s")
        self._give_up()

    def _left(self) -> None:
        """Who says nothing at all has only looked whether somebody listens."""
        if self.above is None and self._began:
            self._began = False
            self._tell("a TLS handshake: the client left before its end")

    def _broken(self, error: ssl.SSLError) -> None:
        """Says so (an alert), and ends: nothing that follows can be read."""
        self._records.tell(self._layer.due)
        if self.above is None:
            self._tell(failure(error))
        self._give_up()

    def _give_up(self) -> None:
        self._forget_timer()
        self._began = False  # what there was to tell has been told
        self.transport.close()

    def _answer_in_clear(self, data: bytes) -> None:
        """Leaves the socket to a connection without TLS, which says what is wrong."""
        self._forget_timer()
        self._state.connections.discard(self)
        above: Any = self._choose(None)
        self.transport.set_protocol(above)
        above.connection_made(self.transport)
        above.refuse(refusal.in_clear_text(data))

    # The connection above

    def _hand_on(self, said: bytes) -> None:
        if self.above is None:
            self._forget_timer()
            self.above = self._choose(self._layer.protocol)
            self.above.connection_made(self._records)
            self._state.connections.discard(self)
            if self._paused:
                self.above.pause_writing()
        if said:
            self.above.data_received(said)
        if self._layer.ended and not self._records.is_closing() and not self._end_above():
            self._records.close()

    def _end_above(self) -> bool:
        """Tells it once that the client sends no more; whether it goes on."""
        if self._told_end:
            return True
        self._told_end = True
        return bool(self.above.eof_received())

    def linger(self) -> None:
        """FIN, and the connection above has ended once all has left; then the client has a moment to end, too."""
        if self._eof:
            self.transport.close()
            return
        self.transport.resume_reading()
        end_writing(self.transport)
        if self._paused:
            self._flushing = True
        else:
            self._loop.call_soon(self._part)

    def _part(self) -> None:
        self._flushing = False
        if self._let_go or self.transport.is_closing():
            return
        self._let_go = True
        self._timer = self._loop.call_later(LINGER, self.transport.close)
        self._state.connections.add(self)  # type: ignore[arg-type]
        self.above.connection_lost(None)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

"""One request over HTTP/2: what uvicorn's cycle and its connection are over HTTP/1.1, for a ``Wire``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from mock_ares.plan.columns import Writes
from mock_ares.plan.http.http2.frames import DATA, END_STREAM, MOST, Addressed, frame
from mock_ares.plan.http.http2.head import block, coded
from mock_ares.plan.http.negotiation import Manners
from mock_ares.plan.model import TlsBreak
from mock_ares.server.timing.waiters import Few, wake
from mock_ares.server.transport.compact import Flag

if TYPE_CHECKING:
    from mock_ares.server.transport.client_socket import ClientSocket
    from mock_ares.server.transport.counted_transport import CountedTransport
    from mock_ares.server.transport.refusal import Refusal


class FlowWindow(Protocol):
    """h2's account of what may be sent: of a stream, and of the connection."""

    outbound_flow_control_window: int


class StreamTransport:
    """What a wire writes to: frames, to the stream; what ends, is the connection.

    Frames that the client has no room for are kept here until it has.
    """

    __slots__ = (
        "_addressed", "_connection", "_lost", "_sent", "_shared", "_waiting", "_window", "_writable", "peer",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        connection: CountedTransport,
        windows: tuple[FlowWindow, FlowWindow],
        lost: Callable[[], bool],
        sent: Callable[[], None],
    ) -> None:
        """``windows``: of the stream, and of the connection; ``lost``: whether the stream is over; ``sent`` is called
        when data has left."""
        self.peer = connection.peer
        self._addressed = Addressed(number)
        self._connection, self._lost, self._sent = connection, lost, sent
        self._window, self._shared = windows
        self._waiting: bytes | memoryview = b""
        self._writable = Flag(True)

    # As a wire has it

    @property
    def written(self) -> int:
        return self._connection.written

    def is_closing(self) -> bool:
        return self._lost() or self._connection.is_closing()

    def push(self, data: bytes | memoryview) -> bool | None:
        """Writes. Whether the kernel has taken everything; None: nothing was written, the stream or all has ended."""
        if self.is_closing():
            return None
        if self._waiting:
            self._waiting = b"".join((self._waiting, data))
            return False
        self._send(data)
        return not self.write_paused

    def push_run(self, lead: bytes, writes: Writes, start: int, end: int) -> bool | None:
        """The same with bytes of a plan, from one place to another, behind frames without data."""
        run = None if self._waiting else self._addressed.run(writes, start, end, self._room)
        if run is None or self.is_closing():
            data = writes.between(start, end)
            return self.push(b"".join((lead, data)) if lead else data)
        frames, used = run
        self._spend(used)
        self._connection.push(b"".join((self._addressed.take(lead, 0)[0], frames)) if lead else frames)
        return not self.write_paused

    def write(self, data: bytes | memoryview) -> None:
        if data:
            self.push(data)

    def close(self, *, notify: bool = True) -> None:
        self._connection.close(notify=notify)

    @property
    def has_tls(self) -> bool:
        return self._connection.has_tls

    def break_tls(self, how: TlsBreak) -> None:
        self._connection.break_tls(how)

    def write_eof(self) -> None:
        self._connection.write_eof()

    def abort(self) -> None:
        self._connection.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._connection.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._connection.get_write_buffer_size() + len(self._waiting)

    # As a wire has a connection's flow

    @property
    def write_paused(self) -> bool:
        return bool(self._waiting) or self._connection.flow.write_paused

    async def drain(self) -> None:
        while self.write_paused and not self.is_closing():
            self._writable.clear()
            await self._writable.wait()

    # As the connection has it

    def go_on(self) -> None:
        """There may be room again, or nobody to wait for any more."""
        if self._waiting and not self.is_closing():
            waiting, self._waiting = self._waiting, b""
            self._send(waiting)
        if not self.write_paused or self.is_closing():
            self._writable.set()

    def _send(self, data: bytes | memoryview) -> None:
        frames, taken, used = self._addressed.take(data, self._room)
        self._spend(used)
        if frames:
            self._connection.push(frames)
        if taken < len(data):  # of a plan, which is shared: many streams may wait with much of it
            rest = memoryview(data)[taken:]
            self._waiting = rest if rest.readonly else bytes(rest)

    @property
    def _room(self) -> int:
        """Bytes of data that the client takes, of this stream and of all."""
        return max(min(self._window.outbound_flow_control_window, self._shared.outbound_flow_control_window), 0)

    def _spend(self, room: int) -> None:
        if room:
            self._window.outbound_flow_control_window -= room
            self._shared.outbound_flow_control_window -= room
            self._sent()


class Owner(Protocol):
    """The connection, as far as a stream needs it."""

    def started(self, stream: Http2Stream) -> None:
        """A first byte of the answer is about to be written."""

    def finished(self, stream: Http2Stream) -> None:
        """The answer is complete, or has come to its end otherwise."""

    def sent(self) -> None:
        """Data of a stream has left."""

    def given_up(self, stream: Http2Stream) -> None:
        """Nobody waits for the request any more."""

    def received(self, stream: Http2Stream, size: int) -> None:
        """So many bytes of the body have been taken, flow control's own included."""


class Http2Stream:
    """A ``Carrier`` and its cycle. What has come of the request's body is kept until the application takes it."""

    __slots__ = (
        "_expects", "_owner", "_unacknowledged", "body", "disconnected", "ends_with_client", "flow", "has_end",
        "keep_alive", "lost", "manners", "message_event", "more_body", "number", "peer", "refusal", "response_complete",
        "response_started", "transport", "waiters", "was_reset",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        owner: Owner,
        connection: CountedTransport,
        windows: tuple[FlowWindow, FlowWindow],
        manners: Manners,
        *,
        more_body: bool,
        expects: bool,
    ) -> None:
        """``windows``: the stream's, and the connection's; ``expects``: a body waits for 100 Continue."""
        self.number = number
        self.manners = manners
        self.lost = self.was_reset = self.has_end = self.ends_with_client = False
        self.waiters = Few()
        self.transport = self.flow = StreamTransport(number, connection, windows, lambda: self.lost, owner.sent)
        self.peer: ClientSocket = connection.peer
        self.body = b""
        self.more_body = more_body
        self.keep_alive = True
        self.refusal: Refusal | None = None
        self.disconnected = self.response_started = self.response_complete = False
        self.message_event = Flag(not more_body)
        self._owner = owner
        self._expects = expects
        self._unacknowledged = 0

    # As a wire has its connection

    def begin(self, cycle: Any) -> None:
        self.response_started, self._expects = True, False
        self._owner.started(self)

    def finish(self, cycle: Any) -> None:
        self.response_complete = True
        self.message_event.set()
        self._owner.finished(self)

    def give_up(self) -> None:
        self._owner.given_up(self)

    # As the application has the request

    async def receive(self) -> dict[str, Any]:
        """ASGI's: what has come of the body; behind its end, that there is nobody to answer any more."""
        if self._expects and self.more_body and not self.body:
            self._expects = False
            self.transport.write(block(coded(100, ()), 0))
        if not (self.body or self.disconnected or self.response_complete):
            await self.message_event.wait()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        self.message_event.clear()
        self._acknowledge()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Any) -> None:
        """ASGI's: what has no plan, such as the control API's answers."""
        if message["type"] == "http.response.start":
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
            self.begin(self)
            self.transport.write(block(coded(message["status"], fields), 0))
            return
        body: bytes = message.get("body", b"")
        for start in range(0, len(body), MOST):
            self.transport.write(frame(DATA, body[start : start + MOST]))
            await self.transport.drain()
        if not (message.get("more_body", False) or self.lost):
            self.transport.write(frame(DATA, flags=END_STREAM))
            self.finish(self)

    # As the connection has it

    def feed(self, data: bytes, size: int) -> None:
        """A part of the body; ``size``: what it takes of the window, padding and all."""
        self._unacknowledged += size
        self.body += data
        if self.response_complete:
            self._acknowledge()
        self.message_event.set()

    def end_body(self) -> None:
        self.more_body = False
        self.message_event.set()

    def lose(self, was_reset: bool) -> None:
        """The client has given it up, or the connection has ended."""
        self.lost, self.was_reset, self.disconnected = True, was_reset, True
        self.message_event.set()
        self.transport.go_on()
        wake(self.waiters)

    def _acknowledge(self) -> None:
        size, self._unacknowledged = self._unacknowledged, 0
        if size:
            self._owner.received(self, size)

"""A client's connection by HTTP/2 (RFC 9113), in clear text or beneath TLS.

h2 reads what comes, and says what a connection has to say for itself: settings, acknowledgements, windows, errors.
Answers are frames that a plan has laid out, right or wrong; they go past h2, which is told of a plain answer instead so
that its account of streams is right, and whose bytes for that are thrown away.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error, ProtocolError
from h2.settings import SettingCodes, Settings
from hpack.exceptions import HPACKError
from hpack.struct import NeverIndexedHeaderTuple

from mock_ares.plan.http.http2.frames import PREFACE, Addressed, goaway, reset_stream
from mock_ares.plan.http.negotiation import Manners
from mock_ares.server.transport import refusal
from mock_ares.server.transport.compact import Flow
from mock_ares.server.transport.counted_transport import CountedTransport
from mock_ares.server.transport.http2.frame_guard import FrameGuard, UnacceptableFrameError
from mock_ares.server.transport.http2.stream import Http2Stream
from mock_ares.server.transport.refusal import checked
from mock_ares.server.transport.request_target import place
from mock_ares.server.transport.wire import EXTENSION, Wire

if TYPE_CHECKING:
    from uvicorn.server import ServerState

_log = logging.getLogger(__name__)
KEEP_ALIVE = 3600
"""Seconds an idle connection stays open."""
WINDOW = 1024 * 1024
"""Bytes of a request's body that may come before they are asked for."""
MOST_STREAMS = 128
"""At once, on one connection."""
MOST_IDLE = 1000
"""Frames that ask for nothing, while no data is sent."""
MOST_RESET = 1000
"""Streams that were reset, by the client or on its account, beyond those that came to their end (CVE-2023-44487,
CVE-2025-8671).
"""
MOST_UNREAD = 256 * 1024
"""Bytes that wait for a client that only sends."""
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH = re.compile(rb"/[^\0-\x20\x7f]*")
_ANSWER = (NeverIndexedHeaderTuple(b":status", b"200"),)
_CONFIG = H2Configuration(
    client_side=False, header_encoding=None, validate_outbound_headers=False, normalize_outbound_headers=False
)  # fmt: skip


@lru_cache(maxsize=8)
def _manners(of_profile: Manners) -> Manners:
    """What a profile does that is not about HTTP/1.1's own bytes."""
    return replace(Manners(), waits=of_profile.waits)


def _is_malformed(said: dict[bytes, bytes], fields: list[tuple[bytes, bytes]], *, ended: bool) -> bool:
    """What h2 lets pass: a method that is no token, no path (RFC 9113 8.3.1), a length of nothing (8.1.1)."""
    method, path = said[b":method"], said.get(b":path")
    if not _TOKEN.fullmatch(method):
        return True
    if path is not None and not (_PATH.fullmatch(path) or (method, path) == (b"OPTIONS", b"*")):
        return True
    return ended and any(name == b"content-length" and value.strip(b"0") for name, value in fields)


class Http2Connection(asyncio.Protocol):
    """Reads requests, and runs the application for each, whose ``tell`` is given why a client was sent away."""

    __slots__ = (
        "_app", "_guard", "_h2", "_head_timer", "_idle", "_idle_frames", "_loop", "_parting", "_reset_streams",
        "_state", "_streams", "_tell", "flow", "manners", "transport",
    )  # fmt: skip
    transport: Any

    def __init__(self, app: Any, state: ServerState) -> None:
        self._app, self._state = app, state
        self._tell: Callable[[str], object] = getattr(app, "tell", lambda words: None)
        self._h2 = H2Connection(_CONFIG)
        self._guard = FrameGuard(len(PREFACE))
        self._streams = dict[int, Http2Stream]()
        self._idle: asyncio.TimerHandle | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._idle_frames = self._reset_streams = 0
        self._parting = False
        """Whether it ends with the streams that run."""
        self.manners = _manners(getattr(app, "manners", Manners()))

    @property
    def has_end(self) -> bool:
        """Whether what runs comes to an end by itself."""
        return all(stream.has_end for stream in self._streams.values())

    # The socket's side

    def connection_made(self, transport: asyncio.Transport | CountedTransport) -> None:  # type: ignore[override]
        counted = transport if isinstance(transport, CountedTransport) else CountedTransport(transport)
        self._loop, self.transport = asyncio.get_running_loop(), counted
        self.flow = counted.flow = Flow(counted)
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._h2.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: getattr(self._app, "http2_streams", MOST_STREAMS),
                SettingCodes.MAX_HEADER_LIST_SIZE: refusal.MOST_HEAD,
            },
        )
        self._h2.decoder.max_header_list_size = refusal.MOST_HEAD
        self._h2.initiate_connection()
        # Until it has heard of another one, a client goes by the usual window (RFC 9113 6.9.2).
        self._h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: getattr(self._app, "http2_window", WINDOW)})
        self._h2.increment_flow_control_window(WINDOW)
        self._say()
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._forget_timer()
        heads = self._guard.heads
        try:
            for part, frames in self._guard.parts(data):
                self._idle_frames += frames
                for event in self._h2.receive_data(part):
                    self._take(event)
                self._refuse_floods()
        except UnacceptableFrameError as error:
            self._terminate(error.code, str(error))
            return
        except H2Error as error:
            self._broken(error)
            return
        except ValueError as error:  # of hyperframe's, for what is no frame
            self._terminate(ErrorCodes.PROTOCOL_ERROR, f"what came is no frame of HTTP/2: {error}")
            return
        self._watch_head(self._guard.heads > heads)
        self._say()
        for stream in list(self._streams.values()):
            stream.transport.go_on()
        if self.flow.write_paused and self.transport.get_write_buffer_size() > MOST_UNREAD:
            self.transport.abort()
            self._tell("HTTP/2: a client sent on and on and read nothing")
        elif not self._streams:
            self._wait()

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self.flow.pause_writing()

    def resume_writing(self) -> None:
        self.flow.resume_writing()
        for stream in list(self._streams.values()):
            stream.transport.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        self._forget_head()
        self._state.connections.discard(self)
        self.flow.resume_writing()
        for stream in list(self._streams.values()):
            stream.lose(was_reset=exc is not None)

    def shutdown(self) -> None:
        """The server is stopping: what runs goes on to its end, if it has one."""
        if not self.has_end:
            self.transport.abort()
        elif not self.transport.is_closing():
            self._parting = True
            self._h2.close_connection()
            self._say()
            self._part_if_done()

    # What comes

    def _refuse_floods(self) -> None:
        calm = ErrorCodes.ENHANCE_YOUR_CALM
        if self._idle_frames > MOST_IDLE:
            raise UnacceptableFrameError(calm, f"more than {MOST_IDLE:,} frames that asked for nothing")
        if self._reset_streams > MOST_RESET:
            raise UnacceptableFrameError(calm, f"more than {MOST_RESET:,} streams that were reset")

    def _take(self, event: Event) -> None:
        """Each frame asks for nothing, but those of requests."""
        number = getattr(event, "stream_id", None)
        stream = None if number is None else self._streams.get(number)
        if isinstance(event, RequestReceived):
            self._idle_frames = max(self._idle_frames - 2, 0)
            self._open(event)
        elif isinstance(event, DataReceived):
            if stream is not None:
                stream.feed(event.data, event.flow_controlled_length)
            else:
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self._idle_frames -= bool(event.data)
        elif isinstance(event, TrailersReceived):
            self._idle_frames -= 1
        elif isinstance(event, StreamEnded):
            if stream is not None:
                stream.end_body()
        elif isinstance(event, ConnectionTerminated):  # for h2 that is the end of all; but what runs goes on
            self._h2.state_machine.state = ConnectionState.SERVER_OPEN
        elif isinstance(event, StreamReset):
            self._reset_streams += 1
            if stream is not None:
                del self._streams[event.stream_id]
                stream.lose(was_reset=True)

    def _open(self, event: RequestReceived) -> None:
        number, fields = event.stream_id, list[tuple[bytes, bytes]](event.headers)
        said = {name: value for name, value in fields if name.startswith(b":")}
        own = [(name, value) for name, value in fields if not name.startswith(b":")]
        account = self._h2.streams.get(number)
        if account is None or account.closed:  # it was reset by what came behind it
            return
        if _is_malformed(said, own, ended=event.stream_ended is not None):
            self._h2.reset_stream(number, ErrorCodes.PROTOCOL_ERROR)
            self._reset_streams += 1
            return
        if b":authority" in said and not any(name == b"host" for name, _ in own):
            own.insert(0, (b"host", said[b":authority"]))
        expects = (b"expect", b"100-continue") in [(name, value.lower()) for name, value in own]
        stream = Http2Stream(
            number,
            self,
            self.transport,
            (account, self._h2),
            self.manners,
            more_body=event.stream_ended is None,
            expects=expects,
        )
        self._streams[number] = stream
        scope = self._scope(said, own)
        stream.refusal = checked(scope)
        task = self._loop.create_task(self._run(stream, scope))
        task.add_done_callback(self._state.tasks.discard)
        self._state.tasks.add(task)

    def _scope(self, said: dict[bytes, bytes], fields: list[tuple[bytes, bytes]]) -> dict[str, Any]:
        here, there = (self.transport.get_extra_info(name) for name in ("sockname", "peername"))
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "2",
            "server": here and tuple(here[:2]), "client": there and tuple(there[:2]), "root_path": "",
            "scheme": "https" if self.transport.get_extra_info("sslcontext") else "http",
            "method": said[b":method"].decode("latin-1"), "headers": fields, "state": {},
        }  # fmt: skip
        place(scope, said.get(b":path", b""))
        return scope

    async def _run(self, stream: Http2Stream, scope: dict[str, Any]) -> None:
        wire = Wire(stream, stream, scope)
        scope["extensions"] = {EXTENSION: wire}
        try:
            await self._app(scope, stream.receive, stream.send)
        except asyncio.CancelledError:  # the server is stopping
            wire.ended = True
            self.transport.abort()
        except Exception:
            _log.exception("the application has failed")
        finally:
            if stream.number in self._streams and not (wire.gone or stream.response_complete):
                self._give_up(stream, ErrorCodes.INTERNAL_ERROR)  # the application has failed

    # What a stream says to its connection

    def started(self, stream: Http2Stream) -> None:
        self._quietly(lambda: self._h2.send_headers(stream.number, _ANSWER))

    def finished(self, stream: Http2Stream) -> None:
        if self._streams.pop(stream.number, None) is None:
            return
        self._reset_streams = max(self._reset_streams - 1, 0)
        self._quietly(lambda: self._h2.end_stream(stream.number))
        if stream.more_body:  # nobody will read it (RFC 9113 8.1)
            self._reset(stream, ErrorCodes.NO_ERROR)
        self._part_if_done()
        if not self._streams and not self.transport.is_closing():
            self._forget_timer()
            self._wait()

    def sent(self) -> None:
        self._idle_frames = 0

    def received(self, stream: Http2Stream, size: int) -> None:
        if not self.transport.is_closing():
            self._h2.acknowledge_received_data(size, stream.number)
            self._say()

    def given_up(self, stream: Http2Stream) -> None:
        self._give_up(stream, ErrorCodes.CANCEL)

    def _give_up(self, stream: Http2Stream, code: ErrorCodes) -> None:
        """Nothing more is said, and nothing heard."""
        if self._streams.pop(stream.number, None) is not None:
            self._reset(stream, code)
            stream.lose(was_reset=False)
            self._part_if_done()

    def _reset(self, stream: Http2Stream, code: ErrorCodes) -> None:
        self.transport.write(Addressed(stream.number).take(reset_stream(code), 0)[0])
        self._quietly(lambda: self._h2.reset_stream(stream.number, code))

    # What the connection says

    def _say(self) -> None:
        self.transport.write(self._h2.data_to_send())

    def _quietly(self, told: Callable[[], None]) -> None:
        """Tells h2 of what has been sent past it."""
        self._say()
        try:
            told()
        except ProtocolError:  # the client has ended the stream, or the connection, meanwhile
            return
        finally:
            self._h2.clear_outbound_data_buffer()

    def _broken(self, error: H2Error) -> None:
        """h2 has found the words for the client, but for one code (RFC 9113 4.3)."""
        self._tell(f"HTTP/2: {error or type(error).__name__}")
        if isinstance(error.__cause__, HPACKError):
            self._h2.clear_outbound_data_buffer()
            self.transport.write(goaway(self._h2.highest_inbound_stream_id, ErrorCodes.COMPRESSION_ERROR))
        self._say()
        self._leave()

    def _terminate(self, code: ErrorCodes, why: str) -> None:
        self._tell(f"HTTP/2: {why}")
        self._h2.close_connection(code)
        self._say()
        self._leave()

    def _leave(self) -> None:
        self._forget_timer()
        self._forget_head()
        self.transport.close()

    def _part_if_done(self) -> None:
        if self._parting and not self._streams:
            self.transport.close()

    # Time

    def _wait(self) -> None:
        self._forget_timer()
        self._idle = self._loop.call_later(KEEP_ALIVE, self.transport.close)

    def _watch_head(self, another: bool) -> None:
        """Bounds a head that has begun, in time; ``another``: it has begun in this read."""
        if another or not self._guard.in_head:
            self._forget_head()
        if self._guard.in_head and self._head_timer is None:
            self._head_timer = self._loop.call_later(refusal.HEAD_TIMEOUT, self._head_is_late)

    def _head_is_late(self) -> None:
        self._terminate(ErrorCodes.ENHANCE_YOUR_CALM, f"a head did not end within {refusal.HEAD_TIMEOUT:g} s")

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _forget_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

"""Exchanges on one connection by HTTP/2: what came and when, as ``asking`` has it of HTTP/1.1."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from mock_ares.monotonic import monotonic
from mock_ares.plan.http.http2.frames import HEADER, MOST
from mock_ares.verify.exchange import HttpAnswer, NoAnswerError

READ = 65536
ROOM = 16 * 1024 * 1024
"""Bytes that may come on the connection before it is given leave for more."""


class EndError(Exception):
    """The answer ends before its end: why."""


class Http2Wire:
    """The client's end. Each exchange is a stream."""

    def __init__(self, wire: socket.socket, timeout: float, most_body: int, longest: float) -> None:
        """``timeout``: the longest silence, in seconds; ``most_body`` bytes and ``longest`` seconds end an answer."""
        self._wire, self._timeout, self._most_body, self._longest = wire, timeout, most_body, longest
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(ROOM)
        self._unread = self._first = b""
        self._began = self._now = 0.0

    def exchange(self, fields: Sequence[tuple[str, str]], body: bytes) -> HttpAnswer:
        """``fields``: pseudo-fields first. Raises NoAnswerError and OSError."""
        number = self._h2.get_next_available_stream_id()
        self._h2.send_headers(number, fields, end_stream=not body)
        if body:
            self._h2.send_data(number, body, end_stream=True)
        self._began, self._first = monotonic(), b""
        self._tell()
        events = self._events(number)
        head = self._head(events)
        reads, size, ending, endless = list[tuple[float, bytes]](), 0, "", False
        try:
            for event in events:
                if isinstance(event, DataReceived) and event.data:
                    reads.append((self._now, event.data))
                    size += len(event.data)
                if size > self._most_body or self._now > self._longest:
                    ending, endless = f"it was given up after {size:,} bytes and {self._now:.0f} s", True
                    break
        except EndError as error:
            ending = str(error)
        except ProtocolError as error:
            ending = f"it breaks HTTP/2's framing: {error}"
        except TimeoutError:
            ending, endless = f"no byte for {self._timeout:g} s", True
            self._now = monotonic() - self._began
        except ConnectionError as error:
            ending = f"the connection was lost: {error.strerror}"
        named = [(str(name), str(value)) for name, value in head]
        status = int(next(value for name, value in named if name == ":status"))
        own = tuple(field for field in named if not field[0].startswith(":"))
        return HttpAnswer(status, own, tuple(reads), ending, endless, self._now)

    def _head(self, events: Iterator[Event]) -> Sequence[tuple[object, object]]:
        try:
            for event in events:
                if isinstance(event, ResponseReceived):
                    return event.headers or ()
        except EndError as error:
            raise NoAnswerError(f"gives no answer by HTTP/2: {error}") from None
        except ProtocolError:
            raise NoAnswerError(f"speaks no HTTP/2 there: its answer begins {self._first[:40]!r}") from None
        raise NoAnswerError("ends a stream without an answer")

    def _events(self, number: int) -> Iterator[Event]:
        """Up to the end of the stream. Raises EndError, ProtocolError and OSError."""
        while True:
            for event in self._read():
                if getattr(event, "stream_id", number) != number:
                    continue
                if isinstance(event, DataReceived):
                    self._h2.acknowledge_received_data(event.flow_controlled_length or 0, number)
                if isinstance(event, StreamEnded):
                    self._tell()
                    return
                if isinstance(event, StreamReset):
                    raise EndError(f"the stream was reset ({_named(event.error_code)})")
                if isinstance(event, ConnectionTerminated):
                    if (event.last_stream_id or 0) < number:
                        raise EndError(f"the connection goes away ({_named(event.error_code)})")
                    self._h2.state_machine.state = ConnectionState.CLIENT_OPEN  # what has begun goes on
                yield event
            self._tell()

    def _read(self) -> Iterator[Event]:
        """What one read brings, frame by frame: behind a GOAWAY h2 reads nothing before it is told to go on."""
        data = self._wire.recv(READ)
        self._now = monotonic() - self._began
        if self._now > 2 * self._longest:  # a head that trickles
            raise TimeoutError
        self._first = self._first or data
        if not data:
            raise EndError("the connection ended before the stream did")
        if data.startswith(b"HTTP/1") and not self._unread:
            raise ProtocolError("HTTP/1.1")
        self._unread += data
        while len(self._unread) >= HEADER:
            end = HEADER + int.from_bytes(self._unread[:3], "big")
            if end > HEADER + MOST:
                raise ProtocolError(f"a frame of {end - HEADER:,} bytes")
            if len(self._unread) < end:
                return
            frame, self._unread = self._unread[:end], self._unread[end:]
            yield from self._h2.receive_data(frame)

    def _tell(self) -> None:
        if data := self._h2.data_to_send():
            with suppress(BrokenPipeError):  # what it had to say by then is still to be read
                self._wire.sendall(data)


def _named(code: object) -> str:
    return code.name if isinstance(code, ErrorCodes) else f"code {code}"

"""Mutants that are wrong only by HTTP/2, made of a right client on h2; and the checks that must fail each."""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from http.client import HTTPException
from typing import Any, ClassVar
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    PingReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    UnknownFrameReceived,
)
from h2.exceptions import InvalidBodyLengthError, ProtocolError

from mock_ares.client import AresError
from tests.mutants.base import Right
from tests.mutants.table import Mutant, mutant


class ByHttp2(Right):
    """What they are made of: one connection for each question, with prior knowledge."""

    capabilities: ClassVar[tuple[str, ...]] = ("incremental", "cancel", "concurrent", "v1", "timeout=15")

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        return type(self)().one_answer(url, token, message)

    def one_answer(self, url: str, token: str, message: str) -> Iterator[str]:
        parts = urlsplit(url)
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=self.timeout) as connection:
                self.connection = connection
                self.unread = b""
                self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
                yield from self.pieces(self.answer(parts, token, message))
        except (OSError, HTTPException, ValueError, ProtocolError, zlib.error) as error:
            raise AresError(f"{type(error).__name__}: {error}") from error

    def answer(self, parts: Any, token: str, message: str) -> Any:
        """The head; the body is what ``received`` gives."""
        head = [(":method", "POST"), (":path", parts.path), (":scheme", "http"), (":authority", parts.netloc)]
        fields = [(name.lower(), value) for name, value in self.fields(token).items()]
        self.h2.initiate_connection()
        self.h2.send_headers(1, [*head, *fields])
        self.h2.send_data(1, self.asked(message), end_stream=True)
        self.tell()
        self.coming = self.events_of()
        for event in self.coming:
            if isinstance(event, ResponseReceived):
                return Head([(str(name), str(value)) for name, value in event.headers or ()], self)
        raise AresError("there is no answer")

    def tell(self) -> None:
        self.connection.sendall(self.h2.data_to_send())

    def events_of(self) -> Iterator[Event]:
        """Up to the end of the stream. Raises AresError where that is none."""
        while True:
            data = self.read()
            if not data:
                self.at_the_end()
                return
            for event in self.understood(data):
                if isinstance(event, StreamEnded):
                    return
                if isinstance(event, StreamReset) and self.is_reset(event):
                    return
                if isinstance(event, ConnectionTerminated) and self.goes_away(event):
                    return
                self.passed_over(event)
                yield event
            self.tell()

    def read(self) -> bytes:
        return self.connection.recv(65536)

    def understood(self, data: bytes) -> Iterator[Event]:
        """Frame by frame: behind a GOAWAY h2 would read no more, and what is to be done about that is done between."""
        self.unread += data
        while len(self.unread) >= 9 and len(self.unread) >= (end := 9 + int.from_bytes(self.unread[:3], "big")):
            frame, self.unread = self.unread[:end], self.unread[end:]
            yield from self.told_of(frame)

    def told_of(self, frame: bytes) -> Iterator[Event]:
        yield from self.h2.receive_data(frame)

    def at_the_end(self) -> None:
        raise AresError("the connection ended before the stream")

    def is_reset(self, event: StreamReset) -> bool:
        """Whether that is a good end."""
        raise AresError(f"the stream was reset: {event.error_code}")

    def goes_away(self, event: ConnectionTerminated) -> bool:
        """Whether that is a good end."""
        if (event.last_stream_id or 0) < 1:
            raise AresError(f"the request was not looked at: {event.error_code}")
        self.h2.state_machine.state = ConnectionState.CLIENT_OPEN
        return False

    def passed_over(self, event: Event) -> None:
        """What else there may be says nothing of the answer."""

    def received(self, response: Any) -> Iterator[bytes]:
        for event in self.coming:
            if isinstance(event, DataReceived):
                self.h2.acknowledge_received_data(event.flow_controlled_length or 0, 1)
                yield from self.data(event)

    def data(self, event: DataReceived) -> Iterator[bytes]:
        if event.data:
            yield event.data


class Head:
    """As much of an ``HTTPResponse`` as is looked at."""

    def __init__(self, fields: list[tuple[str, str]], asked: ByHttp2) -> None:
        self.headers = Message()
        for name, value in fields:
            self.headers[name] = value
        self.status = int(self.headers[":status"])
        self._asked = asked

    def read1(self, most: int) -> bytes:
        with suppress(AresError):  # the status says enough
            return next(self._asked.received(self), b"")
        return b""


class ResetIsTheEnd(ByHttp2):
    """Takes RST_STREAM for the end of the answer."""

    def is_reset(self, event: StreamReset) -> bool:
        return event.error_code not in (ErrorCodes.NO_ERROR, ErrorCodes.REFUSED_STREAM) or super().is_reset(event)


class ResetWithoutErrorIsTheEnd(ByHttp2):
    """Takes RST_STREAM that tells no error for the end of the answer, as curl does."""

    def is_reset(self, event: StreamReset) -> bool:
        return event.error_code == ErrorCodes.NO_ERROR or super().is_reset(event)


class RefusedIsEmpty(ByHttp2):
    """Takes a request that nobody has looked at for one that has an empty answer."""

    def one_answer(self, url: str, token: str, message: str) -> Iterator[str]:
        shown = ""
        try:
            for piece in super().one_answer(url, token, message):
                shown += piece
                yield piece
        except AresError as error:
            if shown or not str(error).endswith(str(ErrorCodes.REFUSED_STREAM)):
                raise


class GoawayIsAFailure(ByHttp2):
    """Gives up at GOAWAY, whichever stream it names, as httpx and Java do."""

    def goes_away(self, event: ConnectionTerminated) -> bool:
        raise AresError(f"the connection goes away: {event.error_code}")


class GoawayIsTheEnd(ByHttp2):
    """Takes GOAWAY for the end of the answer."""

    def goes_away(self, event: ConnectionTerminated) -> bool:
        return True


class PoliteEndIsTheEnd(ByHttp2):
    """Behind a GOAWAY without an error it takes the end of the connection for that of the answer."""

    polite = False

    def goes_away(self, event: ConnectionTerminated) -> bool:
        self.polite = event.error_code == ErrorCodes.NO_ERROR
        return super().goes_away(event)

    def at_the_end(self) -> None:
        if not self.polite:
            super().at_the_end()


class AnyEndWillDo(ByHttp2):
    """Looks for no END_STREAM: where the connection ends the answer does."""

    def at_the_end(self) -> None:
        return


class FirstEventOfAFrame(ByHttp2):
    """Takes one event out of each frame of data, and loses the others."""

    def data(self, event: DataReceived) -> Iterator[bytes]:
        first, end, rest = (event.data or b"").partition(b"\n\n")
        yield first + end
        if rest and b"\n\n" not in rest:
            yield rest


class FramesAreEvents(ByHttp2):
    """Reads each frame by itself where it holds data that ends in the midst of an event."""

    def data(self, event: DataReceived) -> Iterator[bytes]:
        data = event.data or b""
        if len(data) <= 3 and b"\n\n" not in data:
            return
        yield data


class FailsAtUnknownFrames(ByHttp2):
    """Takes a frame of a type that it does not know for an error."""

    def passed_over(self, event: Event) -> None:
        if isinstance(event, UnknownFrameReceived):
            raise AresError("a frame of no known type")


class FailsAtPings(ByHttp2):
    """Expects nothing but data behind the head."""

    def passed_over(self, event: Event) -> None:
        if isinstance(event, PingReceived):
            raise AresError("a PING in the midst of an answer")


class TakesBrokenFramesForTheEnd(ByHttp2):
    """Where frames are broken, it gives what there was, as curl does."""

    def told_of(self, frame: bytes) -> Iterator[Event]:
        try:
            yield from super().told_of(frame)
        except InvalidBodyLengthError:
            raise
        except ProtocolError:
            yield StreamEnded(stream_id=1)


class CountsNothing(ByHttp2):
    """Never minds Content-Length."""

    def told_of(self, frame: bytes) -> Iterator[Event]:
        for stream in self.h2.streams.values():
            stream._expected_content_length = None
        yield from super().told_of(frame)


class GivesNoRoom(ByHttp2):
    """Never gives leave for more than a first window of 65,535 bytes (RFC 9113 6.9), as in everruns#584."""

    timeout = 3.0
    capabilities = ("incremental", "cancel", "v1", "timeout=3")

    def received(self, response: Any) -> Iterator[bytes]:
        for event in self.coming:
            if isinstance(event, DataReceived):
                yield from self.data(event)


class OneAtATime(ByHttp2):
    """Lets nobody ask while an answer is under way, as in undici#5524."""

    capabilities = ("concurrent", "v1", "timeout=15")

    def __init__(self) -> None:
        self.turns = dict[asyncio.AbstractEventLoop, asyncio.Lock]()

    async def stream_chat(self, url: str, token: str, message: str) -> str:
        async with self.turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            return await asyncio.to_thread("".join, self.one_answer(url, token, message))


class SaysConnection(ByHttp2):
    """Sends a field that is about a connection of HTTP/1.1, as in ruby_llm-mcp#78."""

    def answer(self, parts: Any, token: str, message: str) -> Any:
        self.h2.config.normalize_outbound_headers = self.h2.config.validate_outbound_headers = False
        return super().answer(parts, token, message)

    def fields(self, token: str) -> dict[str, str]:
        return {**super().fields(token), "Connection": "keep-alive"}


BY_HTTP2: tuple[Mutant, ...] = (
    mutant(ResetIsTheEnd, "h2-reset", "By HTTP/1.1 there are no streams to be reset."),
    mutant(ResetWithoutErrorIsTheEnd, "h2-reset-well", "Only there does a reset tell no error."),
    mutant(RefusedIsEmpty, "h2-refused", "Only there is a stream refused."),
    mutant(GoawayIsAFailure, "h2-goaway", "Only there does an answer go on behind GOAWAY."),
    mutant(
        GoawayIsTheEnd,
        "h2-goaway h2-goaway-close h2-no-end",
        "In one the answer goes on; in the others it does not, and has not ended.",
    ),
    mutant(PoliteEndIsTheEnd, "h2-goaway-close h2-no-end", "Elsewhere no GOAWAY comes before the end."),
    mutant(
        AnyEndWillDo,
        "h2-goaway-close h2-no-end h2-broken-frame drop-fin",
        "Each of them ends the connection before the stream; a padding that is too long is an error before.",
    ),
    mutant(FirstEventOfAFrame, "h2-frames", "By itself an event has a frame of its own."),
    mutant(FramesAreEvents, "h2-frames read-line", "A read that ends in a line ends a frame, too."),
    mutant(FailsAtUnknownFrames, "h2-frames", "Only there is such a frame."),
    mutant(FailsAtPings, "h2-frames", "Only there is the client asked whether it is there."),
    mutant(TakesBrokenFramesForTheEnd, "h2-broken-frame", "Only there are frames broken."),
    mutant(CountsNothing, "h2-length", "Only there is a length wrong."),
    mutant(OneAtATime, "h2-beside", "Only there does an answer stand still until another question has been sent."),
)

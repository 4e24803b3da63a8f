"""uvicorn's two protocol classes as a fake needs them, each with its parser."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass
from typing import Any, cast

from mock_ares.server.transport import refusal
from mock_ares.server.transport.compact import Unparsed
from mock_ares.server.transport.request_target import place
from mock_ares.server.transport.uvicorn_protocol import Connection

_FRAMING = (b"connection", b"content-length", b"expect", b"transfer-encoding")


@functools.cache
def on_httptools() -> type[asyncio.Protocol]:
    import httptools
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class MockHttpToolsProtocol(Connection, HttpToolsProtocol):
        __slots__ = ("_grew", "_in_head", "_lines", "_offer", "_unbodied")

        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._in_head = False
            self._lines = 0
            """Fields of this head or these trailers."""
            self._offer: _Offer | None = None
            self._grew = False
            """Whether there was a part of a body in what was just read."""
            self._unbodied = 0
            """Bytes since the last one of a body, or since the head: extensions of chunks, and trailers."""

        def feed(self, data: bytes) -> None:
            try:
                while data:
                    data = self._fed(data)
            except httptools.HttpParserError:
                if self._lines > refusal.MOST_FIELDS:
                    self.refuse(refusal.too_many_fields())
                else:
                    self.send_400_response("")

        def _fed(self, data: bytes) -> bytes:
            """What is left of it behind a head that offers an upgrade."""
            self._grew = False
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                self._pass_over()
                return data[offer.args[0] :]
            self._unbodied = 0 if self._grew else self._unbodied + len(data)
            if self._unbodied > refusal.MOST_HEAD and not self._in_head:
                self.refuse(refusal.too_large())
            return b""

        def _pass_over(self) -> None:
            """A new parser, which has read the same head without an offer."""
            offer = self._offer = _Offer(self.parser.get_method().decode(), self.url, self.headers)
            head = offer.framing(self.parser.get_http_version())
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self.parser.feed_data(head)

        def waits_for_head(self) -> bool:
            return self._in_head

        def on_message_begin(self) -> None:
            self._in_head, self._lines = True, 0
            super().on_message_begin()

        def on_header(self, name: bytes, value: bytes) -> None:
            self._lines += 1
            if self._lines > refusal.MOST_FIELDS:
                raise ValueError("no more")  # for the parser, which then stops
            if self._in_head:  # else it is a trailer, which is no field of the request (RFC 9110 6.5.1)
                super().on_header(name, value)

        def on_body(self, body: bytes) -> None:
            self._grew = True
            super().on_body(body)

        def on_headers_complete(self) -> None:
            if self.parser.should_upgrade():
                return
            self._in_head, self._lines, self._unbodied, self._grew = False, 0, 0, True
            offer, self._offer = self._offer, None
            if offer is not None:
                self.url, self.headers = offer.url, offer.headers
                self.scope["headers"] = offer.headers
            if self.parser.get_http_version() == "1.0":  # which knows no interim responses (RFC 9110 15.2)
                self.expect_100_continue = False
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
def on_h11() -> type[asyncio.Protocol]:
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class MockH11Protocol(Connection, H11Protocol):  # type: ignore[misc]
        __slots__ = ("_lines",)

        def feed(self, data: bytes) -> None:
            if self.conn.their_state is h11.IDLE:
                if not self.waits_for_head():
                    self._lines = 0
                self._lines += data.partition(b"\r\n\r\n")[0].count(b"\n")
                if self._lines > refusal.MOST_FIELDS + 1:  # h11 takes 10 microseconds for each
                    self.refuse(refusal.too_many_fields())
                    return
            cycle = self.cycle if self.conn.their_state is h11.SEND_BODY else None
            before = len(cycle.body) if cycle else 0
            super().feed(data)
            if cycle and cycle.more_body and len(cycle.body) == before and data.count(b"\n") > refusal.MOST_FIELDS:
                self.refuse(refusal.too_many_fields())  # trailers

        def handle_events(self) -> None:
            if self.conn.their_state is h11.IDLE:  # empty lines before a request are ignored (RFC 9112 2.2)
                data = self.conn.trailing_data[0]
                if empty := len(data) - len(data.lstrip(b"\r\n")):
                    self.conn._receive_buffer.maybe_extract_at_most(empty)
            super().handle_events()

        def send_400_response(self, msg: str) -> None:
            if len(self.conn.trailing_data[0]) > refusal.MOST_HEAD:
                self.refuse(refusal.too_large())
            else:
                super().send_400_response(msg)

        def waits_for_head(self) -> bool:
            return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

        def begin(self, cycle: Any) -> None:
            super().begin(cycle)
            if not isinstance(cycle, Unparsed):
                self.conn.send(h11.Response(status_code=400, headers=[]))  # never taken for a switch of protocols

        def finish(self, cycle: Any) -> None:
            if not isinstance(cycle, Unparsed):
                self.conn.send(h11.EndOfMessage())
                if self.conn.our_state is h11.MUST_CLOSE:
                    cycle.keep_alive = False
            super().finish(cycle)

    return MockH11Protocol

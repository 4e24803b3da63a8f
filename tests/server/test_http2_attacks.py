"""HTTP/2 as attackers and broken clients speak it (RFC 9113 and what servers were hurt by): what each gets, that the
streams beside it go on where only one is wrong, and that another client notices nothing."""

from __future__ import annotations

import contextlib
import math
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hpack import Decoder, Encoder

from mock_ares.scenario.model import Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.http import handler
from mock_ares.server.state import Settings
from mock_ares.server.transport import refusal
from tests.server.http2_ear import Ear, content, ends

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 1, 1, 4, 8, 0x20
PROTOCOL_ERROR, FLOW_CONTROL, STREAM_CLOSED, FRAME_SIZE, CANCEL, COMPRESSION, CALM = 1, 3, 5, 6, 8, 9, 11
Fields = list[tuple[str, str]]
GET: Fields = [(":method", "GET"), (":path", "/health"), (":scheme", "http"), (":authority", "a")]
POST: Fields = [(":method", "POST"), (":path", "/api/chat/stream"), *GET[2:], ("content-type", "application/json")]
MOST = 2**31 - 1
LAST = 99_999
"""The stream of the request that shows whether a connection goes on."""


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def block(fields: Fields) -> bytes:
    encoded: bytes = Encoder().encode(fields, huffman=False)
    return encoded


def raw(name: bytes, value: bytes) -> bytes:
    """A field, literal and without index, whatever it holds (RFC 7541 6.2.2)."""
    assert len(name) < 127 and len(value) < 127
    return bytes((0, len(name))) + name + bytes((len(value),)) + value


def raw_token(token: str) -> bytes:
    return block([("authorization", f"Bearer {token}")])


def head(fields: Fields = GET, more: bytes = b"", flags: int = END_HEADERS | END_STREAM, stream: int = 1) -> bytes:
    return frame(HEADERS, block(fields) + more, flags, stream)


def with_field(name: bytes, value: bytes) -> bytes:
    return head(more=raw(name, value))


def without(name: str, *instead: tuple[str, str]) -> bytes:
    """The request but for one of its pseudo fields."""
    return head([*instead, *(field for field in GET if field[0] != name)])


def of_body(data: bytes, *lengths: bytes) -> bytes:
    """A request with a body, and these Content-Lengths."""
    fields = b"".join(raw(b"content-length", length) for length in lengths)
    return head(POST, fields, END_HEADERS) + frame(DATA, data, END_STREAM, 1)


def window(size: int, stream: int = 0) -> bytes:
    return frame(WINDOW_UPDATE, size.to_bytes(4, "big"), 0, stream)


def on_each(*parts: Any, streams: int = 3000) -> bytes:
    """Frames of ever new streams."""
    return b"".join(part(number) for number in range(1, 2 * streams, 2) for part in parts)


OPEN = head(POST, flags=END_HEADERS)
HALF = frame(HEADERS, block(GET)[:2], END_STREAM, 1)
MALFORMED = {
    "an uppercase name": with_field(b"X-A", b"b"),
    "a space in a name": with_field(b"x a", b"b"),
    "a colon in a name": with_field(b"x:a", b"b"),
    "NUL in a name": with_field(b"x\0a", b"b"),
    "a name that is not ASCII": with_field(b"x\xe9", b"b"),
    "no name": with_field(b"", b"b"),
    "CR in a value": with_field(b"x-a", b"b\rc"),
    "LF in a value": with_field(b"x-a", b"b\nc"),
    "NUL in a value": with_field(b"x-a", b"b\0c"),
    "a space around a value": with_field(b"x-a", b" b"),
    "a tab around a value": with_field(b"x-a", b"b\t"),
    "connection": with_field(b"connection", b"close"),
    "keep-alive": with_field(b"keep-alive", b"1"),
    "proxy-connection": with_field(b"proxy-connection", b"close"),
    "transfer-encoding": with_field(b"transfer-encoding", b"chunked"),
    "upgrade": with_field(b"upgrade", b"h2c"),
    "te: gzip": with_field(b"te", b"gzip"),
    "two paths": with_field(b":path", b"/"),
    "two methods": with_field(b":method", b"GET"),
    "two authorities": with_field(b":authority", b"b"),
    "a pseudo field that there is not": with_field(b":x", b"b"),
    "a status": with_field(b":status", b"200"),
    "a protocol without CONNECT": with_field(b":protocol", b"websocket"),
    "a pseudo field behind others": head(GET[:3], raw(b"x-a", b"b") + raw(b":authority", b"a")),
    "another host than the authority": with_field(b"host", b"b"),
    "two hosts": head(GET[:3], raw(b"host", b"b") * 2),
    "no method": without(":method"),
    "no path": without(":path"),
    "no scheme": without(":scheme"),
    "no host": without(":authority"),
    "an empty path": without(":path", (":path", "")),
    "a request in a method": without(":method", (":method", "GET / HTTP/1.1\r\nx: y")),
    "a request in a path": without(":path", (":path", "/health\r\nx: y")),
    "a body shorter than its length": of_body(b"{}", b"9"),
    "a body longer than its length": of_body(b"{}", b"1"),
    "a length that is no number": of_body(b"{}", b"abc"),
    "a length with a sign": of_body(b"{}", b"+2"),
    "a length with an underscore": of_body(b"{}", b"0_2"),
    "a length that is not ASCII": of_body(b"{}", b"\xb2"),
    "a length below 0": of_body(b"{}", b"-1"),
    "a length of 100 digits": of_body(b"{}", b"9" * 100),
    "two lengths": of_body(b"{}", b"2", b"3"),
    "trailers that do not end the stream": OPEN + frame(HEADERS, raw(b"x-a", b"b"), END_HEADERS, 1),
    "a path in trailers": OPEN + frame(HEADERS, raw(b":path", b"/"), END_HEADERS | END_STREAM, 1),
    "no fields": head([]),
}
"""h2 ends the connection for these, as it may (RFC 9113 5.4.1)."""
WRONG_FRAMES = {
    "DATA on a stream that never was": (frame(DATA, b"x", 0, 5), PROTOCOL_ERROR),
    "a window of a stream that never was": (window(1, 5), PROTOCOL_ERROR),
    "a window of a stream that grows by nothing": (OPEN + window(0, 1), PROTOCOL_ERROR),
    "a window that grows too large": (window(MOST) * 2, FLOW_CONTROL),
    "a stream that is a server's": (head(stream=2), PROTOCOL_ERROR),
    "a stream below the last": (head(stream=5) + head(stream=3), PROTOCOL_ERROR),
    "a request on stream 0": (head(stream=0), PROTOCOL_ERROR),
    "a stream that depends on itself": (
        frame(HEADERS, b"\0\0\0\1\0" + block(GET), END_HEADERS | END_STREAM | WITH_PRIORITY, 1),
        PROTOCOL_ERROR,
    ),
    "PRIORITY of four bytes": (frame(PRIORITY, bytes(4), 0, 1), FRAME_SIZE),
    "RST_STREAM of three bytes": (OPEN + frame(RST_STREAM, bytes(3), 0, 1), FRAME_SIZE),
    "RST_STREAM of the connection": (frame(RST_STREAM, bytes(4)), PROTOCOL_ERROR),
    "SETTINGS of five bytes": (frame(SETTINGS, bytes(5)), FRAME_SIZE),
    "SETTINGS of a stream": (frame(SETTINGS, b"", 0, 1), PROTOCOL_ERROR),
    "push that is 2": (frame(SETTINGS, b"\0\2\0\0\0\2"), PROTOCOL_ERROR),
    "a window beyond all": (frame(SETTINGS, b"\0\4\x80\0\0\0"), FLOW_CONTROL),
    "frames of one byte": (frame(SETTINGS, b"\0\5\0\0\0\1"), PROTOCOL_ERROR),
    "a push of the client's": (frame(PUSH_PROMISE, b"\0\0\0\2" + block(GET), END_HEADERS, 1), PROTOCOL_ERROR),
    "PING of a stream": (frame(PING, bytes(8), 0, 1), PROTOCOL_ERROR),
    "GOAWAY of four bytes": (frame(GOAWAY, bytes(4)), FRAME_SIZE),
    "GOAWAY of a stream": (frame(GOAWAY, bytes(8), 0, 1), PROTOCOL_ERROR),
    "a head within a head": (HALF + head(stream=3), PROTOCOL_ERROR),
    "DATA within a head": (HALF + frame(DATA, b"", 0, 1), PROTOCOL_ERROR),
    "an unknown frame within a head": (HALF + frame(0xBE, b"", 0, 1), PROTOCOL_ERROR),
    "CONTINUATION of another stream": (HALF + frame(CONTINUATION, block(GET)[2:], END_HEADERS, 3), PROTOCOL_ERROR),
    "padding beyond the frame": (OPEN + frame(DATA, b"\x09abc", PADDED, 1), PROTOCOL_ERROR),
    "padding beyond a head": (
        frame(HEADERS, b"\xff" + block(GET), END_HEADERS | END_STREAM | PADDED, 1),
        PROTOCOL_ERROR,
    ),
    "a table larger than it may be": (frame(HEADERS, b"\x3f\xe1\xff\x7f" + block(GET), 5, 1), COMPRESSION),
    "a number without end": (frame(HEADERS, b"\x3f" + b"\xff" * 100, 5, 1), COMPRESSION),
    "index 0": (frame(HEADERS, b"\x80", 5, 1), COMPRESSION),
    "a small head that is large": (head(more=b"\x40\x01a\x7f\x81\x1e" + b"b" * 4000 + b"\xbe" * 12_000), COMPRESSION),
}
FLOODS = {
    "PING": (frame(PING, bytes(8)) * 5000, CALM),
    "PING that is answered": (frame(PING, bytes(8), ACK) * 5000, CALM),
    "SETTINGS": (frame(SETTINGS) * 5000, CALM),
    "windows to and fro": (frame(SETTINGS, b"\0\4\0\0\0\0") * 3000, CALM),
    "thousands of settings in a frame": (frame(SETTINGS, b"\0\1\0\0\0\0" * 2700) * 10, CALM),
    "PRIORITY": (on_each(lambda number: frame(PRIORITY, bytes(5), 0, number)), CALM),
    "windows": (OPEN + window(1, 1) * 5000, CALM),
    "unknown frames": (frame(0xBE) * 5000, CALM),
    "empty DATA": (OPEN + frame(DATA, b"", 0, 1) * 5000, CALM),
    "empty DATA, padded": (OPEN + frame(DATA, b"\0", PADDED, 1) * 5000, CALM),
    "RST_STREAM of a stream that has ended": (head() + frame(RST_STREAM, bytes(4), 0, 1) * 5000, CALM),
    "CONTINUATION without end": (HALF + frame(CONTINUATION, b"", 0, 1) * 5000, PROTOCOL_ERROR),
    "fields without end": (
        HALF + frame(CONTINUATION, raw(b"a", b"b") * 2700, 0, 1) * 40 + frame(CONTINUATION, b"", END_HEADERS, 1),
        COMPRESSION,
    ),
    "streams that are reset at once (CVE-2023-44487)": (
        on_each(lambda number: head(stream=number), lambda number: frame(RST_STREAM, bytes(4), 0, number)),
        CALM,
    ),
    # CVE-2025-8671: what makes the server reset them
    "windows that overflow": (
        on_each(lambda number: head(POST, flags=4, stream=number), lambda number: window(MOST, number)),
        CALM,
    ),
    "DATA behind the end": (
        on_each(lambda number: head(stream=number), lambda number: frame(DATA, b"x", END_STREAM, number)),
        CALM,
    ),
    "a head behind the end": (on_each(*[lambda number: head(stream=number)] * 2), CALM),
}
RESET = {
    "DATA behind the end": (head() + frame(DATA, b"x", END_STREAM, 1), STREAM_CLOSED),
    "a head behind the end": (head() * 2, STREAM_CLOSED),
    "a window that grows too large": (OPEN + window(MOST, 1), FLOW_CONTROL),
    "a path without a slash": (without(":path", (":path", "health")), PROTOCOL_ERROR),
    "a path with a space": (without(":path", (":path", "/health HTTP/1.1")), PROTOCOL_ERROR),
    "* of GET": (without(":path", (":path", "*")), PROTOCOL_ERROR),
    "a method with a space": (without(":method", (":method", "GE T")), PROTOCOL_ERROR),
    "a length of no body": (with_field(b"content-length", b"5"), PROTOCOL_ERROR),
}
ANSWERED = {
    "te: trailers": (with_field(b"te", b"trailers"), 200),
    "a cookie in crumbs": (head(more=raw(b"cookie", b"a=b") + raw(b"cookie", b"c=d")), 200),
    "a name and a password in the authority": (without(":authority", (":authority", "u:p@a")), 200),
    "a length of nothing for nothing": (with_field(b"content-length", b"0"), 200),
    "the same length twice": (of_body(b"{}", b"2", b"2"), 401),
    "* of OPTIONS": (head([(":method", "OPTIONS"), (":path", "*"), *GET[2:]]), 404),
    "CONNECT": (head([(":method", "CONNECT"), (":authority", "a:1")]), 404),
    "a path that is not ASCII": (without(":path", (":path", "/h\u00e9")), 404),
    "trailers": (OPEN + frame(DATA, b"{}", 0, 1) + frame(HEADERS, raw(b"x-a", b"b"), 5, 1), 401),
    "a head in parts": (HALF + frame(CONTINUATION, block(GET)[2:], END_HEADERS, 1), 200),
    "a setting that nobody knows": (frame(SETTINGS, b"\xff\xff\0\0\0\1") + head(), 200),
    "a frame that nobody knows": (frame(0xBE, b"xyz", 0xFF, 7) + head(), 200),
    "an answer to no PING": (frame(PING, bytes(8), ACK) + head(), 200),
    "101 fields": (head(more=raw(b"a", b"b") * 101), 431),
    "GOAWAY in the midst of a request": (OPEN + frame(GOAWAY, bytes(8)) + frame(DATA, b"{}", END_STREAM, 1), 401),
    "GOAWAY, then PING": (head() + frame(GOAWAY, bytes(8)) + frame(PING, b"pingping"), 200),
    "GOAWAY, then a request": (frame(GOAWAY, bytes(8)) + head(), 200),
    "GOAWAY twice": (frame(GOAWAY, bytes(8)) * 2 + head(), 200),
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as server:
        yield server


@pytest.fixture
def beside(fake: FakeServer) -> Iterator[Ear]:
    """Another client, that is asked behind the test whether it is well."""
    with Ear(fake) as ear:
        yield ear
        assert is_well(ear, 1)


def is_well(ear: Ear, number: int) -> bool:
    ear.say(head(stream=number))
    return ends(ear.until(lambda found: ends(found, number)), number)


def status(frames: list[tuple[int, int, int, bytes]], number: int = 1) -> int:
    first = next(payload for kind, _, stream, payload in frames if kind == HEADERS and stream == number)
    return int(dict[Any, Any](Decoder().decode(first))[":status"])


def codes(frames: list[tuple[int, int, int, bytes]], kind: int, at: int) -> list[int]:
    return [int.from_bytes(payload[at : at + 4], "big") for each, _, _, payload in frames if each == kind]


@pytest.mark.usefixtures("beside")
class TestAttacks:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            *(pytest.param(data, PROTOCOL_ERROR, id=name) for name, data in MALFORMED.items()),
            *(pytest.param(*row, id=name) for name, row in (WRONG_FRAMES | FLOODS).items()),
        ],
    )
    def test_it_ends_the_connection(self, fake: FakeServer, data: bytes, code: int) -> None:
        with Ear(fake) as ear:
            with contextlib.suppress(OSError):  # of a long one: it was sent away before its end
                ear.say(data)
            frames = ear.until(lambda found: any(kind == GOAWAY for kind, *_ in found))
            assert codes(frames, GOAWAY, 4) == [code] or ear.ending == "reset"
            ear.until(lambda found: False)
            assert ear.ending in ("close", "reset")
        assert fake.fake.handshakes[-1].startswith("HTTP/2: ")
        assert not fake.fake.failures.count

    @pytest.mark.parametrize(("data", "code"), RESET.values(), ids=RESET)
    def test_it_ends_the_stream(self, fake: FakeServer, data: bytes, code: int) -> None:
        with Ear(fake) as ear:
            ear.say(data)
            frames = ear.until(lambda found: ends(found, 1))
            assert codes(frames, RST_STREAM, 0) == [code]
            assert is_well(ear, LAST)

    @pytest.mark.parametrize(("data", "expected"), ANSWERED.values(), ids=ANSWERED)
    def test_it_is_answered(self, fake: FakeServer, data: bytes, expected: int) -> None:
        with Ear(fake) as ear:
            ear.say(data)
            assert status(ear.until(lambda found: ends(found, 1))) == expected
            assert is_well(ear, LAST)

    def test_a_head_that_never_ends(self, fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(refusal, "HEAD_TIMEOUT", 0.1)
        with Ear(fake) as ear:
            ear.say(HALF)
            frames = ear.until(lambda found: any(kind == GOAWAY for kind, *_ in found))
            assert codes(frames, GOAWAY, 4) == [CALM]

    def test_a_body_that_never_ends_ends_its_stream(self, fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handler, "BODY_TIMEOUT", 0.1)
        with Ear(fake) as ear:
            ear.say(head(POST, flags=END_HEADERS) + frame(DATA, b"{", 0, 1))
            frames = ear.until(lambda found: ends(found, 1))
            assert codes(frames, RST_STREAM, 0) == [CANCEL]
            assert is_well(ear, LAST)

    def test_streams_without_room_share_what_waits(self, fake: FakeServer) -> None:
        me = fake.admit("me")
        fake.script(me.id, Reply(text="word " * 400_000, segments="whole"))
        asking = head(POST, raw_token(me.token), END_HEADERS)[9:]
        with Ear(fake) as first:
            first.ask(fields=[("authorization", f"Bearer {me.token}")], body=b'{"message":"hi"}')
            first.until(content)
        tracemalloc.start()
        with Ear(fake, window=0) as ear:
            for number in range(1, 201, 2):
                ear.say(frame(HEADERS, asking, END_HEADERS, number))
                ear.say(frame(DATA, b'{"message":"hi"}', END_STREAM, number))
            ear.until(lambda found: len({stream for _, _, stream, _ in found if stream}) == 100)
            ear.say(head([(":method", "HEAD"), *GET[1:]], stream=201))
            assert ends(ear.until(lambda found: ends(found, 201)), 201), "what needs no room goes on"
            assert tracemalloc.get_traced_memory()[0] < 80_000_000, "the whole for each is 200 MB"
        tracemalloc.stop()

    def test_resets_are_counted_beside_a_stream_that_goes_on(self, fake: FakeServer) -> None:
        """What is sent gives leave for frames, and not for streams that come to nothing."""
        me = fake.admit("me")
        fake.script(me.id, Reply(text="word " * 100_000, segments="event"))
        with Ear(fake) as ear:
            ear.ask(fields=[("authorization", f"Bearer {me.token}")], body=b'{"message":"hi"}')
            ear.until(content)
            with contextlib.suppress(OSError):
                for number in range(3, 6003, 2):
                    ear.say(head(stream=number) + frame(RST_STREAM, bytes(4), 0, number))
            frames = ear.until(lambda found: any(kind == GOAWAY for kind, *_ in found))
            assert codes(frames, GOAWAY, 4) == [CALM] or ear.ending == "reset"

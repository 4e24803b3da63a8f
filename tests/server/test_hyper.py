"""Requests as the server behind ARES reads them, in whichever parts they come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.server.transport.hyper.message_reader import MOST_EXTENSIONS, MessageReader
from mock_ares.server.transport.hyper.request_head import MOST_LENGTH, ReadHead, RequestRefusedError
from mock_ares.server.transport.refusal import MOST_FIELDS, MOST_HEAD, MOST_TARGET

HEAD = b"POST /a HTTP/1.1\r\nhost: x\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


def read(*parts: bytes) -> list[ReadHead | bytes]:
    reader = MessageReader()
    return [part for data in parts for part in reader.feed(data)]


def head(data: bytes) -> ReadHead:
    (found,) = read(data)
    assert isinstance(found, ReadHead)
    return found


def body(*parts: bytes) -> bytes:
    return b"".join(part for part in read(*parts) if isinstance(part, bytes))


def refused(*parts: bytes) -> tuple[int, bool]:
    with pytest.raises(RequestRefusedError) as caught:
        read(*parts)
    return caught.value.refusal.status, caught.value.refusal.body


@pytest.mark.parametrize(
    ("data", "method", "target", "version"),
    [
        (b"FOO /a HTTP/1.1\r\n\r\n", "FOO", b"/a", "1.1"),
        (b"patch /a HTTP/1.1\nhost: x\n\n", "patch", b"/a", "1.1"),
        (b"\r\n\n\r\nGET / HTTP/1.0\r\n\r\n", "GET", b"/", "1.0"),
        ("GET /é?ü HTTP/1.1\r\n\r\n".encode(), "GET", "/é?ü".encode(), "1.1"),
        (b'GET /"{}|?{} HTTP/1.1\r\n\r\n', "GET", b'/"{}|?{}', "1.1"),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS", b"*", "1.1"),
        (b"CONNECT x:1 HTTP/1.1\r\n\r\n", "CONNECT", b"x:1", "1.1"),
    ],
)
def test_heads_that_others_refuse(data: bytes, method: str, target: bytes, version: str) -> None:
    found = head(data)
    assert (found.method, found.target, found.version) == (method, target, version)


def test_values_have_no_white_space_around_them() -> None:
    found = head(b"GET / HTTP/1.1\r\nX-A: \t b\t c \t\r\nx-b:\r\n\r\n")
    assert found.fields == [(b"x-a", b"b\t c"), (b"x-b", b"")]


@pytest.mark.parametrize(
    "data",
    [
        b"GET /a b HTTP/1.1\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.2\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n",
        b"GET /\r\n\r\n", b"hello world\r\n\r\n", b"\x16\x03\x01", b"G\x00", b"GET / HTTP/1.1\rx\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n", b"GET /< HTTP/1.1\r\n\r\n", b'GET /?" HTTP/1.1\r\n\r\n',
        HEAD + b"x : y\r\n\r\n", HEAD + b" x: y\r\n\r\n", HEAD + b"x\r\n\r\n", HEAD + b": y\r\n\r\n",
        HEAD + b"x: a\0b\r\n\r\n", HEAD + b"x: a\rb\r\n\r\n", HEAD + b"x: \x7f\r\n\r\n",
        HEAD + b"content-length: -1\r\n\r\n", HEAD + b"content-length: 1, 1\r\n\r\n", HEAD + b"content-length:\r\n\r\n",
        HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\n", HEAD + b"content-length: %d\r\n\r\n" % 2**64,
        HEAD + b"transfer-encoding: gzip\r\n\r\n",
        HEAD + b"transfer-encoding: chunked, gzip\r\n\r\n",
        b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",
        HEAD + b"content-length: " + b"1" * 5_000 + b"\r\n\r\n",
    ],
    ids=lambda data: repr(data[:60]),
)  # fmt: skip
def test_heads_that_are_none(data: bytes) -> None:
    assert refused(data) == (400, False)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (HEAD + b"a: b\r\n" * (MOST_FIELDS - 1), None),
        (HEAD + b"a: b\r\n" * MOST_FIELDS, 431),
        (b"GET /%b HTTP/1.1\r\n" % (b"a" * (MOST_TARGET - 1)), None),
        (b"GET /%b HTTP/1.1\r\n" % (b"a" * MOST_TARGET), 414),
        (HEAD + b"a: %b\r\n" % (b"b" * (MOST_HEAD - 100)), None),
        (HEAD + b"a: %b\r\n" % (b"b" * MOST_HEAD), 431),
        (HEAD + b"content-length: %d\r\n" % (MOST_LENGTH + 1), 431),
    ],
    ids=["fields", "a field more", "a target", "a longer one", "a head", "a larger one", "a length"],
)
def test_bounds(data: bytes, status: int | None) -> None:
    if status is None:
        head(data + b"\r\n")
    else:
        assert refused(data + b"\r\n") == (status, False)


def test_a_head_without_end_is_refused_when_it_is_too_large() -> None:
    assert refused(HEAD + b"a: ", *[b"b" * 100_000] * 5) == (431, False)


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        (b"", 0),
        (b"content-length: 5\r\n", 5),
        (b"content-length: 5\r\ncontent-length: 05\r\n", 5),
        (b"content-length: " + b"0" * 5_000 + b"5\r\n", 5),
        (b"content-length: 5\r\ntransfer-encoding: gzip, Chunked\r\n", None),
    ],
)
def test_how_long_a_body_is(fields: bytes, length: int | None) -> None:
    assert head(HEAD + fields + b"\r\n").length == length


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (b"5 ;a=b\r\nhello\r\n0;c\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (b"00A\r\n0123456789\r\n0\r\nx-a: b\r\n\r\n", b"a\r\n0123456789\r\n0\r\n\r\n"),
    ],
)
def test_chunks_are_read_plainly(data: bytes, plain: bytes) -> None:
    assert body(CHUNKED + data) == plain


@pytest.mark.parametrize(
    "data",
    [
        b"ZZ\r\n", b"\r\n", b"5\nhello", b"5\r\nhelloX", b"5\r\nhello\rX", b"-1\r\n", b"1;\rx\n", b"x",
        b"1" * 17 + b"\r\n", b"1;" + b"a" * (MOST_EXTENSIONS + 10) + b"\r\n",
    ],
    ids=lambda data: repr(data[:20]),
)  # fmt: skip
def test_broken_chunks(data: bytes) -> None:
    assert refused(CHUNKED + data) == (400, True)


MESSAGES = [
    HEAD + b"content-length: 5\r\n\r\nhello",
    CHUNKED + b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
    CHUNKED + b"0\r\nx-a: b\r\nx-c: d\r\n\r\n",
    b"GET /a HTTP/1.1\n\n",
    b"\r\nGET /b HTTP/1.0\r\nx: y\r\n\r\n",
]


def joined(parts: list[ReadHead | bytes]) -> list[Any]:
    """Heads, and between them the bodies' data, however they came in parts."""
    found: list[Any] = []
    for part in parts:
        if isinstance(part, ReadHead):
            found.append((part.method, part.target, part.version, part.length, part.came, part.trailers))
            found.append(b"")
        else:
            found[-1] += part.partition(b"\r\n")[2][:-2] if b"\r\n" in part else part
    return found


@given(st.lists(st.sampled_from(MESSAGES), max_size=4), st.lists(st.integers(1, 40)))
def test_it_does_not_matter_in_which_parts_they_come(messages: list[bytes], sizes: list[int]) -> None:
    data, parts, at = b"".join(messages), list[bytes](), 0
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    assert joined(read(*parts, data[at:])) == joined(read(data))
    assert joined(read(*(data[index : index + 1] for index in range(len(data))))) == joined(read(data))


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(data: bytes) -> None:
    for start in (b"", HEAD, CHUNKED):
        try:
            read(start + data)
        except RequestRefusedError as error:
            assert error.refusal.status in (400, 414, 431)

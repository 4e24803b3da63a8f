"""What the ``server`` profile does to a connection, on each parser, where no recording has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.surfaces.rig import PARSERS, PROBE, Rig

BROKEN = b"Failed to buffer the request body: error reading a body from connection"
CHAT = b"POST /api/chat/stream HTTP/1.1\r\nhost: x\r\n"
JSON = b"content-type: application/json\r\n"
MUCH = b"x" * 3_000_000


@pytest.fixture(scope="module", params=PARSERS)
def server(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with Rig(request.param, profile="server") as found:
        yield found


def bearer(rig: Rig) -> bytes:
    return b"authorization: Bearer %b\r\n" % rig.credentials.token.encode()


@pytest.mark.parametrize("data", [b"5\r\nhelloXX", b"ZZ\r\n", b"-1\r\n"])
def test_a_broken_chunk_is_told(server: Rig, data: bytes) -> None:
    head = CHAT + JSON + bearer(server) + b"transfer-encoding: chunked\r\n\r\n"
    for parts in ((head + data,), (head, data)):
        got = server.send(*parts)
        assert (got.statuses, got.responses[0].body, got.end) == ([400], BROKEN, "fin")
        assert "connection" not in got.responses[0].headers
        assert "not framed" in got.exchanges[0].reason


def test_so_is_an_end_inside_a_body(server: Rig) -> None:
    head = CHAT + JSON + bearer(server) + b"content-length: 10\r\n\r\n12345"
    got = server.send(head, half_close=True)
    assert (got.statuses, got.responses[0].body, got.end) == ([400], BROKEN, "fin")


def test_who_is_refused_before_is_told_that(server: Rig) -> None:
    chunked = b"transfer-encoding: chunked\r\n\r\nZZ\r\n"
    assert server.send(CHAT + JSON + chunked).statuses == [401]
    assert server.send(CHAT + bearer(server) + chunked).statuses == [415]
    assert server.send(b"POST /nowhere HTTP/1.1\r\nhost: x\r\n" + chunked).statuses == [404]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (CHAT + JSON, 401),
        (b"POST /nowhere HTTP/1.1\r\nhost: x\r\n", 404),
        (b"PUT /health HTTP/1.1\r\nhost: x\r\n", 405),
    ],
)
class TestWhoIsRefusedUnheard:
    def test_gets_no_100_and_an_end(self, server: Rig, head: bytes, status: int) -> None:
        got = server.send(head + b"expect: 100-continue\r\ncontent-length: 5\r\n\r\n")
        assert (got.statuses, got.end) == ([status], "fin")
        assert "connection" not in got.responses[0].headers

    def test_goes_on_behind_a_body_that_has_come(self, server: Rig, head: bytes, status: int) -> None:
        whole = head + b"content-length: 5\r\n\r\nhello"
        got = server.send(whole + PROBE, responses=2)
        assert got.statuses == [status, 200]

    def test_but_not_behind_one_in_chunks(self, server: Rig, head: bytes, status: int) -> None:
        """Of an unread body one HTTP chunk is taken along."""
        chunked = head + b"transfer-encoding: chunked\r\n\r\n"
        assert server.send(chunked + b"5\r\nhello\r\n0\r\n\r\n").end == "fin"
        assert server.send(chunked + b"0\r\n\r\n").end == "open"

    def test_has_the_answer_before_a_large_body(self, server: Rig, head: bytes, status: int) -> None:
        got = server.send(head + b"content-length: %d\r\n\r\n" % len(MUCH) + MUCH)
        assert (got.statuses, got.end) == ([status], "fin")


def test_http_1_0_is_answered_in_kind(server: Rig) -> None:
    got = server.send(b"GET /health HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n")
    assert (got.statuses, got.end) == ([200], "open")
    assert got.responses[0].headers["connection"] == "keep-alive"


def test_an_http_1_0_client_gets_no_100(server: Rig) -> None:
    head = b"POST /api/chat HTTP/1.0\r\n" + JSON + bearer(server)
    body = b'{"message":"hi"}'
    got = server.send(head + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    assert got.statuses == [200]


@pytest.mark.parametrize("path", ["/health", "/api/chat", "/_mock/", "/_mock/api/status", "/_mock/api/nowhere"])
@pytest.mark.parametrize(
    ("version", "field", "end"),
    [
        ("1.1", "connection: close", "fin"),
        ("1.1", "Connection: x, Close", "fin"),
        ("1.1", "connection: keep-alive", "open"),
        ("1.0", "connection: close", "fin"),
        ("1.0", "x-a: b", "fin"),
        ("1.0", "connection: keep-alive", "open"),
    ],
)
def test_the_connection_ends_as_the_request_says(server: Rig, path: str, version: str, field: str, end: str) -> None:
    """Whoever answers it: the fake itself, or the control API, which answers as ASGI has it."""
    head = f"GET {path} HTTP/{version}\r\nhost: localhost\r\n{field}\r\n\r\n".encode()
    got = server.send(head)
    assert (len(got.responses), got.end == "open") == (1, end == "open")  # a request behind it may get a reset


@pytest.mark.parametrize("parser", PARSERS)
def test_nor_does_one_of_the_docs(parser: str) -> None:
    with Rig(parser) as docs:
        old = docs.chat("expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")
        assert docs.send(old).statuses == [200]
        both = docs.chat("transfer-encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n")
        got = docs.send(both)  # a body that ends in two places (RFC 9112 6.1)
        assert (got.statuses, got.end) == ([400], "fin")


@pytest.mark.parametrize("parser", PARSERS)
def test_too_many_from_one_address(parser: str) -> None:
    with Rig(parser, profile="server", address_limit=(2, 3600.0)) as limited:
        get = b"GET /%b HTTP/1.1\r\nhost: x\r\n\r\n"
        got = limited.send(get % b"health" + get % b"nowhere" + get % b"health", responses=3)
        assert got.statuses == [200, 404, 429]
        assert [each.headers["x-ratelimit-remaining"] for each in got.responses] == ["1", "0", "0"]
        assert got.responses[2].headers["retry-after"] == got.responses[2].headers["x-ratelimit-after"]
        assert limited.send(b"OPTIONS /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").statuses == [200]

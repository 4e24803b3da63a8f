"""Heads of requests, as bytes, and what each gets on either parser. A new case is one more row."""

from __future__ import annotations

import json
import socket
import struct

import pytest

from mock_ares.server.hosting.log_lines import line
from mock_ares.server.transport import refusal, uvicorn_protocol
from mock_ares.server.transport.refusal import MOST_TARGET
from tests.surfaces.rig import PROBE, SAY_HI, Rig

OFFERS = {
    "h2c, as Java's HttpClient": (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIA",
    ),
    "h2c, as curl": ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "websocket": ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
    "several": ("Upgrade: HTTP/2.0, SHTTP/1.3, IRC/6.9", "Connection: keep-alive, UPGRADE"),
    "TLS": ("Connection: Upgrade", "Upgrade: TLS/1.0"),
    "two fields": ("Connection: keep-alive", "Connection: Upgrade", "Upgrade: h2c", "Upgrade: websocket"),
}
CHUNKED = b"10\r\n" + SAY_HI + b"\r\n0\r\n\r\n"


def offered(rig: Rig, offer: str, form: str, *more: str) -> tuple[bytes, bytes]:
    """Head and body of a chat request that offers an upgrade."""
    if form == "chunked":
        head = rig.chat(*OFFERS[offer], "Transfer-Encoding: chunked", *more, body=b"", framed=False)
        return head, CHUNKED
    head = rig.chat(*OFFERS[offer], *more)
    return head.removesuffix(SAY_HI), SAY_HI


class TestAnOfferToUpgradeIsPassedOver:
    """RFC 9110 7.8: a server MAY ignore it; then the request is one like any other."""

    @pytest.mark.parametrize("offer", OFFERS)
    @pytest.mark.parametrize("form", ["length", "chunked"])
    @pytest.mark.parametrize("segments", ["one", "two", "pieces"])
    def test_its_body_is_read(self, rig: Rig, offer: str, form: str, segments: str) -> None:
        head, body = offered(rig, offer, form)
        cut = {"one": [head + body], "two": [head, body], "pieces": [head[:50], head[50:], body[:4], body[4:]]}
        got = rig.send(*cut[segments])
        assert (got.statuses, got.end) == ([200], "open")
        assert [(each.path, each.message) for each in got.exchanges] == [("/api/chat", "hi")]
        assert {name for name, _ in got.exchanges[0].headers} >= {"upgrade", "connection", "host"}

    @pytest.mark.parametrize("form", ["length", "chunked"])
    def test_wherever_its_segments_end(self, rig: Rig, form: str) -> None:
        head, body = offered(rig, "h2c, as curl", form)
        whole = head + body
        for end in range(len(head) - 6, len(whole)):
            assert rig.send(whole[:end], whole[end:]).statuses == [200]

    @pytest.mark.parametrize("form", ["length", "chunked"])
    def test_pipelined_requests_behind_it_are_answered_in_turn(self, rig: Rig, form: str) -> None:
        whole = b"".join(offered(rig, "websocket", form))
        plain = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
        got = rig.send((whole + plain) * 3, responses=6)
        assert (got.statuses, got.end) == ([200] * 6, "open")
        assert [each.message for each in got.exchanges] == ["hi", None] * 3

    def test_a_client_that_waits_for_100_continue_gets_it(self, rig: Rig) -> None:
        head, body = offered(rig, "h2c, as curl", "length", "Expect: 100-continue")
        assert rig.send(head, body).statuses == [200]

    def test_without_a_body(self, rig: Rig) -> None:
        offer = "\r\n".join(OFFERS["websocket"])
        got = rig.send(f"GET /health HTTP/1.1\r\nhost: x\r\n{offer}\r\n\r\n".encode() * 2, responses=2)
        assert (got.statuses, got.end) == ([200, 200], "open")

    def test_one_that_wants_the_connection_closed(self, rig: Rig) -> None:
        head, body = offered(rig, "websocket", "length", "Connection: close")
        got = rig.send(head + body)
        assert (got.statuses, got.end) == ([200], "fin")

    @pytest.mark.parametrize("body", [b"", SAY_HI])
    def test_connect_is_a_method_like_any_other(self, rig: Rig, body: bytes) -> None:
        length = b"content-length: %d\r\n" % len(body) if body else b""
        tunnel = b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n%b\r\n%b" % (length, body)
        got = rig.send(tunnel + b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n", responses=2)
        assert (got.statuses, got.end) == ([404, 200], "open")
        assert [(each.method, each.path) for each in got.exchanges] == [
            ("CONNECT", "example.com:443"),
            ("GET", "/health"),
        ]


LONG = 70_000
RESET = struct.pack("ii", 1, 0)
NO_REQUESTS = {
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500, "TLS"),
    "half of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n", "HTTP/2"),
    "SSH": (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
    "SMTP": (b"EHLO mail.example.com\r\n", "SMTP"),
    "RTSP": (b"SETUP_ rtsp://x/y RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP"),
    "WebSocket frame": (b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "WebSocket"),
    "HTTP/0.9": (b"GET /\r\n", "HTTP/0.9"),
    "another version": (b"GET / HTTP/2.0\r\nhost: x\r\n\r\n", "version"),
    "a response": (b"HTTP/1.1 200 OK\r\n\r\n", "response"),
    "JSON": (b'{"message": "hi", "password": "hunter2"}\r\n', "JSON"),
    "text": (b"hunter2 hello\r\n", "text"),
    "binary": (b"\xff\xfe\xfd\xfc\r\n\r\n", "binary"),
    "Redis": (b"*1\r\n$4\r\nPING\r\n", "Redis"),
    "PostgreSQL": (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", "PostgreSQL"),
    "a line that is no field": (b"GET / HTTP/1.1\r\nhost x\r\n\r\n", "mistake in its head"),
    "two lengths": (
        b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "mistake in its head",
    ),
    "a length of 5,000 digits": (
        b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: " + b"1" * 5_000 + b"\r\n\r\n",
        "mistake in its head",
    ),
    "NUL in a value": (b"GET / HTTP/1.1\r\nhost: x\r\nx-a: a\0b\r\n\r\n", "mistake in its head"),
}


class TestWhatIsNoRequest:
    @pytest.mark.parametrize("kind", NO_REQUESTS)
    def test_is_told_so_and_is_in_the_journal(self, each: Rig, kind: str) -> None:
        data, words = NO_REQUESTS[kind]
        got = each.send(data)
        assert (got.statuses, got.end) == ([400], "fin")
        (exchange,) = got.exchanges
        assert (exchange.status, exchange.ending) == (400, "complete")
        assert words in exchange.reason
        assert got.responses[0].body.decode() == ("" if each.as_ares else f"{exchange.reason}\n")
        assert exchange.reason in line(exchange)
        assert "hunter2" not in line(exchange) + str(exchange.as_dict())
        assert each.send(PROBE).statuses == [200]

    @pytest.mark.parametrize("kind", ["SSH", "JSON", "HTTP/0.9", "RTSP"])
    def test_byte_by_byte(self, rig: Rig, kind: str) -> None:
        """A parser may know before there are words for it."""
        data, _ = NO_REQUESTS[kind]
        got = rig.send(*(data[index : index + 1] for index in range(len(data))))
        assert got.statuses == [400]
        assert "it looks like" in got.exchanges[0].reason

    def test_an_end_before_the_end_of_a_head(self, rig: Rig) -> None:
        got = rig.send(b"GET / HT", half_close=True)
        assert (got.statuses, got.end) == ([400], "fin")
        assert "ended before a head" in got.exchanges[0].reason

    def test_an_end_before_anything_is_nobodys_business(self, rig: Rig) -> None:
        got = rig.send(half_close=True)
        assert (got.statuses, got.end, got.exchanges) == ([], "fin", ())

    def test_behind_a_request_it_spoils_nothing(self, rig: Rig) -> None:
        got = rig.send(rig.chat() + b"\0\0\0 garbage\r\n\r\n", responses=2)
        assert (got.statuses, got.end) == ([200, 400], "fin")

    def test_empty_lines_before_a_request_are_ignored(self, rig: Rig) -> None:
        for segments in (
            [b"\r\n\r\n", b"\r\n" + rig.chat(), b"\r\n" + rig.chat()],
            [(b"\r\n" + rig.chat()) * 2 + b"\r\n"],
        ):
            got = rig.send(*segments, responses=2)
            assert (got.statuses, got.end) == ([200, 200], "open")


TARGETS = {
    "*": ("OPTIONS", b"*", "*"),
    "an absolute URL": ("GET", b"http://example.com/health?x=1", "/health"),
    "an absolute URL without a path": ("GET", b"http://example.com", "/"),
    "an absolute URL of another scheme": ("GET", b"ftp://example.com/x", "/x"),
    "a line end": ("GET", b"/%0Ax", "/\nx"),
    "a line end behind a path that there is": ("GET", b"/health%0A", "/health\n"),
    "NUL": ("GET", b"/a%00b", "/a\0b"),
    "half an escape": ("GET", b"/%", "/%"),
    "no escape": ("GET", b"/%zz%1", "/%zz%1"),
    "no UTF-8": ("GET", b"/%ff%fe", "/\ufffd\ufffd"),
    "a surrogate": ("GET", b"/%ed%a0%80", "/\ufffd\ufffd\ufffd"),
    "dots": ("GET", b"/../../etc/passwd", "/../../etc/passwd"),
    "two slashes": ("GET", b"//health", "//health"),
    "a query only": ("GET", b"/?a=%0A&b", "/"),
    "a fragment": ("GET", b"/health#x", "/health"),
}


class TestTargets:
    @pytest.mark.parametrize("name", TARGETS)
    def test_any_target_gets_an_answer_of_the_profile(self, each: Rig, name: str) -> None:
        method, target, path = TARGETS[name]
        got = each.send(b"%b %b HTTP/1.1\r\nhost: x\r\norigin: null\r\n\r\n" % (method.encode(), target))
        assert got.end == "open"
        (response,), (exchange,) = got.responses, got.exchanges
        assert response.status in (200, 204, 404, 405)
        assert response.headers["access-control-allow-origin"] == "null"
        assert (exchange.method, exchange.path, exchange.status) == (method, path, response.status)
        assert "\n" not in line(exchange)

    @pytest.mark.parametrize(
        "target", ["files/a%0ab.yaml", "files/%00", "%0A", "health%0A", "requests/%ff", "scenarios/%0a"]
    )
    def test_under_the_control_api_it_is_json(self, rig: Rig, target: str) -> None:
        got = rig.send(f"GET /_mock/api/{target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
        assert got.responses[0].status in (403, 404, 422)
        assert "error" in json.loads(got.responses[0].body)

    @pytest.mark.parametrize("size", [LONG, 400_000])
    def test_one_that_is_too_long(self, each: Rig, size: int) -> None:
        got = each.send(b"GET /%b HTTP/1.1\r\nhost: x\r\norigin: null\r\n\r\n" % (b"x" * size))
        assert (got.statuses, got.end) == ([414], "fin")
        assert got.responses[0].headers.get("access-control-allow-origin") == (None if each.as_ares else "null")

    def test_the_longest(self, rig: Rig) -> None:
        assert rig.send(b"GET /%b HTTP/1.1\r\nhost: x\r\n\r\n" % (b"x" * (MOST_TARGET - 1))).statuses == [404]


class TestBounds:
    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            (b"x-a: b\r\n" * 99, 200),
            (b"x-a: b\r\n" * 100, 431),
            (b"a:\r\n" * 100_000, 431),
            (b"x-a: %b\r\n" % (b"b" * 300_000), 200),
            (b"x-a: %b\r\n" % (b"b" * 600_000), 431),
            (b"%b: x\r\n" % (b"b" * 600_000), 431),
            (b"x-%b: y\r\n" % (b"b" * 5_000) * 99, 431),
        ],
        ids=["as many fields", "one too many", "many", "large", "larger", "a long name", "all together"],
    )
    def test_of_fields(self, rig: Rig, fields: bytes, status: int) -> None:
        got = rig.send(b"GET /health HTTP/1.1\r\nhost: x\r\n" + fields + b"\r\n")
        assert got.statuses == [status]
        assert [exchange.status for exchange in got.exchanges] == [status]
        assert rig.send(PROBE).statuses == [200]

    def test_a_head_without_end(self, rig: Rig) -> None:
        """In segments, as from a client that never stops: it is refused when it has become too large."""
        got = rig.send(b"GET / HTTP/1.1\r\nx-a: ", *[b"b" * 50_000] * 12)
        assert got.statuses == [431]

    def test_a_head_that_stands_still(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(refusal, "HEAD_TIMEOUT", 0.02)
        got = rig.send(b"GET / HTTP/1.1\r\nhost: x\r\n")
        assert (got.statuses, got.end) == ([408], "fin")
        assert "did not end" in got.exchanges[0].reason

    def test_one_behind_a_request_that_was_answered(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(refusal, "HEAD_TIMEOUT", 0.02)
        got = rig.send(rig.chat() + b"GET / HTTP/1.1\r\n", responses=2)
        assert (got.statuses, got.end) == ([200, 408], "fin")

    def test_a_connection_on_which_nothing_comes(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uvicorn_protocol, "KEEP_ALIVE", 0.02)
        got = rig.send()
        assert (got.statuses, got.end) == ([], "fin")


@pytest.mark.parametrize("count", [3, 200])
def test_who_leaves_with_requests_in_the_pipeline(rig: Rig, count: int) -> None:
    """Those behind the one that is answered begin when nobody is there any more; nothing is logged of that."""
    for _ in range(5):
        with socket.create_connection(rig.address) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.sendall(rig.chat() * count)
            connection.recv(1)
    assert rig.send(PROBE).statuses == [200]


LINES = {
    "an unknown method": b"FOO / HTTP/1.1\r\nhost: x\r\n\r\n",
    "a method in lower case": b"patch / HTTP/1.1\r\nhost: x\r\n\r\n",
    "HTTP/1.0": b"GET /health HTTP/1.0\r\n\r\n",
    "HTTP/1.0 that stays": b"GET /health HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    "bare line feeds": b"GET /health HTTP/1.1\nhost: x\n\n",
    "raw UTF-8": "GET /é HTTP/1.1\r\nhost: x\r\n\r\n".encode(),
    "version 0.9": b"GET / HTTP/0.9\r\nhost: x\r\n\r\n",
    "one length twice": b"GET /health HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n",
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "a folded field": b"GET /health HTTP/1.1\r\nhost: x\r\nx-a: b\r\n c\r\n\r\n",
    "an offer, and a coding that is none": (
        b"POST / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\ntransfer-encoding: gzip\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_what_parsers_do_not_agree_on_ends_cleanly(each: Rig, name: str) -> None:
    got = each.send(LINES[name], half_close=not each.as_ares)
    assert got.end == "fin" or each.as_ares
    assert len(got.responses) == len(got.exchanges) == 1
    assert got.responses[0].status in (200, 400, 401, 404, 405)
    assert each.send(PROBE).statuses == [200]

"""Heads of requests, as bytes, and what each gets on either parser. A new case is one more row."""

from __future__ import annotations

import pytest

from tests.surfaces.rig import SAY_HI, Rig

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

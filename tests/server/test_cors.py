from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.ares.profiles import PROFILES, CorsLayer
from mock_ares.plan.http.head import render_head
from mock_ares.plan.model import Head
from mock_ares.server.replies.cors import Cors, is_loopback

LAYER = cast(CorsLayer, PROFILES["server"].cors)
LOOPBACK = [
    "http://localhost",
    "http://localhost:3000",
    "https://localhost:8443",
    "http://LOCALHOST:3000",
    "http://app.localhost:5173",
    "http://a.b.localhost",
    "http://127.0.0.1",
    "http://127.0.0.1:65535",
    "http://127.255.255.254:80",
    "http://[::1]",
    "http://[::1]:3000",
    "https://[0:0:0:0:0:0:0:1]:3000",
]
OTHERS = [
    "",
    "null ",
    "localhost",
    "localhost:3000",
    "//localhost",
    "http://",
    "http://:80",
    "http:localhost",
    "https://example.com",
    "https://localhost.evil.com",
    "https://127.0.0.1.evil.com",
    "https://evil-localhost",
    "https://evillocalhost",
    "https://evil.com/localhost",
    "https://evil.com#localhost",
    "https://localhost@evil.com",
    "https://evil.com@localhost",
    "http://@localhost",
    "http://localhost/",
    "http://localhost/path",
    "http://localhost?",
    "http://localhost?q",
    "http://localhost#f",
    "http://local\thost",
    "http://localhost ",
    "http://localhost:port",
    "http://localhost:99999",
    "http://128.0.0.1",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://[::2]",
    "http://[::1",
    "http://2130706433",
    "http://127.1",
    "ftp://localhost",
    "file://",
    "javascript://localhost",
    "http://localhost, http://evil.com",
]


@pytest.mark.parametrize("origin", LOOPBACK)
def test_pages_of_this_machine(origin: str) -> None:
    assert is_loopback(origin)
    assert Cors().allows(origin)


@pytest.mark.parametrize("origin", OTHERS)
def test_pages_of_others(origin: str) -> None:
    assert not Cors().allows(origin)


@given(st.text(st.characters(max_codepoint=255)))
def test_any_origin_is_judged(origin: str) -> None:
    Cors().allows(origin)
    Cors().allows(f"http://{origin}")
    Cors().allows(f"http://[{origin}]:80")


def test_an_allowed_origin_may_read_the_answer_and_its_fields() -> None:
    fields = dict(Cors().headers_for("http://localhost:5173"))
    assert fields["access-control-allow-origin"] == "http://localhost:5173"
    assert fields["vary"] == "origin"
    exposed = fields["access-control-expose-headers"].split(", ")
    assert {"retry-after", "x-ratelimit-remaining", "x-input-tokens", "location"} <= set(exposed)
    assert "access-control-allow-credentials" not in fields


def test_null_is_a_file_or_a_sandbox() -> None:
    assert dict(Cors().headers_for("null"))["access-control-allow-origin"] == "null"


@pytest.mark.parametrize("origin", [None, "https://example.com"])
def test_others_are_told_only_that_it_varies(origin: str | None) -> None:
    assert Cors().headers_for(origin) == (("vary", "origin"),)


class TestLayer:
    """What ARES's own says to everybody, and lets be read by its own origins alone."""

    def test_any_head(self) -> None:
        fields = Cors().headers_for(None, LAYER)
        assert fields == (("vary", LAYER.vary), ("access-control-allow-credentials", "true"))
        assert Cors().headers_for("https://example.com", LAYER) == fields
        origin, _ = LAYER.origins
        assert Cors().headers_for(origin, LAYER) == (*fields, ("access-control-allow-origin", origin))

    def test_a_page_of_this_machine_may_read_all_the_same(self) -> None:
        *_, allowed, exposed = Cors().headers_for("null", LAYER)
        assert allowed == ("access-control-allow-origin", "null")
        assert exposed[0] == "access-control-expose-headers"

    @pytest.mark.parametrize("origin", [None, "https://example.com", LAYER.origins[0]])
    def test_any_preflight(self, origin: str | None) -> None:
        names = [name for name, _ in Cors().preflight(origin, "x-foo", LAYER)]
        wanted = ["access-control-allow-credentials", "vary", "access-control-allow-methods"]
        assert names[:4] == [*wanted, "access-control-allow-headers"]
        assert names[4:] == (["access-control-allow-origin"] if origin in LAYER.origins else [])

    def test_a_preflight_of_this_machine(self) -> None:
        fields = dict(Cors().preflight("null", "x-foo", LAYER))
        assert fields["access-control-allow-origin"] == "null"
        assert "x-foo" in fields["access-control-allow-headers"]


class TestConfigured:
    def test_a_list_is_the_whole_list(self) -> None:
        cors = Cors(["https://app.example.com"])
        assert cors.allows("https://app.example.com")
        for origin in ("http://localhost", "null", "https://app.example.com:8443", "https://x.app.example.com"):
            assert not cors.allows(origin)

    def test_none(self) -> None:
        assert not Cors([]).allows("http://localhost")

    @pytest.mark.parametrize("origin", ["https://example.com", "null", "http://localhost"])
    def test_a_star_is_everybody(self, origin: str) -> None:
        assert dict(Cors(["*"]).headers_for(origin))["access-control-allow-origin"] == origin


class TestPreflight:
    def test_what_a_chat_client_needs(self) -> None:
        wanted = "authorization,content-type,x-mock-ares-scenario"
        fields = dict(Cors().preflight("http://localhost:5173", wanted))
        allowed = fields["access-control-allow-headers"].split(", ")
        assert {"authorization", "content-type", "accept", "x-mock-ares-scenario"} <= set(allowed)
        assert len(allowed) == len(set(allowed))
        assert "POST" in fields["access-control-allow-methods"].split(", ")
        assert fields["access-control-allow-private-network"] == "true"
        assert int(fields["access-control-max-age"]) > 0

    def test_other_headers_are_allowed_when_asked_for(self) -> None:
        fields = dict(Cors().preflight("null", "X-Trace , cache-control,, bad name,\x01,é"))
        allowed = fields["access-control-allow-headers"].split(", ")
        assert allowed[-2:] == ["x-trace", "cache-control"]

    def test_others_get_nothing(self) -> None:
        for origin in ("https://example.com", None):
            assert Cors().preflight(origin, "") == (("vary", "origin"),)


def test_a_head_that_varies_already_varies_by_both() -> None:
    head = Head(200, (("vary", "accept-encoding"), ("access-control-allow-origin", "*")))
    lines = render_head(head, Cors().headers_for("null")).decode().split("\r\n")
    assert [line for line in lines if line.startswith("vary")] == ["vary: accept-encoding", "vary: origin"]
    assert [line for line in lines if "allow-origin" in line] == ["access-control-allow-origin: *"]

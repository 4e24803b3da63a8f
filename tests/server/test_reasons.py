"""Why a request was refused: in the journal, the console and the terminal, and never with a secret."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import jwt
import pytest

from mock_ares.ares.credentials import SECRET, Keyring
from mock_ares.ares.errors import HttpError
from mock_ares.ares.profiles import PROFILES
from mock_ares.ares.refusal_reasons import credentials, moment, no_such_path, offer
from mock_ares.control.serializers import request_json
from mock_ares.server.hosting.log_lines import line
from mock_ares.server.transport.header_fields import Fields
from tests.server.live import Live

NOW = 2_209_032_000.0  # 2040-01-01T12:00:00Z
LIKELY = {"sub": "u", "email": "e", "iat": 1, "exp": int(NOW) + 900}


def signed(secret: bytes = SECRET, algorithm: str = "HS256", **claims: object) -> str:
    given = {name: value for name, value in (LIKELY | claims).items() if value is not None}
    return jwt.encode(given, secret, algorithm)


def raw(payload: str, header: str = '{"alg":"HS256","typ":"JWT"}', secret: bytes = SECRET) -> str:
    """A token whose signature is right, and whose JSON is whatever it is."""
    encode = jwt.utils.base64url_encode
    body = encode(header.encode()) + b"." + encode(payload.encode())
    key = jwt.get_algorithm_by_name("HS256")
    return (body + b"." + encode(key.sign(body, key.prepare_key(secret)))).decode()


def claims(exp: str) -> str:
    return f'{{"sub":"u","email":"e","iat":1,"exp":{exp}}}'


TOKENS = {
    "expired": (signed(exp=1_798_537_600), "expired 2026-12-29T09:46:40Z, the clock says 2040-01-01T12:00:00Z"),
    "long ago": (signed(exp=-(2**60)), "expired 1970-01-01T00:00:00Z"),
    "another secret": (signed(secret=b"x" * 40), "signed with another secret"),
    "another algorithm": (jwt.encode(LIKELY, SECRET * 2, "HS512"), "not signed with HS256"),
    "no algorithm": (jwt.encode(LIKELY, "", "none") + "x", "not signed with HS256"),
    "no claim": (signed(exp=None), "no claim exp"),
    "a claim of another kind": (signed(exp="tomorrow"), "the claim exp of the JWT is not a whole number"),
    "a list": (signed(sub=["u"]), "the claim sub of the JWT is not a text"),
    "one part": ("eyJhbGciOiJIUzI1NiJ9", "it has 1 of three parts"),
    "no JSON": ("a.b.c", "no JSON in Base64"),
    "a refresh token": (Keyring(clock=lambda: NOW).issue_jwt(kind="refresh"), "a refresh token"),
    "a key": (Keyring().pair().api_key, "an API key on a route that takes JWTs"),
    "nothing": ("", "no token behind Bearer"),
}
BEYOND = ["1" + "0" * 400, "1" + "0" * 5000, "NaN", "Infinity", "1e999", "-1e999", "1.5", "true", "null", '"1"', "[1]"]


class TestTokens:
    @pytest.mark.parametrize("name", TOKENS)
    @pytest.mark.parametrize("profile", ["docs", "server"])
    def test_each_is_told_its_reason(self, name: str, profile: str) -> None:
        token, wanted = TOKENS[name]
        keyring = Keyring(profile=PROFILES[profile], clock=lambda: NOW)
        if name == "a refresh token" and profile == "server":
            return  # which cannot tell them apart
        assert isinstance(keyring.check_bearer(f"Bearer {token}"), HttpError)
        said = credentials(keyring, f"Bearer {token}", "jwt")
        assert wanted in said
        assert not token or token not in said

    @pytest.mark.parametrize("exp", [*BEYOND, str(2**63), str(-(2**63) - 1), "[" * 5000 + "]" * 5000])
    def test_no_claim_is_too_much(self, exp: str) -> None:
        keyring = Keyring(clock=lambda: NOW)
        for payload in (claims(exp), claims("5").replace('"iat":1', f'"iat":{exp}')):
            assert keyring.read_jwt(raw(payload)) == "malformed-token"
            assert "JWT" in credentials(keyring, f"Bearer {raw(payload)}", "jwt")

    @pytest.mark.parametrize("payload", ["", "5", "[]", '"x"', "null", "{", "{}"])
    def test_nor_any_payload(self, payload: str) -> None:
        assert Keyring().read_jwt(raw(payload)) == "malformed-token"

    @pytest.mark.parametrize(
        "header", ["{}", "[]", '{"alg":[]}', '{"alg":null}', '{"alg":"HS256","kid":5}', '{"alg":"HS256","crit":["x"]}',
                   '{"alg":"HS256","b64":false,"crit":["b64"]}', '{"alg":{"a":1}}'],
    )  # fmt: skip
    def test_nor_any_header(self, header: str) -> None:
        found = Keyring().read_jwt(raw(json.dumps(LIKELY), header))
        assert found in ("malformed-token", "bad-signature") or not isinstance(found, str)

    def test_a_huge_one_is_not_kept(self) -> None:
        from mock_ares.ares.credentials import _decoded

        before = _decoded.cache_info().currsize
        found = Keyring(clock=lambda: NOW).check_bearer(f"Bearer {signed(sub='u' * 200_000)}")
        assert not isinstance(found, HttpError)
        assert len(found.token_id) < 100
        assert _decoded.cache_info().currsize == before


KEYS = {
    "expired": (Keyring(clock=lambda: 1e9).issue_api_key(lifetime=5), "expired 2001-09-09T01:46:45Z, the clock says"),
    "unknown": ("ares_" + "0" * 80, "nobody made here"),
    "cut": ("ares_00", "nobody made here"),
    "a JWT": (signed(), "a JWT on a route that takes API keys"),
    "another": ("sk-123", "begins with ares_"),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys(name: str) -> None:
    key, wanted = KEYS[name]
    assert isinstance(Keyring().check_api_key(f"Bearer {key}"), HttpError)
    said = credentials(Keyring(), f"Bearer {key}", "api-key")
    assert wanted in said
    assert key not in said


def test_a_key_that_was_revoked() -> None:
    keyring = Keyring()
    key = keyring.pair().api_key
    keyring.revoke(key)
    assert credentials(keyring, f"Bearer {key}", "api-key") == "the API key was revoked"


SCHEMES = {
    None: "no Authorization field",
    "": "no Authorization field",
    "Basic aHVudGVyMg==": "the scheme of the Authorization field is Basic, not Bearer",
    "bearer hunter2": "the scheme of the Authorization field is bearer, not Bearer",
    "hunter2": "neither Bearer",
    "hunter2!": "neither Bearer",
    signed(): "a token without the scheme",
    "ares_hunter2": "a token without the scheme",
}


@pytest.mark.parametrize("value", SCHEMES)
@pytest.mark.parametrize("wanted", ["jwt", "api-key"])
def test_schemes(value: str | None, wanted: Any) -> None:
    said = credentials(Keyring(), value, wanted)
    assert SCHEMES[value] in said
    assert "hunter2" not in said


@pytest.mark.parametrize("seconds", [0, -5, 1e300, math.inf, 2**62])
def test_any_moment_can_be_told(seconds: float) -> None:
    assert moment(seconds).endswith("Z")


def test_paths() -> None:
    known = ("/api/chat/stream", "/api/chat", "/health")
    assert no_such_path("/api/chat/steam", known) == "there is no such path; did you mean /api/chat/stream?"
    assert no_such_path("/api/chats", known) == "there is no such path; did you mean /api/chat?"
    assert no_such_path("/xyzzy", known) == "there is no such path"
    assert no_such_path("/api/chat" * 10_000, known) == "there is no such path"
    assert "WebSocket" in offer(Fields([("upgrade", "WebSocket")]))
    assert offer(Fields([("upgrade", "h2c")])) == ""


def test_all_who_look_on_are_told(ares: Live) -> None:
    token = ares.fake.keyring.issue_jwt(lifetime=-1000)
    expires = moment(int(time.time()) - 1000)[:16]
    assert ares.ask(authorization=f"Bearer {token}").status == 401
    exchange = ares.last
    assert exchange.reason.startswith(f"expired {expires}")
    assert exchange.reason in line(exchange)
    assert request_json(exchange, "")["reason"] == exchange.as_dict()["reason"] == exchange.reason
    assert ares.send("POST", "/api/chat/steam", b"{}").status == 404
    assert ares.last.reason.endswith("did you mean /api/chat/stream?")
    ares.send("GET", "/api/chat/stream", authorization=ares.bearer("/api/chat/stream"))
    assert ares.last.reason == "expected POST, not GET"


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_a_page_that_may_not_read_the_answer(ares: Live, method: str) -> None:
    asked = {"access_control_request_method": "POST"} if method == "OPTIONS" else {}
    ares.send(method, "/api/chat/stream", b"{}", origin="https://app.example", **asked)
    if method == "POST":  # that it has no token comes first
        assert ares.last.reason == "no Authorization field"
        ares.ask(origin="https://app.example")
    assert (
        ares.last.reason == "a page of https://app.example may not read it (CORS): --cors https://app.example allows it"
    )
    for origin in ("http://localhost:5173", "null", ares.server.url):
        ares.ask(origin=origin)
        assert ares.last.reason == ""

"""Registering, logging in, refreshing, logging out, and what runs out."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest

from tests.ares.routes.frontend import EMAIL, PASSWORD, Frontend, error

FAILED = "AUTHENTICATION_FAILED"
BAD_TOKEN = {"error": "Invalid or expired token", "code": "AUTH_INVALID_TOKEN"}


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


class TestRegister:
    def test_what_comes_back(self, page: Frontend) -> None:
        got = page.register()
        assert got.status == 200
        if page.docs:
            assert got.json == {"message": "Registration successful", "user_id": got.json["user_id"]}
            assert got.json["user_id"].startswith("usr_")
        else:
            assert list(got.json) == ["access_token", "refresh_token", "expires_in"]
            assert got.json["expires_in"] == 900
            assert page.get("/api/memory", bearer=got.json["access_token"]).status == 200

    def test_a_user_has_the_same_id_each_time(self, page: Frontend) -> None:
        page.enter()
        user = page.get("/api/memory").json["user_id"]
        page.ares.fake.stores.clear()
        page.enter()
        assert page.get("/api/memory").json["user_id"] == user
        page.enter("bob@example.com")
        assert page.get("/api/memory").json["user_id"] != user

    def test_somebody_who_is_there(self, page: Frontend) -> None:
        page.register()
        said = {"error": "User already exists"}
        assert error(page.register()) == ((409, said) if page.docs else (400, {**said, "code": "INVALID_INPUT"}))

    @pytest.mark.parametrize(("email", "password"), [("", PASSWORD), (EMAIL, "short"), (EMAIL, "")])
    def test_too_little(self, page: Frontend, email: str, password: str) -> None:
        said = {"error": "Email required and password must be at least 8 characters"}
        code = {} if page.docs else {"code": "INVALID_INPUT"}
        assert error(page.register(email, password)) == (400, said | code)

    def test_the_server_counts_bytes(self, page: Frontend) -> None:
        assert page.register(password="äöüß").status == (400 if page.docs else 200)

    @pytest.mark.parametrize("email", ["notanemail", " ", "ä@例え.jp", "x" * 5000, "ann@example.com\n"])
    def test_any_text_is_an_address(self, page: Frontend, email: str) -> None:
        page.enter(email)
        assert page.get("/api/memory").status == 200
        assert claims(page.bearer or "")["email"] == email

    def test_case_counts(self, page: Frontend) -> None:
        page.register()
        assert page.register(EMAIL.upper()).status == 200


class TestLogin:
    def test_what_comes_back(self, page: Frontend) -> None:
        page.register()
        tokens = page.tokens()
        assert list(tokens) == ["access_token", "refresh_token", "expires_in"]
        assert tokens["expires_in"] == 900
        assert claims(tokens["access_token"])["exp"] == int(page.clock.now) + 900
        assert tokens["refresh_token"].startswith("rt_" if page.docs else "eyJ")

    @pytest.mark.parametrize(("email", "password"), [(EMAIL, "wrong"), ("nobody", PASSWORD), (EMAIL, ""), ("", "")])
    def test_somebody_else(self, page: Frontend, email: str, password: str) -> None:
        page.register()
        got = page.post("/api/auth/login", {"email": email, "password": password})
        assert error(got) == (401, {"error": "Invalid credentials"} | ({} if page.docs else {"code": FAILED}))

    def test_again_and_again(self, page: Frontend) -> None:
        page.register()
        found = [page.tokens()["refresh_token"] for _ in range(3)]
        assert len(set(found)) == 3


class TestRefresh:
    def refresh(self, page: Frontend, token: str) -> Any:
        return page.post("/api/auth/refresh", {"refresh_token": token})

    def test_the_server_takes_a_token_once(self, server_page: Frontend) -> None:
        """Also where both were issued in the same second."""
        server_page.register()
        first = server_page.tokens()["refresh_token"]
        got = self.refresh(server_page, first)
        assert (got.status, list(got.json)) == (200, ["access_token", "refresh_token", "expires_in"])
        used = {"error": "Refresh token has been revoked or expired", "code": FAILED}
        assert error(self.refresh(server_page, first)) == (401, used)
        assert self.refresh(server_page, got.json["refresh_token"]).status == 200
        assert server_page.get("/api/memory", bearer=got.json["access_token"]).status == 200

    def test_the_pages_keep_it(self, docs_page: Frontend) -> None:
        """Their sample clients do: nothing else comes back."""
        docs_page.register()
        token = docs_page.tokens()["refresh_token"]
        for _ in range(3):
            docs_page.clock.now += 1000
            got = self.refresh(docs_page, token)
            assert (got.status, list(got.json)) == (200, ["access_token", "expires_in"])
            assert docs_page.get("/api/memory", bearer=got.json["access_token"]).status == 200

    @pytest.mark.parametrize(("docs_after", "server_after"), [(604_799, 899), (604_801, 901)])
    def test_how_long_it_lasts(self, page: Frontend, docs_after: int, server_after: int) -> None:
        page.register()
        token = page.tokens()["refresh_token"]
        page.clock.now += docs_after if page.docs else server_after
        assert self.refresh(page, token).status == (200 if docs_after == 604_799 else 401)

    def test_after_the_logout(self, page: Frontend) -> None:
        page.register()
        token = page.tokens()["refresh_token"]
        assert page.post("/api/auth/logout", {"refresh_token": token}).json == {"message": "Logged out successfully"}
        used = {"error": "Refresh token has been revoked or expired", "code": FAILED}
        assert error(self.refresh(page, token)) == (401, BAD_TOKEN if page.docs else used)

    def test_any_text_can_be_given_up(self, page: Frontend) -> None:
        assert page.post("/api/auth/logout", {"refresh_token": "x"}).status == 200

    def test_one_that_no_login_gave(self, page: Frontend) -> None:
        token = page.ares.fake.keyring.issue_jwt(kind="refresh")
        used = {"error": "Refresh token has been revoked or expired", "code": FAILED}
        assert error(self.refresh(page, token)) == (401, BAD_TOKEN if page.docs else used)

    @pytest.mark.parametrize(
        ("token", "kind"),
        [
            ("", "InvalidToken"),
            ("invalid_token_here", "InvalidToken"),
            ("a.b", "InvalidToken"),
            ("!.b.c", "Base64 error: Invalid symbol 33, offset 0."),
            ("a.b.c", "Base64 error: Invalid input length: 1"),
            ("a.b.c.d", "Base64 error: Invalid symbol 46, offset 1."),
            ("ab.c.d", "Base64 error: Invalid last symbol 98, offset 1."),
            ("abc=.c.d", "Base64 error: Invalid padding"),
            ("ab=c.c.d", "Base64 error: Invalid symbol 61, offset 2."),
            ("a===.c.d", "Base64 error: Invalid symbol 61, offset 1."),
            ("eyJh.c.d", "JSON error: EOF while parsing a string at line 1 column 3"),
            ("e30.e30.x", "JSON error: missing field `alg` at line 1 column 2"),
            ("eyJhbGciOiJIUzUxMiJ9.e30.x", "InvalidAlgorithm"),
            ("eyJhbGciOiJIUzI1NiJ9.e30." + "A" * 43, "InvalidSignature"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.e30", "InvalidSignature"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.x", "Base64 error: Invalid input length: 1"),
        ],
    )
    def test_one_that_is_none(self, page: Frontend, token: str, kind: str) -> None:
        said = {"error": f"Invalid token: {kind}", "code": FAILED}
        assert error(self.refresh(page, token)) == (401, BAD_TOKEN if page.docs else said)

    def test_one_of_another_audience(self, server_page: Frontend) -> None:
        now, ring = int(time.time()), server_page.ares.fake.keyring
        claims = {"sub": "s", "email": "e", "exp": now + 60, "iat": now, "aud": "others"}
        token = jwt.encode(claims, ring._hmac_secret, algorithm="HS256")
        assert error(self.refresh(server_page, token)) == (
            401,
            {"error": "Invalid token: InvalidAudience", "code": FAILED},
        )

    def test_one_that_has_expired(self, server_page: Frontend) -> None:
        token = server_page.ares.fake.keyring.issue_jwt(kind="refresh", lifetime=-3600)
        said = {"error": "Invalid token: ExpiredSignature", "code": FAILED}
        assert error(self.refresh(server_page, token)) == (401, said)

    def test_one_that_was_revoked(self, page: Frontend) -> None:
        page.register()
        token = page.tokens()["refresh_token"]
        page.ares.fake.keyring.revoke(token)
        assert self.refresh(page, token).status == 401


def test_an_access_token_runs_out(page: Frontend) -> None:
    page.enter()
    page.clock.now += 900
    assert page.get("/api/memory").status == 200
    page.clock.now += 1 if page.docs else 61
    assert error(page.get("/api/memory")) == (401, BAD_TOKEN if page.docs else {"error": "Unauthorized"})


def test_a_refresh_token_as_an_access_token(page: Frontend) -> None:
    page.register()
    got = page.get("/api/memory", bearer=page.tokens()["refresh_token"])
    assert got.status == (401 if page.docs else 200)


@pytest.mark.parametrize(
    ("path", "body", "docs", "server"),
    [
        ("register", {"email": "e", "password": "p"}, "name", "missing field `name` at line 1 column 31"),
        ("login", {"email": "e"}, "password", "missing field `password` at line 1 column 14"),
        ("refresh", {}, "refresh_token", "missing field `refresh_token` at line 1 column 2"),
        ("logout", {}, "refresh_token", "missing field `refresh_token` at line 1 column 2"),
        ("refresh", [], "refresh_token", "expected struct RefreshTokenRequest with 1 element at line 1 column 2"),
    ],
)
def test_a_body_that_lacks_something(page: Frontend, path: str, body: Any, docs: str, server: str) -> None:
    got = page.post(f"/api/auth/{path}", body)
    if page.docs:
        assert error(got) == (400, {"error": f"Missing required field: {docs}"})
    else:
        assert got.status == 422
        assert got.text.startswith("Failed to deserialize the JSON body into the target type: ")
        assert got.text.endswith(server)


def test_no_secret_in_the_journal(page: Frontend) -> None:
    page.register()
    tokens = page.tokens()
    page.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    page.post("/api/auth/logout", {"refresh_token": tokens["refresh_token"]})
    kept = repr([exchange.as_dict() for exchange in page.ares.server.requests()])
    for secret in (PASSWORD, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in kept
    assert EMAIL in kept


def test_whoever_looks_on_sees_no_secret(page: Frontend) -> None:
    """The control API shows what was sent, to the byte."""
    page.get("/_mock/api/requests")  # from now on there is somebody
    page.register()
    first = page.tokens()
    second = page.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]}).json
    key = page.with_key().post(f"{page.v1}/api-keys", {"name": "x"}).json["secret"]
    page.bearer = None
    rows = page.get("/_mock/api/requests").json["requests"]
    seen = [page.get(f"/_mock/api/requests/{row['number']}").text for row in rows]
    assert any("****" in text and "expires_in" in text for text in seen)
    for secret in (*first.values(), *second.values(), key):
        assert secret == 900 or not any(secret in text for text in seen)

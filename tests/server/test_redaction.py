"""The journal keeps no secret. A new spelling is one more row."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.ares.credentials import Keyring
from mock_ares.control.serializers import request_json
from mock_ares.server.hosting.log_lines import line
from mock_ares.server.record import redaction
from mock_ares.server.record.journal import MOST_BODY, kept_body, kept_headers
from tests.growth import LINEAR, growth
from tests.server.live import Live

PAIR = Keyring().pair()
TOKEN, KEY = PAIR.token, PAIR.api_key
SECRET = "hunter2SECRET9x"

TEXTS = [
    '{"name": "password", "value": "@"}', '[{"key":"api_key","value":"@"}]', '{"field": "clientSecret", "text":"@"}',
    # queries and forms
    "password=@", "Password=@&x=1", "PASSWORD=@", "a=1&passwd=@", "pwd=@", "pass=@", "passphrase=@", "client_secret=@",
    "clientSecret=@", "client-secret=@", "client.secret=@", "CLIENTSECRET=@", "apiKey=@", "api_key=@", "api-key=@",
    "APIKEY=@",
    "key=@&page=1", "?key=@", "?TOKEN=@", "access_token=@", "accessToken=@", "refreshToken=@", "id_token=@", "sid=@",
    "session_id=@", "SessionID=@", "jwt=@", "auth=@", "sig=@", "x-amz-signature=@", "private_key=@", "accessKey=@",
    "_csrf=@",
    "otp=@", "user[password]=@", "user.password=@", "password= @", "password : @", "x;token=@", "credentials=@",
    # percent escapes, once and twice
    "pass%77ord=@", "password%3D@%26x%3D1", "%70assword%3d@", "%22password%22%3A%22@%22", "token%253D@",
    "url=%3Ftoken%3D@",
    # JSON and what looks like it
    '{"password":"@"}', '{"Password" : "@"}', '{"x":{"y":{"apiKey":"@"}}}', '{"api-key":\n"@"}',
    '{"clientSecret": "@", "a": 1}',
    '{"password":["@","x"]}', '{"password":{"value":"@"}}', '{"pass\\u0077ord":"@"}',
    '{"a":"{\\"password\\":\\"@\\"}"}',
    '{"token":"a\\"@"}', '{"secret":"@', "{'password': '@'}", '{"pin": @}', '{"refresh_token" : "@"}',
    '{"tokens":{"key":"@"}}',
    # lines of fields
    "Authorization: Bearer @\r\nX: y", "authorization: @ Bearer",
    "Authorization: Digest username=x, response=@\r\nx: y",
    "Cookie: a=b; sid=@; c=d\r\n", "Set-Cookie: x=@; Path=/", "X-Auth-Token: @", "Proxy-Authorization: Basic @",
    # other forms
    "my password: @", "the token is here, token: @", "http://user:@@host/", "<password>@</password>",
    "<a password='@'/>",
    'Content-Disposition: form-data; name="password"\r\n\r\n@\r\n--b', "Bearer @", "bearer @", "Basic @", "a=Bearer+@",
    "password:\n  @", "https://x/?token=@#y",
    # wherever space may stand, and whatever else may stand in a value
    '{"password"' + " " * 30 + ":" + "\n" * 30 + '"@"}',
    "password: |\n  @\n", "secret: >-\n  a\n  @", 'password = """a "@"""', "{:password => '@'}", '"password" => "@"',
    "password := @", "{password: `@`}",
    "password=true-@", '{"password": nullx@}', "password=[redacted]@",
    '{"Pass Phrase":"@"}', '{"pass word" : "@"}', '{"API Key":"@"}', '{"mfa_code":"@"}', '{"cvv":"@"}', "kennwort=@",
    '{"a":"{\\"b\\":\\"{\\\\\\"password\\\\\\":\\\\\\"@\\\\\\"}\\"}"}', '{"a":"{\\"password\\":\\"x\\\\\\"@\\"}"}',
    "{&quot;password&quot;:&quot;@&quot;}", "{&#34;token&#34;:&#x22;@&#x22;}", "<password><![CDATA[@]]></password>",
    "https://me:p@@@x/", "https://" + "m" * 200 + ":@@x/", "cmd --password @", "cmd --client-secret  @ x", "bearer, @",
    "Authorisation: @", "-----BEGIN RSA PRIVATE KEY-----\nMII@\n-----END RSA PRIVATE KEY-----",
    'content-disposition: form-data; NAME="password"\n\n@\n--b',
    'Content-Disposition: form-data; name="password"\r\nContent-Type: text/plain; ' + "x" * 400 + "\r\n\r\n@\r\n--b",
]  # fmt: skip
LINES = ["password = a @", "password: a b @", "  - secret: a @", "export DB_PASSWORD=a @", "password=a,@", "token=(@)",
         "password=a;@", "password=[a]@", 'password=a"@']  # fmt: skip
FIELDS = [
    ("authorization", "Bearer @"), ("authorization", "@"), ("authorization", "@ Bearer"), ("authorization", "basic @"),
    ("authorization", "Digest username=x, response=@"), ("proxy-authorization", "Basic @"), ("cookie",
    "sid=@; theme=dark"),
    ("cookie", "theme=dark; sid=@"), ("set-cookie", "sid=@"), ("x-api-key", "@ x"), ("x-api-key", "x @"),
    ("x-apikey", "@"),
    ("x-auth-token", "@"), ("x-csrf-token", "@"), ("x-admin-secret", "Bearer @"), ("x-goog-api-key", "@"),
    ("private-token", "@"),
    ("ocp-apim-subscription-key", "@"), ("x-amz-security-token", "@"), ("x-session", "@"), ("authentication", "@"),
    ("x-user-password", "@"), ("referer", "http://x/?token=@"), ("x-forwarded-uri", "/x?apiKey=@&y"), ("x-any",
    "password=@; b"),
    ("x-any", "Bearer @"), ("x-hub-signature-256", "sha256=@"), ("x-client-cert-password", "@"),
]  # fmt: skip
PATHS = ["/reset-password/@", "/api-key/@", "/token/@", "/a/password/@/b", "/x;token=@", "/secret/@", "/a/Api_Key=@"]
INNOCENT = [
    "", "eyJ", "eyJ.a", "ares_", "ares_xxx", "/api/chat?page=1", "Bearer of good news, é", "a password, a token",
    "max_tokens=5",
    "token_type=bearer", "Idempotency-Key: abc", "sec-websocket-key: x", "The key: practice", "keyboard=1", "author=me",
    "100% sure, 5% more", "%zz", "tokens: 5", "5:30 = x", "x-input-tokens: 4", '{"message":"what is a secret?"}',
    "a = b: c", "cmd --max-tokens 5 --name x", "a && b = c", "x => y", "Keys: a b c", "&quot;a&quot;",
    "https://example.com:8080/a?b=c", '{"password": null}',
]  # fmt: skip


@pytest.mark.parametrize("spelling", TEXTS)
@pytest.mark.parametrize("before", ["", "first line\nx=1&", '{"a": 1} '], ids=["alone", "behind a line", "behind JSON"])
def test_texts(spelling: str, before: str) -> None:
    assert SECRET not in redaction.text(before + spelling.replace("@", SECRET, 1))


@pytest.mark.parametrize("spelling", LINES)
def test_a_value_is_the_rest_of_a_line_that_a_name_begins(spelling: str) -> None:
    for before in ("", "first line\n", "a: b\r\n  "):
        kept = redaction.text(before + spelling.replace("@", SECRET) + "\nlast: line")
        assert SECRET not in kept and kept.startswith(before) and kept.endswith("last: line")


@pytest.mark.parametrize(("name", "value"), FIELDS)
def test_fields(name: str, value: str) -> None:
    for secret in (SECRET, TOKEN, KEY):
        ((_, kept),) = kept_headers([(name, value.replace("@", secret))])
        assert secret not in kept


@pytest.mark.parametrize("path", PATHS)
def test_paths(path: str) -> None:
    assert SECRET not in redaction.path(path.replace("@", SECRET))


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redaction.text(text) == text


@pytest.mark.parametrize(
    "path", ["/api/auth/token", "/api/chat/stream", "/api/user/api-keys/abc", "/v1/tokens/5", "/a/password-reset/x"]
)
def test_paths_that_stay(path: str) -> None:
    assert redaction.path(path) == path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("access-control-allow-credentials", "true"),
        ("Access-Control-Request-Headers", "authorization,x-api-key"),
    ],
)
def test_fields_of_cors_stay(name: str, value: str) -> None:
    assert redaction.header(name, value) == value


def test_the_scheme_is_kept() -> None:
    assert redaction.header("authorization", f"Bearer {TOKEN}") == "Bearer [redacted]"
    assert redaction.header("authorization", TOKEN) == "[redacted]"


FORMS = {
    "whole": TOKEN, "cut in the claims": TOKEN[:60], "cut in the header": TOKEN[:30],
    "without a signature": TOKEN.rpartition(".")[0],
    "dots escaped": TOKEN.replace(".", "%2E"), "dots escaped, lower case": TOKEN.replace(".", "%2e"),
    "all escaped": "".join(f"%{ord(each):02x}" for each in TOKEN), "escaped twice": quote(TOKEN.replace(".", "%2E")),
    "a key": KEY, "a refresh token": "rt_" + "a1b2" * 6,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", ["@", "a @ b", "q=@&x=1", "Bearer%20@", "/keys/@/x", '["@"]', "x@", "token_@"])
def test_tokens_in_any_form(form: str, around: str) -> None:
    if form in ("a key", "a refresh token") and around == "x@":
        return  # some other word
    found = redaction.text(around.replace("@", FORMS[form]))
    assert FORMS[form] not in found
    assert TOKEN[:30] not in found


@given(before=st.text(), after=st.text())
def test_wherever_a_token_stands_alone(before: str, after: str) -> None:
    assert TOKEN not in redaction.text(f"{before} {TOKEN} {after}")
    assert KEY not in redaction.text(f"{before} {KEY} {after}")


@given(st.text())
def test_any_text_can_be_redacted(text: str) -> None:
    redaction.text(text)
    redaction.path(text)
    assert len(redaction.body(text.encode())) >= 0


def test_what_the_end_of_the_kept_part_cuts() -> None:
    for size in range(MOST_BODY - 40, MOST_BODY + 5):
        assert b"hunter2" not in kept_body(b"x" * size + b'"password":"' + b'hunter2\\"' * 10)
        assert len(kept_body(b"x" * size)) == min(size, MOST_BODY)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"\0\1\2", b'{"password":"\xff\xfehunter2"}', "é=ü".encode("utf-16")])
def test_bodies_of_any_bytes(body: bytes) -> None:
    assert b"hunter2" not in kept_body(body)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig"])
def test_bodies_in_other_codings_of_json(coding: str) -> None:
    kept = kept_body(f'{{"message": "h\xe9", "password": "{SECRET}"}}'.encode(coding))
    assert SECRET not in kept.decode(coding) and "h\xe9" in kept.decode(coding)


PIECES = [
    " ", "\n", '\\"', "--", "-- a ", "--token ", "password:|\n ", "token: ", "&quot;", "-----BEGIN PRIVATE KEY-----",
    "`",
    '"""', "name=token\n\n", "token=&", "' \\", '\"token\" ', "token=>",
    "eyJ", "eyJa.", "eyJ-", "ares_", "password=", "=", ":", "password", "\\", "[", '{"a":', "%", "%3D", "%25", "<a>",
    "<a ", "://",
    "://a:", "Bearer ", 'name="password"\r\n\r\n', "token:[", "token={", 'token:"\\', "'", '"token":{"', "key:",
    "[[[token=[",
    "&token=", '"token":"', "a" * 50 + "=",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_twice_the_text_costs_about_twice(piece: str) -> None:
    assert growth(lambda count: redaction.text(piece * (count // len(piece) + 1)), 30_000) < LINEAR


def test_nobody_who_looks_on_sees_it(docs: Live) -> None:
    """The journal, the console and the control API, the terminal."""
    body = json.dumps({"message": f"my password: {SECRET}", "agent_type": f"token={SECRET}"}).encode()
    fields = {"cookie": f"a=b; sid={SECRET}", "x_auth_token": SECRET, "referer": f"http://x/?key={SECRET}"}
    docs.ask(f"/api/chat/stream?TOKEN={SECRET}&q=%70assword%3D{SECRET}", body, **fields)
    docs.send("GET", f"/token/{SECRET}", authorization=f"{SECRET} Bearer")
    for exchange in docs.server.requests():
        told = repr(exchange) + json.dumps(exchange.as_dict()) + json.dumps(request_json(exchange, "")) + line(exchange)
        assert SECRET not in told

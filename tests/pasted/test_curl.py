"""The curl lines that the fake prints, pasted as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.record.curl import again_line, ask_line
from mock_ares.server.record.journal import Exchange
from mock_ares.server.state import Settings
from mock_ares.sse import decode
from tests.pasted.conftest import Paste

pytestmark = pytest.mark.toolchain("curl")
JSON = {"content-type": "application/json", "accept": "text/event-stream"}
ODD = 'it\'s "quoted" $HOME `x` \\ \\n !! !x %s é 日\n\t'
REQUESTS: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
    "text": ("POST", "/api/chat/stream", b'{"message": "it\'s $HOME `x` \\\\ !! \\n \xc3\xa9"}', JSON),
    "lines": ("POST", "/api/chat/stream", b'{\n"message":\r\n"hi" }\n', JSON),
    "file": ("POST", "/api/chat", b"@/etc/passwd", JSON),
    "dash": ("POST", "/api/chat", b"-d", JSON),
    "tab": ("POST", "/api/chat/stream", b'{\t"message": "hi"}', JSON),
    "bytes": ("POST", "/api/chat", bytes(range(256)), JSON),
    "quotes": ("POST", "/api/chat", b"'" * 60_000, JSON),
    "long": ("POST", "/api/chat", "日".encode() * 20_000, JSON),
    "no type": ("POST", "/api/chat", b"{}", {}),
    "empty": ("POST", "/api/chat", b"", JSON),
    "put": ("PUT", "/nowhere", b"", {}),
    "head": ("HEAD", "/health", b"", {"accept": "*/*"}),
    "options": ("OPTIONS", "/api/chat/stream", b"", {}),
    "star": ("OPTIONS", "*", b"", {}),
    "delete": ("DELETE", "/api/conversations/it's", b"", {}),
    "brackets": ("GET", "/health?a[]=1&b={x,y}&c=[1-3]&d='$HOME'", b"", {}),
    "dots": ("GET", "/api/../health/./x", b"", {}),
    "escapes": ("GET", "/a%20b%25%C3%A9%23%3Fc;d", b"", {}),
    "no value": ("GET", "/health", b"", {"x-empty": ""}),
    "values": ("GET", "/health", b"", {"x-a": 'it\'s "b" $HOME; \\', "x-utf": "é日".encode().decode("latin-1")}),
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as server:
        yield server


def asked(fake: FakeServer, method: str, target: str, body: bytes, fields: dict[str, str]) -> Exchange:
    connection = HTTPConnection(fake.url.removeprefix("http://"), timeout=20)
    credentials = {"authorization": f"Bearer {fake.credentials().token}"}
    connection.request(method, target, body, {"accept-encoding": "identity", **credentials, **fields})
    connection.getresponse().read()
    connection.close()
    return fake.requests()[-1]


def said(exchange: Exchange) -> dict[str, Any]:
    """What a request said, but for what tells one program from another."""
    programs = {"host", "user-agent", "authorization", "accept-encoding", "content-length", "connection"}
    headers = sorted(field for field in exchange.headers if field[0] not in programs)
    names = ("method", "path", "query", "body", "message")
    return {"headers": headers, **{name: getattr(exchange, name) for name in names}}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_asked_again(name: str, fake: FakeServer, paste: Paste) -> None:
    first = asked(fake, *REQUESTS[name])
    paste(again_line(first, fake.url), ARES_TOKEN=fake.credentials().token)
    again = fake.requests()[-1]
    assert again.number == first.number + 1
    assert said(again) == said(first)
    assert (again.status, again.credentials) == (first.status, first.credentials)


@pytest.mark.parametrize("message", ["hi", ODD, "\0\x1b[31m\u2028\U0001f469"])
def test_a_question_is_asked(message: str, fake: FakeServer, paste: Paste) -> None:
    line = ask_line(fake.url, fake.credentials().token, message)
    assert "".join(event.data for event in decode(paste(line).encode())).startswith("Neural networks learn")
    assert fake.requests()[-1].message == message


def test_the_address_is_quoted_and_no_proxy_is_asked(fake: FakeServer, paste: Paste, monkeypatch: Any) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert "data: " in paste(ask_line(fake.url, fake.credentials().token, "hi"))
    assert "'http://[::1]:3000/api/chat/stream'" in ask_line("http://[::1]:3000", "token", "hi")

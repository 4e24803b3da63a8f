"""A fake over real sockets, and clients that do just what they are told."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest

from mock_ares.dialects import DIALECTS
from mock_ares.scenario.model import Scenario
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.record.journal import Exchange
from mock_ares.server.state import Settings

PATIENCE = 60.0
"""Seconds after which a test is taken to hang. No test waits this long when all is well."""
PATHS = {
    "/api/chat/stream": "jwt",
    "/v1/chat/stream": "api-key",
    "/api/v1/chat/stream": "api-key",
    "/api/chat": "jwt",
    "/v1/chat": "api-key",
    "/api/v1/chat": "api-key",
}
STREAMS = [path for path in PATHS if path.endswith("/stream")]
WHOLES = [path for path in PATHS if not path.endswith("/stream")]
SAY_HI = b'{"message":"hi"}'


@dataclass(frozen=True, slots=True)
class Got:
    """A response, read to its end."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Live:
    """A running fake and one pair of credentials."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.fake = server.fake
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        self.address = (host, int(port))
        self.host = f"{host}:{port}"
        self.renew()

    def renew(self) -> None:
        """Another pair of credentials."""
        self.credentials = self.server.credentials()

    @property
    def id(self) -> str:
        return self.credentials.id

    def bearer(self, path: str) -> str:
        key = PATHS.get(path) == "api-key"
        return f"Bearer {self.credentials.api_key if key else self.credentials.token}"

    def connection(self) -> HTTPConnection:
        return HTTPConnection(*self.address, timeout=PATIENCE)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        on: HTTPConnection | None = None,
        /,
        **headers: str,
    ) -> Got:
        """A request with these headers alone; an underscore in a name is a hyphen."""
        connection = on or self.connection()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        got = Got(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        if on is None:
            connection.close()
        return got

    def ask(self, path: str = "/api/chat/stream", body: Any = SAY_HI, **headers: str) -> Got:
        """A chat request with credentials."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"authorization": self.bearer(path), "content_type": "application/json"} | headers
        return self.send("POST", path, data, **fields)

    def head(self, path: str, length: int, *more: str, method: str = "POST") -> bytes:
        """The head of a chat request, as bytes."""
        fields = [f"host: {self.host}", f"authorization: {self.bearer(path)}", "content-type: application/json"]
        lines = [f"{method} {path} HTTP/1.1", *fields, f"content-length: {length}", *more, "", ""]
        return "\r\n".join(lines).encode()

    def request(self, path: str = "/api/chat/stream", body: bytes = SAY_HI, *more: str) -> bytes:
        """A whole chat request, as bytes."""
        return self.head(path, len(body), *more) + body

    def socket(self) -> socket.socket:
        return socket.create_connection(self.address, PATIENCE)

    def raw(self, data: bytes) -> bytes:
        """Whatever comes back until the server closes the connection; ``data`` should ask it to."""
        with self.socket() as connection:
            connection.sendall(data)
            return read_all(connection)

    @property
    def exchanges(self) -> list[Exchange]:
        return self.server.requests(self.id)

    @property
    def last(self) -> Exchange:
        return self.server.requests()[-1]

    def tasks(self) -> int:
        """Tasks in the server's loop beside its own two."""

        async def count() -> int:
            return len(asyncio.all_tasks()) - 2

        return asyncio.run_coroutine_threadsafe(count(), self.server.loop).result(PATIENCE)


def read_all(connection: socket.socket) -> bytes:
    """To the connection's end, which may be a reset."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        parts.append(b"<reset>")
    return b"".join(parts)


def until(condition: Callable[[], bool]) -> None:
    """Waits for what another thread brings about."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.002)


@contextmanager
def live(caplog: pytest.LogCaptureFixture, scenarios: Iterable[Scenario] = (), **settings: Any) -> Iterator[Live]:
    """A fake at infinite speed. At the end nothing is open, no task is left and nothing was logged."""
    caplog.set_level(logging.WARNING)
    with FakeServer(Settings(**{"speed": math.inf} | settings), scenarios) as server:
        found = Live(server)
        yield found
        until(lambda: server.fake.open_streams == 0)
        until(lambda: found.tasks() == 0)
    assert [record.getMessage() for record in caplog.records] == []


def said(got: Got, dialect: str = "text") -> str:
    """What a stream says, to its end."""
    assert (got.status, got.headers["content-type"]) == (200, "text/event-stream")
    decoded = DIALECTS[dialect].decode(got.body)
    assert decoded.complete
    return decoded.text

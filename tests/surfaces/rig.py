"""Raw bytes to a fake on either parser, in segments that it reads one by one, and everything that comes of them."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mock_ares.scenario.model import Scenario
from mock_ares.server.hosting.app import create_app
from mock_ares.server.hosting.loop import Server
from mock_ares.server.record.journal import Exchange
from mock_ares.server.state import FakeState, Settings
from mock_ares.server.transport.uvicorn_config import h11_protocol, httptools_protocol

PATIENCE = 60
"""Seconds after which a test is taken to hang. No test waits this long when all is well."""
PARSERS = {"httptools": httptools_protocol, "h11": h11_protocol}
CHAT = "/api/chat"
PROBE = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
SAY_HI = b'{"message":"hi"}'


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some bytes."""

    responses: tuple[Response, ...]
    end: str
    """Of the connection: open, fin or reset."""
    exchanges: tuple[Exchange, ...]

    @property
    def statuses(self) -> list[int]:
        return [response.status for response in self.responses]


class Rig:
    """One fake, whose connections count what they have read."""

    def __init__(self, parser: str, scenarios: tuple[Scenario, ...] = (), **settings: Any) -> None:
        self.fake = FakeState.make(Settings(**{"speed": math.inf} | settings), scenarios)
        self._read = 0
        self._changed = threading.Condition()
        self._lost = False
        rig = self

        class Counting(PARSERS[parser]()):  # type: ignore[misc]  # either parser's class
            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                rig._note(len(data))

            def connection_made(self, transport: asyncio.Transport) -> None:
                rig._lost = False
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                super().connection_lost(error)
                rig._note(0, lost=True)

        self.server = Server(create_app(fake=self.fake), http=Counting, on_start=self._started)
        host, _, port = self.server.url.removeprefix("http://").rpartition(":")
        self.address = (host, int(port))
        self.credentials = self.fake.keyring.pair()
        self.loop: asyncio.AbstractEventLoop

    @property
    def as_ares(self) -> bool:
        """Whether it says what ARES's server does, also to what is no request."""
        return self.fake.profile.name == "server"

    def _started(self) -> None:
        self.loop = asyncio.get_running_loop()

    def _note(self, size: int, *, lost: bool = False) -> None:
        with self._changed:
            self._read += size
            self._lost = self._lost or lost
            self._changed.notify_all()

    def chat(self, *fields: str, body: bytes = SAY_HI, method: str = "POST", framed: bool = True) -> bytes:
        """A chat request as bytes; ``framed``: it says how long its body is."""
        length = (f"content-length: {len(body)}",) if framed else ()
        known = ("host: x", f"authorization: Bearer {self.credentials.token}", "content-type: application/json")
        return "\r\n".join((f"{method} {CHAT} HTTP/1.1", *known, *length, *fields, "", "")).encode() + body

    def send(self, *segments: bytes, responses: int = 1, half_close: bool = False) -> Outcome:
        """Sends segments, each of which is read by itself, and takes so many responses, or fewer if it is closed."""
        read, first, self._lost = self._read, self.fake.journal.last, False
        with socket.create_connection(self.address, PATIENCE) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = Reader(connection)
            for segment in segments:
                with contextlib.suppress(ConnectionError):  # it may have been refused by now
                    connection.sendall(segment)
                    read += len(segment)
                    self._wait(read)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            found = reader.take(responses)
            ended = bool(reader.end)
            if half_close or (found and found[-1].headers.get("connection") == "close"):
                found += reader.take(1)
            elif not ended:
                with contextlib.suppress(ConnectionError):
                    connection.sendall(PROBE)
                more = reader.take(2)
                if more:  # else it had ended, which nobody had heard of
                    assert reader.end == "fin"
                    reader.end = "open" if [each.status for each in more] == [200] else f"open, and {more}"
        return Outcome(tuple(found), reader.end, tuple(self.settled(first)[: len(found) or 1]))

    def leave(self, data: bytes) -> None:
        """Sends data, closes the socket when it has been read, and waits until the connection is no more."""
        read, self._lost = self._read + len(data), False
        with socket.create_connection(self.address, PATIENCE) as connection:
            connection.sendall(data)
            self._wait(read)
        with self._changed:
            assert self._changed.wait_for(lambda: self._lost, PATIENCE), "nobody notices that the client has left"

    def _wait(self, read: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._read >= read or self._lost, PATIENCE), "it is not read"

    def settled(self, behind: int) -> list[Exchange]:
        """The exchanges behind a number, once they have ended."""
        deadline = time.monotonic() + PATIENCE
        while any(each.ending == "open" for each in self.fake.journal.since(behind)):
            assert time.monotonic() < deadline, "an exchange does not end"
            time.sleep(0.001)
        return self.fake.journal.since(behind)

    def __enter__(self) -> Rig:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self.fake.clock.close()


class Reader:
    """Takes HTTP/1.1 responses from a socket, to its end."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._data = b""
        self.end = ""
        """How the server has ended the connection: fin or reset."""

    def take(self, count: int) -> list[Response]:
        """So many final responses, or fewer before the end."""
        found = list[Response]()
        while len(found) < count and (self._data or self._more()):
            response = self._response()
            if response.status >= 200:
                found.append(response)
        return found

    def _response(self) -> Response:
        line, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        fields = dict(each.lower().split(": ", 1) for each in lines)
        status = int(line.split(" ")[1])
        if fields.get("transfer-encoding") == "chunked":
            return Response(status, fields, b"".join(self._chunks()))
        empty = status == 204 or status < 200
        return Response(status, fields, self._bytes(0 if empty else int(fields["content-length"])))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._until(b"\r\n"), 16):
            yield self._bytes(size)
            self._until(b"\r\n")
        self._until(b"\r\n")

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._data:
            assert self._more(), f"ends within {self._data!r}"
        found, _, self._data = self._data.partition(mark)
        return found

    def _bytes(self, count: int) -> bytes:
        while len(self._data) < count:
            assert self._more(), f"ends within {self._data!r}"
        found, self._data = self._data[:count], self._data[count:]
        return found

    def _more(self) -> bool:
        if not self.end:
            try:
                piece = self._connection.recv(65536)
            except ConnectionResetError:
                self.end = "reset"
            else:
                self._data += piece
                self.end = "" if piece else "fin"
        return not self.end

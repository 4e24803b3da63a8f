"""A client of HTTP/2 that reads what comes on its connection, in as many reads as it comes in."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

from mock_ares.server.hosting.in_thread import FakeServer

Field = tuple[str, str]


class Ear:
    """Speaks by h2, and hears raw bytes: a frame at a time, split by read."""

    def __init__(self, fake: FakeServer, *, window: int = 2**20, connection: socket.socket | None = None) -> None:
        host, port = fake.url.rpartition("/")[2].rsplit(":", 1)
        self.host = f"{host}:{port}"
        self.socket = connection or socket.create_connection((host, int(port)), timeout=20)
        self.socket.settimeout(20)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.local_settings = Settings(client=True, initial_values={SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(2**24)
        self.reads: list[bytes] = []
        self.ending = "open"
        self._data = b""
        self.tell()

    def __enter__(self) -> Ear:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def tell(self) -> None:
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(
        self,
        path: str = "/api/chat/stream",
        fields: Iterable[Field] = (),
        body: bytes | None = None,
        method: str = "POST",
    ) -> int:
        """Sends a request; the number of its stream."""
        number = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":path", path), (":scheme", "http"), (":authority", self.host), *fields]
        self.h2.send_headers(number, head, end_stream=body is None)
        if body is not None:
            self.h2.send_data(number, body, end_stream=True)
        self.tell()
        return number

    def read(self) -> bytes:
        """What one read brings; empty: the connection has ended."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            self.ending = "reset"
            return b""
        if not data:
            self.ending = "close"
        self.reads.append(data)
        self._data += data
        return data

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        """All that have come in full: type, flags, stream, payload."""
        found, at = list[tuple[int, int, int, bytes]](), 0
        while len(self._data) - at >= 9:
            end = at + 9 + int.from_bytes(self._data[at : at + 3], "big")
            if end > len(self._data):
                break
            head = self._data[at : at + 9]
            found.append((head[3], head[4], int.from_bytes(head[5:9], "big"), self._data[at + 9 : end]))
            at = end
        return found

    def until(self, over: Any) -> list[tuple[int, int, int, bytes]]:
        """Reads until the frames say that it is over, or the connection ends."""
        while not over(self.frames()) and self.ending == "open":
            self.read()
        return self.frames()

    def answer(self, number: int) -> list[tuple[int, int, int, bytes]]:
        """The frames of a stream up to its end."""
        return [each for each in self.until(lambda frames: ends(frames, number)) if each[2] == number]

    def leave(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.close()


def ends(frames: list[tuple[int, int, int, bytes]], number: int) -> bool:
    return any(stream == number and (kind == 3 or (kind in (0, 1) and flags & 1)) for kind, flags, stream, _ in frames)


def content(frames: list[tuple[int, int, int, bytes]]) -> bytes:
    """The data of one stream's frames, without padding."""
    parts = []
    for kind, flags, _, payload in frames:
        if kind == 0:
            parts.append(payload[1 : len(payload) - payload[0]] if flags & 8 else payload)
    return b"".join(parts)

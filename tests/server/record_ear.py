"""A client that reads a TLS connection record by record, from the raw socket: what came in one, and how it ended."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass, field
from typing import Self

from mock_ares.ares.credentials import Credentials
from mock_ares.server.hosting.in_thread import FakeServer

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23


@dataclass
class RecordsHeard:
    """``texts`` has what each record carried, those of TLS itself left out."""

    texts: list[bytes] = field(default_factory=list)
    notified: bool = False
    """Whether close_notify came."""
    ending: str = "open"
    """``fin``, ``inside`` (a record), ``reset``, or ``open``."""
    error: str = ""
    """Why OpenSSL reads no further."""

    @property
    def said(self) -> bytes:
        return b"".join(self.texts)

    @property
    def body(self) -> bytes:
        return self.said.partition(b"\r\n\r\n")[2]


class RecordEar:
    """``with RecordEar(fake) as ear``: connected, and hands shaken."""

    def __init__(self, fake: FakeServer, *, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        host, _, port = fake.url.removeprefix("https://").rpartition(":")
        context = ssl.create_default_context(cafile=str(fake.ca))
        context.minimum_version = context.maximum_version = version
        self.raw = b""
        """Behind the handshake: what has come and was not read as a record."""
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=20)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host.strip("[]"))

    def __enter__(self) -> Self:
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.socket.sendall(self._outgoing.read())
                self._incoming.write(self.socket.recv(65536))
            else:
                self.socket.sendall(self._outgoing.read())
                return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.tls.write(data)
        self.socket.sendall(self._outgoing.read())

    def ask(self, credentials: Credentials, more: str = "") -> None:
        body = b'{"message":"hi"}'
        head = (
            f"POST /api/chat/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {credentials.token}\r\n"
            f"Content-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        )
        self.send(head.encode() + body)

    def opened(self, data: bytes) -> bytes:
        """What bytes of the connection say, which need not be whole records."""
        self._incoming.write(data)
        said = b""
        with contextlib.suppress(ssl.SSLWantReadError):
            while part := self.tls.read(1 << 16):
                said += part
        return said

    def farewell(self) -> None:
        """close_notify, and FIN behind it."""
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        self.socket.sendall(self._outgoing.read())

    def hear(self, until: bytes | None = None) -> RecordsHeard:
        """Until the connection has ended, or a record says so."""
        heard = RecordsHeard()
        while until is None or until not in heard.said:
            record = self._record()
            if isinstance(record, str):
                heard.ending = record
                return heard
            self._incoming.write(record)
            try:
                text = self.tls.read(1 << 16)
            except ssl.SSLWantReadError:  # a session ticket
                continue
            except ssl.SSLZeroReturnError:
                text = b""
            except ssl.SSLError as error:
                heard.error = error.reason or ""
                assert self._record() == "fin"
                heard.ending = "fin"
                return heard
            if text:
                assert not heard.notified
                heard.texts.append(text)
            else:
                heard.notified = True
        return heard

    def _record(self) -> bytes | str:
        """The next, as it came; or how the connection ended in front of it."""
        while len(self.raw) < 5 or len(self.raw) < 5 + int.from_bytes(self.raw[3:5], "big"):
            try:
                read = self.socket.recv(65536)
            except ConnectionResetError:
                return "reset"
            if not read:
                return "inside" if self.raw else "fin"
            self.raw += read
        length = 5 + int.from_bytes(self.raw[3:5], "big")
        record, self.raw = self.raw[:length], self.raw[length:]
        return record

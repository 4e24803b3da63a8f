"""The real server: where it is, and one connection to it, whose bytes are handed on as they come."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from mock_ares.authoring.text_files import MOST_CERTIFICATES, read_whole

CONNECTING = 20.0
"""Seconds for a connection, TLS and all."""
ENDED = Literal["close", "reset"]
_HOP = frozenset(
    b"connection keep-alive proxy-connection proxy-authorization te upgrade http2-settings expect host".split()
)
"""Fields that are about one connection (RFC 9110 7.6.1), and those that are written here."""


class UpstreamError(Exception):
    """It cannot be reached, or understood; says why and what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """An origin, and how it is trusted."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    path: str = ""
    """Before each request's path."""

    @classmethod
    def of(cls, url: str, cacert: Path | None = None) -> Upstream:
        """Raises UpstreamError for what is no origin."""
        try:
            parts = urlsplit(url)
            port, host = parts.port, (parts.hostname or "").encode("idna").decode()
        except ValueError:  # UnicodeError among them: of a name with an empty label, or one that is too long
            parts, port, host = urlsplit(""), None, ""
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or parts.query:
            raise UpstreamError(
                f"{url!r} is no origin; write http://host:port or https://host, without a user or a query"
            )
        tls = _trusting(cacert) if parts.scheme == "https" else None
        return cls(host, port or (443 if tls else 80), tls, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """As a Host field has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def head(self, method: str, target: bytes, version: str, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
        """A request's head: as it came, but for its Host, and for codings that nobody here can read."""
        lines = [
            f"{method} {self.path}".encode() + target + f" HTTP/{version}".encode(),
            b"host: " + self.authority.encode(),
        ]
        for name, value in fields:
            if name == b"accept-encoding":
                value = b"gzip" if b"gzip" in value.lower() or b"*" in value else b"identity"
            if name not in _HOP:
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])

    async def connect(self, data: Callable[[bytes], object], ended: Callable[[ENDED], object]) -> UpstreamConnection:
        """A connection; ``data`` is told of each read, ``ended`` once of its end. Raises UpstreamError."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECTING):
                _, connection = await loop.create_connection(
                    lambda: UpstreamConnection(data, ended), self.host, self.port, ssl=self.tls,
                    server_hostname=self.host if self.tls else None,
                )  # fmt: skip
        except (OSError, ssl.SSLError) as error:  # TimeoutError among them
            raise UpstreamError(f"{self.authority} cannot be reached: {_reason(error)}") from None
        return connection

    async def reached(self) -> None:
        """Connects once. Raises UpstreamError."""
        (await self.connect(lambda data: None, lambda how: None)).close()


def _trusting(cacert: Path | None) -> ssl.SSLContext:
    try:
        if cacert is not None:
            read_whole(cacert, MOST_CERTIFICATES)  # a pipe would be waited for
        context = ssl.create_default_context(cafile=cacert)
    except (OSError, ssl.SSLError) as error:
        raise UpstreamError(f"{cacert} holds no certificates: {error.strerror or error}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); --cacert names the one that signed it"
    if isinstance(error, ssl.SSLError):
        said = (error.reason or str(error)).replace("_", " ").lower()
        hint = "; it may speak HTTP/2 only, which cannot be recorded" if "application protocol" in said else ""
        return f"no TLS connection: {said}{hint}"
    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECTING:g} s"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, ConnectionResetError) or error.errno is None:
        return "the connection was broken off while it was made; is it http or https?"
    return {errno.ECONNREFUSED: "nobody listens there"}.get(error.errno, error.strerror or str(error))


def speaks_http2(begins: bytes) -> bool:
    """Whether these are the first bytes of HTTP/2: a SETTINGS frame (RFC 9113 3.4), or a GOAWAY."""
    return len(begins) >= 9 and begins[0] == 0 and begins[3] in (4, 7) and begins[5:9] == bytes(4)


class UpstreamConnection(asyncio.Protocol):
    """One, for one request."""

    def __init__(self, data: Callable[[bytes], object], ended: Callable[[ENDED], object]) -> None:
        self._data, self._ended = data, ended
        self._room = asyncio.Event()
        self._room.set()
        self._eof = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._data(data)

    def eof_received(self) -> None:
        self._eof = True

    def connection_lost(self, error: Exception | None) -> None:
        self._room.set()
        self._ended("close" if self._eof or not isinstance(error, ConnectionError) else "reset")

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def write(self, data: bytes) -> None:
        """Waits while it takes no more."""
        if not self.transport.is_closing():
            self.transport.write(data)
        await self._room.wait()

    def close(self) -> None:
        with contextlib.suppress(AttributeError):  # it has never been made
            self.transport.abort()

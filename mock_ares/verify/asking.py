"""Asks a server over a socket, and keeps what came and when. The only module of the room that does I/O."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import h11

from mock_ares.authoring.text_files import MOST_CERTIFICATES, read_whole
from mock_ares.harness.model import UsageError
from mock_ares.monotonic import monotonic
from mock_ares.verify.exchange import HttpAnswer, NoAnswerError, Probe

READ = 65536
MOST_BODY = 16 * 1024 * 1024
"""Bytes."""
LONGEST = 120.0
"""Seconds that an answer may take; ARES's provider may hang for ever, with comments."""


class Asker:
    """One server. Each exchange has a connection of its own, which is closed behind it."""

    def __init__(
        self, url: str, *, timeout: float = 20.0, ca: Path | None = None, http: Literal["1.1", "2"] = "1.1"
    ) -> None:
        """``url`` is the origin, ``timeout`` the longest silence in seconds, ``http`` the version that is spoken: by
        ALPN, or in clear text with prior knowledge. Raises UsageError."""
        self.url = url.rstrip("/")
        try:
            parts = urlsplit(self.url)
        except ValueError:
            raise UsageError(f"{url}: an origin is wanted, such as http://127.0.0.1:3000") from None
        try:
            port = parts.port
        except ValueError:
            raise UsageError(f"{url}: that is no port") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not self.url.isascii():
            raise UsageError(f"{url}: an origin is wanted, such as http://127.0.0.1:3000")
        if parts.username is not None:
            raise UsageError("the URL holds credentials; give them with --token, --api-key or --login")
        if parts.path or parts.query or parts.fragment:
            origin = f"{parts.scheme}://{parts.netloc}"
            raise UsageError(f"{url}: the origin alone is wanted, {origin}; the paths are ARES's")
        self._host, self._name = parts.netloc, parts.hostname
        self._address = (parts.hostname, port or (443 if parts.scheme == "https" else 80))
        self._timeout, self._http = timeout, http
        self._tls = _context(ca) if parts.scheme == "https" else None
        if self._tls is not None and http == "2":
            self._tls.set_alpn_protocols(["h2"])

    def ask(self, ask: Probe, values: Mapping[str, str]) -> HttpAnswer:
        """Sends a request, filled with the values. Raises NoAnswerError."""
        try:
            with closing(self._connect()) as wire:
                return self._on(wire, ask.filled(values))
        except ssl.SSLCertVerificationError as error:
            raise NoAnswerError(
                f"has a certificate that does not hold: {error.verify_message}; --ca FILE names its authority"
            ) from None
        except ssl.SSLError as error:
            raise NoAnswerError(f"speaks no TLS that is understood ({error.reason}); http:// may be meant") from None
        except (socket.gaierror, UnicodeError) as error:
            raise NoAnswerError(f"has a name that is not known ({getattr(error, 'strerror', error)})") from None
        except ConnectionRefusedError:
            raise NoAnswerError("refuses connections") from None
        except TimeoutError:
            raise NoAnswerError(f"does not answer within {self._timeout:g} s") from None
        except OSError as error:
            raise NoAnswerError(f"cannot be asked ({error.strerror or error})") from None

    def _connect(self) -> socket.socket:
        wire = socket.create_connection(self._address, self._timeout)
        if self._tls is None:
            return wire
        try:
            return self._tls.wrap_socket(wire, server_hostname=self._name)
        except BaseException:
            wire.close()
            raise

    def _on(self, wire: socket.socket, ask: Probe) -> HttpAnswer:
        return self._by_http2(wire, ask) if self._http == "2" else self._by_http1(wire, ask)

    def _by_http2(self, wire: socket.socket, ask: Probe) -> HttpAnswer:
        from mock_ares.verify.http2_wire import Http2Wire

        if isinstance(wire, ssl.SSLSocket) and wire.selected_alpn_protocol() != "h2":
            raise NoAnswerError("speaks no HTTP/2: ALPN does not choose it")
        http, body = Http2Wire(wire, self._timeout, MOST_BODY, LONGEST), ask.body.encode()
        scheme = "http" if self._tls is None else "https"
        said = [(":method", ask.method), (":path", ask.path), (":scheme", scheme), (":authority", self._host)]
        fields = [*said, ("user-agent", "mock-ares"), *ask.fields, *_length(ask, body)]
        answer = http.exchange(fields, body)
        for _ in range(ask.times - 1):
            try:
                http.exchange(fields, body)
            except (ConnectionError, NoAnswerError):
                return replace(answer, kept=False)
        return answer

    def _by_http1(self, wire: socket.socket, ask: Probe) -> HttpAnswer:
        http = h11.Connection(h11.CLIENT)
        answer = self._exchange(wire, http, ask)
        for _ in range(ask.times - 1):
            try:
                http.start_next_cycle()
                self._exchange(wire, http, ask)  # a refusal by a rate limiter is an answer, too
            except (h11.ProtocolError, ConnectionError, NoAnswerError):
                return replace(answer, kept=False)
        return answer

    def _exchange(self, wire: socket.socket, http: h11.Connection, ask: Probe) -> HttpAnswer:
        body = ask.body.encode()
        fields = [("host", self._host), ("user-agent", "mock-ares"), *ask.fields, *_length(ask, body)]
        request = h11.Request(method=ask.method, target=ask.path, headers=fields)
        sent = [http.send(event) for event in (request, h11.Data(data=body), h11.EndOfMessage())]
        began = monotonic()
        wire.sendall(b"".join(filter(None, sent)))
        return _AnswerReader(wire, http, began, self._timeout).read()


class _AnswerReader:
    """Reads one answer."""

    def __init__(self, wire: socket.socket, http: h11.Connection, began: float, timeout: float) -> None:
        self._wire, self._http, self._began, self._timeout = wire, http, began, timeout
        self._first = b""
        self._now = 0.0

    def read(self) -> HttpAnswer:
        status, fields = self._head()
        reads, size, ending, endless = list[tuple[float, bytes]](), 0, "", False
        try:
            while isinstance(event := self._next(), h11.Data):
                reads.append((self._now, bytes(event.data)))
                size += len(event.data)
                if size > MOST_BODY or self._now > LONGEST:
                    ending, endless = f"it was given up after {size:,} bytes and {self._now:.0f} s", True
                    break
        except h11.RemoteProtocolError as error:
            ending = f"it breaks HTTP's framing: {error}"
        except TimeoutError:
            ending, endless = f"no byte for {self._timeout:g} s", True
            self._now = monotonic() - self._began
        except ConnectionError as error:
            ending = f"the connection was lost: {error.strerror}"
        return HttpAnswer(status, fields, tuple(reads), ending, endless, self._now, self._http.trailing_data[0])

    def _head(self) -> tuple[int, tuple[tuple[str, str], ...]]:
        try:
            while isinstance(event := self._next(), h11.InformationalResponse):
                continue
            assert isinstance(event, h11.Response)
        except h11.RemoteProtocolError:
            if self._first[:2] == b"\x15\x03":  # a TLS alert
                raise NoAnswerError("speaks TLS there; https:// may be meant") from None
            if not self._first:
                raise NoAnswerError("closes the connection without an answer") from None
            raise NoAnswerError(f"gives an answer that is no HTTP/1.1: it begins {self._first[:40]!r}") from None
        except TimeoutError:
            if not self._first:
                raise
            raise NoAnswerError(f"does not finish the head of its answer, which begins {self._first[:40]!r}") from None
        return event.status_code, tuple((bytes(n).decode(), bytes(v).decode("latin-1")) for n, v in event.headers)

    def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = self._wire.recv(READ)
            self._now = monotonic() - self._began
            if self._now > 2 * LONGEST:  # a head that trickles
                raise TimeoutError
            self._first = self._first or data[:READ]
            self._http.receive_data(data)
        return event


def _length(ask: Probe, body: bytes) -> list[tuple[str, str]]:
    return [("content-length", str(len(body)))] if body or ask.method == "POST" else []


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        if ca is not None:
            read_whole(ca, MOST_CERTIFICATES)  # a pipe would be waited for
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise UsageError(f"--ca {ca}: {error.strerror or error}") from None

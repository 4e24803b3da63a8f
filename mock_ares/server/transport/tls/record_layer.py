"""TLS without a socket: bytes of the connection in, what they say out, and the other way round."""

from __future__ import annotations

import contextlib
import ssl

from mock_ares.plan.model import TlsBreak

_READ = 65536
_FILLING = 64
"""Bytes of a record that nobody will read."""
_NOT_NOW = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"
"""A handshake's message in clear text, where only sealed records may come."""


class RecordLayer:
    """The server's end of a TLS connection."""

    __slots__ = ("_incoming", "_outgoing", "_ssl", "ended", "established")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False
        """Whether the handshake is over."""
        self.ended = False
        """Whether the client has said that it sends no more (close_notify)."""

    @property
    def protocol(self) -> str | None:
        """What ALPN has chosen; None: the client did not ask, or for nothing that is here."""
        return self._ssl.selected_alpn_protocol()

    def feed(self, data: bytes) -> bytes:
        """Takes bytes of the connection; gives what they say, once there is a handshake.

        Raises ssl.SSLError; what is to be told to the client then is among what is ``due``.
        """
        self._incoming.write(data)
        try:
            if not self.established:
                self._ssl.do_handshake()
                self.established = True
            return self._opened()
        except ssl.SSLWantReadError:
            return b""

    def _opened(self) -> bytes:
        parts = list[bytes]()
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            while part := self._ssl.read(_READ):
                parts.append(part)
            self.ended = True
        return b"".join(parts)

    def seal(self, data: bytes | memoryview) -> bytes:
        """The records that carry ``data``: one, if it fits into one."""
        written = self._ssl.write(data)
        while written < len(data):
            written += self._ssl.write(data[written:])
        return self._outgoing.read()

    def farewell(self) -> bytes:
        """The record that says that no more is sent (close_notify)."""
        if self.established:
            with contextlib.suppress(ssl.SSLError):  # the client's own has not come, or never will
                self._ssl.unwrap()
        return self._outgoing.read()

    def broken(self, how: TlsBreak) -> bytes:
        """What is written where TLS breaks off, in front of FIN. Nothing can be sealed behind it."""
        if how == "no-close-notify":
            return b""
        if how == "alert":  # OpenSSL says one where it seems to have come upon what nobody may say
            self._incoming.write(_NOT_NOW)
            with contextlib.suppress(ssl.SSLError):
                self._ssl.read(_READ)
            return self._outgoing.read()
        record = bytearray(self.seal(bytes(_FILLING)))
        if how == "inside-record":
            return bytes(record[: len(record) // 2])
        record[-1] ^= 1  # of the seal
        return bytes(record)

    @property
    def due(self) -> bytes:
        """What TLS itself has to say: of the handshake, and alerts."""
        return self._outgoing.read()

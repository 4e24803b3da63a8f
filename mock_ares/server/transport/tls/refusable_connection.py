"""Connections that a client must not go on with; whether it does is told, once for each."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_ares.server.transport.tls.tls_connection import Choose, TlsConnection

if TYPE_CHECKING:
    from uvicorn.server import ServerState

TellTaken = Callable[[bool], object]
"""Is given whether the client has sent something that was for a server it can trust."""


class RefusableConnection(TlsConnection):
    """A TLS connection that is answered like any other. A client that looks at the certificate only behind the
    handshake, and then leaves, has refused it, too."""

    __slots__ = ("_tell_taken", "_told")

    def __init__(self, context: ssl.SSLContext, choose: Choose, state: ServerState, tell: TellTaken) -> None:
        super().__init__(context, choose, state, lambda words: self._judge(False))
        self._tell_taken = tell
        self._told = False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._layer.established:
            self._judge(False)

    def _hand_on(self, said: bytes) -> None:
        if said:
            self._judge(True)
        super()._hand_on(said)

    def _judge(self, taken: bool) -> None:
        if not self._told:
            self._told = True
            self._tell_taken(taken)


class SilentConnection(asyncio.Protocol):
    """Takes the client's hello, and whatever follows, and never says a byte."""

    transport: asyncio.Transport
    has_end = False

    def __init__(self, state: ServerState, tell: TellTaken) -> None:
        self._state, self._tell = state, tell

    def shutdown(self) -> None:
        """The server is stopping."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self._tell(False)

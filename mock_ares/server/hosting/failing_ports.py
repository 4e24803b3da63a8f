"""Ports whose connections fail before a request: accepted then reset, refused, or such as a client must refuse."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from uvicorn.server import ServerState

from mock_ares.server.hosting.loop import CannotListenError, Versions, listen, names_of, origin, served
from mock_ares.server.transport.client_socket import ClientSocket

if TYPE_CHECKING:
    from mock_ares.scenario.model import BadTls
    from mock_ares.server.certificates.identity import Certificate


class ResetListener:
    """Accepts connections and resets each at once. Runs in the event loop that opened it."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        self.address: tuple[str, int] = server.sockets[0].getsockname()[:2]
        self.accepted = 0
        """Connections reset so far."""

    @classmethod
    async def open(cls, host: str = "127.0.0.1", port: int = 0) -> ResetListener:
        """Listens on ``host``; port 0 is any free one. Raises ``CannotListenError`` where that cannot be."""
        return await cls.on(listen(host, port))

    @classmethod
    async def on(cls, listener: socket.socket) -> ResetListener:
        """On a socket that listens already."""
        listeners: list[ResetListener] = []
        server = await asyncio.get_running_loop().create_server(lambda: _Reset(listeners[0]), sock=listener)
        listeners.append(cls(server))
        return listeners[0]

    @property
    def port(self) -> int:
        return self.address[1]

    async def close(self) -> None:
        """Stops listening."""
        self._server.close()
        await self._server.wait_closed()

    async def __aenter__(self) -> ResetListener:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Reset(asyncio.Protocol):
    def __init__(self, listener: ResetListener) -> None:
        self._listener = listener

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._listener.accepted += 1
        with contextlib.suppress(OSError):  # the client was faster
            ClientSocket(transport).linger_none()
        transport.abort()


def refused_port(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A socket that holds a port on which nobody listens: connections are refused until it is closed.

    The port is ``getsockname()[1]``. Without ``SO_REUSEADDR`` nobody else can take it meanwhile. Raises
    ``CannotListenError``.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        held.bind((host, port))
    except OSError as error:
        held.close()
        raise CannotListenError.because(host, port, error) from None
    return held


class BadTlsListener:
    """A port that a client must not go on with, for the one reason of its kind. Who does so is answered as anybody.

    It listens from its making on, port 0 being any free one; ``serve`` answers. ``tell`` is given in the event loop
    what it came to with each client, in words. Raises ``CannotListenError``, CertificateError.
    """

    def __init__(
        self,
        kind: BadTls,
        tls: bool | Certificate,
        host: str = "127.0.0.1",
        port: int = 0,
        tell: Callable[[str], object] = lambda words: None,
    ) -> None:
        from mock_ares.server.certificates.bad_tls import BAD_TLS, SILENT, bad_context

        self._context: ssl.SSLContext | None = bad_context(kind, tls, names_of(host))
        if kind == SILENT:
            self._context = None
        self.what = BAD_TLS[kind]
        self.kind, self._tell = kind, tell
        self.socket = listen(host, port)
        self.url = origin(host, self.socket.getsockname()[1], "https")
        """Origin, without a path."""
        self.accepted = 0
        """Connections so far."""
        self._state: ServerState | None = None

    def beneath(self, http: Versions, state: ServerState) -> Callable[[], asyncio.Protocol]:
        """As ``loop.Beneath`` has it."""
        from mock_ares.server.transport.tls.refusable_connection import RefusableConnection, SilentConnection

        self._state = state
        if self._context is not None:
            self._context.set_alpn_protocols(http.offered)

        def accept() -> asyncio.Protocol:
            self.accepted += 1
            if self._context is None:
                return SilentConnection(state, self._came_to)
            return RefusableConnection(self._context, http, state, self._came_to)

        return accept

    @contextlib.asynccontextmanager
    async def serve(self, app: Any) -> AsyncIterator[BadTlsListener]:
        """Within it the application is what answers those who go on."""
        async with served(app, self.socket, None, self):
            yield self

    def abort(self) -> None:
        """Ends the handshakes that are under way. In the event loop that serves."""
        for connection in list(self._state.connections if self._state is not None else ()):
            connection.transport.abort()

    def close(self) -> None:
        """Stops listening, also where nobody was answered."""
        self.socket.close()

    def _came_to(self, taken: bool) -> None:
        if taken:
            said = "the client takes it, and sends its request, as it must not"
        elif self._context is None:
            said = "the client waits no longer"
        else:
            said = "the client refuses it, as it must"
        self._tell(f"{self.kind}: {said}")

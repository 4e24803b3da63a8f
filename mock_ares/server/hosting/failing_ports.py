"""Ports whose connections fail before a request: accepted then reset, and refused."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from types import TracebackType

from mock_ares.server.hosting.loop import CannotListenError, listen
from mock_ares.server.transport.client_socket import ClientSocket


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

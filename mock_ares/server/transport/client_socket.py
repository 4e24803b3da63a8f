"""One accepted connection, as the kernel sees it: what is not yet sent, what the client has read, whether it left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys

from mock_ares.server.transport.read_barrier import Address, ReadBarrier, Unread

BARRIER = ReadBarrier()

_CLOSE = 7  # TCP_CLOSE, the state of a connection that was reset
_CLOSE_WAIT = 8  # TCP_CLOSE_WAIT: the other end has sent FIN
_KEEPALIVE = (("SO_KEEPALIVE", 1), ("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 3))


class ClientSocket:
    """The client at the other end of a transport. Ask only while the transport is open: it owns the descriptor."""

    __slots__ = ("_ends", "_seen", "_socket", "_transport")

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._ends: tuple[Address, Address] | None = None
        """Of the connection, ours first; most streams never ask."""
        self._seen = False

    def unread(self) -> Unread | None:
        """The state of the client's socket; None where it cannot be asked about."""
        if self._ends is None:
            local, peer = self._socket.getsockname(), self._transport.get_extra_info("peername")
            if peer is None or not isinstance(local, tuple):
                return None
            self._ends = local, peer
        state = BARRIER.unread(*self._ends)
        self._seen = self._seen or state is not None
        return state

    @property
    def known(self) -> bool:
        """Whether its socket has been found when it was asked about; it is not where that is another machine's."""
        return self._seen

    def unsent(self) -> int:
        """Bytes that our kernel has and the client's has not acknowledged (``TIOCOUTQ``); 0 where it cannot say."""
        if sys.platform == "win32":
            return 0
        from fcntl import ioctl
        from termios import TIOCOUTQ

        with contextlib.suppress(OSError):
            return int.from_bytes(ioctl(self._socket.fileno(), TIOCOUTQ, b"\0\0\0\0"), sys.byteorder)
        return 0

    def left(self) -> bool:
        """Whether the client has closed its socket, as opposed to having shut down its sending direction.

        A client of another host is known to have left only once its kernel has answered with a reset.
        """
        state = self.unread()
        if state is not None:
            return state.closed
        return self._seen or self._was_reset()

    def probe(self) -> None:
        """Lets the kernel find out by itself that a silent client has gone."""
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                level = socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP
                self._socket.setsockopt(level, getattr(socket, name), value)

    def send_at_once(self) -> None:
        """Every write leaves by itself (TCP_NODELAY). asyncio sees to that only if the listener named its protocol."""
        with contextlib.suppress(OSError):  # the client may have left already
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def linger_none(self) -> None:
        """Makes the coming close of the socket a reset."""
        with contextlib.suppress(OSError, ValueError):  # it is closed: a stream may have ended before its connection
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def discard_input(self) -> None:
        """Reads away what has arrived: closing a socket with unread input sends RST in the place of FIN."""
        with contextlib.suppress(OSError):
            for _ in range(64):
                if not os.read(self._socket.fileno(), 65536):
                    return

    def has_ended(self) -> bool:
        """Whether the client sends no more, as far as our kernel knows; False where it cannot be asked."""
        return self._state() == _CLOSE_WAIT

    def _was_reset(self) -> bool:
        return self._state() == _CLOSE

    def _state(self) -> int:
        if not hasattr(socket, "TCP_INFO"):
            return 0
        return self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]

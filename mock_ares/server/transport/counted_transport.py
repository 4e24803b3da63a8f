"""A connection's transport, which counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mock_ares.plan.columns import Writes
from mock_ares.plan.model import TlsBreak
from mock_ares.server.transport.client_socket import ClientSocket

if TYPE_CHECKING:
    from mock_ares.server.transport.compact import Flow


def end_writing(transport: asyncio.WriteTransport) -> None:
    """FIN behind what was written. Of a connection that the client has reset meanwhile nobody is left to be told."""
    try:
        transport.write_eof()
    except OSError:  # asyncio shuts the socket down at once where nothing waits to be written
        transport.abort()


class CountedTransport:
    """A transport that counts what is written, by whomever, and whose close is a FIN.

    Of a transport's methods it has those that uvicorn and a ``Wire`` call. (A ``__getattr__`` for the others would make
    every access to an attribute slow.)
    """

    has_tls = False
    """Whether TLS is said here, and not by another server."""
    __slots__ = ("_transport", "_write", "flow", "is_closing", "peer", "written")

    def __init__(self, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(high=0)  # drained means: nothing is left in the process
        self._transport = transport
        self.peer = ClientSocket(transport)
        self.peer.send_at_once()
        self.written = 0
        self._write = transport.write
        self.is_closing = transport.is_closing
        self.flow: Flow
        """The connection's, which knows whether the kernel takes no more."""

    def push(self, data: bytes | memoryview) -> bool | None:
        """Writes. Whether the kernel has taken everything; None: nothing was written, the connection has ended."""
        if self.is_closing():
            return None
        self.written += len(data)
        self._write(data)
        return not self.flow.write_paused

    def push_run(self, lead: bytes, writes: Writes, start: int, end: int) -> bool | None:
        """The same with bytes of a plan, from one place to another, behind others."""
        data = writes.between(start, end)
        return self.push(b"".join((lead, data)) if lead else data)

    def write(self, data: bytes | memoryview) -> None:
        if data:
            self.push(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def close(self, *, notify: bool = True) -> None:
        """FIN behind what was written. ``notify``: where there is TLS, it says that this is the end (close_notify)."""
        if not self.is_closing():
            self.peer.discard_input()
            self._transport.close()

    def break_tls(self, how: TlsBreak) -> None:
        """Where there is TLS, it says what breaks it; ``close`` without close_notify comes next."""

    def write_eof(self) -> None:
        """FIN behind what was written; what the client sends is still read."""
        if not self.is_closing() and self._transport.can_write_eof():
            end_writing(self._transport)

    def abort(self) -> None:
        self._transport.abort()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Leaves the connection to another, from the next read on."""
        self._transport.set_protocol(protocol)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

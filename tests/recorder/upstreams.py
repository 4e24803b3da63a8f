"""Servers that do exactly what a test says, byte for byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
Says = Callable[[socket.socket], object]


def heard(connection: socket.socket) -> bytes:
    """A request's head, and as much of its body as came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def upstream(says: Says, *, tls: bool = False, alpn: str = "http/1.1") -> Iterator[str]:
    """A server whose every connection is given to ``says``, then closed. Its origin."""
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
    if context is not None:
        context.load_cert_chain(HERE / "server.pem")
        context.set_alpn_protocols([alpn])

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection):
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            says(connection)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http{'s' * tls}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def saying(*parts: bytes) -> Says:
    """Answers any request with these bytes."""

    def says(connection: socket.socket) -> None:
        heard(connection)
        for part in parts:
            connection.sendall(part)

    return says

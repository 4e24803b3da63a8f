"""A reader that does not parse: many streams at once, what came and when. Verified afterwards, off the clock."""

from __future__ import annotations

import gc
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

END = b"0\r\n\r\n"


@dataclass(slots=True)
class Stream:
    """One answer, as it came."""

    asked: float
    """The moment before the request was sent; seconds of the monotonic clock."""
    reads: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """When each read returned."""

    @property
    def raw(self) -> bytes:
        return b"".join(self.reads)

    @property
    def first(self) -> float:
        """Seconds from the request to the first byte of the body."""
        head = b""
        for data, at in zip(self.reads, self.times, strict=True):
            head += data
            if len(head.partition(b"\r\n\r\n")[2]):
                return at - self.asked
        return float("inf")

    def body(self) -> bytes:
        """Without HTTP's chunks. Raises ValueError where the answer is not whole."""
        head, _, rest = self.raw.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(f"not a 200: {self.raw[:300]!r}")
        parts, at = list[bytes](), 0
        while True:
            end = rest.index(b"\r\n", at)
            size = int(rest[at:end], 16)
            if size == 0:
                return b"".join(parts)
            parts.append(rest[end + 2 : end + 2 + size])
            at = end + 4 + size

    def http_chunks(self) -> int:
        rest, at, count = self.raw.partition(b"\r\n\r\n")[2], 0, 0
        while size := int(rest[at : (end := rest.index(b"\r\n", at))], 16):
            at, count = end + 4 + size, count + 1
        return count


Over = Callable[[bytes], bool]
"""Is given each read of a stream, and says whether it was the last."""


def last_chunk() -> Over:
    """By HTTP/1.1."""
    tail = b""

    def over(data: bytes) -> bool:
        nonlocal tail
        tail = (tail + data[-5:])[-5:]
        return tail == END

    return over


def connect(port: int, tls: ssl.SSLContext | None = None) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=30)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls is not None:
        made = tls.wrap_socket(made)
    made.setblocking(False)
    return made


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without the garbage collector's pauses in the reader."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def read(
    port: int,
    request: bytes,
    streams: int = 1,
    *,
    seconds: float = 60.0,
    keep: bool = True,
    over: Callable[[], Over] = last_chunk,
    tls: ssl.SSLContext | None = None,
) -> list[Stream]:
    """Connects, then asks on all connections, and reads each to its end, or for so many seconds."""
    sockets = [connect(port, tls) for _ in range(streams)]
    found = dict[int, tuple[socket.socket, Stream]]()
    poll = select.epoll()
    for each in sockets:
        poll.register(each.fileno(), select.EPOLLIN)
    try:
        with undisturbed():
            for each in sockets:
                asked = time.monotonic()  # on a busy machine the answer may be there when send() returns
                each.send(request)
                found[each.fileno()] = (each, Stream(asked))
            _pump(poll, dict(found), time.monotonic() + seconds, keep, {number: over() for number in found})
    finally:
        poll.close()
        for each in sockets:
            each.close()
    return [stream for _, stream in found.values()]


def _pump(
    poll: select.epoll,
    opened: dict[int, tuple[socket.socket, Stream]],
    until: float,
    keep: bool,
    over: dict[int, Over],
) -> None:
    now = time.monotonic
    while opened:
        for number, _ in poll.poll(until - now() if until > now() else 0, 256):
            connection, stream = opened[number]
            try:
                data = connection.recv(1 << 18)
                while isinstance(connection, ssl.SSLSocket) and connection.pending():
                    data += connection.recv(1 << 18)
            except ssl.SSLWantReadError:  # a record that is not whole
                continue
            stream.times.append(now())
            if keep:
                stream.reads.append(data)
            if not data or over[number](data):
                poll.unregister(number)
                del opened[number]
        if now() > until:
            return

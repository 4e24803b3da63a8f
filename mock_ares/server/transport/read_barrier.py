"""The read barrier: has the client read what was sent?

A write is not a read. Two writes in a row reach a client as one read or as two, as the scheduler likes, and no
pause between them is long enough on a busy machine. Nor does the sender's socket know: its send queue empties when
the peer's *kernel* has the bytes. Only the client's own socket tells what the client has taken, and Linux answers
questions about any socket of the network namespace, without privilege, over netlink (``sock_diag(7)``).

Question, in native byte order but for addresses and ports, which are in network order::

    nlmsghdr          length u32, type u16 (20, SOCK_DIAG_BY_FAMILY), flags u16 (1, REQUEST), sequence u32, port u32
    inet_diag_req_v2  family u8, protocol u8 (6, TCP), extensions u8 (bit 1: INET_DIAG_INFO), pad u8, states u32,
      sockid          source port u16, destination port u16, source 16 bytes, destination 16 bytes,
                      interface u32, cookie 2 x u32 (all ones: none)

*Source* is the end of the socket asked about, so of the client: the tuple is ours, swapped. Without the dump flag
the kernel looks one exact four-tuple up in its hash table (about 5 us), whatever else the machine has open. A client
seen under a v4-mapped address (``::ffff:127.0.0.1``) is asked for as the IPv4 socket it is.

Answer: ``nlmsghdr``, then ``inet_diag_msg`` (family u8, state u8, timer u8, retransmits u8, sockid, expires u32,
receive queue u32, send queue u32, owner u32, inode u32), then attributes (length u16, type u16, value padded to 4).
Attribute 2 is ``struct tcp_info``: eight one-byte fields, 24 u32, then four u64 of which the last is
``tcpi_bytes_received``. An error is a message of type 2.

Three facts about the kernel carry the proof that a zero receive queue means *read*:

- The receive queue alone does not do: it is 0 before the bytes arrive. ``tcpi_bytes_received`` counts since the
  connection began, so once it covers all we ever wrote, nothing is on its way.
- Within one answer the receive queue is looked at *before* the counter. Hence the queue of a *later* answer counts:
  what had arrived by the one before, less what is queued now, has been read.
- The counter is read under the socket's lock. A ``recv`` that is still inside the kernel, and could take the next
  bytes along, holds that lock, so no answer comes before it has returned.

An inode of 0 is a socket no process has open any more: its owner has closed it, rather than shut down one direction.

The barrier asks through sockets of its own class (``_socket``), which nobody who patches ``socket.socket`` can reach:
pytest-socket, gevent and their like are about the program under test.
"""

from __future__ import annotations

import _socket
import asyncio
import atexit
import errno
import functools
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Literal, NamedTuple

from mock_ares.monotonic import monotonic

Boundary = Literal["exact", "pause", "timeout", "gone"]
Address = tuple[Any, ...]

SWITCH = "MOCK_ARES_READ_BARRIER"
"""An environment variable: ``auto``, the default; ``off``, no client is asked about; ``on``, do not start without."""
_SETTINGS = ("auto", "on", "off")

PAUSE = 0.005
"""Seconds to wait for a client that cannot be asked about."""
SETTLING = 20
"""Pauses in front of a fault, for clients of which nobody knows what they have read."""

_SOCK_DIAG = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20
_NO_COOKIE = b"\xff" * 8
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI")
_MESSAGE = struct.Struct("=BB2x48xIIIII")
_ATTRIBUTE = struct.Struct("=HH")
_BYTES_RECEIVED = struct.Struct("=Q")
_BYTES_RECEIVED_AT = 8 + 24 * 4 + 3 * 8
_LISTEN = 10
_INFO = 2
_MAPPED = b"\0" * 10 + b"\xff\xff"


class Unread(NamedTuple):
    """What the kernel says of a client's socket."""

    received: int
    """Bytes that have arrived since the connection began, whether or not they were read."""
    queued: int
    """Bytes that have arrived and that nobody has read yet."""
    closed: bool = False
    """The client has closed the socket; a client that only sends no more has not."""


@functools.lru_cache(maxsize=4096)
def _question(local: Address, peer: Address) -> bytes:
    ours, theirs = (socket.inet_pton(_family(end[0]), end[0].partition("%")[0]) for end in (local, peer))
    if ours.startswith(_MAPPED) and theirs.startswith(_MAPPED):
        ours, theirs = ours[12:], theirs[12:]
    family = socket.AF_INET if len(theirs) == 4 else socket.AF_INET6
    interface = local[3] if len(local) > 3 else 0
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 1 << (_INFO - 1), 0xFFFFFFFF)
    body += struct.pack("!HH16s16s", peer[1], local[1], theirs, ours)
    body += struct.pack("=I", interface) + _NO_COOKIE
    return _HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, 1, 0, 0) + body


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _answer(reply: bytes) -> Unread | None:
    """What a reply says; None for an error or a listening socket (which answers for a port nobody uses)."""
    length, kind, *_ = _HEADER.unpack_from(reply)
    if kind != _BY_FAMILY:
        return None
    _, state, _, queued, _, _, inode = _MESSAGE.unpack_from(reply, _HEADER.size)
    if state == _LISTEN:
        return None
    at = _HEADER.size + _MESSAGE.size
    while at + _ATTRIBUTE.size <= length:
        size, name = _ATTRIBUTE.unpack_from(reply, at)
        if name == _INFO and size >= _ATTRIBUTE.size + _BYTES_RECEIVED_AT + 8:
            (received,) = _BYTES_RECEIVED.unpack_from(reply, at + _ATTRIBUTE.size + _BYTES_RECEIVED_AT)
            return Unread(received, queued, inode == 0)
        at += max(_ATTRIBUTE.size, (size + 3) & ~3)
    return Unread(0, queued, True)  # in TIME_WAIT or on the way there: the kernel alone still remembers it


class SwitchError(ValueError):
    """The environment asks for a read barrier that cannot be; says so in one line."""


class ReadBarrier:
    """Asks the kernel about clients' sockets. Safe to share between threads; opened when first asked.

    Switched off, off Linux, or where netlink is refused or answers wrongly (sandboxes), ``available`` is False,
    ``reason`` says why, and every question is answered with None. It raises nothing: what goes wrong makes it
    unavailable.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: _socket.socket | None = None
        self._available: bool | None = None
        self._reason: str | None = None
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    @property
    def available(self) -> bool:
        """Whether this machine answers, found out once by asking about a connection made for the purpose."""
        if self._available is None:
            self._reason = self._hindrance()
            self._available = self._reason is None
        return self._available

    @property
    def reason(self) -> str | None:
        """Why it is not available, in a few words; None: it is."""
        return None if self.available else self._reason

    def require(self) -> None:
        """Raises SwitchError for a value of the switch that is none, or for ``on`` where there is no barrier."""
        setting = _setting()
        if setting not in _SETTINGS:
            raise SwitchError(f"{SWITCH} is {setting!r}; it may be auto, on or off")
        if setting == "on" and not self.available:
            raise SwitchError(f"{SWITCH} is 'on', but there is no read barrier here: {self._reason}")

    def unread(self, local: Address, peer: Address) -> Unread | None:
        """The state of the client's socket at ``peer``, connected to ours at ``local``.

        None if there is no such socket here: it is gone, or on another host or in another network namespace.
        """
        if not self.available:
            return None
        try:
            return self._ask(_question(local, peer))
        except (
            Exception
        ) as error:  # the barrier's failure must not become the server's, which would look like the client's
            self._give_up(f"netlink refused: {_code(error)}")
            return None

    def close(self) -> None:
        """Closes the netlink socket; a later question opens another."""
        with self._lock:
            self._release()

    def _ask(self, question: bytes) -> Unread | None:
        with self._lock:
            try:
                return _answer(self._exchanged(question))
            except OSError:  # somebody has closed the descriptor, as daemons do: once more, with a new one
                self._release()
                return _answer(self._exchanged(question))

    def _exchanged(self, question: bytes) -> bytes:
        if self._socket is None:
            self._socket = _open()
        self._socket.send(question)
        return self._socket.recv(4096)

    def _give_up(self, reason: str) -> None:
        self._available, self._reason = False, reason
        self.close()

    def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _forget(self) -> None:
        """A forked child must not share the socket: one would read the other's answers."""
        self._lock = threading.Lock()
        self._release()

    def _hindrance(self) -> str | None:
        """Why this machine does not answer; None: it does, and rightly."""
        if _setting() == "off":
            return f"switched off by {SWITCH}"
        if sys.platform != "linux":
            return f"not Linux but {sys.platform}"
        try:
            found = self._asked_of_itself()
        except Exception as error:  # whatever a sandbox, a limit or a patch has in store
            self.close()
            return f"netlink refused: {_code(error)}"
        return None if found == (Unread(0, 0), Unread(5, 5), Unread(5, 0)) else "netlink answers wrongly"

    def _asked_of_itself(self) -> tuple[Unread | None, ...]:
        """What is said of a connection before 5 bytes are sent, then, and when they have been read."""
        with ExitStack() as stack:
            listener, client = (_socket.socket(_socket.AF_INET, _socket.SOCK_STREAM) for _ in range(2))
            stack.callback(listener.close)
            stack.callback(client.close)
            listener.settimeout(1)
            client.settimeout(1)
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            client.connect(listener.getsockname())
            descriptor, _ = listener._accept()  # type: ignore[attr-defined]
            server = _socket.socket(fileno=descriptor)
            stack.callback(server.close)
            question = _question(server.getsockname(), client.getsockname())
            before = self._ask(question)
            server.sendall(b"proof")
            after = self._ask(question)
            client.recv(5)
            return before, after, self._ask(question)


def _setting() -> str:
    return os.environ.get(SWITCH, "auto")


def _code(error: Exception) -> str:
    """``EPERM``, or what else an exception says."""
    known = errno.errorcode.get(error.errno or 0) if isinstance(error, OSError) else None
    return known or str(error) or type(error).__name__


def _open() -> _socket.socket:
    netlink = _socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, _SOCK_DIAG
    )
    try:
        netlink.connect((0, 0))
    except OSError:
        netlink.close()
        raise
    return netlink


def pauses(spins: int, first: float, most: float) -> Iterator[float]:
    """Seconds to sleep between looks, for ever: ``spins`` times none, then from ``first`` doubling up to ``most``."""
    for _ in range(spins):
        yield 0.0
    while True:
        yield first
        first = min(2 * first, most)


async def until_read(
    ask: Callable[[], Unread | None], sent: int, gone: Callable[[], bool], patience: float
) -> Boundary:
    """Waits until the client has read all ``sent`` bytes of its connection, looking in between other callbacks.

    ``patience`` is in seconds without the client reading anything, so a slow reader is not given up.
    """
    found = False
    taken, arrived = -1, 0
    waits = pauses(64, 0.0005, 0.01)
    while not gone():
        state = ask()
        if state is None or state.closed:
            return await _without_answer(gone, found or state is not None)
        if arrived - state.queued >= sent:  # other streams of the connection may have written on
            return "exact"
        found, before, arrived = True, arrived, state.received
        if before < sent <= arrived:  # the next look tells, and may be at once
            continue
        now = monotonic()
        if state.received - state.queued != taken:
            taken, deadline = state.received - state.queued, now + patience
        elif now >= deadline:
            return "timeout"
        await asyncio.sleep(next(waits))
    return "gone"


async def settle(gone: Callable[[], bool]) -> None:
    """Time for a client of which it is not known what it has read; seconds in which a busy machine let nothing run do
    not count.
    """
    for _ in range(SETTLING):
        if gone():
            return
        await asyncio.sleep(PAUSE)


async def _without_answer(gone: Callable[[], bool], found: bool) -> Boundary:
    """The socket cannot be asked about (any more): a client elsewhere, or one that has just left."""
    await asyncio.sleep(0 if found else PAUSE)
    return "gone" if found or gone() else "pause"

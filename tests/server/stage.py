"""A stage: a server whose application plays the script it is handed, on each protocol class and event loop."""

from __future__ import annotations

import asyncio
import math
import queue
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop
from uvicorn.server import ServerState

from mock_ares.plan.columns import Write
from mock_ares.plan.model import Ending, Head, Script
from mock_ares.server.playback.player import PlaybackResult, play
from mock_ares.server.playback.progress import Sent
from mock_ares.server.timing.deadlines import Deadlines
from mock_ares.server.transport.uvicorn_config import h11_protocol, httptools_protocol
from mock_ares.server.transport.wire import EXTENSION, Wire

PATIENCE = 60
"""Seconds after which a test is taken to hang. No test waits this long when all is well."""

COMBINATIONS = {
    "httptools-uvloop": (httptools_protocol, uvloop.new_event_loop),
    "httptools-asyncio": (httptools_protocol, asyncio.new_event_loop),
    "h11-uvloop": (h11_protocol, uvloop.new_event_loop),
    "h11-asyncio": (h11_protocol, asyncio.new_event_loop),
}


class Told(Sent):
    """Tells of every hand-over."""

    def __init__(self, told: list[tuple[int, int]]) -> None:
        super().__init__()
        self.told = told

    def note(self, now: float) -> None:
        self.told.append((self.segments, self.bytes))


class Stage:
    """``/play`` plays ``script``, ``/plain`` answers the ASGI way, ``/act`` runs ``act`` with the wire."""

    def __init__(self) -> None:
        self.script = Script(None, False, (), Ending("close"), False)
        self.speed = math.inf
        self.patience = 1.0
        self.act: Callable[[Wire, Any], Awaitable[None]] | None = None
        self.played: queue.Queue[PlaybackResult] = queue.Queue()
        self.told: list[tuple[int, int]] = []
        """Writes and bytes that had been handed over, each time."""
        self.clock = Deadlines()
        self.bodies: list[bytes] = []
        self.states: list[ServerState] = []
        self.address = ("", 0)
        self.loop: asyncio.AbstractEventLoop | None = None

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        wire: Wire = scope["extensions"][EXTENSION]
        if scope["path"] == "/act":
            assert self.act is not None
            await self.act(wire, receive)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        self.bodies.append(body)
        if scope["path"] == "/plain":
            start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
            await send(start)
            await send({"type": "http.response.body", "body": b"plain"})
            return
        sent = Told(self.told)
        played = await play(self.script, wire, self.clock, speed=self.speed, patience=self.patience, sent=sent)
        self.played.put(played)

    def result(self) -> PlaybackResult:
        return self.played.get(timeout=PATIENCE)

    def connect(self, receive_buffer: int | None = None) -> Client:
        connection = socket.socket()
        connection.settimeout(PATIENCE)
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.connect(self.address)
        return Client(connection)

    def call(self, function: Callable[[], Any]) -> Any:
        """The function's result in the server's event loop."""

        async def run() -> Any:
            return function()

        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(PATIENCE)

    async def _quiet(self) -> None:
        while any(state.tasks or state.connections for state in self.states):  # noqa: ASYNC110 - sets tell nobody
            await asyncio.sleep(0.001)

    def assert_quiet(self) -> None:
        """Every task and connection ends by itself: nothing has leaked."""
        assert self.loop is not None
        quiet = asyncio.run_coroutine_threadsafe(asyncio.wait_for(self._quiet(), PATIENCE), self.loop)
        quiet.result(PATIENCE + 1)


class Client:
    """A client that does nothing by itself."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.rest = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, path: str = "/play", body: bytes = b"{}", version: str = "1.1", fields: str = "") -> None:
        head = f"POST {path} HTTP/{version}\r\nhost: x\r\ncontent-length: {len(body)}\r\n{fields}\r\n"
        self.socket.sendall(head.encode() + body)

    def until(self, end: bytes) -> bytes:
        """Up to and including the first ``end``."""
        while end not in self.rest:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(self.rest)
            self.rest += data
        found, _, self.rest = self.rest.partition(end)
        return found + end

    def everything(self) -> tuple[bytes, str]:
        """All that comes until the end, and whether that is a "fin" or an "rst"."""
        pieces = [self.rest]
        while True:
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionResetError:
                return b"".join(pieces), "rst"
            if not data:
                return b"".join(pieces), "fin"
            pieces.append(data)

    def reads(self, size: int = 1 << 20) -> list[int]:
        """Where each read ended, until the end of the stream."""
        ends, total = [], 0
        while data := self.socket.recv(size):
            total += len(data)
            ends.append(total)
        return ends

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def chunked(*pieces: bytes, boundary: bool = False, every: float = 0.0, at: float = 0.0) -> tuple[Write, ...]:
    """The pieces as HTTP chunks, each a write."""
    framed = (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return tuple(Write(at + every * index, data, boundary) for index, data in enumerate(framed))


def keep_alive_script(*pieces: bytes, **timing: Any) -> Script:
    """A well-formed response after which the connection stays open."""
    writes = chunked(*pieces, **timing)
    last = Write(writes[-1].at if writes else 0.0, b"0\r\n\r\n", False)
    return Script(Head(headers=(("transfer-encoding", "chunked"),)), False, (*writes, last), Ending(), True)


def bare_script(ending: Ending, *pieces: bytes, boundary: bool = False, every: float = 0.0) -> Script:
    """Bytes without a head, one write each."""
    writes = tuple(Write(every * index, piece, boundary) for index, piece in enumerate(pieces))
    return Script(None, False, writes, ending, False)

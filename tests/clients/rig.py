"""What it takes to run the clients: a server that writes what a test gives it, and a process for each run."""

from __future__ import annotations

import os
import socket
import socketserver
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS = Path(__file__).parents[2] / "contracts" / "clients"
PATH = "/api/chat/stream"
TOKEN = "a-token"
MESSAGE = 'Explain "neural" networks, naïvely\n\\ please'
PAUSE = 0.005
CORS = (
    b"access-control-allow-origin: *\r\naccess-control-allow-methods: POST\r\n"
    b"access-control-allow-headers: authorization, content-type, accept\r\n"
)
EVENTS_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"


def as_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class RawServer:
    """Writes the same segments, a pause between them, in answer to every POST. Preflights are answered for it."""

    url: str = ""
    writes: list[bytes] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def events(self, *segments: bytes, last_chunk: bool = True) -> None:
        """Answer with an event stream: each segment one HTTP chunk, one write."""
        chunks = [as_chunk(segment) for segment in segments]
        self.raw(EVENTS_HEAD, *chunks, *([b"0\r\n\r\n"] if last_chunk else []))

    def raw(self, head: bytes, *writes: bytes) -> None:
        """Answer with this head (the CORS fields and the blank line are added) and these writes, then FIN."""
        self.writes = [head + CORS + b"\r\n", *writes]


class Exchange(socketserver.StreamRequestHandler):
    server: Listener

    def handle(self) -> None:
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while request := self.read_request():
            if request.line.startswith("OPTIONS"):
                self.wfile.write(b"HTTP/1.1 204 No Content\r\n" + CORS + b"\r\n")
                continue
            self.server.script.requests.append(request)
            for write in self.server.script.writes:
                self.wfile.write(write)
                time.sleep(PAUSE)
            return

    def read_request(self) -> Request | None:
        line = self.rfile.readline().decode().strip()
        headers = {}
        while header := self.rfile.readline().decode().strip():
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Request(line, headers, body) if line else None


class Listener(socketserver.ThreadingTCPServer):
    def __init__(self, script: RawServer) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.script = script

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves early is the test's business."""


@dataclass
class Outcome:
    text: str
    failed: bool
    said: str
    """What a failed client said of it."""


Run = Callable[[str], Outcome]
Runner = Callable[[str, str, str], Outcome]
"""A client's name, the server's origin and a token."""


_DRIVE_PYTHON = [sys.executable, str(CLIENTS / "drive.py")]
DRIVERS = {
    "node": ["node", str(CLIENTS / "drive.mjs")],
    "python-httpx": _DRIVE_PYTHON,
    "python-requests": _DRIVE_PYTHON,
}
INTERPRETERS = {
    "curl": ["sh"],
    "node": ["node"],
    "python-httpx": [sys.executable],
    "python-requests": [sys.executable],
}


def spawn(command: list[str], url: str, token: str) -> Outcome:
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    asked = {"ARES_URL": url, "ARES_PATH": PATH, "ARES_TOKEN": token, "ARES_MESSAGE": MESSAGE}
    ended = subprocess.run(command, env={**os.environ, **asked, "PATH": search}, capture_output=True, timeout=60)
    text = ended.stdout.decode(errors="replace")
    return Outcome(text, ended.returncode != 0, ended.stderr.decode(errors="replace"))

"""Everybody who takes part: how each is started, asked, and checked."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mock_ares.ares.credentials import Keyring
from tests.bench.figure import OURS
from tests.bench.places import AIMOCK, CONTENDERS, RIVALS
from tests.bench.places import OURS as BIN
from tests.bench.reader import Stream

TEXT = "twenty bytes of it"
"""What an event carries, where it can be chosen: ``data: `` and this are 24 bytes."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The stream that is asked for."""

    chunks: int
    every: float = 0.0
    """Seconds between two chunks."""
    segments: str = "free"
    """Promised reads, which only mock-ares knows."""

    @property
    def name(self) -> str:
        return f"ask-{self.chunks}-{round(self.every * 1e6)}us-{self.segments}"


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    port: int
    pid: int
    request: Callable[[Ask], bytes]
    unit: bytes
    """What stands once in each chunk of an answer."""

    def verify(self, stream: Stream, ask: Ask) -> None:
        """Raises AssertionError unless all chunks have come."""
        found = stream.body().count(self.unit)
        assert found == ask.chunks, f"{found} chunks of {ask.chunks}"

    def cpu(self) -> float:
        """Seconds of CPU time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes that are its own: what would be free without it (the proportional set size)."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("Pss:")))

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


def http(body: bytes, path: str = "/api/chat/stream", *fields: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json", *fields]
    return "\r\n".join([*head, f"content-length: {len(body)}", "", ""]).encode() + body


@contextmanager
def running(command: list[str], port: Callable[[str], int | None], **environment: str) -> Iterator[tuple[int, int]]:
    """A process, from when ``port`` finds its port in what it prints: the port, and the process's id."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **environment},
            start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            found = next(filter(None, map(port, iter(process.stdout.readline, ""))), None)
            if found is None:
                errors.seek(0)
                raise RuntimeError(f"{command} did not start: {errors.read()}")
            # Lines are printed for each request, and nobody may have to wait for them to be read.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield found, process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its workers, too, which outlive who started them
            process.wait()


def _printed(line: str) -> int | None:
    return int(line) if line.strip().isdigit() else None


def _origin(line: str) -> int | None:
    found = re.search(r"https?://[\w.]+:(\d+)", line)
    return int(found[1]) if found else None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def wait_for(port: int, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)


# The contenders


@contextmanager
def mock_ares(asks: list[Ask], *options: str, **environment: str) -> Iterator[Server]:
    """The command line, with a scenario for each ask."""
    token = Keyring().issue_jwt(lifetime=86400)
    with tempfile.TemporaryDirectory() as folder:
        for ask in asks:
            pace = f"    pace: {{every: {ask.every * 1000:.6f}ms}}\n" if ask.every else ""
            (Path(folder) / f"{ask.name}.txt").write_text(TEXT * ask.chunks)
            text = f"  - text: {{file: {ask.name}.txt}}\n    chunks: {{every: {len(TEXT)}}}\n"
            segments = f"    segments: {ask.segments}\n"
            (Path(folder) / f"{ask.name}.yaml").write_text(f"replies:\n{text}{pace}{segments}")
        command = [str(BIN / "mock-ares"), "serve", "--port", "0", *options, folder]
        with running(command, _origin, **environment) as (port, pid):
            fields = (f"authorization: Bearer {token}", "x-mock-ares-scenario: ")
            yield Server(
                port, pid, lambda ask: http(b'{"message":"hi"}', "/api/chat/stream", fields[0], fields[1] + ask.name),
                TEXT.encode(),
            )  # fmt: skip


def _ours(script: str, python: Path, *arguments: str) -> Callable[[list[Ask]], Iterator[Server]]:
    def start(asks: list[Ask]) -> Iterator[Server]:
        program = [str(python)] if script.endswith(".py") else ["node"]
        with running([*program, str(CONTENDERS / script), *arguments], _printed) as (port, pid):
            yield Server(port, pid, request, TEXT.encode())

    def request(ask: Ask) -> bytes:
        return http(json.dumps({"chunks": ask.chunks, "every": ask.every}).encode())

    return start


@contextmanager
def aimock(asks: list[Ask]) -> Iterator[Server]:
    """Its command line, with a fixture for each ask; it speaks OpenAI's chat completions."""
    fixtures = []
    for ask in asks:
        fixture: dict[str, object] = {
            "match": {"userMessage": ask.name}, "response": {"content": TEXT * ask.chunks}, "chunkSize": len(TEXT),
        }  # fmt: skip
        if ask.every:
            fixture["streamingProfile"] = {"tps": round(1 / ask.every)}
        fixtures.append(fixture)
    with tempfile.TemporaryDirectory() as folder:
        file, port = Path(folder) / "bench.json", free_port()
        file.write_text(json.dumps({"fixtures": fixtures}))
        command = ["node", str(AIMOCK), "-p", str(port), "-f", str(file), "-c", str(len(TEXT)), "--log-level", "silent"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            yield Server(port, process.pid, _openai, TEXT.encode())
        finally:
            process.kill()
            process.wait()


def _openai(ask: Ask) -> bytes:
    body = {"model": "gpt-4", "stream": True, "messages": [{"role": "user", "content": ask.name}]}
    return http(json.dumps(body).encode(), "/v1/chat/completions", "authorization: Bearer x")


@contextmanager
def llmock(asks: list[Ask]) -> Iterator[Server]:
    """Its command line, with a text for all: it says an event for each word. One ask at a time."""
    (ask,) = asks
    port = free_port()
    options = ["--log-level", "error", "--stream-chunk-delay-ms", str(round(ask.every * 1000))]
    command = [str(RIVALS / "llmock"), "serve", "-h", "127.0.0.1", "-p", str(port), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    reply = {"type": "reply", "text": "word " * ask.chunks, "times": None}
    try:
        wait_for(port)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(http(json.dumps({"behaviors": [reply]}).encode(), "/_llmock/scenario"))
            assert b" 201 " in connection.recv(65536)
        yield Server(port, process.pid, _openai, b"word")
    finally:
        process.kill()
        process.wait()


CONTENDERS_BY_NAME: dict[str, Callable[[list[Ask]], AbstractContextManager[Server]]] = {
    OURS: mock_ares,
    "asyncio.Protocol": contextmanager(_ours("protocol.py", BIN / "python")),
    "Starlette StreamingResponse": contextmanager(_ours("streaming_response.py", BIN / "python")),
    "sse-starlette": contextmanager(_ours("event_source_response.py", RIVALS / "python")),
    "node:http": contextmanager(_ours("node_http.mjs", Path("node"))),
    "aimock": aimock,
    "llmock": llmock,
}
assert sys.platform == "linux", "figures are taken from /proc"

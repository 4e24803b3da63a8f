"""From the start of a process to the first byte that it streams."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mock_ares.ares.credentials import Keyring
from tests.bench.figure import OURS, Result, Row
from tests.bench.places import AIMOCK, CONTENDERS
from tests.bench.places import OURS as BIN
from tests.bench.servers import free_port, http

WHO = (OURS, "mock-ares, one file", "asyncio.Protocol", "Starlette StreamingResponse", "node:http", "aimock")
SCENARIO = "replies:\n  - text: Hello there\n"
FIXTURES = {"fixtures": [{"match": {"userMessage": "hi"}, "response": {"content": "Hello there"}}]}
BODY = re.compile(rb"\r\n\r\n.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Start:
    """A command line, the port it is told or prints, and what to ask it for."""

    command: list[str]
    request: bytes
    port: int | None = None
    finds: Callable[[str], int | None] = lambda line: int(line) if line.strip().isdigit() else None


WHY = (
    "Most of it is imports. uvicorn and Starlette alone, the row of Starlette's StreamingResponse, are above twice the "
    "hand-written protocol and near aimock, so the goals cannot be met on top of them."
)


def measure(rounds: int) -> Result:
    wall = {name: list[float]() for name in WHO}
    cpu = {name: list[float]() for name in WHO}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "hello.yaml").write_text(SCENARIO)
        (Path(folder) / "hello.json").write_text(json.dumps(FIXTURES))
        for turn in range(2 * rounds + 1):
            for name in WHO:
                seconds, burnt = _started(_start(name, folder))
                if turn:  # what is compiled or cached at a first start is there now
                    wall[name].append(seconds * 1000)
                    cpu[name].append(burnt * 1000)
    what, burnt_by = "process start to first streamed byte", "CPU time until then"
    rows = [Row(what, name, "ms", values) for name, values in wall.items()]
    rows += [Row(burnt_by, name, "ms", values) for name, values in cpu.items()]
    result = Result("startup", "Start: command line to first byte", rows)
    rival, floor = result.row(what, "aimock"), result.row(what, "asyncio.Protocol")
    result.judge(
        what,
        "half of aimock, twice asyncio.Protocol",
        lambda row: row.ratio_to(rival) <= 0.5 and row.ratio_to(floor) <= 2,
    )
    return result


def _start(name: str, folder: str) -> Start:
    if name.startswith(OURS):
        token = Keyring().issue_jwt(lifetime=3600)
        request = http(b'{"message":"hi"}', "/api/chat/stream", f"authorization: Bearer {token}")
        files = [f"{folder}/hello.yaml"] if "file" in name else []
        return Start(
            [str(BIN / "mock-ares"), "serve", "--port", "0", "--instant", *files], request, finds=_in_the_greeting
        )
    if name == "aimock":
        port = free_port()
        body = {"model": "gpt-4", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
        command = ["node", str(AIMOCK), "-p", str(port), "-f", f"{folder}/hello.json", "--log-level", "silent"]
        return Start(command, http(json.dumps(body).encode(), "/v1/chat/completions"), port)
    script = {"asyncio.Protocol": "protocol.py", "node:http": "node_http.mjs"}.get(name, "streaming_response.py")
    program = "node" if script.endswith("mjs") else str(BIN / "python")
    return Start([program, str(CONTENDERS / script)], http(b'{"chunks": 2}'))


def _in_the_greeting(line: str) -> int | None:
    found = re.search(r"http://[\w.]+:(\d+)", line)
    return int(found[1]) if found else None


def _started(start: Start) -> tuple[float, float]:
    """Seconds to the first byte of a body, and CPU seconds until then."""
    begun = time.monotonic()
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        start.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=installed
    )
    assert process.stdout is not None
    try:
        port = start.port
        while port is None:
            line = process.stdout.readline()
            assert line, f"{start.command} did not start"
            port = start.finds(line)
        data = _first_bytes(port, start.request)
        seconds = time.monotonic() - begun
        assert b" 200 " in data.split(b"\r\n")[0], data
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return seconds, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _first_bytes(port: int, request: bytes) -> bytes:
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(request)
                data = b""
                while not BODY.search(data):
                    data += connection.recv(65536)
                return data
        except ConnectionRefusedError:
            time.sleep(0.001)

"""How fast zero-delay streams leave, beside two floors, in one interleaved run: ratios, with medians and spread.

Each server is a process of its own; the reader parses nothing and checks the bytes of every stream. ``make bench``.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from mock_ares.server.auth import Keyring

CHUNKS = 2000
ROUNDS = 9
EVENT = b"data: twenty bytes of it\n\n"
FRAMED = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
BODY = FRAMED * CHUNKS + b"0\r\n\r\n"
SCENARIO = f"replies:\n  - text: {{bytes: {CHUNKS * 18}}}\n    chunks: {{every: 18}}\n"

PROTOCOL = f"""
import asyncio, sys
HEAD = b"HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n"
FRAMED = {FRAMED!r}
class Bare(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        if data.endswith(b"{{}}"):
            self.transport.write(HEAD)
            for _ in range({CHUNKS}):
                self.transport.write(FRAMED)
            self.transport.write(b"0\\r\\n\\r\\n")
async def main():
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
try:
    import uvloop
    uvloop.run(main())
except ImportError:
    asyncio.run(main())
"""
STARLETTE = f"""
import socket, uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
async def events():
    for _ in range({CHUNKS}):
        yield {EVENT!r}
async def stream(request):
    await request.body()
    return StreamingResponse(events(), media_type="text/event-stream")
app = Starlette(routes=[Route("/api/chat/stream", stream, methods=["POST"])])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
"""
MOCK = f"""
import math, time
from mock_ares.server.fake import FakeServer
from mock_ares.server.state import Settings
from mock_ares.scenario.load import loads
with FakeServer(Settings(speed=math.inf, scenario="bench"), [loads({SCENARIO!r}, name="bench")]) as fake:
    print(fake.url.rpartition(":")[2], flush=True)
    time.sleep(600)
"""
SERVERS = {"mock-ares": MOCK, "asyncio.Protocol": PROTOCOL, "Starlette StreamingResponse": STARLETTE}


@contextmanager
def serving(code: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def read_one(port: int, request: bytes) -> int:
    """The bytes of one stream behind its head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(request)
    await reader.readuntil(b"\r\n\r\n")
    size, end = 0, b""
    while not end.endswith(b"\r\n0\r\n\r\n"):
        data = await reader.read(1 << 18)
        assert data, "the stream ended early"
        size, end = size + len(data), (end + data)[-7:]
    writer.close()
    return size


async def rate(port: int, streams: int, request: bytes) -> float:
    """Chunks a second over all streams."""
    started = time.perf_counter()
    sizes = await asyncio.gather(*(read_one(port, request) for _ in range(streams)))
    assert len(set(sizes)) == 1 and sizes[0] >= CHUNKS * 20, sizes
    return streams * CHUNKS / (time.perf_counter() - started)


def main() -> None:
    token = Keyring().issue_jwt(lifetime=3600)
    head = f"POST /api/chat/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
    asks = dict.fromkeys(SERVERS, f"{head}content-type: application/json\r\n")
    bodies = {name: b"{}" if name != "mock-ares" else b'{"message":"hi"}' for name in SERVERS}
    requests = {n: f"{asks[n]}content-length: {len(bodies[n])}\r\n\r\n".encode() + bodies[n] for n in SERVERS}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(serving(code)) for name, code in SERVERS.items()}
        for streams in (1, 50):
            found: dict[str, list[float]] = {name: [] for name in SERVERS}
            for number in range(ROUNDS + 1):
                for name, port in ports.items():
                    measured = asyncio.run(rate(port, streams, requests[name]))
                    if number:  # the first is a warm-up
                        found[name].append(measured)
            report(streams, found)


def report(streams: int, found: dict[str, list[float]]) -> None:
    print(f"{CHUNKS} chunks, {streams} stream{'s' * (streams > 1)} at once, thousand chunks/s, {ROUNDS} rounds in turn")
    for name, rates in found.items():
        low, middle, high = (value / 1000 for value in (min(rates), statistics.median(rates), max(rates)))
        ratios = statistics.median(ours / theirs for ours, theirs in zip(found["mock-ares"], rates, strict=True))
        print(f"  {name:<28} {middle:8.0f}  ({low:.0f} to {high:.0f})   mock-ares is {ratios:.2f} times as fast")


if __name__ == "__main__":
    main()

"""What the recorder adds to an event: each says when it left, and the reader says when it came."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench.figure import OURS, Result, Row
from tests.bench.pacing import percentile
from tests.bench.places import OURS as BIN
from tests.bench.reader import read
from tests.bench.servers import http, running

EVENTS, EVERY = 400, 0.005
SOURCE = f"""
import asyncio, time
class Source(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        asyncio.get_running_loop().create_task(self.stream())
    async def stream(self):
        fields = b"content-type: text/event-stream\\r\\ntransfer-encoding: chunked\\r\\n"
        self.transport.write(b"HTTP/1.1 200 OK\\r\\n" + fields + b"\\r\\n")
        begun = time.monotonic()
        for index in range({EVENTS}):
            await asyncio.sleep(begun + index * {EVERY} - time.monotonic())
            event = b"data: @%.9f@\\n\\n" % time.monotonic()
            self.transport.write(b"%x\\r\\n%b\\r\\n" % (len(event), event))
        self.transport.write(b"0\\r\\n\\r\\n")
async def main():
    server = await asyncio.get_running_loop().create_server(Source, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
STAMP = re.compile(rb"@([0-9.]+)@")


def measure(rounds: int) -> Result:
    rows = list[Row]()
    with ExitStack() as stack:
        direct, _ = stack.enter_context(running([sys.executable, "-c", SOURCE], _port("port ")))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        command = [str(BIN / "mock-ares"), "record", "--upstream", f"http://127.0.0.1:{direct}", "--port", "0"]
        via, _ = stack.enter_context(running([*command, "--out", str(folder / "out")], _port("http://127.0.0.1:")))
        for streams in (1, 5):
            found = {"straight": list[float](), OURS: list[float]()}
            for _ in range(rounds):
                for name, port in (("straight", direct), (OURS, via)):
                    found[name].append(_p99(port, streams))
            added = [ours - straight for ours, straight in zip(found[OURS], found["straight"], strict=True)]
            what = f"{EVENTS} events 5 ms apart, {streams} stream{'s' * (streams > 1)}"
            rows += [Row(f"{what}: p99 to the reader", name, "ms", values) for name, values in found.items()]
            rows.append(Row(f"{what}: p99, added by the recorder", OURS, "ms", added))
    result = Result("recorder", "What `mock-ares record` adds to an event on its way", rows)
    for row in [row for row in rows if "added" in row.measure]:
        result.judge(row.measure, "1 ms", lambda row: row.median < 1.0)
    return result


def _port(before: str):  # type: ignore[no-untyped-def]
    def port(line: str) -> int | None:
        found = re.search(re.escape(before) + r"(\d+)", line)
        return int(found[1]) if found else None

    return port


def _p99(port: int, streams: int) -> float:
    """Milliseconds from when an event was written to when it was read."""
    took = [
        at - float(stamp)
        for stream in read(port, http(b"{}"), streams)
        for data, at in zip(stream.reads, stream.times, strict=True)
        for stamp in STAMP.findall(data)
    ]
    assert len(took) == streams * EVENTS, f"{len(took)} events of {streams * EVENTS}"
    return percentile(took, 0.99) * 1000

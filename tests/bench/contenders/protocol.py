"""The practical limit of Python: a hand-written asyncio.Protocol that sends bytes encoded beforehand.

The body of a request says how many chunks, how many seconds apart, and whether each is a write of its own.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import sys
import time
from functools import partial
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b"data: twenty bytes of it\n\n"
FRAMED = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
END = b"0\r\n\r\n"
WHOLE: dict[int, bytes] = {}
HEAP: list[tuple[float, int, Any]] = []


class Timers:
    """One heap of deadlines, as anybody would write it who has many."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.order, self.armed = loop, 0, None

    def at(self, due: float, what: Any) -> None:
        self.order += 1
        heapq.heappush(HEAP, (due, self.order, what))
        if self.armed is None or due < self.armed.when():
            self.arm()

    def arm(self) -> None:
        if self.armed is not None:
            self.armed.cancel()
        self.armed = self.loop.call_at(HEAP[0][0], self.ring)

    def ring(self) -> None:
        self.armed = None
        now = time.monotonic()
        while HEAP and HEAP[0][0] <= now:
            heapq.heappop(HEAP)[2]()
        if HEAP:
            self.arm()


class Bare(asyncio.Protocol):
    timers: Timers

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        _, _, body = data.partition(b"\r\n\r\n")
        if not body.endswith(b"}"):
            return
        asked = json.loads(body)
        count, every = asked["chunks"], asked.get("every", 0)
        if every:
            self.transport.write(HEAD)
            self.paced(time.monotonic(), 0, count, every)
        elif asked.get("each"):
            self.transport.set_write_buffer_limits(high=0)
            self.transport.write(HEAD)
            for _ in range(count):
                self.transport.write(FRAMED)
            self.transport.write(END)
        else:
            self.transport.write(WHOLE.setdefault(count, HEAD + FRAMED * count + END))

    def paced(self, start: float, index: int, count: int, every: float) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(FRAMED)
        index += 1
        if index < count:
            self.timers.at(start + index * every, partial(self.paced, start, index, count, every))
        else:
            self.transport.write(END)


async def main() -> None:
    loop = asyncio.get_running_loop()
    Bare.timers = Timers(loop)
    server = await loop.create_server(Bare, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


try:
    if "asyncio" in sys.argv:
        raise ImportError
    import uvloop

    uvloop.run(main())
except ImportError:
    asyncio.run(main())

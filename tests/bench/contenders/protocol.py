"""The practical limit of Python: a hand-written asyncio.Protocol that sends bytes encoded beforehand.

The body of a request says how many chunks, how many seconds apart, and whether each is a write of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b"data: twenty bytes of it\n\n"
FRAMED = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
END = b"0\r\n\r\n"
WHOLE: dict[int, bytes] = {}


class Bare(asyncio.Protocol):
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
            self.paced(asyncio.get_running_loop().time(), 0, count, every)
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
            loop = asyncio.get_running_loop()
            loop.call_at(start + index * every, self.paced, start, index, count, every)
        else:
            self.transport.write(END)


async def main() -> None:
    loop = asyncio.get_running_loop()
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

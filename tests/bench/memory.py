"""Memory: idle, for each open stream, and under readers that do not read."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.bench.figure import OURS, Result, Row
from tests.bench.reader import connect
from tests.bench.servers import CONTENDERS_BY_NAME, TEXT, Ask, Server

PACED = Ask(1000, 0.5)
LARGE = Ask(8_000_000 // len(TEXT))
OPEN = 1000
SLOW = 10
WHO = (OURS, "asyncio.Protocol", "Starlette StreamingResponse", "sse-starlette", "node:http", "aimock")
MIB, KIB = 1024 * 1024, 1024
WHY = (
    "uvicorn's connection, its parser and the task of a request, with Starlette's routing, take the larger half of an "
    "open stream; the journal's entry, the conversation and what the console may ask for later the rest. A plan is "
    "kept by columns and shared: ten slow readers of it take what one does."
)


def measure(rounds: int) -> Result:
    rows = list[Row]()
    idle, stream = "idle", f"each of {OPEN} open paced streams"
    alone, slow = (f"{n} slow reader{'s' * (n > 1)} of an 8 MB reply: added" for n in (1, SLOW))
    for name in WHO:
        found = 0
        for _ in range(2):  # a first start reads scenario files, a second one what has been kept of them
            with CONTENDERS_BY_NAME[name]([Ask(10)]) as server:
                time.sleep(1)
                found = server.memory()
        rows.append(Row(idle, name, "MiB", [found / MIB]))
    with ExitStack() as stack:
        servers: dict[str, Server] = {
            name: stack.enter_context(CONTENDERS_BY_NAME[name]([PACED, LARGE])) for name in WHO
        }
        for name, server in servers.items():
            with asked(server, PACED, 50):  # what is made once, is there
                time.sleep(1)
            before = server.memory()
            with asked(server, PACED, OPEN):
                time.sleep(3)
                rows.append(Row(stream, name, "KiB", [(server.memory() - before) / OPEN / KIB]))
        for name, server in servers.items():
            time.sleep(1)
            before = server.memory()
            for readers, what in ((1, alone), (SLOW, slow)):
                with asked(server, LARGE, readers):
                    time.sleep(7)
                    rows.append(Row(what, name, "MiB", [(server.memory() - before) / MIB]))
    result = Result("memory", "Memory (proportional set size of the process)", rows)
    result.judge(idle, "40 MiB", lambda row: row.median <= 40)
    result.judge(stream, "12 KiB", lambda row: row.median <= 12)
    one = result.row(alone)
    result.judge(slow, "one plan, shared: as for one, or 2 MiB more", lambda row: row.median <= one.median + 2)
    return result


@contextmanager
def asked(server: Server, ask: Ask, streams: int, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """So many streams, asked for and not read."""
    sockets = [connect(server.port, tls) for _ in range(streams)]
    try:
        for each in sockets:
            each.send(server.request(ask))
        yield
        sockets[-1].settimeout(120)
        assert b" 200 " in sockets[-1].recv(64), f"{server.unit!r} was not answered"
    finally:
        for each in sockets:
            each.close()

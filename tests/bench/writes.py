"""One write for each segment: our player's machinery beside a hand-written asyncio.Protocol.

Where nothing is promised, mock-ares joins what leaves at the same time. To have a write for each segment all the same
the streams are paced so that each event has a moment of its own, many streams at once, so that both are busy. The CPU
time that an event costs says how many would go: the same pace, the same reader, the same bytes.
"""

from __future__ import annotations

from contextlib import ExitStack

from tests.bench.figure import OURS, Result, Row
from tests.bench.reader import read
from tests.bench.servers import CONTENDERS_BY_NAME, Ask, Server

PACED = Ask(1000, 0.002)
STREAMS = 20
WHO = (OURS, "asyncio.Protocol", "Starlette StreamingResponse", "node:http")
WHY = (
    "An event takes one system call either way, which is most of its cost. What mock-ares takes more is half Python "
    "(deadlines that can be slowed, held and broken off, in the place of a timer that cannot) and half wake-ups: "
    "uvloop's timers come in whole milliseconds, mock-ares's in half ones, so it wakes twice as often and is late by "
    "half as much."
)


def measure(rounds: int) -> Result:
    found = {name: list[float]() for name in WHO}
    with ExitStack() as stack:
        servers: dict[str, Server] = {name: stack.enter_context(CONTENDERS_BY_NAME[name]([PACED])) for name in WHO}
        for turn in range(rounds + 1):
            for name, server in servers.items():
                cost = _cost(server)
                if turn:
                    found[name].append(1 / cost / 1000)
    what = f"{STREAMS} streams, an event every {PACED.every * 1000:g} ms, each a write"
    rows = [Row(what, name, "thousand events in a CPU second", values) for name, values in found.items()]
    result = Result("writes", "One write for each segment", rows)
    floor = result.row(what, "asyncio.Protocol")
    result.judge(what, "0.9 of asyncio.Protocol", lambda row: row.ratio_to(floor) >= 0.9)
    return result


def _cost(server: Server) -> float:
    """CPU seconds for an event."""
    before = server.cpu()
    streams = read(server.port, server.request(PACED), STREAMS)
    cost = (server.cpu() - before) / (STREAMS * PACED.chunks)
    for stream in streams:
        server.verify(stream, PACED)
    return cost

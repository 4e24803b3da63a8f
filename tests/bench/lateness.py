"""Streams paced at 5 ms: how late their events are, and whether the lateness grows."""

from __future__ import annotations

import time
from contextlib import ExitStack

from tests.bench.figure import OURS, Result, Row
from tests.bench.pacing import lateness, percentile
from tests.bench.reader import read
from tests.bench.servers import CONTENDERS_BY_NAME, Ask, Server

ASK = Ask(200, 0.005)
LONG = Ask(4000, 0.005)
WHO = (OURS, "asyncio.Protocol", "Starlette StreamingResponse", "node:http", "aimock", "llmock")
WHY = (
    "The reader's own lateness is in these numbers, and the machine's: the rows of a process that only sleeps and of "
    "the hand-written protocol show how much. Events that lie close together share a wake-up each half millisecond."
)


def measure(rounds: int) -> Result:
    rows = list[Row]()
    with ExitStack() as stack:
        servers: dict[str, Server] = {
            name: stack.enter_context(CONTENDERS_BY_NAME[name]([ASK, LONG] if name == OURS else [ASK])) for name in WHO
        }
        for streams in (1, 50):
            found = {name: list[tuple[float, float, float]]() for name in WHO}
            for _ in range(rounds):
                for name, server in servers.items():
                    found[name].append(_measured(server, ASK, streams))
            what = f"{ASK.chunks} events 5 ms apart, {streams} stream{'s' * (streams > 1)}"
            for index, measure in enumerate(("lateness p50", "lateness p99", "drift")):
                values = {name: [each[index] * 1000 for each in taken] for name, taken in found.items()}
                rows += [Row(f"{what}: {measure}", name, "ms", each) for name, each in values.items()]
        alone = [percentile(_timer(ASK), 0.99) * 1000 for _ in range(rounds)]
        rows.append(
            Row(f"{ASK.chunks} events 5 ms apart, 1 stream: lateness p99", "a process that only sleeps", "ms", alone)
        )
        drift = [_measured(servers[OURS], LONG, 1)[2] * 1000]
        rows.append(Row(f"{LONG.chunks} events 5 ms apart: drift", OURS, "ms", drift))
    result = Result("lateness", "On time: lateness and drift at 5 ms, seen by the reader", rows)
    for row in [row for row in rows if row.name == OURS and "p50" not in row.measure]:
        result.judge(row.measure, "1 ms", lambda row: row.median <= 1.0)
    return result


def _timer(ask: Ask) -> list[float]:
    """How late this machine wakes a process that does nothing but sleep."""
    begun, late = time.monotonic(), list[float]()
    for index in range(1, ask.chunks + 1):
        due = begun + index * ask.every
        time.sleep(max(0.0, due - time.monotonic()))
        late.append(time.monotonic() - due)
    return late


def _measured(server: Server, ask: Ask, streams: int) -> tuple[float, float, float]:
    found = read(server.port, server.request(ask), streams)
    for stream in found:
        server.verify(stream, ask)
    late = [lateness(stream, server, ask.every) for stream in found]
    events = [each for stream in late for each in stream.events]
    return percentile(events, 0.5), percentile(events, 0.99), max(stream.drift for stream in late)

"""How many streams at 20 events a second are on time, and what an event costs."""

from __future__ import annotations

from contextlib import ExitStack

from tests.bench.figure import OURS, Result, Row
from tests.bench.pacing import lateness, percentile
from tests.bench.reader import read
from tests.bench.servers import CONTENDERS_BY_NAME, Ask, Server

ASK = Ask(100, 0.05)
CROWDS = (1000, 2000, 4000)
WHO = (OURS, "asyncio.Protocol", "Starlette StreamingResponse")
WHY = (
    "4,000 streams are 80,000 writes a second: by the CPU time of an event that is more than a core, for the "
    "hand-written protocol, too, and then everybody is late. Whoever needs more takes `--workers`."
)


def measure(rounds: int) -> Result:
    rows, plot = list[Row](), dict[str, list[tuple[float, float]]]()
    with ExitStack() as stack:
        servers: dict[str, Server] = {name: stack.enter_context(CONTENDERS_BY_NAME[name]([ASK])) for name in WHO}
        for streams in CROWDS:
            late = {name: list[float]() for name in WHO}
            cost = {name: list[float]() for name in WHO}
            for _ in range(min(rounds, 2)):
                for name, server in servers.items():
                    p99, cpu = _measured(server, streams)
                    late[name].append(p99 * 1000)
                    cost[name].append(cpu * 1e6)
            rows += [Row(f"{streams} streams: lateness p99", name, "ms", values) for name, values in late.items()]
            rows += [
                Row(f"{streams} streams: CPU time of an event", name, "us", values) for name, values in cost.items()
            ]
            for name in WHO:
                plot.setdefault(name, []).append((streams, sorted(late[name])[0]))
    result = Result("crowd", f"{ASK.chunks} events each, 20 a second: many streams at once", rows)
    result.judge(f"{CROWDS[-1]} streams: lateness p99", "under 10 ms", lambda row: row.median < 10)
    result.notes.append("The reader is one Python process on the other core; where it saturates, it is what is late.")
    result.plots["Lateness p99 (ms) by streams at 20 events/s"] = plot
    return result


def _measured(server: Server, streams: int) -> tuple[float, float]:
    """The p99 of lateness once all have begun, and CPU seconds for each event."""
    before = server.cpu()
    found = read(server.port, server.request(ASK), streams, seconds=120)
    cpu = server.cpu() - before
    late = list[float]()
    begun = max(stream.asked for stream in found) + 1.0
    for stream in found:
        server.verify(stream, ASK)
        times = [at for at in stream.times if at > begun]
        skipped = len(stream.times) - len(times)
        late += lateness(stream, server, ASK.every).events[skipped:]
    return percentile(late, 0.99), cpu / (streams * ASK.chunks)

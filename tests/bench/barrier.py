"""Exact segment boundaries: none lost, and what each costs, with a client in another process."""

from __future__ import annotations

from tests.bench.figure import OURS, Result, Row
from tests.bench.reader import read
from tests.bench.servers import Ask, mock_ares

ASK = Ask(5000, segments="event")
MOST = 100_000


def measure(rounds: int) -> Result:
    cost, lost, total = list[float](), 0, 0
    with mock_ares([ASK]) as server:
        for _ in range(max(rounds, MOST // ASK.chunks)):
            (stream,) = read(server.port, server.request(ASK))
            server.verify(stream, ASK)
            together = [count for data in stream.reads if (count := data.count(server.unit)) > 1]
            lost += sum(together) - len(together)
            total += ASK.chunks
            cost.append((stream.times[-1] - stream.times[0]) / ASK.chunks * 1e6)
    rows = [
        Row(f"boundaries lost of {total:,}", OURS, "", [float(lost)]),
        Row("from one read to the next", OURS, "us", cost),
    ]
    result = Result("barrier", "Exact segment boundaries", rows)
    result.judge(rows[0].measure, "0", lambda row: row.median == 0)
    result.judge(rows[1].measure, "under 150 us", lambda row: row.median < 150)
    return result

"""Zero-delay streams: chunks a second, and how long a reader waits for the first when fifty start together."""

from __future__ import annotations

import statistics
from contextlib import ExitStack

from tests.bench.figure import Result, Row
from tests.bench.reader import read
from tests.bench.servers import CONTENDERS_BY_NAME, Ask, Server

ASK = Ask(2000)
SLOW = {"llmock": 1}
SEQUENCE = 20
"""Streams one after the other, where it is one at a time: the faster ones would be over at once."""


def measure(rounds: int) -> Result:
    rates = {streams: {name: list[float]() for name in CONTENDERS_BY_NAME} for streams in (1, 50)}
    first = {name: list[float]() for name in CONTENDERS_BY_NAME}
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for name, start in CONTENDERS_BY_NAME.items():
            servers[name] = stack.enter_context(start([ASK]))
        for turn in range(rounds + 1):
            for name, server in servers.items():
                alone = _alone(server, SLOW.get(name, SEQUENCE))
                together, waited = _together(server)
                if turn:  # the first is a warm-up
                    rates[1][name].append(alone / 1000)
                    rates[50][name].append(together / 1000)
                    first[name].append(waited * 1000)
    rows = [
        Row(f"{ASK.chunks} chunks, {streams} stream{'s' * (streams > 1)} at once", name, "thousand chunks/s", values)
        for streams, by_name in rates.items()
        for name, values in by_name.items()
    ]
    waits = "time to first byte, 50 streams started together"
    rows += [Row(waits, name, "ms", values) for name, values in first.items()]
    result = Result("throughput", "Throughput of zero-delay streams; each chunk its own event and HTTP chunk", rows)
    for streams in (1, 50):
        what = f"{ASK.chunks} chunks, {streams} stream{'s' * (streams > 1)} at once"
        rival = result.row(what, "aimock")
        result.judge(what, "10 times aimock", lambda row, rival=rival: row.ratio_to(rival) >= 10)  # type: ignore[misc]  # mypy infers no lambda with a default
    result.judge(waits, "a quarter of aimock's", lambda row: row.ratio_to(result.row(waits, "aimock")) <= 0.25)
    result.notes.append("aimock's and llmock's chunks are OpenAI's JSON, some 200 bytes each; the others' 24.")
    return result


def _alone(server: Server, times: int) -> float:
    """Chunks a second, one stream after the other."""
    request = server.request(ASK)
    streams = [stream for _ in range(times) for stream in read(server.port, request)]
    for stream in streams:
        server.verify(stream, ASK)
    return times * ASK.chunks / sum(stream.times[-1] - stream.asked for stream in streams)


def _together(server: Server) -> tuple[float, float]:
    """Chunks a second of 50 streams, and the median of their waits for a first byte."""
    streams = read(server.port, server.request(ASK), 50)
    for stream in streams:
        server.verify(stream, ASK)
    assert server.unit != b"twenty bytes of it" or streams[0].http_chunks() >= ASK.chunks
    elapsed = max(stream.times[-1] for stream in streams) - min(stream.asked for stream in streams)
    return 50 * ASK.chunks / elapsed, statistics.median(stream.first for stream in streams)

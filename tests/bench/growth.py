"""Cost as work grows: chunks, streams, scenarios, the journal, and all that the tests count."""

from __future__ import annotations

import gc
import math
import resource
import subprocess
import sys
import time

from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.scenario.model import Chunks, Reply, Scenario, When
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.bench import cost
from tests.bench.figure import OURS, Result, Row
from tests.bench.reader import read
from tests.bench.servers import http

CHUNKS = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
STREAMS = (1, 10, 100, 1_000, 5_000)
SCENARIOS = (1, 10, 100, 1_000, 10_000)


def measure(rounds: int) -> Result:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    planning = [(float(n), _planning(n)) for n in CHUNKS]
    memory = [(float(n), _peak(n)) for n in CHUNKS if n >= 10_000]
    streams = [(float(n), _streams(n)) for n in STREAMS]
    scenarios = [(float(n), _scenarios(n)) for n in SCENARIOS]
    journal = [(float(n), _journal(n)) for n in (0, 1_000)]
    kinds = {name: cost.growth(work, size) for name, (work, size) in cost.all_work().items()}
    worst = max(kinds, key=lambda name: kinds[name])
    plots = {
        "Seconds of CPU time to plan a reply, by its chunks": {OURS: planning},
        "MiB at most while it is planned, by its chunks": {OURS: memory},
        "Seconds for zero-delay streams of 100 chunks at once, by their number": {OURS: streams},
        "Seconds for 100 requests, by the scenarios that are looked through": {OURS: scenarios},
    }
    rows = [
        Row("planning a chunk, 1,000,000 of them: of what one of 1,000 costs", OURS, "times", [_each(planning, 2, -1)]),
        Row("planning 1,000,000 chunks", OURS, "s", [planning[-1][1]]),
        Row("planning 1,000,000 chunks, memory at most", OURS, "MiB", [memory[-1][1]]),
        Row("a stream of 5,000 at once: of what one of 100 costs", OURS, "times", [_each(streams, 2, -1)]),
        Row("a request among 10,000 scenarios: of what one among 1,000 costs", OURS, "times",
            [scenarios[-1][1] / scenarios[3][1]]),
        Row("a request with a full journal: of what one with an empty costs", OURS, "times",
            [journal[-1][1] / journal[0][1]]),
        Row(f"four times the work, of {len(kinds)} kinds: {worst} grows most", OURS, "times", [kinds[worst]]),
    ]  # fmt: skip
    result = Result("growth", "Cost as work grows", rows, plots=plots)
    for row in (rows[0], rows[3], rows[5]):
        result.judge(row.measure, "linear or better (at most 1.5)", lambda row: row.median <= 1.5)
    result.judge(rows[4].measure, "looked up, not gone through (at most 2)", lambda row: row.median <= 2)
    result.judge(rows[6].measure, "linear or better (at most 8)", lambda row: row.median <= cost.LINEAR)
    return result


def _each(points: list[tuple[float, float]], few: int, many: int) -> float:
    return (points[many][1] / points[many][0]) / (points[few][1] / points[few][0])


def _planning(chunks: int) -> float:
    reply = Reply(text="word " * chunks, chunks=Chunks(every=5))
    least = math.inf
    for _ in range(3 if chunks < 1_000_000 else 1):
        gc.collect()
        begun = time.process_time()
        lay_out(build(reply, RequestContext()))
        least = min(least, time.process_time() - begun)
    return least


def _peak(chunks: int) -> float:
    """In a process of its own: the most it ever had, less what it had before."""
    code = (
        "from mock_ares.plan.build import RequestContext, build\n"
        "from mock_ares.plan.http.layout import lay_out\n"
        "from mock_ares.scenario.model import Chunks, Reply\n"
        f"reply = Reply(text='word ' * {chunks}, chunks=Chunks(every=5))\n"
        "lines = lambda: open('/proc/self/status').read().split()\n"
        "of = lambda name: int(lines()[lines().index(name) + 1])\n"
        "before = of('VmRSS:'); lay_out(build(reply, RequestContext())); print((of('VmHWM:') - before) / 1024)"
    )
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def _request(server: FakeServer) -> tuple[int, bytes]:
    token = server.credentials().token
    return int(server.url.rpartition(":")[2]), http(
        b'{"message":"hi"}', "/api/chat/stream", f"authorization: Bearer {token}"
    )


def _streams(number: int) -> float:
    scenario = Scenario(name="s", replies=(Reply(text="word " * 100, chunks=Chunks(every=5)),))
    with FakeServer(Settings(speed=math.inf, scenario="s"), [scenario]) as server:
        port, request = _request(server)
        read(port, request)
        streams = read(port, request, number)
        assert all(stream.raw.count(b"word") == 100 for stream in streams)
        return max(stream.times[-1] for stream in streams) - min(stream.asked for stream in streams)


def _scenarios(number: int) -> float:
    hello = (Reply(text="hello"),)
    library = [Scenario(name=f"s{n}", when=When(message=f"message {n}"), replies=hello) for n in range(number)]
    with FakeServer(Settings(speed=math.inf), library) as server:
        return _hundred(server)


def _journal(filled: int) -> float:
    with FakeServer(Settings(speed=math.inf, journal=1000)) as server:
        port, request = _request(server)
        for _ in range(filled // 50):
            read(port, request, 50)
        return _hundred(server)


def _hundred(server: FakeServer) -> float:
    port, request = _request(server)
    read(port, request)
    begun = time.perf_counter()
    for _ in range(100):
        read(port, request)
    return time.perf_counter() - begun

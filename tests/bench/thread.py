"""A fake in a thread: started, stopped, and what each further test with the fixture costs."""

from __future__ import annotations

import math
import time

from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.bench.figure import OURS, Result, Row


def measure(rounds: int) -> Result:
    from pathlib import Path

    from mock_ares.harness.plugin.fixtures import Ares

    started, stopped, tests, stock_started, stock_stopped = (list[float]() for _ in range(5))
    settings = Settings(speed=math.inf)
    FakeServer(settings).start().stop()  # the first one imports
    with FakeServer(settings) as shared:
        for _ in range(20 * rounds):
            begun = time.perf_counter()
            server = FakeServer(settings).start()
            begun, taken = time.perf_counter(), time.perf_counter() - begun
            started.append(taken * 1000)
            server.stop()
            stopped.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            test = Ares(shared, "test", Path())
            test.finish(passed=False)
            tests.append((time.perf_counter() - begun) * 1000)
    for _ in range(rounds):
        up, down = _stock()
        stock_started.append(up)
        stock_stopped.append(down)
    rows = [
        Row("start in a thread", OURS, "ms", started),
        Row("start in a thread", "stock uvicorn", "ms", stock_started),
        Row("stop", OURS, "ms", stopped),
        Row("stop", "stock uvicorn", "ms", stock_stopped),
        Row("each further test that uses the fixture", OURS, "ms", tests),
    ]
    result = Result("thread", "A server in a thread, as the fixture has it", rows)
    for what, most in (("start in a thread", 3), ("stop", 5), ("each further test that uses the fixture", 1)):
        result.judge(what, f"{most} ms", lambda row, most=most: row.median <= most)  # type: ignore[misc]  # mypy infers no lambda with a default
    return result


def _stock() -> tuple[float, float]:
    """uvicorn's own server in a thread, waited for as its users do; milliseconds."""
    import threading

    import uvicorn
    from starlette.applications import Starlette

    server = uvicorn.Server(uvicorn.Config(Starlette(), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    begun = time.perf_counter()
    thread.start()
    while not server.started:
        time.sleep(0.001)
    up = time.perf_counter() - begun
    begun = time.perf_counter()
    server.should_exit = True
    thread.join()
    return up * 1000, (time.perf_counter() - begun) * 1000

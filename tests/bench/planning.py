"""Other streams while a reply of a million chunks is being planned: how late their events are."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.bench.figure import OURS, Result, Row
from tests.bench.pacing import lateness, percentile
from tests.bench.reader import read
from tests.bench.servers import Ask, Server, http, mock_ares

ASK = Ask(120, 0.05)
STREAMS = 20
MEASURE = f"{ASK.chunks} events 50 ms apart, {STREAMS} streams: lateness p99"
PLAN = json.dumps({"text": "text: {words: 1000000}\n"}).encode()
WHY = "Plans are made in a process of its own, one after the other as long as the streams last."


def measure(rounds: int) -> Result:
    busy, idle = list[float](), list[float]()
    with mock_ares([ASK]) as server:
        for _ in range(rounds):
            idle.append(_late(server))
            with _planning(server):
                busy.append(_late(server))
    rows = [Row(MEASURE, OURS, "ms", busy), Row(MEASURE, "the same, while nothing is planned", "ms", idle)]
    result = Result("planning", "On time while a reply of a million chunks is planned", rows)
    result.judge(MEASURE, "50 ms", lambda row: row.median <= 50.0)
    return result


def _late(server: Server) -> float:
    """Milliseconds."""
    found = read(server.port, server.request(ASK), STREAMS)
    for stream in found:
        server.verify(stream, ASK)
    return 1000 * percentile([late for each in found for late in lateness(each, server, ASK.every).events], 0.99)


@contextmanager
def _planning(server: Server) -> Iterator[None]:
    """One plan after the other is asked for, until the block ends."""
    over = threading.Event()
    thread = threading.Thread(target=_plans, args=(server.port, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _plans(port: int, over: threading.Event) -> None:
    while not over.is_set():
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(http(PLAN, "/_mock/api/plans"))
            connection.settimeout(0.1)
            begun = False
            while not over.is_set() and not begun:
                with suppress(TimeoutError):
                    begun = bool(connection.recv(1024))


if __name__ == "__main__":
    print("\n".join(measure(1).lines()))

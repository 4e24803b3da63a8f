"""Tokens a second: asked for, and delivered."""

from __future__ import annotations

from contextlib import ExitStack

from tests.bench.figure import OURS, Result, Row
from tests.bench.pacing import lateness
from tests.bench.reader import read
from tests.bench.servers import CONTENDERS_BY_NAME, Ask

RATES = (40, 100, 500, 1000, 2000)
WHO = (OURS, "aimock", "node:http")


def measure(rounds: int) -> Result:
    asks = {rate: Ask(max(80, 2 * rate), 1 / rate) for rate in RATES}
    found = {(rate, name): list[float]() for rate in RATES for name in WHO}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(CONTENDERS_BY_NAME[name](list(asks.values()))) for name in WHO}
        for _ in range(min(rounds, 2)):
            for rate, ask in asks.items():
                for name, server in servers.items():
                    (stream,) = read(server.port, server.request(ask))
                    server.verify(stream, ask)
                    found[rate, name].append(lateness(stream, server, ask.every).rate)
    rows = [Row(f"{rate} tokens/s asked for", name, "tokens/s", values) for (rate, name), values in found.items()]
    result = Result("tokens", "Tokens a second, asked for and delivered, over 2 s", rows)
    for rate in RATES:
        wanted = f"{rate} tokens/s asked for"
        result.judge(wanted, "within 0.5%", lambda row, rate=rate: abs(row.median / rate - 1) <= 0.005)  # type: ignore[misc]  # mypy infers no lambda with a default
    return result

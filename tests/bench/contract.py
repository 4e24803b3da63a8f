"""Examples a second of the contract: a driver process, a client spawned for each, and what Hypothesis costs alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from mock_ares.client import stream_chat
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import speaking
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import Case, Client, Failure
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.check_runner import judge_case
from mock_ares.harness.run.search import Search
from mock_ares.harness.settings import RunSettings
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings as Served
from tests.bench.figure import OURS, Result, Row
from tests.bench.places import ROOT

CHECK = CHECKS["text-unicode"]
EXAMPLES = {"spawned": 6, "driver": 100, "judged": 100, "bare": 100}


def measure(rounds: int) -> Result:
    node = ROOT / "contracts"
    clients: dict[str, Client] = {
        "spawned": ProcessClient(["node", str(node / "clients/node/fixed.mjs")]),
        "driver": DriverClient(["node", str(node / "drivers/node/driver.mjs")]),
        "judged": PythonClient(_chat, "right", ()),
    }
    rates = {name: list[float]() for name in EXAMPLES}
    with ExampleRunner() as arena, FakeServer(Served(speed=math.inf)) as server:
        for turn in range(rounds + 1):
            for name, examples in EXAMPLES.items():
                attempt = _bare(server) if name == "bare" else _judged(clients[name], arena)
                rate = _rate(attempt, examples, turn)
                if turn:
                    rates[name].append(rate)
    for client in clients.values():
        client.close()
    what, alone = "examples a second, a client in Node", "examples a second, a client in this process"
    rows = [
        Row(what, OURS, "examples/s", rates["driver"]),
        Row(what, "spawned for each example", "examples/s", rates["spawned"]),
        Row(alone, OURS, "examples/s", rates["judged"]),
        Row(alone, "Hypothesis and the exchange", "examples/s", rates["bare"]),
    ]
    result = Result("contract", "The contract: examples a second", rows)
    result.judge(what, "30 times spawned ones", lambda row: row.ratio_to(rows[1]) >= 30)
    result.judge(alone, "0.8 of the bare cost", lambda row: row.ratio_to(rows[3]) >= 0.8)
    return result


def _chat(url: str, token: str, message: str) -> str:
    return "".join(stream_chat(url, token, message))


def _judged(client: Client, arena: ExampleRunner) -> Callable[[Case], Failure | None]:
    return lambda case: judge_case(client, case, arena, CHECK.info)


def _bare(server: FakeServer) -> Callable[[Case], Failure | None]:
    """The same cases and the same client, and nobody who looks."""

    def attempt(case: Case) -> None:
        credentials = server.credentials()
        server.script(credentials.id, *case.replies)
        _chat(f"{server.url}{case.path}", credentials.token, case.message)

    return attempt


def _rate(attempt: Callable[[Case], Failure | None], examples: int, seed: int) -> float:
    settings = replace(RunSettings(), seed=seed, examples=examples)
    assert CHECK.cases is not None
    cases = CHECK.cases(settings).map(lambda case: speaking(case, "text"))
    tried = 0

    def counted(case: Case) -> Failure | None:
        nonlocal tried
        tried += 1
        return attempt(case)

    search = Search(counted, settings, CHECK.id)
    begun = time.perf_counter()
    search.run(cases, examples)
    assert not search.failures
    return tried / (time.perf_counter() - begun)

"""The drivers given as examples are right: around their clients, against the fake."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_ares.ares.credentials import Credentials
from mock_ares.faults import close_early, hang
from mock_ares.harness import settings as contract
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.model import KEY_PATH, STREAM_PATH, Observation, Target
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.paths import CONTRACTS
from mock_ares.scenario.model import Framing, Position, Reply, Segments
from mock_ares.scenario.stream import Segmentation
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests import programs
from tests.harness.targets import PATIENCE
from tests.plan.words import Newline
from tests.toolchains import require_tool

DRIVERS = CONTRACTS / "drivers"
TEXT = "Neural networks\nlearn by \u2028\0 👩‍🔬 example. "


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as fake:
        yield fake


@pytest.fixture(scope="module", params=["python", "node", "go", "java", pytest.param("rust", marks=pytest.mark.slow)])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DriverClient]:
    if request.param != "python":
        require_tool({"java": "javac", "rust": "cargo"}.get(request.param, request.param))
    if request.param == "python":
        command = [sys.executable, str(DRIVERS / "python/driver.py")]
    elif request.param == "node":
        command = ["node", str(DRIVERS / "node/driver.mjs")]
    elif request.param == "go":
        command = [str(programs.go_programs(tmp_path_factory) / "driver")]
    elif request.param == "rust":
        command = [str(programs.rust_programs() / "driver")]
    else:
        command = [*programs.JAVA, "-cp", str(programs.java_classes(tmp_path_factory)), "Driver"]
    with DriverClient(command) as driver:
        assert driver.name == request.param
        assert driver.capabilities >= {"incremental", "cancel", "v1"}
        yield driver


class Ask:
    """Puts replies to the driver, each under a token of its own."""

    def __init__(self, server: FakeServer, client: DriverClient) -> None:
        self._server, self._client = server, client
        self.mine = Credentials("", "", "")

    def __call__(self, reply: Reply, path: str = STREAM_PATH, cancel_after: int | None = None) -> Observation:
        self.mine = mine = self._server.credentials()
        self._server.script(mine.id, reply)
        token = mine.api_key if path == KEY_PATH else mine.token
        return self._client.observe(Target(self._server.url, path, token, "Hé\u2028llo", PATIENCE, cancel_after))

    def ending(self) -> str:
        """How the only exchange ended, when it has."""
        until = time.monotonic() + PATIENCE
        while self._server.requests(self.mine.id)[0].ending == "open" and time.monotonic() < until:
            time.sleep(0.001)
        (exchange,) = self._server.requests(self.mine.id)
        assert exchange.message == "Hé\u2028llo"
        return exchange.ending


@pytest.fixture
def ask(server: FakeServer, client: DriverClient) -> Ask:
    return Ask(server, client)


class TestExamples:
    @pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
    @pytest.mark.parametrize("segments", [Segments(every=1), "whole"])
    def test_text(self, ask: Ask, newline: Newline, segments: Segmentation) -> None:
        framing = Framing(newline=newline, bom=True)
        observation = ask(Reply(text=TEXT, framing=framing, segments=segments))
        assert (observation.text, observation.error) == (TEXT, None)
        assert observation.shown_text == TEXT

    def test_the_key_route(self, ask: Ask) -> None:
        assert ask(Reply(text=TEXT, dialect="text"), KEY_PATH).text == TEXT

    def test_a_long_reply(self, ask: Ask) -> None:
        assert ask(Reply(text=TEXT * 2000)).text == TEXT * 2000

    @pytest.mark.parametrize(
        ("reply", "said"),
        [
            (Reply(error="expired-token"), "401"),
            (Reply(error="internal"), "500"),
            (Reply(status=200, content="empty"), "content type"),
        ],
    )
    def test_what_is_no_stream(self, ask: Ask, reply: Reply, said: str) -> None:
        observation = ask(reply)
        assert observation.text is None
        assert said in (observation.error or "")

    def test_a_body_that_ends_too_soon(self, ask: Ask) -> None:
        observation = ask(Reply(text="ab cd ef", faults=(close_early(after=Position(text="ab cd")),)))
        assert observation.text is None
        assert observation.error
        assert observation.shown_text == "ab cd"

    @pytest.mark.needs_barrier  # a FIN alone does not say that the client reads no more
    def test_the_caller_stops(self, ask: Ask) -> None:
        observation = ask(Reply(text="ab cd", faults=(hang(after=Position(text="ab")),)), cancel_after=2)
        assert (observation.text, observation.cancelled) == ("ab", True)
        assert ask.ending() == "hang"  # for ever, so that it has ended says that the client has closed the connection

    def test_all_by_one_process(self, ask: Ask, client: DriverClient) -> None:
        assert client._talk is not None
        before = client._talk.child.pid
        assert {ask(Reply(text=TEXT)).text for _ in range(20)} == {TEXT}
        assert client._talk is not None
        assert client._talk.child.pid == before


def test_are_as_short_as_is_said() -> None:
    for name in ("python/driver.py", "node/driver.mjs", "go/main.go", "java/Driver.java", "rust/main.rs"):
        assert len((DRIVERS / name).read_text().splitlines()) < 70


def test_the_document_names_what_is_there() -> None:
    folder = Path(CONTRACTS)
    document = (folder / "driver-protocol.md").read_text()
    for link in (part.split(")")[0] for part in document.split("](")[1:]):
        assert (folder / link.partition("#")[0]).is_file(), link


def test_a_broken_node_client_fails_with_two_reads() -> None:
    require_tool("node")
    broken = DriverClient(["node", str(CONTRACTS / "clients/drive.mjs"), str(CONTRACTS / "clients/node/sample.mjs")])
    report = run_contract(broken, contract.RunSettings(only=("request", "read-line", "read-utf8"), examples=5))
    found = {result.info.id: result for result in report.checks}
    assert found["request"].verdict == "passed"
    for name in ("read-line", "read-utf8"):
        result = found[name]
        assert result.verdict == "failed" and result.failure is not None, (name, result.reason)
        assert len(result.failure.reads) == 2

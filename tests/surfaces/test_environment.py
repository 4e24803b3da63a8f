"""What a machine, an environment or a test's tools do to the fake and the contract: it works, or is refused by name.

Whatever it is, no client is accused of it. A row is a surrounding and what it gets; the next one is one row more.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.client import stream_chat
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import CheckResult
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.check_runner import run_check
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.surroundings import obstacle, proxy
from mock_ares.server.hosting import foreground
from mock_ares.server.http.handler import RequestHandler
from mock_ares.server.state import Settings as ServerSettings

FIXTURE = """
    from mock_ares.client import stream_chat

    def test_fixture(ares):
        ares.reply("Hello there.", pace={"every": "5ms"}, segments="byte")
        assert "".join(stream_chat(ares.url + ares.path, ares.token, "hi")) == "Hello there."
        assert [request.ending for request in ares.requests] == ["complete"]
"""
CONTRACT = """
    import json, urllib.request
    from mock_ares import ClientContract

    class TestContract(ClientContract):
        tier, examples = "documented", 0

        def stream_chat(self, ares, message):
            fields = {"Authorization": f"Bearer {ares.token}", "Content-Type": "application/json"}
            fields["Accept"] = "text/event-stream"
            body = json.dumps({"message": message}).encode()
            asked = urllib.request.Request(ares.url + ares.path, body, fields)
            with urllib.request.build_opener().open(asked) as response:
                read = response.read().decode()
            return "".join(line[6:] for line in read.split("\\n") if line.startswith("data: "))
"""


class Tools(NamedTuple):
    """A project whose tests are run under something."""

    name: str
    test: str
    outcomes: dict[str, int]
    said: str = ""
    options: tuple[str, ...] = ()
    env: Mapping[str, str] = MappingProxyType({})
    apart: bool = False
    """In a process of its own: what is patched there cannot be undone."""


GEVENT = "import gevent.monkey; gevent.monkey.patch_all({})\n"
FROZEN = """
    import pytest

    @pytest.fixture(autouse=True)
    def elsewhen():
        with {}:
            yield
"""
PATCHED = """
    import pytest, time

    @pytest.fixture(autouse=True)
    def still(monkeypatch):
        monkeypatch.setattr(time, "monotonic", lambda: 1.0)
        monkeypatch.setattr(time, "time", lambda: 1.0)
"""
BLOCKED = "The harness has erred, which says nothing about the client: pytest-socket forbids the connection"
DEAD = "http://127.0.0.1:9"
PROXIED = "no request came, and the environment sends requests to a proxy"
TOOLS = (
    Tools("pytest-socket", FIXTURE, {"errors": 1}, "pytest-socket forbids", ("--disable-socket",)),
    Tools("pytest-socket, contract", CONTRACT, {"errors": 1}, "allow the fake's host", ("--disable-socket",)),
    Tools(
        "pytest-socket, loopback", FIXTURE, {"passed": 1}, "", ("--disable-socket", "--allow-hosts=127.0.0.1")
    ),
    Tools("pytest-socket, others", CONTRACT, {"failed": 1}, BLOCKED, ("--allow-hosts=10.0.0.1",)),
    Tools("http_proxy", CONTRACT, {"failed": 1}, PROXIED, env={"http_proxy": DEAD}),
    Tools("HTTP_PROXY", CONTRACT, {"failed": 1}, "need none: NO_PROXY=127.0.0.1", env={"HTTP_PROXY": DEAD}),
    Tools("no_proxy", CONTRACT, {"passed": 1}, env={"http_proxy": DEAD, "no_proxy": "127.0.0.1"}),
    Tools("HTTPS_PROXY", CONTRACT, {"passed": 1}, env={"HTTPS_PROXY": DEAD}),
    Tools("freezegun", FROZEN.format("__import__('freezegun').freeze_time('2040-01-01')") + FIXTURE, {"passed": 1}),
    Tools("the past", FROZEN.format("__import__('freezegun').freeze_time('1999-01-01')") + FIXTURE, {"passed": 1}),
    Tools(
        "time-machine", FROZEN.format("__import__('time_machine').travel('2100-01-01')") + FIXTURE, {"passed": 1}
    ),
    Tools("patched clocks", PATCHED + FIXTURE, {"passed": 1}),
    Tools("patched clocks, contract", PATCHED + CONTRACT, {"passed": 1}),
    Tools("gevent", GEVENT.format("") + textwrap.dedent(FIXTURE), {"errors": 1}, "gevent has made threads", apart=True),
    Tools(
        "gevent without threads",
        GEVENT.format("thread=False") + textwrap.dedent(FIXTURE) + textwrap.dedent(CONTRACT),
        {"passed": 2},
        apart=True,
    ),
)  # fmt: skip


@pytest.mark.parametrize("row", TOOLS, ids=lambda row: row.name)
def test_tools_of_a_test(row: Tools, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in row.env.items():
        monkeypatch.setenv(name, value)
    pytester.makepyfile(row.test if row.apart else textwrap.dedent(row.test))
    run = pytester.runpytest_subprocess if row.apart else pytester.runpytest_inprocess
    result = run(
        "-p", "no:schemathesis", "-p", "no:anyio", "-p", "no:playwright", "-k", "fixture or request", *row.options
    )
    result.assert_outcomes(**row.outcomes)
    assert row.said in result.stdout.str()


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        ("OSError: [Errno 24] Too many open files", "no file descriptors left"),
        ("exit status 1: Error: connect EMFILE 127.0.0.1:80", "no file descriptors left"),
        ("OSError: [Errno 99] Cannot assign requested address", "no ports left"),
        ("exit status 1: connect EADDRNOTAVAIL 127.0.0.1:80 - Local (0.0.0.0:0)", "no ports left"),
        ("exit status 1: write /tmp/x: No space left on device", "a disk is full"),
        ("MemoryError: [Errno 12] Cannot allocate memory", "no memory left"),
        ("RuntimeError: can't start new thread", "no more processes"),
        ("x.SocketBlockedError: A test tried to use socket.socket.", "pytest-socket"),
        ("ConnectionResetError: [Errno 104] Connection reset by peer", None),
        ("exit status 1: the stream ended early", None),
        (None, None),
    ],
)
def test_what_a_client_ran_into_that_is_not_its_doing(reported: str | None, said: str | None) -> None:
    found = obstacle(reported)
    assert (found is None) if said is None else (found is not None and said in found)


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, False),
        ({"http_proxy": DEAD}, True),
        ({"HTTP_PROXY": DEAD}, True),
        ({"ALL_PROXY": "socks5://127.0.0.1:9"}, True),
        ({"https_proxy": DEAD}, False),
        ({"http_proxy": DEAD, "NO_PROXY": "example.com,127.0.0.1"}, False),
        ({"http_proxy": DEAD, "no_proxy": "*"}, False),
        ({"http_proxy": DEAD, "no_proxy": "localhost"}, True),
    ],
)
def test_a_proxy_in_the_way(env: dict[str, str], told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert (proxy("http://127.0.0.1:3000") is not None) == told


# What goes wrong in the fake


@pytest.fixture(scope="module")
def arena() -> Iterator[ExampleRunner]:
    with ExampleRunner() as arena:
        yield arena


def checked(arena: ExampleRunner, chat: Any) -> CheckResult:
    client = PythonClient(chat)
    try:
        return run_check(client, CHECKS["chunk-split"], arena, RunSettings(examples=0))
    finally:
        client.close()


def test_an_exception_in_answering_is_not_the_clients(
    arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Any:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(RequestHandler, "_reply", broken)
    result = checked(arena, stream_chat)
    caplog.clear()
    assert result.verdict == "errored"
    assert (
        "the fake itself failed" in result.reason and "ZeroDivisionError: a bug (test_environment.py:" in result.reason
    )


def test_an_exception_in_the_loop_is_not_the_clients(arena: ExampleRunner, caplog: pytest.LogCaptureFixture) -> None:
    def chat(url: str, token: str, message: str) -> str:
        arena.server.loop.call_soon_threadsafe(broken)
        "".join(stream_chat(url, token, message))
        return "something else"

    def broken() -> None:
        raise ZeroDivisionError("a bug")

    result = checked(arena, chat)
    caplog.clear()
    assert result.verdict == "errored" and "ZeroDivisionError: a bug" in result.reason


def test_what_networks_do_is_no_failure_of_the_fake(arena: ExampleRunner) -> None:
    failures = arena.server.fake.failures
    before = failures.count
    failures.note("a write", ConnectionResetError(104, "Connection reset by peer"))
    assert failures.since(before) == []
    failures.note("an accept", OSError(24, "Too many open files"))
    assert failures.since(before) == ["an accept: OSError: [Errno 24] Too many open files"]


def test_few_failures_are_remembered(arena: ExampleRunner) -> None:
    failures = arena.server.fake.failures
    before = failures.count
    for number in range(1000):
        failures.note(f"number {number}", None)
    assert len(failures.since(before)) == 20 and failures.since(before)[-1] == "number 999"


# The machine


class Machine(NamedTuple):
    name: str
    shell: str
    """Runs the words that follow, in a folder of the test's own."""
    status: int
    said: str


MACHINE = (
    Machine("few descriptors", 'ulimit -n 12 && exec "$@"', 3, "there are no file descriptors left; raise the limit"),
    Machine("fewer than a process needs", 'ulimit -n 17 && exec "$@"', 3, "no file descriptors left"),
    Machine("nowhere to write", 'cd /proc && HOME=/proc TMPDIR=/proc exec "$@"', 1, "are not saved: "),
    Machine("a proxy", f'http_proxy={DEAD} ALL_PROXY={DEAD} exec "$@"', 1, "data lines"),
)
CLIENT = """
import os, json, sys, urllib.request
where = os.environ["ARES_URL"] + os.environ["ARES_PATH"]
fields = {"Authorization": "Bearer " + os.environ["ARES_TOKEN"], "Content-Type": "application/json"}
body = json.dumps({"message": os.environ["ARES_MESSAGE"]}).encode()
with urllib.request.urlopen(urllib.request.Request(where, body, fields)) as response:
    read = response.read().decode()
sys.stdout.write("".join(line[6:] for line in read.split("\\n") if line.startswith("data: ")))
"""


@pytest.mark.parametrize("row", MACHINE, ids=lambda row: row.name)
@pytest.mark.skipif(sys.platform != "linux", reason="of /proc and ulimit as Linux has them")
def test_a_machine_that_lacks_something(row: Machine, tmp_path: Path) -> None:
    client = tmp_path / "client.py"
    client.write_text(CLIENT)
    words = ("check", "--only", "no-space", "--examples", "0", "--quick", "--", sys.executable, str(client))
    ran = subprocess.run(
        ["sh", "-c", row.shell, "sh", sys.executable, "-m", "mock_ares", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = ran.stdout + ran.stderr
    assert (ran.returncode, row.said in output, "Traceback" in output) == (row.status, True, False), output


def test_a_clock_that_stands_still_does_not_hold_the_harness(
    arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)
    assert checked(arena, stream_chat).verdict == "passed"


PAGE = ("check", "--page", "http://127.0.0.1:9", "--prompt", "a", "--send", "b", "--answer", "c")
ARGUMENTS: tuple[tuple[tuple[str, ...], dict[str, str], int, str], ...] = (
    (("serve", "--speed", "nan"), {}, 2, "a number above 0 is wanted"),
    (("serve", "--rate-limit", "1/0s"), {}, 2, "a limit holds for some time"),
    (("serve", "--quota", "1/0ms"), {}, 2, "a limit holds for some time"),
    (("serve", "--rate-limit", "0/1s"), {}, 2, "write requests/duration"),
    (("serve", "--quota", "\u0663/1s"), {}, 2, "write requests/duration"),
    (("serve", "--quota", "1_0/1s"), {}, 2, "write requests/duration"),
    (("serve", "--address-limit", "9" * 5_000 + "/1s"), {}, 2, "write requests/duration"),
    (("serve", "--quota", "0" * 5_000 + "7/1s"), {}, 0, ""),
    (("serve", "--bad-tls", "expired=\u0663"), {}, 2, "a number from 0 to 65535"),
    (("serve", "--bad-tls", "expired=" + "9" * 5_000), {}, 2, "a number from 0 to 65535"),
    (("check", "--shard", "1/" + "9" * 5_000, "--", "true"), {}, 2, "N is at most"),
    ((*PAGE, "--port", "9" * 5_000), {}, 2, "write the port"),
    ((*PAGE, "--port", "\u0663"), {}, 2, "write the port"),
    (("serve", "--host", ""), {}, 2, "an address is wanted"),
    (("token", "--secret", "\udcff"), {}, 0, "eyJ"),
    (("token",), {"MOCK_ARES_SECRET": "\udce9"}, 0, "eyJ"),
)


@pytest.mark.parametrize(("arguments", "env", "status", "said"), ARGUMENTS)
def test_odd_arguments(
    arguments: tuple[str, ...], env: dict[str, str], status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreground, "run", lambda *_, **__: None)  # what is not refused would be served
    done = CliRunner().invoke(main, arguments, env=env)
    assert (done.exit_code, said in done.output) == (status, True), done.output


@pytest.mark.parametrize("odd", [{"speed": math.nan}, {"speed": -1.0}, {"latency": math.nan}, {"latency": -0.1}])
def test_moments_that_never_come(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected a number from 0"):
        ServerSettings(**odd)

"""Several processes behind one port answer alike, and refuse by name what they could not."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mock_ares.ares.credentials import Keyring
from mock_ares.cli import main
from mock_ares.client import AresError, stream_chat
from mock_ares.scenario.model import Pace, Pause, Reply, Scenario
from mock_ares.server import create_app
from mock_ares.server.hosting.workers import NeedsStateError, refuse
from mock_ares.server.state import Settings

HELLO = Scenario(name="hello", replies=(Reply(text="Hello there"),))


@contextmanager
def running(*command: str, ready: str) -> Iterator[str]:
    """A process, from when a line of it says so; ended by SIGTERM."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        yield next(line for line in iter(process.stdout.readline, "") if re.search(ready, line))
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[0]
    assert process.returncode in (0, -signal.SIGTERM), rest
    assert "Traceback" not in rest


def test_workers_stream_alike_and_say_what_they_lack(tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text("text: Hello there\nsegments: event\n")
    command = ("mock_ares", "serve", "--port", "0", "--workers", "4", "--scenario", "hello", str(tmp_path))
    with running(*command, ready="a fake ARES at") as line:
        url = re.search(r"http://[\d.:]+", line)
        assert url is not None
        token = Keyring().issue_jwt(lifetime=60)
        for _ in range(12):
            assert "".join(stream_chat(f"{url[0]}/api/chat/stream", token, "hi")) == "Hello there"
        for path in ("/_mock/journal", "/api/user/memory"):
            with pytest.raises(AresError, match=r"501|404"):
                "".join(stream_chat(f"{url[0]}{path}", token, "hi"))


def test_workers_speak_tls_and_http2_by_one_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "hello.yaml").write_text("text: Hello there\nsegments: event\n")
    options = ("--tls", "--http", "both", "--scenario", "hello", str(tmp_path / "hello.yaml"))
    with running("mock_ares", "serve", "--port", "0", "--workers", "3", *options, ready="a fake ARES at") as line:
        url = re.search(r"https://[\d.:]+", line)
        assert url is not None
        trusting = ssl.create_default_context(cafile=tmp_path / "data" / "mock-ares" / "authority" / "ca.pem")
        authorization = {"authorization": f"Bearer {Keyring().issue_jwt(lifetime=60)}"}
        for http2, spoken in ((False, "HTTP/1.1"), (True, "HTTP/2")) * 6:
            with httpx.Client(http1=True, http2=http2, verify=trusting, timeout=20) as client:
                answer = client.post(f"{url[0]}/api/chat/stream", json={"message": "hi"}, headers=authorization)
            assert (answer.http_version, answer.text) == (spoken, "data: Hello\n\ndata:  there\n\n")


HALF = Reply(text="a b", pace=Pace(pauses=(Pause(1, until="released"),)))


@pytest.mark.parametrize(
    ("settings", "scenarios", "named"),
    [
        (Settings(rate_limit=(1, 1.0)), [HELLO], "--rate-limit"),
        (Settings(quota=(1, 1.0)), [HELLO], "--quota"),
        (Settings(control_token="x"), [HELLO], "--control-token"),
        (Settings(), [Scenario(name="half", replies=(HALF,))], r"scenarios half\): there is no control API to release"),
        (Settings(), [Scenario(name="turns", replies=(Reply(text="a"), Reply(text="b")))], "turns"),
    ],
)
def test_what_needs_state_in_common_is_refused_by_name(
    settings: Settings, scenarios: list[Scenario], named: str
) -> None:
    with pytest.raises(NeedsStateError, match=named):
        refuse(settings, scenarios)
    refuse(Settings(), [HELLO])


def test_the_command_line_refuses_at_the_start() -> None:
    done = CliRunner().invoke(main, ["serve", "--port", "0", "--workers", "2"])
    assert done.exit_code == 2 and "replies in turn" in done.output
    done = CliRunner().invoke(main, ["serve", "--port", "0", "--workers", "2", "--reset-port", "0"])
    assert done.exit_code == 2 and "--reset-port" in done.output


def test_uvicorn_by_itself_runs_the_factory() -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    served = ("mock_ares.server:create_app", "--factory", "--http", "mock_ares.server:Http", "--port", str(port))
    with running("uvicorn", *served, ready="Uvicorn running"):
        token = Keyring().issue_jwt(lifetime=60)
        pieces = stream_chat(f"http://127.0.0.1:{port}/api/chat/stream", token, "hi")
        assert next(pieces).startswith("Neural")


def test_a_server_that_hides_its_connection_is_told_what_to_do() -> None:
    async def ask() -> None:
        scope = {"type": "http", "method": "GET", "path": "/health", "headers": [], "query_string": b""}

        async def receive() -> dict[str, object]:
            raise AssertionError("it has no body to ask for")

        async def send(message: object) -> None: ...

        await create_app()(scope, receive, send)

    with pytest.raises(RuntimeError, match=r"--http mock_ares\.server:Http"):
        asyncio.run(ask())


def test_workers_end_with_who_started_them(tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text("text: Hello there\n")
    command = [sys.executable, "-m", "mock_ares", "serve", "--port", "0", "--workers", "2", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in iter(process.stdout.readline, "") if "a fake ARES at" in line)
        port = int(re.findall(r"http://[\d.]+:(\d+)", line)[0])
        token = Keyring().issue_jwt(lifetime=60)
        assert next(stream_chat(f"http://127.0.0.1:{port}/api/chat/stream", token, "hi"))
        process.kill()
        process.communicate(timeout=20)  # whose end is the end of all who hold the pipe
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


SLOW = "text: Hello there\nchunks: [Hel, lo, ' there']\npace: {every: 500ms}\n"


@contextmanager
def streaming(folder: Path, scenario: str) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    """Two workers, and an answer that has begun."""
    (folder / "slow.yaml").write_text(scenario)
    command = ("mock_ares", "serve", "--port", "0", "--workers", "2", "--scenario", "slow", str(folder))
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with process:
        assert process.stdout is not None
        url = next(found for line in process.stdout if (found := re.search(r"http://[\d.:]+", line)))[0]
        pieces = stream_chat(f"{url}/api/chat/stream", Keyring().issue_jwt(lifetime=60), "hi")
        try:
            assert next(pieces) == "Hel"
            yield process, pieces
        finally:
            process.kill()


def test_what_runs_goes_on_to_its_end(tmp_path: Path) -> None:
    with streaming(tmp_path, SLOW + "faults: []\n") as (process, pieces):
        process.send_signal(signal.SIGTERM)
        assert "".join(pieces) == "lo there"
        process.wait(20)


def test_what_has_no_end_is_broken_off(tmp_path: Path) -> None:
    with streaming(tmp_path, SLOW + "faults: [hang: {after: 1}]\n") as (process, pieces):
        process.send_signal(signal.SIGTERM)
        with pytest.raises(AresError, match=r"IncompleteRead|Reset"):
            "".join(pieces)
        process.wait(20)


def test_what_takes_too_long_is_broken_off_by_a_second_signal(tmp_path: Path) -> None:
    with streaming(tmp_path, SLOW.replace("500ms", "600s")) as (process, pieces):
        until = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < until:
            process.send_signal(signal.SIGTERM)
            time.sleep(1)
        with pytest.raises(AresError, match=r"IncompleteRead|Reset"):
            "".join(pieces)

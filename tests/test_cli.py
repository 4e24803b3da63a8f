"""The command line as a person uses it: pasted lines, every message read; in real processes, where that may matter."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.sse import decode
from tests.toolchains import require_tool

COMMAND = [sys.executable, "-m", "mock_ares"]
PATIENCE = 30
NO_SCENARIOS = str(Path(__file__).parent / "faults")
SCENARIO = "replies:\n  - text: Hello there.\n"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, **environment},
    )


def called(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same in this process: what a command says does not hang on whose it is, and a start takes long."""
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


@dataclass
class Served:
    process: subprocess.Popen[str]
    greeting: str

    @property
    def url(self) -> str:
        (url,) = re.findall(r"at (http://\S+)", self.greeting)
        return str(url)

    @property
    def curl(self) -> str:
        return next(line for line in self.greeting.splitlines() if line.startswith("curl"))

    def ask(self, token: str, path: str = "/api/chat/stream", **headers: str) -> httpx.Response:
        return httpx.post(
            self.url + path, json={"message": "hi"}, headers={"authorization": f"Bearer {token}", **headers}, timeout=20
        )


@contextlib.contextmanager
def serving(*arguments: str | Path) -> Iterator[Served]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    greeting = ""
    for line in process.stdout:
        greeting += line
        if "list scenarios" in line:
            break
    try:
        yield Served(process, greeting)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_pasted_curl_line_streams() -> None:
    require_tool("curl")
    with serving("--instant") as served:
        done = subprocess.run(served.curl, shell=True, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0
    text = "".join(event.data for event in decode(done.stdout))
    assert text.startswith("Neural networks learn by example.")


def test_printed_tokens_are_accepted_and_expired_ones_are_not() -> None:
    with serving("--instant") as served:
        assert served.ask(run("token").stdout.strip()).status_code == 200
        assert served.ask(called("token", "--api-key").stdout.strip(), "/v1/chat/stream").status_code == 200
        assert served.ask(called("token", "--lifetime", "30s").stdout.strip()).status_code == 200
        expired = served.ask(called("token", "--expired").stdout.strip())
        assert (expired.status_code, expired.json()) == (
            401,
            {"error": "Invalid or expired token", "code": "AUTH_INVALID_TOKEN"},
        )
        assert served.ask(called("token", "--api-key", "--expired").stdout.strip(), "/v1/chat").status_code == 401
        assert served.ask(called("token", "--secret", "other").stdout.strip()).status_code == 401
        assert served.ask(called("token", "--refresh").stdout.strip()).status_code == 401


def test_two_tokens_never_coincide() -> None:
    assert run("token").stdout != run("token").stdout


def test_the_library_is_served_by_name() -> None:
    with serving("--instant") as served:
        token = called("token").stdout.strip()
        assert served.ask(token, **{"X-Mock-Ares-Scenario": "status-401-expired"}).status_code == 401
        wrong = served.ask(token, **{"X-Mock-Ares-Scenario": "staus-401-expired"})
        assert wrong.status_code == 400
        assert "did you mean 'status-401-expired'?" in wrong.json()["error"]


def test_ctrl_c_ends_open_streams(tmp_path: Path) -> None:
    file = tmp_path / "endless.yaml"
    file.write_text("replies:\n  - text: one two three\n    faults: [{hang: {after: 1}}]\n")
    with serving(file, "--scenario", "endless") as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        token = called("token").stdout.strip()
        streams = []
        for _ in range(20):
            stream = socket.create_connection((host, int(port)), timeout=PATIENCE)
            stream.sendall(
                b"POST /api/chat/stream HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                b"authorization: Bearer %b\r\ncontent-length: 16\r\n\r\n" % token.encode() + b'{"message":"hi"}'
            )
            assert b"200 OK" in stream.recv(1000)
            streams.append(stream)
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(PATIENCE) == 0
        assert served.process.stdout is not None
        assert "Traceback" not in served.process.stdout.read()
        for stream in streams:
            stream.close()


def test_a_taken_port_is_one_line_and_status_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(rf"mock-ares: cannot listen on 127\.0\.0\.1 port {port}: it is taken\..*\n", done.stderr)


def test_two_copies_do_not_share_a_port() -> None:
    with serving() as served:
        port = served.url.rpartition(":")[2]
        assert run("serve", "--port", port).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "nowhere.yaml"], "nowhere.yaml:1:1: cannot be read: No such file or directory\n"),
        (
            ["show", "read-utf9"],
            "mock-ares: read-utf9 is neither a file nor a scenario of the library; did you mean 'read-utf8'?\n",
        ),
        (
            ["token", "--lifetime", "nand"],
            "mock-ares: --lifetime nand: expected a duration such as 300ms, 1.5s or 2m, not 'nand'\n",
        ),
        (
            ["token", "--lifetime", "1000000d"],
            "mock-ares: --lifetime 1000000d: a token lives from 1s to 36500d; --expired makes one that is over\n",
        ),
        (
            ["token", "--lifetime", "0s"],
            "mock-ares: --lifetime 0s: a token lives from 1s to 36500d; --expired makes one that is over\n",
        ),
        (["init", __file__], f"mock-ares: {__file__} is a file; name a folder\n"),
        (["validate", NO_SCENARIOS], f"mock-ares: no scenario files in {NO_SCENARIOS}\n"),
        (["token", "--lifetime", "3x"], "mock-ares: --lifetime 3x: unknown unit 'x': use us, ms, s, m or h\n"),
        (["serve", "--scenario", "plan"], "mock-ares: no scenario is named 'plan'; did you mean 'plain'?\n"),
        (["serve", "--host", "203.0.113.1"], None),
    ],
)
def test_wrong_use_is_one_line_and_status_2(arguments: list[str], message: str | None) -> None:
    done = (run if arguments[0] == "serve" else called)(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == message if message else done.stderr.count("\n") == 1


def test_a_wrong_file_is_told_whole(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("sumary: x\nreplies:\n  - text: Hello\n    chunks: wrods\n")
    alike, validated = run("serve", "--port", "0", "--workers", "2", file), called("validate", file)
    mistakes = [
        f"{file}:1:1: unknown word 'sumary'; did you mean 'summary'?",
        f"{file}:4:13: expected words, characters, graphemes, mid-word, whole or recorded, not 'wrods'; "
        "did you mean 'words'?",
    ]
    assert (alike.returncode, alike.stderr.splitlines()) == (2, mistakes), "workers read no file again"
    assert (validated.returncode, validated.stdout.splitlines()) == (1, [*mistakes, "2 mistakes"])


def test_validating_what_is_not_there_is_status_2() -> None:
    done = called("validate", "nowhere.yaml")
    assert done.returncode == 2
    assert done.stdout == "nowhere.yaml:1:1: cannot be read: No such file or directory\n1 mistake\n"


def test_a_named_error_that_does_not_exist(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("replies:\n  - error: expired-tokn\n")
    assert "did you mean 'expired-token'?" in called("validate", file).stdout


def test_an_unreadable_file_is_status_2(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    file = tmp_path / "secret.yaml"
    file.write_text(SCENARIO)
    file.chmod(0)
    done = run("serve", file)
    assert (done.returncode, done.stderr) == (2, f"{file}:1:1: cannot be read: Permission denied\n")


def test_two_scenarios_of_one_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.yaml").write_text(SCENARIO)
    done = run("serve", "--workers", "2", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"{tmp_path}/b/same.yaml:1:1: a scenario named 'same' is in {tmp_path}/a/same.yaml too; "
        "give one of them another name\n",
    )


def test_validate_accepts_the_library() -> None:
    done = called("validate", Path(__file__).parents[1] / "fixtures")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith(" scenarios, no mistakes\n")


def test_show_prints_bytes_and_read_ends() -> None:
    done = called("show", "drop-rst")
    assert done.returncode == 0
    assert "data: " in done.stdout
    assert "reset (RST)" in done.stdout
    assert "a read ends here" in done.stdout


@pytest.mark.parametrize("what", ["scenarios", "faults", "errors"])
def test_lists(what: str) -> None:
    done = called("list", what)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 10


def test_a_real_rate_limit_and_listeners_that_fail_early() -> None:
    with serving("--instant", "--rate-limit", "2/60s", "--refuse-port", "0", "--reset-port", "0") as served:
        token = called("token").stdout.strip()
        statuses = [served.ask(token).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert served.process.stdout is not None
        told = [served.process.stdout.readline() for _ in range(2)]
        refused, reset = (re.findall(r"^http://\S+", line)[0] for line in told)
        with pytest.raises(httpx.ConnectError):
            httpx.get(refused)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectError)):
            httpx.get(reset)


def test_the_help_names_every_command() -> None:
    done = run("--help")
    for command in ("serve", "token", "show", "validate", "list"):
        assert f"\n  {command} " in done.stdout


def test_importing_the_package_is_light() -> None:
    heavy = "asyncio socket ssl starlette uvicorn pydantic yaml hypothesis pytest httpx jwt regex click"
    code = (
        f"import sys; seen = {{*sys.modules}}; import mock_ares; print({{*{heavy.split()}}} & {{*sys.modules}} - seen)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

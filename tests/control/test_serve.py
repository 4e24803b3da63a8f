"""``mock-ares serve`` and ``init`` as a person, a machine and a signal see them: real processes."""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import json
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mock_ares.ares.errors import NAMES
from mock_ares.authoring.load import load_all
from mock_ares.cli import main
from mock_ares.server.hosting.log_lines import LogLines, line
from mock_ares.server.hosting.loop import USUAL_PORT, CannotListenError, address_in_network, listen
from mock_ares.server.record.journal import Exchange
from mock_ares.starter import SCHEMA
from tests.server.live import PATIENCE


class Serving:
    """A running ``mock-ares serve``; its lines are read one by one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.out = process.stdout
        self.said = ""

    def until(self, pattern: str) -> re.Match[str]:
        """The first line, from here on, in which this is found."""
        for text in self.out:
            self.said += text
            if found := re.search(pattern, text):
                return found
        raise AssertionError(f"it ended without {pattern!r}: {self.said}")

    def connect(self, url: str) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)

    def get(self, url: str, path: str, **headers: str) -> tuple[int, Any]:
        connection = self.connect(url)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        told = response.status, json.loads(response.read())
        connection.close()
        return told


@contextlib.contextmanager
def serving(*arguments: str | Path, port: str | None = "0", **more: Any) -> Iterator[Serving]:
    chosen = [] if port is None else ["--port", port]
    command = [sys.executable, "-u", "-m", "mock_ares", "serve", *chosen, "--instant", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    try:
        yield Serving(process)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_more_may_connect_than_the_usual_limit_of_files_allows() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))) as served:
        url = served.until(r"a fake ARES at (http://\S+)")[1]
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                connection = stack.enter_context(contextlib.closing(served.connect(url)))
                connection.request("GET", "/health")
                assert connection.getresponse().read() == b"OK"


def test_a_person_sees_where_what_and_then_a_line_per_stream(folder: Path) -> None:
    with serving(folder) as served:
        url = served.until(r"a fake ARES at (http://\S+)")[1]
        assert served.until(r"^console +(\S+)")[1] == f"{url}/_mock/"
        token = served.until(r"^JWT +(\S+)")[1]
        served.until(r"3 scenarios \(built-in, day, night\), read again when a file of .* is saved")
        connection = served.connect(url)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        connection.request("POST", "/api/chat/stream", b'{"message":"night"}', headers)
        assert b"Good" in connection.getresponse().read()
        assert served.until(r"“night”  night  2 chunks  \d+ bytes  [\d.]+ m?s  complete$")
        (folder / "day.yaml").write_text("text: hi\npace: 3\n")
        served.until(r"broken day\.yaml; the last good version is still served")
        served.until(r"day\.yaml:2:7: expected a mapping")
        assert served.get(url, "/_mock/api/status")[1]["broken"][0]["name"] == "day.yaml"
        (folder / "day.yaml").write_text("text: hi\n")
        served.until(r"reloaded day\.yaml")
        connection.close()


def test_the_usual_port_is_taken() -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(CannotListenError):  # whoever has it
            stack.enter_context(listen("127.0.0.1", USUAL_PORT))
        with serving(port=None) as served:
            port = served.until(r"^Port 3000 is taken by another program: this is port (\d+)\. --port chooses one\.")[1]
            assert served.until(r"a fake ARES at (http://\S+)")[1] == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("more", [(), ("--workers", "2")], ids=["alone", "workers"])
def test_it_ends_with_the_program_that_holds_its_standard_input(more: tuple[str, ...], folder: Path) -> None:
    """Which is killed, and so tells nobody: the pipe does."""
    holder = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with serving(folder, "--until-stdin-closes", *more, stdin=holder.stdout) as served:
        assert holder.stdin is not None and holder.stdout is not None
        holder.stdout.close()
        url = served.until(r"a fake ARES at (http://\S+)")[1]
        with contextlib.closing(served.connect(url)) as connection:
            connection.request("GET", "/health")
            assert connection.getresponse().read() == b"OK"
        holder.kill()
        assert served.process.wait(PATIENCE) in (0, -signal.SIGTERM)  # uvicorn's way to end
    holder.stdin.close()
    holder.wait()


def test_a_machine_reads_json(folder: Path) -> None:
    with serving(folder, "--json-logs") as served:
        first = json.loads(served.out.readline())
        assert (first["event"], first["scenarios"]) == ("listening", ["built-in", "day", "night"])
        connection = served.connect(first["url"])
        connection.request("GET", "/nowhere?token=secret")
        connection.getresponse().read()
        connection.close()
        told = json.loads(served.out.readline())
        assert (told["event"], told["path"], told["query"], told["status"], told["ending"]) == (
            "request", "/nowhere", "token=[redacted]", 404, "complete",
        )  # fmt: skip
        (folder / "night.yaml").unlink()
        told = json.loads(served.out.readline())
        assert (told["event"], told["change"], told["name"]) == ("file", "removed", "night.yaml")


def test_ctrl_c_ends_streams_of_events_too(folder: Path) -> None:
    with serving(folder) as served:
        url = served.until(r"a fake ARES at (http://\S+)")[1]
        served.until("3 scenarios")
        open_streams = []
        for _ in range(3):
            connection = served.connect(url)
            connection.request("GET", "/_mock/api/events")
            assert connection.getresponse().readline().startswith(b"retry")
            open_streams.append(connection)
        waiting = served.connect(url)
        waiting.request("GET", "/_mock/api/requests/wait?timeout=300")
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(PATIENCE) == 0
        assert "Traceback" not in served.out.read()
        for connection in (*open_streams, waiting):
            connection.close()


def test_beyond_loopback(folder: Path) -> None:
    with serving(folder, "--host", "0.0.0.0") as served:
        url = served.until(r"a fake ARES at (http://\S+)")[1]
        assert "--control-token" in served.until(r"^console +(.+)")[1]
        assert served.get(url, "/_mock/api/status")[0] == 403
    with listen("0.0.0.0", 0) as listener:
        network = address_in_network(listener)
    with serving(folder, "--host", "0.0.0.0", "--control-token", "sesame") as served:
        url = served.until(r"a fake ARES at (http://\S+)")[1]
        assert "asks for the control token" in served.until(r"^console +(.+)")[1]
        if network is not None:
            host = network.rpartition(":")[0]
            said = served.until(r"^network +(.+)")[1]
            assert said.startswith(f"{host}:{url.rpartition(':')[2]} for a phone's page; allow")
            assert said.endswith(f"--cors {host}:5173")
        served.until("scenarios")
        assert "sesame" not in served.said
        assert served.get(url, "/_mock/api/status", authorization="Bearer sesame")[0] == 200
        assert served.get(url, "/_mock/api/status")[0] == 401


class TestLines:
    def exchange(self, **fields: Any) -> Exchange:
        made = Exchange(1, "POST", "/api/chat/stream", (), 0.0)
        made.sent.bytes = fields.pop("bytes", 0)
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    def test_one(self) -> None:
        fields = {"message": "hi", "scenario": "day", "chunks": 1, "bytes": 27, "duration": 1.5, "ending": "reset"}
        told = line(self.exchange(status=200, broken="reset_peer", **fields), 0.0)
        clock = time.strftime("%H:%M:%S", time.localtime(0.0))
        assert told == f"{clock}  “hi”  day  broken with reset_peer  1 chunk  27 bytes  1.50 s  reset"

    @pytest.mark.parametrize(
        ("headers", "proxy"),
        [
            (
                {"sec-fetch-site": "same-origin", "origin": "http://localhost:5173", "host": "127.0.0.1:3000"},
                "localhost:5173",
            ),
            ({"sec-fetch-site": "same-origin", "referer": "https://app.example/chat"}, "app.example"),
            ({"sec-fetch-site": "same-origin", "host": "localhost:5173"}, "localhost:5173"),
            ({"x-forwarded-host": "localhost:3001"}, "localhost:3001"),
            ({"via": "1.1 a\x1b[2Jb"}, "1.1 a\\x1b[2Jb"),
            ({"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:3000"}, None),  # the console
            ({"sec-fetch-site": "same-site", "origin": "http://localhost:5173"}, None),
            ({"sec-fetch-site": "same-origin", "origin": "http://[::1"}, None),
            ({"sec-fetch-site": "same-origin"}, None),
            ({}, None),
        ],
    )
    def test_a_cut_by_way_of_a_proxy(self, headers: dict[str, str], proxy: str | None) -> None:
        cut = self.exchange(status=200, ending="reset", headers=tuple(headers.items()))
        told = line(cut, port=3000)
        assert (f"(by way of a proxy, {proxy}: " in told) if proxy else ("proxy" not in told)
        assert "proxy" not in line(self.exchange(ending="complete", headers=tuple(headers.items())), port=3000)

    def test_a_message_moves_no_cursor_and_ends_no_line(self) -> None:
        told = line(self.exchange(message="a\x1b[2J\n\u202eb\x9b1m" + "c" * 100))
        assert "“a\\x1b[2J\\n\\u202eb\\x9b1m" in told and told.isprintable() and len(told) < 120

    def test_a_reader_that_leaves_stops_it(self) -> None:
        tried = list[str]()

        class Broken(io.StringIO):
            def write(self, text: str) -> int:
                tried.append(text)
                raise BrokenPipeError(errno.EPIPE, "Broken pipe")

        terminal = LogLines(out=Broken())
        terminal.ended(self.exchange())
        terminal.close()
        terminal.ended(self.exchange())
        assert len(tried) == 1


class TestInit:
    def test_a_folder_that_is_served_and_checked(self, tmp_path: Path) -> None:
        folder = tmp_path / "mine" / "scenarios"
        done = CliRunner().invoke(main, ["init", str(folder)])
        assert done.exit_code == 0 and f"mock-ares serve {folder}" in done.output
        assert len(load_all([folder], errors=NAMES)) >= 4
        for file in folder.glob("*.yaml"):
            first = file.read_text().splitlines()[0]
            assert first == f"# yaml-language-server: $schema={SCHEMA}"
        assert json.loads((folder / SCHEMA).read_text())["title"] == "mock-ares scenario"

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "hello.yaml").write_text("mine")
        (tmp_path / "slow.yaml").symlink_to(tmp_path / "elsewhere")
        done = CliRunner().invoke(main, ["init", str(tmp_path)])
        assert (tmp_path / "hello.yaml").read_text() == "mine" and not (tmp_path / "elsewhere").exists()
        assert re.search(r"kept  \S+hello\.yaml, which was there", done.output)
        before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.is_file()}
        CliRunner().invoke(main, ["init", str(tmp_path)])
        assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.is_file()}

    def test_where_it_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        done = CliRunner().invoke(main, ["init", str(tmp_path / "file" / "below")])
        assert done.exit_code == 2 and done.output.startswith("mock-ares: ")


@pytest.mark.parametrize(("value", "message"), [("3", "a duration needs a unit"), ("-1s", "expected a duration")])
def test_a_latency_that_is_none(value: str, message: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--latency", value])
    assert done.exit_code == 2 and message in done.output

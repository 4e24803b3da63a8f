"""``mock-ares record`` and ``drift`` as people run them."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from mock_ares.cli import main
from mock_ares.recorder import commands
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.ports import lasting_port
from tests.recorder.raw import ask, chat

PROGRAM = [sys.executable, "-m", "mock_ares"]
CLIENT = """
import http.client, json, os, sys
connection = http.client.HTTPConnection(os.environ["ARES_URL"].removeprefix("http://"))
def ask(method, path, body=None, **fields):
    fields = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in fields.items()}}
    connection.request(method, path, None if body is None else json.dumps(body), fields)
    return connection.getresponse().read()
"""


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(profile="server", speed=float("inf"))) as server:
        yield server


def run(*arguments: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_command_is_recorded_and_its_status_is_the_recorder_s(fake: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "suite.py").write_text(CLIENT + 'ask("GET", "/api/agents"); sys.exit(7)')
    done = run("record", "--upstream", fake.url, "--", sys.executable, "suite.py", folder=tmp_path)
    assert done.returncode == 7, done.stderr
    (file,) = (tmp_path / "recordings").iterdir()
    assert f"GET /api/agents  200  complete  ...{file.name[-11:]}\n" in done.stderr
    assert "1 recording in recordings" in done.stderr
    same = run("drift", "recordings", "--against", fake.url, folder=tmp_path)
    assert (same.returncode, same.stdout) == (0, f"same     {file.stem}\n1 the same\n")
    file.write_text(file.read_text().replace("name:", "title:"))
    other = run("drift", "recordings", "--against", fake.url, folder=tmp_path)
    assert other.returncode == 1
    assert "body: [].title: gone" in other.stdout and "body: [].name: new" in other.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["record", "--upstream", "http://127.0.0.1:{down}"], "cannot be reached: nobody listens there"),
        (["record", "--upstream", "nowhere"], "'nowhere' is no origin"),
        (["record", "--upstream", "{fake}", "--out", "file"], "cannot write to file: File exists"),
        (["record", "--upstream", "{fake}", "--", "no-such-command"], "no-such-command cannot be run: No such file"),
        (["record", "--upstream", "https://{fake}", "--cacert", "none.pem"], "none.pem holds no certificates"),
        (["drift", "file", "--against", "{fake}"], "file:1:1"),
        (["drift", "none.yaml", "--against", "{fake}"], "cannot be read"),
        (["drift", "newer.yaml", "--against", "{fake}"], "newer.yaml was recorded by mock-ares 99.1.0; this is"),
        (["drift", "good.yaml", "--against", "nowhere"], "cannot be read"),
        (["drift", "empty", "--against", "{fake}"], "no recordings in empty"),
        (["drift", "large.yaml", "--against", "{fake}"], "more than 1000000 bytes"),
    ],
)
def test_what_is_wrong_is_told_in_words(
    arguments: list[str],
    said: str,
    fake: FakeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: None)
    (tmp_path / "file").write_text("nonsense")
    (tmp_path / "empty").mkdir()
    (tmp_path / "good.yaml").write_text("when: {endpoint: GET /health}\nstatus: 200\n")
    (tmp_path / "newer.yaml").write_text("# Recorded by mock-ares 99.1.0; x\ntexts: new word\n")
    with (tmp_path / "large.yaml").open("wb") as large:
        large.truncate(50_000_000)
    with pytest.raises(SystemExit) as ended:
        main([each.format(fake=fake.url, down=lasting_port()) for each in arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def heeding() -> None:
    """In a child, before it begins: shells let what they run behind ``&`` ignore signals, and tests with it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_it_ends_when_it_is_told_to(number: signal.Signals, fake: FakeServer, tmp_path: Path) -> None:
    command = [*PROGRAM, "record", "--upstream", fake.url, "--port", "0", "--out", "out"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, preexec_fn=heeding) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        assert ask(url, "GET /api/agents").reader.status == 200
        process.send_signal(number)
        rest = process.stdout.read()
    assert process.returncode == 0, rest
    assert "1 recording in out" in rest and len([*(tmp_path / "out").iterdir()]) == 1


def stopped(suite: str, signals: list[signal.Signals], fake: FakeServer, folder: Path) -> tuple[int, str]:
    """Status and standard error of a recorder that gets signals while its command runs, when all of it has ended.

    The command, and whatever it starts, holds the recorder's standard output open.
    """
    (folder / "suite.py").write_text(CLIENT + 'ask("GET", "/api/agents"); ' + suite)
    command = [*PROGRAM, "record", "--upstream", fake.url, "--out", "my recs", "--", sys.executable, "suite.py"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, preexec_fn=heeding
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        first, *others = signals
        process.send_signal(first)
        for number in others:
            assert process.stdout.readline() == b"heard\n"
            process.send_signal(number)
        assert process.stdout.read() == b""
        return process.wait(30), process.stderr.read().decode()


GRANDCHILD = """
import subprocess
child = subprocess.Popen(["sleep", "1000"])
print("ready", flush=True)
child.wait()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_a_command_and_what_it_has_started(
    number: signal.Signals, fake: FakeServer, tmp_path: Path
) -> None:
    status, said = stopped(GRANDCHILD, [number], fake, tmp_path)
    assert status == 128 + number, said
    assert "1 recording in my recs" in said and " serve 'my recs'\n" in said


DEAF = """
import signal
signal.signal(signal.SIGTERM, lambda number, frame: print("heard", flush=True))
print("ready", flush=True)
while True:
    signal.pause()
"""


def test_a_command_that_does_not_want_to_end_is_killed_when_it_is_told_twice(fake: FakeServer, tmp_path: Path) -> None:
    status, said = stopped(DEAF, [signal.SIGTERM, signal.SIGTERM], fake, tmp_path)
    assert status == 128 + signal.SIGKILL, said
    assert "1 recording in my recs" in said


def test_a_command_that_does_not_want_to_end_gets_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "GRACE", 0.3)
    with commands._Signals() as signals:
        signals.came.append(signal.SIGTERM)
        deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
        assert commands._run((sys.executable, "-c", deaf), "", signals) in (128 + signal.SIGKILL, 128 + signal.SIGTERM)


def test_a_terminal_that_has_gone_is_no_reason_to_lose_recordings(fake: FakeServer, tmp_path: Path) -> None:
    command = [*PROGRAM, "record", "--upstream", fake.url, "--port", "0", "--out", "out"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        url = process.stdout.readline().decode().split()[1]
        process.stdout.close()
        assert ask(url, "GET /api/agents").reader.status == 200
        process.send_signal(signal.SIGHUP)
        said = process.stderr.read()
    assert b"Traceback" not in said
    assert len([*(tmp_path / "out").iterdir()]) == 1


def test_a_signal_that_another_thread_gets_ends_it() -> None:
    """The system hands it to any thread that does not block it, and Python's main thread is not woken by that."""
    told = (
        "import os, signal, threading, time\n"
        "from mock_ares.recorder.commands import _Signals, _wait\n"
        "def tell():\n"
        "    time.sleep(0.5)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
        "threading.Thread(target=tell, daemon=True).start()\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "with _Signals() as signals:\n"
        "    raise SystemExit(_wait(signals))\n"
    )
    assert subprocess.run([sys.executable, "-c", told], timeout=30, check=False).returncode == 0


def spelled(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret, quote(secret, safe=""), raw.hex(), json.dumps(secret)[1:-1], base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }  # fmt: skip


def test_no_secret_is_in_any_file_or_line(tmp_path: Path) -> None:
    """Each goes through, some come back in answers, and one is known to be secret only afterwards."""
    with FakeServer(Settings(profile="server", speed=float("inf"))) as fake:
        held = fake.credentials()
        secrets = {
            "jwt": held.token, "key": held.api_key, "password": "hunter2-and-more", "mail": "bob.b@example.com",
            "cookie": "c00kie-value", "query": "t0ken-in-query", "late": "known-too-late",
        }  # fmt: skip
        suite = (
            CLIENT
            + f"""
S = {secrets!r}
bearer = "Bearer " + S["jwt"]
def chat(message):
    ask("POST", "/api/chat/stream", {{"message": message}}, authorization=bearer, cookie="sid=" + S["cookie"])
chat("I am " + S["mail"])
chat("echo")
chat("late " + S["late"])
ask("GET", "/api/agents?token=" + S["query"], authorization=bearer)
ask("GET", "/nope/" + S["mail"])
ask("POST", "/api/v1/chat/stream", {{"message": "x"}}, authorization="Bearer " + S["key"])
user = {{"email": S["mail"], "password": S["password"], "name": "Bob"}}
ask("POST", "/api/auth/register", user); ask("POST", "/api/auth/login", user)
ask("POST", "/api/auth/login", {{"email": "x", "password": S["late"]}})
"""
        )
        (tmp_path / "suite.py").write_text(suite)
        said = " ".join([*secrets.values(), *(quote(s, safe="") for s in secrets.values())])
        from mock_ares.authoring.calls import reply, scenario
        from mock_ares.scenario.model import When

        fake.script_when(held.id, scenario(reply(f"You sent {said}.", chunks={"every": 7}), when=When(message="echo")))
        done = run("record", "--upstream", fake.url, "--out", "out", "--", sys.executable, "suite.py", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    files = {file.name: file.read_text() for file in (tmp_path / "out").iterdir()}
    assert len(files) == 6, done.stderr
    everything = "\n".join([done.stdout, done.stderr, *files, *files.values()])
    for name, secret in secrets.items():
        assert not [each for each in spelled(secret) if each in everything], name
    assert "taken out: " in done.stderr and "e-mail" in done.stderr


def test_recorders_pass_on_while_they_record(fake: FakeServer, tmp_path: Path) -> None:
    """The readme's three lines: record, serve, ask again."""
    (tmp_path / "suite.py").write_text(
        CLIENT
        + f'ask("POST", "/api/chat/stream", {{"message": "hi"}}, authorization="Bearer {fake.credentials().token}")'
    )
    assert run("record", "--upstream", fake.url, "--", sys.executable, "suite.py", folder=tmp_path).returncode == 0
    from mock_ares.authoring.load import load_all

    with FakeServer(Settings(speed=float("inf")), load_all([tmp_path / "recordings"])) as again:
        assert b'"event":"done"' in chat(again.url, again.credentials().token).wire

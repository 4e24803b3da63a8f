"""The command as a person uses it: real processes, and every message read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_ares.verify.commands import verify
from tests.verify.rig import fake, plain, serving

COMMAND = [sys.executable, "-m", "mock_ares", "verify"]
PATIENCE = 60


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("ARES_")}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, env={**known, **environment}
    )


def test_the_fake_is_as_it_is(tmp_path: Path) -> None:
    with fake("server") as server:
        credentials = server.credentials()
        ran = run(server.url, "--write", "--report", tmp_path / "r.json", ARES_TOKEN=credentials.token)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "✓ stream-dialect       Chunks are in events as the profile has it" in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith("profile server: of the first 5 answers")
    assert (tmp_path / "r.json").exists()


def test_nobody_is_there() -> None:
    ran = run("http://127.0.0.1:1")
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "", "mock-ares: http://127.0.0.1:1 refuses connections\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://127.0.0.1:1/api"], "mock-ares: http://127.0.0.1:1/api: the origin alone is wanted"),
        (["http://127.0.0.1:1", "--login", "ann"], "mock-ares: --login: write EMAIL:PASSWORD\n"),
        (["http://127.0.0.1:1", "--only", "healt"], "mock-ares: --only: there is no question 'healt'; did you mean"),
        (["http://127.0.0.1:1", "--token", "a b"], "mock-ares: --token: a credential has neither spaces nor"),
        (["http://127.0.0.1:1", "--report", "r.txt"], "mock-ares: --report r.txt: the ending says the form"),
        (["http://127.0.0.1:1", "--wait", "long"], "Usage: "),
        (["https://127.0.0.1:1", "--ca", "nowhere.pem"], "mock-ares: --ca nowhere.pem: No such file or directory\n"),
    ],
)
def test_what_is_told_before_anything_is_asked(arguments: list[str], said: str) -> None:
    ran = CliRunner().invoke(verify, arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(said)


def test_a_signal_leaves_a_report(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with serving(lambda request: plain(429, b"", "retry-after: 30")) as url:
        process = subprocess.Popen([*COMMAND, url, "--report", str(report)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert "waiting 31 s" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 128 + signal.SIGTERM
    assert "stopped before the end" in rest
    assert report.exists()

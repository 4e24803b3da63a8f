"""Files that are none, where a command reads one: a pipe is not waited for, a device not read without end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mock_ares._version import __version__
from mock_ares.authoring.text_files import read_whole
from mock_ares.recorder.exchange.versions import LINE, newer
from mock_ares.scenario.diagnostics import Mistake, ScenarioError

PATIENCE = 60
"""Seconds after which a test is taken to hang."""
COMMANDS = [
    "record --upstream https://127.0.0.1:1 --cacert {}",
    "drift good.yaml --against https://127.0.0.1:1 --cacert {}",
    "drift {} --against http://127.0.0.1:1",
    "verify https://127.0.0.1:1 --ca {}",
    "serve --port 0 --cert {} --key {}",
    "check --grid {}",
    "check --baseline {} -- true",
    "report {}",
    "validate {}",
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("file", ["pipe", "/dev/zero"])
def test_what_is_no_ordinary_file_is_refused(command: str, file: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "good.yaml").write_text("when: {endpoint: GET /health}\nstatus: 200\n")
    words = [sys.executable, "-m", "mock_ares", *command.format(file, file).split()]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert file in done.stdout + done.stderr and "it is no ordinary file" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_whole(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="it has more than 4 bytes"):
        read_whole(tmp_path / "file", 4)


def error_in(path: Path) -> ScenarioError:
    return ScenarioError([Mistake(str(path), 1, 1, "x")])


def test_who_made_a_recording_is_read_of_its_head_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.yaml"
    large.write_text(f"# {LINE}99.1.0; x\n")
    with large.open("ab") as file:
        file.truncate(3 << 30)
    assert f"was recorded by mock-ares 99.1.0; this is {__version__}" in newer(error_in(large))

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    assert newer(error_in(large)) == ""


@pytest.mark.parametrize("url", ["http://[::1", "http://[x]", "http://a\u2100b", "http://a:b"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    words = [sys.executable, "-m", "mock_ares", "verify", url]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mock-ares: ") and done.stderr.count("\n") == 1

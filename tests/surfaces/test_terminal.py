"""Standard output of every kind: a row is what it is, and what a command then does."""

from __future__ import annotations

import errno
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path
from typing import Any

import pytest

from mock_ares.ares.credentials import Keyring
from mock_ares.client import stream_chat
from mock_ares.server.hosting import output_queue
from mock_ares.server.hosting.output_queue import LineWriter

COMMAND = f"{shlex.quote(sys.executable)} -m mock_ares"
FULL = "standard output cannot be written to: No space left on device"
STDOUTS = {
    "list, a full disk": ("list scenarios >/dev/full", 2, FULL),
    "show, a full disk": ("show read-utf8 >/dev/full", 2, FULL),
    "token, a full disk": ("token >/dev/full", 2, FULL),
    "help, a full disk": ("--help >/dev/full", 2, FULL),
    "validate, both full": ("validate nowhere.yaml >/dev/full 2>&1", 2, ""),
    "validate, both full, no locale": ("LC_ALL=C validate nowhere.yaml >/dev/full 2>&1", 2, ""),
    "token, only to be read": ("token 1</dev/null", 2, "standard output cannot be written to: Bad file descriptor"),
    "list, closed": ("list scenarios >&-", 0, ""),
    "validate, all closed": ("validate nowhere.yaml <&- >&- 2>&-", 2, ""),
    "list, ASCII": ("PYTHONIOENCODING=ascii list scenarios >/dev/null", 0, ""),
}


@pytest.mark.parametrize("name", STDOUTS)
def test_a_command(name: str) -> None:
    line, status, said = STDOUTS[name]
    parts = re.fullmatch(r"(\w+=\w+ |)(.*)", line)
    assert parts is not None
    setting, command = parts.groups()
    shell = f"{setting}{COMMAND} {command}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (status, f"mock-ares: {said}\n" if said else "")


@pytest.mark.parametrize("command", ["list scenarios", "show read-utf8 --all", "token", "--help"])
def test_a_pipe_that_its_reader_has_closed(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(shlex.split(f"{COMMAND} {command}"), stdout=closed, stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"")


@contextmanager
def serving(folder: Path, **given: Any) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "day.yaml").write_text("text: Good day.\n")
    command = [sys.executable, "-m", "mock_ares", "serve", "--port", "0", "--scenario", "day", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, **given)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_serve_goes_on_though_nobody_reads(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with serving(tmp_path, stdout=writer) as process:
        os.close(writer)
        greeting = os.read(reader, 65536).decode()
        url = greeting.partition("a fake ARES at ")[2].split()[0]
        token = Keyring().issue_jwt(lifetime=60)
        fcntl(reader, F_SETPIPE_SZ, 4096)
        for _ in range(100):  # of each there is a line
            assert "".join(stream_chat(f"{url}/api/chat/stream", token, "m" * 40)) == "Good day."
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    os.close(reader)


WRITERS = {
    "ASCII": ("ascii", b"\\u201chi\\u201d \\u2713\n"),
    "latin-1": ("latin-1", b"\\u201chi\\u201d \\u2713\n"),
    "UTF-8": ("utf-8", "“hi” ✓\n".encode()),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_cannot_be_encoded_is_escaped(tmp_path: Path, name: str) -> None:
    encoding, written = WRITERS[name]
    with (tmp_path / "out").open("w", encoding=encoding) as out:
        writer = LineWriter(out, str)
        writer.say("“hi” ✓")
        writer.close()
    assert (tmp_path / "out").read_bytes() == written


def test_lines_behind_one_that_was_written_are_gathered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(output_queue, "TOGETHER", 3600.0)
    with (tmp_path / "out").open("w") as out:
        writer = LineWriter(out, str)
        writer.say("first")
        while (tmp_path / "out").read_text() != "first\n":
            pass
        for number in range(100):
            writer.say(str(number))
        assert (tmp_path / "out").read_text() == "first\n"
        writer.close()
    assert (tmp_path / "out").read_text().split() == ["first", *map(str, range(100))]


def test_what_nobody_reads_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_queue, "MOST_WAITING", 1000)
    reader, number = os.pipe()
    with os.fdopen(number, "w") as out:
        writer = LineWriter(out, lambda missed: f"{missed} missed")
        count = 200_000 // 100
        for _ in range(count):
            writer.say("x" * 99)
        assert len(writer._lines) <= 10, "what waits is bounded"
        read = threading.Thread(target=_drain, args=(reader, parts := list[bytes]()))
        read.start()
        while writer._lines:
            pass
        writer.say("the last")
        writer.close()
    read.join(20)
    told = b"".join(parts).decode().splitlines()
    missed = [int(line.split()[0]) for line in told if line.endswith("missed")]
    assert sum(missed) + sum(line.startswith("x") for line in told) == count and missed


def _drain(number: int, parts: list[bytes]) -> None:
    while part := os.read(number, 65536):
        parts.append(part)
    os.close(number)


def test_a_disk_that_is_full_for_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    class Disk:
        encoding = "utf-8"
        full = True
        written = ""

        def write(self, text: str) -> None:
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.written += text

        def flush(self) -> None: ...

    disk: Any = Disk()
    writer = LineWriter(disk, lambda missed: f"{missed} missed")
    writer.say("one")
    while not writer._lost:
        pass
    disk.full = False
    writer.say("two")
    writer.close()
    assert disk.written == "two\n1 missed\n"
    assert capsys.readouterr().err == f"mock-ares: {FULL}; it is tried again\n"

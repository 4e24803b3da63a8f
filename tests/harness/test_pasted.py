"""The lines that are printed to be pasted are pasted, as they stand, into a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WRONG = """
import http.client, json, os, sys

def ask(origin, path, token, message):
    connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=10)
    fields = {"authorization": f"Bearer {token}", "accept": "text/event-stream", "content-type": "application/json"}
    connection.request("POST", path, json.dumps({"message": message}), fields)
    body = connection.getresponse().read().decode()
    connection.close()
    return "".join(line[6:] for line in body.split("\\n") if line.startswith("data: "))
"""
PROGRAM = (
    WRONG
    + """
e = os.environ
sys.stdout.write(ask(e["ARES_URL"], e["ARES_PATH"], e["ARES_TOKEN"], e["ARES_MESSAGE"]))
"""
)
CONTRACT = (
    WRONG
    + """
from mock_ares import ClientContract

class TestIt(ClientContract):
    def stream_chat(self, ares, message):
        return ask(ares.url, ares.path, ares.token, message)
"""
)
BIN = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def typed(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, shell=True, cwd=folder, env=BIN, capture_output=True, text=True, check=False)


def printed(output: str, label: str = "replay") -> str:
    (line,) = [line for line in output.splitlines() if line.strip().startswith(f"{label} ")]
    return line.strip().removeprefix(label).strip()


@pytest.mark.parametrize(
    "more",
    [
        "--can incremental --can timeout=5 --best-effort",
        *(pytest.param(more, marks=pytest.mark.slow) for more in ("--can incremental,cancel", "")),
    ],
)
def test_the_replay_line_of_a_client_with_an_odd_name(more: str, tmp_path: Path) -> None:
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    (folder / "my $client's.py").write_text(PROGRAM)
    line = f'mock-ares check --quick --examples 0 --only no-space {more} -- python "my \\$client\'s.py"'
    ran = typed(line, folder)
    assert ran.returncode == 1, ran
    again = typed(printed(ran.stdout), folder)
    assert (again.returncode, again.stdout.split("\n")[0]) == (1, "STILL FAILS"), again
    once_more = typed(printed(again.stdout), folder)
    assert (once_more.returncode, once_more.stdout) == (1, again.stdout)


def test_the_line_of_a_contract_s_test_typed_in_a_folder_below(tmp_path: Path) -> None:
    below = tmp_path / "some tests"
    below.mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (below / "test_it.py").write_text(CONTRACT)
    ran = typed("pytest -p no:schemathesis -p no:anyio -p no:playwright -q -k no_space --ares-examples=0", below)
    assert ran.returncode == 1, ran
    again = typed(printed(ran.stdout) + " -p no:schemathesis -p no:anyio -p no:playwright", below)
    assert again.returncode == 1 and "1 failed" in again.stdout, again
    assert printed(again.stdout) == printed(ran.stdout)

"""``make fuzz`` finds a planted bug, and the line that it prints finds it again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.fuzz import ROOT, Round, ended, repeats

PLANTED = "tests/planted.py"
ALONE = {**os.environ, "PYTEST_XDIST_AUTO_NUM_WORKERS": "0"}


def test_what_it_finds_can_be_repeated_by_the_line_that_it_prints() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--minutes", "0", "--seed", "5", PLANTED]
    found = subprocess.run(command, cwd=ROOT, env=ALONE, capture_output=True, text=True)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "round 1, seed 5: 1 failed" in found.stdout and "number = 40" in found.stdout
    (line,) = re.findall(r"^to repeat it: (.*)$", found.stdout, re.MULTILINE)
    again = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 1 and "number = 40" in again.stdout, again.stdout + again.stderr
    assert found.stdout.splitlines()[-2:] == ["1 rounds from seed 5, 1 tests failed", f"  {line}"]


def test_a_name_with_blanks_can_be_pasted() -> None:
    assert repeats("tests/test_x.py::test_y[a 'b']", 7).endswith(" 'tests/test_x.py::test_y[a '\"'\"'b'\"'\"']'")


@pytest.mark.parametrize(
    ("status", "interrupted", "erred"), [(0, False, False), (1, False, False), (2, True, False), (4, False, True)]
)
def test_where_pytest_cannot_run_no_test_has_failed(status: int, interrupted: bool, erred: bool) -> None:
    assert Round(1, status, "3 passed in 1s\n\n", (), interrupted).erred == erred


def heeding() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_round_is_ended_with_the_time() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        stderr=subprocess.DEVNULL,
        preexec_fn=heeding,  # a shell has it ignored by what it runs in the background
    )
    with process:
        assert not ended(process, time.monotonic())
    assert process.returncode == -signal.SIGINT

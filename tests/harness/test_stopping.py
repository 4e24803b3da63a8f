"""A run that is told to stop, clients that leave daemons behind, reports that cannot be written."""

from __future__ import annotations

import functools
import json
import os
import shlex
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mock_ares.harness.model import ClientReport, Report
from mock_ares.harness.report.write import write
from mock_ares.harness.stopping import deferred, stoppable
from tests.harness.report.samples import REPORT

STUBBORN = """#!/bin/sh
# It says who it is, and what it has started: a process of its group, and a daemon.
trap '' TERM HUP INT
sleep 3600 & echo $! >> pids
setsid sleep 3600 < /dev/null > /dev/null 2>&1 & echo $! >> pids
echo $$ >> pids
touch started-$$
sleep 3600
"""
LEAVES_A_DAEMON = f"""#!/bin/sh
# Says so if the daemon of the last example is still there.
test -f pid && kill -0 "$(cat pid)" 2>/dev/null && touch survived
setsid sleep 3600 < /dev/null > /dev/null 2>&1 & echo $! > pid
cat pid >> pids
exec {shlex.quote(sys.executable)} client.py
"""
CLIENT = """
import os, sys
from mock_ares.client import stream_chat
sys.stdout.reconfigure(encoding="utf-8", newline="")
where = os.environ["ARES_URL"] + os.environ["ARES_PATH"]
sys.stdout.write("".join(stream_chat(where, os.environ["ARES_TOKEN"], os.environ["ARES_MESSAGE"])))
"""
CHECK = (sys.executable, "-m", "mock_ares", "check", "--quick", "--examples", "0", "--seed", "7")
linux = pytest.mark.skipif(sys.platform != "linux", reason="orphans come back on Linux only")


def script(folder: Path, text: str) -> str:
    path = folder / "client.sh"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def left(folder: Path) -> list[int]:
    """The processes of the client's that are still there."""
    return [pid for pid in map(int, (folder / "pids").read_text().split()) if Path(f"/proc/{pid}").exists()]


def heeded() -> None:
    """As in a terminal. Who starts the tests in the background has them ignore some."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)


@linux
@pytest.mark.parametrize("grid", [False, True], ids=["one", "grid"])
@pytest.mark.parametrize(
    "number", [signal.SIGINT, *(pytest.param(each, marks=pytest.mark.slow) for each in (signal.SIGTERM, signal.SIGHUP))]
)
def test_a_signal_ends_the_clients_and_leaves_the_reports(number: signal.Signals, grid: bool, tmp_path: Path) -> None:
    client = script(tmp_path, STUBBORN)
    twice = "".join(f'[[client]]\nname = "{name}"\ncommand = ["{client}"]\n' for name in "ab")
    (tmp_path / "grid.toml").write_text(twice)
    whom = ["--grid", "grid.toml", "--jobs", "2"] if grid else ["--", client]
    words = [*CHECK, "--only", "request", "--report", "r.json", "--report", "r.html", *whom]
    with subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeded, text=True
    ) as process:
        while len(list(tmp_path.glob("started-*"))) < (2 if grid else 1):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (128 + number, False), (out, err)
    assert "stopped before the end" in err
    assert len(json.loads((tmp_path / "r.json").read_text())["clients"]) == (2 if grid else 1)
    assert (tmp_path / "r.html").read_text().endswith("</html>\n")
    assert left(tmp_path) == []


def test_a_process_that_is_being_started_is_not_left_to_itself() -> None:
    with stoppable(), pytest.raises(KeyboardInterrupt):
        with deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            started = True
        raise AssertionError("it is answered at the end of the block")
    assert started


@linux
def test_who_ignores_hang_ups_means_it(tmp_path: Path) -> None:
    client = script(tmp_path, "#!/bin/sh\ntouch started\nkill -HUP $PPID\nexit 1\n")
    ignoring = functools.partial(signal.signal, signal.SIGHUP, signal.SIG_IGN)
    words = [*CHECK, "--only", "request", "--", client]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, preexec_fn=ignoring, check=False)
    assert ran.returncode == 1, ran


@linux
def test_daemons_end_with_their_example(tmp_path: Path) -> None:
    client = script(tmp_path, LEAVES_A_DAEMON)
    (tmp_path / "client.py").write_text(CLIENT)
    words = [*CHECK, "--only", "once", "--", client]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, (tmp_path / "survived").exists(), left(tmp_path)) == (0, False, []), ran


# Reports


def test_a_report_that_cannot_be_written_leaves_the_old_one_and_the_others_are(tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("the last one")
    words = [
        "--only",
        "request",
        "--report",
        "r.html",
        "--report",
        "r.json",
        "--client",
        "mock_ares.client:stream_chat",
    ]
    ran = subprocess.run(
        ["sh", "-c", 'ulimit -f 8 && exec "$@"', "sh", *CHECK, *words],  # 4 KiB, where a page has 20
        cwd=tmp_path,
        # Python does not notice that a file of bytecode is cut short, and whoever imports the module next cannot.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3, ran
    assert "mock-ares: cannot write r.html: File too large; what was there before is still there" in ran.stderr
    assert (tmp_path / "r.html").read_text() == "the last one"
    assert json.loads((tmp_path / "r.json").read_text())["clients"]
    assert {path.name for path in tmp_path.iterdir()} == {"r.html", "r.json"}


def test_a_report_takes_the_place_of_what_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "r.json").symlink_to("there/r.json")
    write(Report("1", 7, (ClientReport("a", "exact", ()),)), tmp_path / "r.json")
    assert (tmp_path / "r.json").is_symlink() and json.loads((tmp_path / "there/r.json").read_text())["seed"] == 7


def test_a_report_has_the_permissions_of_any_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(REPORT, tmp_path / "r.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o640

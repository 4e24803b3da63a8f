"""A grid whose clients are checked at once, each in a process of its own."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import ClientReport, HarnessError, UsageError
from mock_ares.harness.run.check_runner import Event
from mock_ares.harness.run.clients_file import ClientEntry
from mock_ares.harness.run.parallel import Abreast, Watch
from mock_ares.harness.settings import RunSettings

INFO = CHECKS["request"].info


@dataclass(slots=True)
class Run:
    """In place of a run of the contract."""

    entry: ClientEntry
    settings: RunSettings
    watch: Watch

    def run(self) -> None:
        if self.entry.title == "dies":
            os._exit(7)
        if self.entry.title == "refused":
            raise UsageError("there is no such client")
        self.watch(self.entry, Event("started", INFO, total=self.settings.seed))
        for number in range(1000):
            self.watch(self.entry, Event("example", INFO, number))
        if self.entry.title == "stopped":
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                time.sleep(60)

    @property
    def report(self) -> ClientReport:
        return ClientReport(self.entry.title, "exact", ())


def abreast(*names: str) -> tuple[Abreast, list[tuple[str, Event]]]:
    told = list[tuple[str, Event]]()
    entries = [ClientEntry("exec", ("true",), name) for name in names]
    settings = [RunSettings(seed=number) for number, _ in enumerate(names)]
    return Abreast(Run, entries, settings, 2, lambda entry, event: told.append((entry.title, event))), told


def test_each_client_is_run_with_its_settings_and_its_events_are_passed_on() -> None:
    run, told = abreast("a", "b")
    found = run.run()
    assert {number: checked.report.name for number, checked in found.items()} == {0: "a", 1: "b"}
    started = {(name, event.total) for name, event in told if event.kind == "started"}
    assert started == {("a", 0), ("b", 1)}
    assert len(told) < 300  # of a thousand examples only those that somebody could read


def test_what_was_found_until_a_signal_is_reported() -> None:
    run, _ = abreast("stopped")
    (found,) = run.run().values()
    assert found.stopped and found.report.name == "stopped"


def test_a_process_that_dies_is_the_harness_failing() -> None:
    run, _ = abreast("dies")
    with pytest.raises(HarnessError, match=r"^dies: its process ended with status 7 and without a report$"):
        run.run()


def test_what_a_worker_refuses_is_refused() -> None:
    run, _ = abreast("refused")
    with pytest.raises(UsageError, match=r"^there is no such client$"):
        run.run()


GRID = """
[[client]]
name = "fails"
command = "false"
[[client]]
name = "waits"
command = "sh -c 'touch asked; sleep 60'"
"""


def test_ctrl_c_leaves_what_each_has_by_then(tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text(GRID)
    words = ("check", "--grid", "grid.toml", "--jobs", "2", "--only", "request", "--seed", "7", "--report", "r.json")
    unignored = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "mock_ares", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=unignored,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert b"fails: 0 passed, 1 failed\n" in process.stdout  # there may be a notice before it
        while not (tmp_path / "asked").exists():
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert b"stopped before the end" in err and b"Traceback" not in err
    clients = json.loads((tmp_path / "r.json").read_text())["clients"]
    assert [(client["name"], len(client["checks"])) for client in clients] == [("fails", 1), ("waits", 0)]

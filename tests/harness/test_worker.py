"""Threads for clients that are called in process: those that do not come back do no harm."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading

import pytest

from mock_ares.harness.clients.worker import InterruptionError, Worker

GRACE = 0.05


def test_one_that_is_done_ends() -> None:
    worker = Worker[int]("done")
    assert worker.submit(lambda runner: 1).result() == 1
    assert worker.end(5)


def test_one_that_runs_python_is_interrupted() -> None:
    def turns(runner: object) -> int:
        while True:
            pass

    worker = Worker[int]("turns")
    job = worker.submit(turns)
    assert worker.end(1)
    assert isinstance(job.exception(), InterruptionError)


def test_what_was_open_where_it_was_interrupted_is_closed_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda complaint: complaints.append(complaint.exc_value))
    begun = threading.Event()

    def holds(runner: object) -> int:
        held = socket.socket()
        begun.set()
        while True:
            held.fileno()

    worker = Worker[int]("holds")
    job = worker.submit(holds)
    assert begun.wait(20)
    assert worker.end(1)
    assert isinstance(job.exception(), InterruptionError)
    del job
    gc.collect()
    assert complaints == []


def test_one_that_is_stuck_is_left_behind() -> None:
    free = threading.Event()
    worker = Worker[bool]("stuck")
    job = worker.submit(lambda runner: free.wait())
    assert not worker.end(GRACE)
    free.set()
    assert job.result() is True, "the interruption was withdrawn"
    assert worker.end(5)


def test_a_thread_that_is_traced_goes_on_beside_one_that_is_stuck() -> None:
    """With an interruption that is never taken, CPython 3.11 stops at the first call for ever."""
    program = f"""
import sys, threading
from mock_ares.harness.clients.worker import Worker

stuck = threading.Event()
worker = Worker("stuck")
worker.submit(lambda runner: stuck.wait())
sys.settrace(lambda *_: None)
assert not worker.end({GRACE})
def called():
    return "went on"
print(called())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "went on\n"), done.stderr

"""Several clients of a grid at once, each in a process of its own: much of a run is waiting.

A worker tells its parent each event, and at the end its client's report. A signal to stop is the parent's to see; it
passes it on, and a worker then leaves what there is by then, like a run of one client does.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, NamedTuple, Protocol

from mock_ares.harness.clients.processes.strays import adopt, end_all
from mock_ares.harness.model import ClientReport, HarnessError, UsageError
from mock_ares.harness.run.check_runner import Event
from mock_ares.harness.run.clients_file import ClientEntry
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.stopping import SIGNALS, deferred, is_deferred
from mock_ares.monotonic import monotonic

Watch = Callable[[ClientEntry, Event], None]
Prepare = Callable[[ClientEntry, RunSettings, Watch], "ClientRun"]

APART = 0.1
"""Seconds between two examples that are told of: more often nobody could read it."""
FAREWELL = 30.0
"""Seconds from a stop until workers that have not ended are ended."""


class ClientRun(Protocol):
    """A run of one client. What it has found by then can be asked for at any time, after a KeyboardInterrupt too."""

    def run(self) -> object: ...

    @property
    def report(self) -> ClientReport: ...


class Checked(NamedTuple):
    """A client's report, and whether it was stopped before all was checked."""

    report: ClientReport
    stopped: bool


@dataclass(slots=True)
class _Worker:
    number: int
    process: BaseProcess
    messages: Connection


@dataclass(slots=True)
class Abreast:
    """A run of several clients, ``jobs`` at a time."""

    prepare: Prepare
    """Is called in the workers, so it is a function of a module."""
    entries: Sequence[ClientEntry]
    settings: Sequence[RunSettings]
    jobs: int
    watch: Watch
    found: dict[int, Checked] = field(default_factory=dict)
    """By the entry's number, in the order in which they came to an end."""
    _running: list[_Worker] = field(default_factory=list)

    def run(self) -> Mapping[int, Checked]:
        """Raises UsageError, HarnessError, and KeyboardInterrupt when all workers have left what they had."""
        waiting = list(enumerate(self.entries))
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self.jobs:
                    self._start(*waiting.pop(0))
                self._listen(None)
        except BaseException:
            self._stop()
            raise
        finally:
            for worker in self._running:
                worker.process.kill()
                worker.process.join()
            if self._running:
                end_all()
        return self.found

    def _start(self, number: int, entry: ClientEntry) -> None:
        theirs, ours = _CONTEXT.Pipe(duplex=False)
        words = (ours, self.prepare, entry, self.settings[number])
        process = _CONTEXT.Process(target=_work, args=words, name=f"mock-ares {entry.title}", daemon=True)
        # A worker is deaf to what would stop it until it can answer it; see _work.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        ours.close()
        self._running.append(_Worker(number, process, theirs))

    def _listen(self, timeout: float | None) -> None:
        ready = wait([worker.messages for worker in self._running], timeout)
        for worker in [worker for worker in self._running if worker.messages in ready]:
            with deferred():  # half of a message read is a worker lost
                self._hear(worker)

    def _hear(self, worker: _Worker) -> None:
        try:
            message = worker.messages.recv()
        except (EOFError, OSError):  # OSError: it was killed in the midst of a message
            self._ended(worker)
            return
        if isinstance(message, Event):
            self.watch(self.entries[worker.number], message)
        elif isinstance(message, Checked):
            self.found[worker.number] = message
        else:
            raise message

    def _ended(self, worker: _Worker) -> None:
        self._running.remove(worker)
        worker.process.join()
        if worker.number not in self.found:
            entry, status = self.entries[worker.number], worker.process.exitcode
            raise HarnessError(f"{entry.title}: its process ended with status {status} and without a report")

    def _stop(self) -> None:
        for worker in self._running:
            if worker.process.pid is not None and worker.process.is_alive():
                os.kill(worker.process.pid, signal.SIGINT)
        until = monotonic() + FAREWELL
        while self._running and (left := until - monotonic()) > 0:
            try:
                self._listen(left)
            except (HarnessError, UsageError):  # it was told to end, and is what is stopped for
                continue


_CONTEXT = multiprocessing.get_context("spawn")


class _Post:
    """Sends messages whole: a Ctrl-C in the midst of one is answered behind it."""

    def __init__(self, messages: Connection) -> None:
        self._messages = messages
        self._lock = threading.Lock()
        self._sending = self._asked = self._told = False
        self._last = 0.0

    def interrupted(self, number: int, frame: FrameType | None) -> None:
        if is_deferred(partial(self.interrupted, number, frame)):
            return
        self._asked = True
        if not self._sending:
            self._stop()

    def _stop(self) -> None:
        if not self._told:
            self._told = True
            raise KeyboardInterrupt

    def event(self, entry: ClientEntry, event: Event) -> None:
        now = monotonic()
        if event.kind != "example" or now > self._last + APART:
            self._last = now
            self.send(event)

    def send(self, message: Any) -> None:
        with self._lock:
            self._sending = True
            try:
                self._messages.send(message)
            finally:
                self._sending = False
        if self._asked and threading.current_thread() is threading.main_thread():
            self._stop()


def _work(messages: Connection, prepare: Prepare, entry: ClientEntry, settings: RunSettings) -> None:
    """What a worker does."""
    post = _Post(messages)
    adopt()
    for number in SIGNALS:
        signal.signal(number, post.interrupted)
    prepared: ClientRun | None = None
    message: Any = None
    stopped = False
    try:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            prepared = prepare(entry, settings, post.event)
            prepared.run()
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:  # it comes once
        stopped = True
    except (UsageError, HarnessError) as error:
        message = error
    if message is None and prepared is not None:
        message = Checked(prepared.report, stopped)
    if message is not None:
        post.send(message)

"""Checks that last, run beside the others: in another instance of the client, or in a copy of this process.

A client with processes of its own gets a second instance, in a thread of ours, and what is found there counts. One that
is called in process cannot be trusted to bear two calls at once, nor two event loops, so this process is forked for it.
A fork may lack what the client needs, or find it locked: only that a check is passed there counts, and any other is run
again, alone.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import json
import os
import select
import signal
import sys
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NoReturn

from mock_ares.harness.checks import Check
from mock_ares.harness.model import CheckResult, Client
from mock_ares.harness.run.check_runner import Event, Progress
from mock_ares.monotonic import monotonic

Judge = Callable[[Client, Sequence[Check], Progress | None], None]
"""Runs the checks in turn, on a fake of its own, and tells of each; None: whom the contract's run tells."""
FORKS = sys.platform == "linux"
LONG = 20.0
"""Seconds: a check that lasts longer has a lane of its own."""
WEDGED = 120.0
"""Seconds from the start until a fork is taken for one that never comes back."""
PR_SET_PDEATHSIG = 1


class BackgroundChecks(ABC):
    """A few checks, one after the other, from its making on."""

    checks: Sequence[Check]

    @abstractmethod
    def results(self) -> list[CheckResult]:
        """Waits for the checks to be done: those that the contract has not been told of. What is then not there has to
        be run in turn.
        """

    @abstractmethod
    def stop(self) -> None:
        """Nobody wants to know any more."""


def lanes(client: Client, checks: Sequence[Check], judge: Judge) -> list[BackgroundChecks]:
    """Lanes for these checks, none where the client has nothing to be run in. What lasts longest has one of its own."""
    longest = [check for check in checks if check.row.lasts > LONG]
    others = [check for check in checks if check.row.lasts <= LONG]
    return [lane for each in (longest, others) if each and (lane := _lane(client, each, judge)) is not None]


def _lane(client: Client, checks: Sequence[Check], judge: Judge) -> BackgroundChecks | None:
    another = client.another()
    if another is not None:
        return Thread(another, checks, judge)
    return Fork(client, checks, judge) if FORKS and client.in_process else None


class Thread(BackgroundChecks):
    """For a client that has processes of its own. The contract is told of each check as it ends."""

    def __init__(self, client: Client, checks: Sequence[Check], judge: Judge) -> None:
        self.checks = checks
        self._error: BaseException | None = None

        def run() -> None:
            try:
                judge(client, checks, None)
            except BaseException as error:  # handed over to the thread that waits
                self._error = error

        self._thread = threading.Thread(target=run, name="mock-ares checks that last", daemon=True)
        self._thread.start()

    def results(self) -> list[CheckResult]:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return []

    def stop(self) -> None:
        """It is left behind; its processes end with this one."""


class Fork(BackgroundChecks):
    """For a client of this process, which is copied as it is. It tells nothing until all is done."""

    def __init__(self, client: Client, checks: Sequence[Check], judge: Judge) -> None:
        self.checks = checks
        self._until = monotonic() + WEDGED
        self._pipe, theirs = os.pipe()
        parent = os.getpid()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of other threads: nothing of theirs is used there
            self._pid: int | None = os.fork()
        if not self._pid:
            _live_apart(client, checks, judge, theirs, parent)
        os.close(theirs)
        self._found: list[CheckResult] = []

    def results(self) -> list[CheckResult]:
        if self._pid is not None:
            infos = {check.id: check.info for check in self.checks}
            for line in self._heard().splitlines():
                name, examples, duration = json.loads(line)
                self._found.append(CheckResult(infos[name], "passed", examples, duration=duration))
            self.stop()
        return self._found

    def stop(self) -> None:
        pid, self._pid = self._pid, None
        if pid is not None:
            os.close(self._pipe)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _heard(self) -> str:
        """Whole lines, until it ends or time runs out."""
        lines = b""
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        while poll.poll(max(0.0, self._until - monotonic()) * 1000) and (data := os.read(self._pipe, 65536)):
            lines += data
        return lines[: lines.rfind(b"\n") + 1].decode()


def _live_apart(client: Client, checks: Sequence[Check], judge: Judge, pipe: int, parent: int) -> NoReturn:
    """The life of the copy. It ends without a word to anything that was copied with it."""

    def tell(event: Event) -> None:
        result = event.result
        if result is not None and result.verdict == "passed":
            os.write(pipe, json.dumps([result.info.id, result.examples, result.duration]).encode() + b"\n")

    try:
        faulthandler.disable()
        gc.freeze()  # what others have left behind is not ours to finalize
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        if os.getppid() == parent:
            client.close()  # its thread has not been copied
            judge(client, checks, tell)
    finally:
        os._exit(0)

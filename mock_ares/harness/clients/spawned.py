"""Clients that are started anew for each example: a command that writes the text to standard output."""

from __future__ import annotations

import codecs
from copy import copy

from mock_ares.harness.clients.adapter import Shown
from mock_ares.harness.clients.command import CommandClient, check_command, environment
from mock_ares.harness.clients.processes.child import Child, ended_cpu, status_text, told_apart
from mock_ares.harness.clients.running_example import RunningExample, UnacceptableError
from mock_ares.harness.model import Case, Observation, Target
from mock_ares.monotonic import monotonic
from mock_ares.scenario.model import Body

LINGER = 2.0
"""Seconds in which what a command left running may still write after its own exit."""
TERMINATION = 1.0
"""Seconds from the request to end until it is ended."""
TICK = 0.1
"""Seconds."""


class ProcessClient(CommandClient):
    """A command, told by ``ARES_URL`` (origin), ``ARES_PATH``, ``ARES_TOKEN`` and ``ARES_MESSAGE``.

    It writes the text to standard output as UTF-8, and exits with a status that is not 0 to report failure. A command
    that pipes what it reads from the network into a filter says ``boundaries="best-effort"``: no one can know.
    """

    restarts = False
    abreast = spawns = True

    _spent = 0.0

    def start(self) -> None:
        check_command(self._argv)

    def refuses(self, case: Case) -> str | None:
        bodies = [reply.body for reply in case.replies if isinstance(reply.body, Body)]
        if any(body.connection in ("idle-close", "idle-reset") for body in bodies):
            return "each question is asked by a process of its own, which has no connection left over"
        return None

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        variables = {"URL": target.url, "PATH": target.path, "TOKEN": target.token, "MESSAGE": target.message}
        env = environment(**{f"ARES_{name}": value for name, value in variables.items()})
        example = RunningExample(target, shown, self._limit)
        child = Child(self._argv, env)
        try:
            whole = _listen(child, example)
            if example.satisfied:
                child.terminate()
                child.wait(monotonic() + TERMINATION)
                return example.cancelled()
            if not whole:
                return example.given_up()
        except UnacceptableError as error:
            return example.failed(str(error))
        finally:
            self._spent += child.spent()
            status = child.end()
        return example.returned(example.shown_text) if status == 0 else example.failed(status_text(status, child.words))

    def another(self) -> ProcessClient:
        return copy(self)

    def cpu(self) -> float:
        """Seconds of its processes that have ended; where the system does not tell them apart, of all of this one's."""
        return self._spent if self.counts_its_own else ended_cpu()

    @property
    def counts_its_own(self) -> bool:
        """Whether others may be started beside it while its CPU time is counted."""
        return told_apart()

    def close(self) -> None:
        """No process outlives its example."""


def _listen(child: Child, example: RunningExample) -> bool:
    """Show what the client writes. False where it was stopped or given up before its end."""
    utf8 = codecs.getincrementaldecoder("utf-8")("replace")
    lingers = float("inf")
    while (now := monotonic()) < (until := min(example.until, lingers)):
        data = child.read(min(now + TICK, until))
        if data is None:
            if lingers == float("inf") and child.exited:  # others hold its standard output open
                lingers = now + LINGER
            continue
        example.show(utf8.decode(data, final=not data))
        if example.enough:
            return False
        if not data:
            return child.wait(until)
    return lingers < example.until

"""Runs the contract against a client: which checks, in which order, and what one verdict means for the next."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial

from mock_ares.harness.checks import CHECKS, Check, find
from mock_ares.harness.model import NO_EXCHANGE, CheckResult, Client, ClientReport
from mock_ares.harness.play.example_runner import ExampleRunner, boundaries_of
from mock_ares.harness.run.background import BackgroundChecks, lanes
from mock_ares.harness.run.check_runner import Event, Progress, run_check, silent, why_skipped
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.evidence import Evidence

MOST_HUNG = 2
"""So many checks are run with a client that does nothing but hang."""


def selected(settings: RunSettings) -> tuple[Check, ...]:
    """The checks of a run, in the order of the table. Raises UsageError for an unknown id."""
    for name in (*settings.only, *settings.expect):
        find(name)
    return tuple(
        check
        for check in CHECKS.values()
        if (not settings.only or check.id in settings.only) and settings.tier in (None, check.info.tier)
    )


def run_contract(client: Client, settings: RunSettings, progress: Progress = silent) -> ClientReport:
    """The verdicts of the selected checks. Starts the client and closes it. Raises UsageError.

    ``progress`` is called from several threads, one at a time.
    """
    checks = selected(settings)
    client.start()
    try:
        results = Contract(client, settings, checks, ExampleRunner(settings.profile), progress).run()
    finally:
        client.close()
    return ClientReport(client.name, boundaries_of(client), tuple(results[check.id] for check in checks))


def run_apart(settings: RunSettings, client: Client, checks: Sequence[Check], progress: Progress) -> None:
    """Runs checks in turn, on a fake of their own, and tells of each. Starts the client and closes it."""
    client.start()
    try:
        with ExampleRunner(settings.profile) as arena:
            for check in checks:
                progress(Event("started", check.info))
                result = run_check(client, check, arena, settings, progress)
                progress(Event("finished", check.info, result.examples, result=result))
    finally:
        client.close()


def _turn(check: Check) -> tuple[bool, bool]:
    return bool(check.row.draws_from), not check.row.reads


def _next(checks: deque[Check]) -> Check | None:
    try:
        return checks.popleft()
    except IndexError:  # two may be taking from it
        return None


@dataclass(slots=True)
class Contract:
    """A run of many checks: the gate first, what draws from others last, those that last beside all others."""

    client: Client
    settings: RunSettings
    checks: tuple[Check, ...]
    arena: ExampleRunner
    progress: Progress = silent
    results: dict[str, CheckResult] = field(default_factory=dict)
    hung: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    _lanes: list[BackgroundChecks] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> dict[str, CheckResult]:
        """All of them, with the arena open meanwhile."""
        try:
            if self.client.in_process:
                self.begin(self.checks)  # a process is copied while it has few threads
            with self.arena:
                self._run()
        finally:
            self.stop()
        return {name: self.evidence.told(result) for name, result in self.results.items()}

    def _run(self) -> None:
        rest = sorted((c for c in self.checks if not c.row.gate), key=_turn)
        for check in self.checks:
            if check.row.gate:
                self.check(check)
        if (reason := self.unreachable()) is not None:
            for check in rest:
                self._finish(CheckResult(check.info, "skipped", reason=reason))
            return
        if not self.client.in_process:
            self.begin(self.checks)
        beside = [check for lane in self._lanes for check in lane.checks]
        turns = [check for check in rest if check not in beside]
        self._by_two(deque(check for check in turns if check.row.trial == "once-through" and not check.row.draws_from))
        self._in_turn(deque(check for check in turns if check.info.id not in self.results), self.client, self.arena)
        for check in beside:
            self.collect(check)

    def _in_turn(self, checks: deque[Check], client: Client, arena: ExampleRunner) -> None:
        while (check := _next(checks)) is not None:
            if (reason := self._lost_cause()) is not None:
                self._finish(CheckResult(check.info, "skipped", reason=reason))
            else:
                self._check(check, client, arena)

    def _by_two(self, checks: deque[Check]) -> None:
        """Nothing but the start of a command takes its examples long, and a core is idle meanwhile.

        What CPU time is counted for is not among the checks.
        """
        client = self.client.another() if getattr(self.client, "spawns", False) else None
        if client is None or (os.cpu_count() or 1) < 2:
            return
        second = Future[None]()
        threading.Thread(target=self._apart, args=(checks, client, second), daemon=True).start()
        try:
            self._in_turn(checks, self.client, self.arena)
        finally:
            checks.clear()  # where this is broken off nobody waits for the other: its processes end with this one
        second.result()
        if client.boundaries == "best-effort":
            self.client.boundaries = client.boundaries

    def _apart(self, checks: deque[Check], client: Client, done: Future[None]) -> None:
        try:
            with ExampleRunner(self.settings.profile) as arena:
                self._in_turn(checks, client, arena)
            done.set_result(None)
        except BaseException as error:  # handed over to the thread that waits
            checks.clear()
            done.set_exception(error)

    def begin(self, checks: Sequence[Check]) -> None:
        """Starts those of the checks that last, beside the others, if the client can be run there."""
        lasting = [c for c in checks if c.row.lasts and why_skipped(self.client, c, self.settings) is None]
        self._lanes = lanes(self.client, lasting, partial(run_apart, self.settings), self._beside)

    def _beside(self, event: Event) -> None:
        if event.result is not None:
            self._finish(event.result)
        else:
            self._tell(event)

    def collect(self, check: Check) -> CheckResult:
        """The result of a check that was run beside the others, else run now. Raises what went wrong there."""
        for lane in self._lanes:
            if check in lane.checks:
                for result in lane.results():
                    if result.info.id not in self.results:
                        self._finish(result)
        return self.results.get(check.id) or self.check(check)

    def stop(self) -> None:
        """Ends what was started beside."""
        for lane in self._lanes:
            lane.stop()

    def unreachable(self) -> str | None:
        """Why nothing else can be judged, where the client never got as far as a stream."""
        result = next((each for each in self.results.values() if CHECKS[each.info.id].row.gate), None)
        if result is None or result.failure is None or result.failure.ending != NO_EXCHANGE:
            return None
        return f"the client never got a stream: {result.failure.diagnosis} (see {result.info.id})"

    def check(self, check: Check) -> CheckResult:
        """Runs one and remembers what came of it."""
        return self._check(check, self.client, self.arena)

    def _check(self, check: Check, client: Client, arena: ExampleRunner) -> CheckResult:
        self._tell(Event("started", check.info))
        settings = replace(self.settings, deadline=self._deadline())
        if check.row.draws_from:
            settings = replace(settings, held=self._held(check))
        result = run_check(client, check, arena, settings, self._tell, self.evidence)
        each = result.duration / max(1, result.examples)
        if (result.failure is not None and result.failure.word == "hung") or each >= settings.deadline:
            self.hung += 1
        self._finish(result)
        return result

    def _lost_cause(self) -> str | None:
        """Why a client that hangs whatever it is asked is asked no more."""
        results = list(self.results.values())
        judged = [each for each in results if not CHECKS[each.info.id].row.gate and each.verdict != "skipped"]
        hung = [result for result in judged if result.failure is not None and result.failure.word == "hung"]
        if len(judged) > len(hung) or len(hung) < MOST_HUNG:
            return None
        return f"the client hangs whatever it is asked: {hung[0].failure.diagnosis} (see {hung[0].info.id})"  # type: ignore[union-attr]

    def _deadline(self) -> float:
        """A client that hangs once hangs often; less time is lost each time."""
        return max(min(2.0, self.settings.deadline), self.settings.deadline / (1 + self.hung))

    def _held(self, drawing: Check) -> frozenset[str]:
        """The rows that a check may draw from: passed, or not run for want of being asked for."""
        unknown = {name for name in CHECKS if name not in self.results and not self._skips(name)}
        passed = {name for name, result in self.results.items() if result.verdict == "passed"}
        return frozenset(passed if drawing.id not in self.settings.only else passed | unknown)

    def _skips(self, name: str) -> bool:
        return name in self.settings.expect or why_skipped(self.client, CHECKS[name], self.settings) is not None

    def _finish(self, result: CheckResult) -> None:
        with self._lock:
            self.results[result.info.id] = result
        self._tell(Event("finished", result.info, result.examples, result=result))

    def _tell(self, event: Event) -> None:
        with self._lock:
            event = replace(event, done=len(self.results), total=len(self.checks))
            self.progress(event)

"""Runs the contract against a client: which checks, in which order, and what one verdict means for the next."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from hypothesis.database import ExampleDatabase

from mock_ares.harness.checks import CHECKS, Check, find
from mock_ares.harness.checks.editions import has
from mock_ares.harness.model import NO_EXCHANGE, CheckResult, Client, ClientReport
from mock_ares.harness.play.example_runner import ExampleRunner, boundaries_of
from mock_ares.harness.run.background import BackgroundChecks, Thread, lanes
from mock_ares.harness.run.check_runner import Event, Progress, run_check, silent, why_skipped
from mock_ares.harness.run.check_turns import Turns
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.surroundings import trusting
from mock_ares.harness.verdict.evidence import Evidence

QUICK = 2.5
"""Seconds until a client is given up in a quick run that hangs in what comes first, where it need not be started."""
MOST_BESIDE = 7
"""Of a client so many more are kept at work: as many as there are cores, as each waits now and then, and twice as many
where each example is a start, which waits more.
"""
MOST_HUNG = 2
"""So many checks are run with a client that does nothing but hang."""


def selected(settings: RunSettings) -> tuple[Check, ...]:
    """The checks of a run, in the order of the table. Raises UsageError for an unknown id."""
    for name in (*settings.only, *settings.expect):
        find(name)
    chosen = tuple(
        check
        for check in CHECKS.values()
        if (not settings.only or check.id in settings.only)
        and settings.tier in (None, check.info.tier)
        and (settings.edition is None or has(settings.edition, check))
    )

    return chosen if settings.shard is None else _dealt(chosen, *settings.shard)


def _dealt(checks: Sequence[Check], number: int, of: int) -> tuple[Check, ...]:
    """Those of a shard. Each has what opens a run; what rests on another check is dealt out together with it."""
    home = {check.id: check.id for check in checks}

    def root(name: str) -> str:
        return name if home[name] == name else root(home[name])

    for check in checks:
        for other in (check.row.rests_on - check.row.draws_from) & home.keys():
            if not (check.row.gate or CHECKS[other].row.gate):
                home[root(check.id)] = root(other)
    roots = list(dict.fromkeys(root(check.id) for check in checks if not check.row.gate))
    mine = set(roots[number - 1 :: of])
    return tuple(check for check in checks if check.row.gate or root(check.id) in mine)


def run_contract(client: Client, settings: RunSettings, progress: Progress = silent) -> ClientReport:
    """The verdicts of the selected checks; see ``Contract.run``."""
    with trusting(settings.transport):
        arena = ExampleRunner.of(client, settings.profile, settings.transport)
        return Contract(client, settings, arena, progress).run()


def _turn(check: Check) -> tuple[bool, bool]:
    return bool(check.row.draws_from), not check.row.reads


@dataclass(slots=True)
class Contract:
    """A run of many checks: the gate first, what draws from others last, those that last beside all others.

    ``progress`` is called from several threads, one at a time, and not any more when ``run`` has ended.
    """

    client: Client
    settings: RunSettings
    arena: ExampleRunner
    progress: Progress = silent
    checks: tuple[Check, ...] = ()
    """Those of the run, in the order of the report."""
    results: dict[str, CheckResult] = field(default_factory=dict)
    hung: set[str] = field(default_factory=set)
    """The checks in which it did nothing but hang. As the results and the evidence, shared by all lanes."""
    evidence: Evidence = field(default_factory=Evidence)
    _lanes: list[BackgroundChecks] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def report(self) -> ClientReport:
        """What is known by now."""
        known = [self.results[check.id] for check in self.checks if check.id in self.results]
        return ClientReport(self.client.name, boundaries_of(self.client), tuple(map(self.evidence.told, known)))

    def run(self) -> ClientReport:
        """The verdicts of the selected checks. Starts the client and the fake, and ends them. Raises UsageError."""
        try:
            self.checks = checks = selected(self.settings)
            self.client.start()
            if self.client.in_process:
                self.begin(checks)  # a process is copied while it has few threads
            self.arena.start()
            self._in_turn(sorted((check for check in checks if check.row.gate), key=lambda check: not check.row.opens))
            hopeful = self.hopeless() is None
            if hopeful and not self.client.in_process:
                self.begin(checks)
            apart = [check for lane in self._lanes for check in lane.checks] if hopeful else []
            rest = sorted((c for c in checks if not c.row.gate and c not in apart), key=_turn)
            with self._shared(rest) as shared:
                self._in_turn(shared)
            self._in_turn(Turns(check for check in rest if check.id not in self.results))
            for check in apart:
                self.collect(check)
        finally:
            self._over.set()
            self.arena.close()
            self.stop()
            self.client.close()
        return self.report

    def _in_turn(self, checks: Iterable[Check]) -> None:
        for check in checks:
            if (reason := self.hopeless() or self._lost_cause()) is not None and not check.row.opens:
                self._finish(CheckResult(check.info, "skipped", reason=reason, unasked=True))
            else:
                self.check(check)

    @contextmanager
    def _shared(self, checks: Iterable[Check]) -> Iterator[Iterable[Check]]:
        """Those of the checks that several take from: while one waits for its client a core would be idle. Where each
        example is a process, those for which CPU time is counted are left out unless it can be told apart.
        """
        spawns, cores = getattr(self.client, "spawns", False), os.cpu_count() or 1
        if cores < 2 or not getattr(self.client, "abreast", False) or self.hopeless() is not None:
            yield ()
            return
        alone = spawns and not getattr(self.client, "counts_its_own", False)
        several = [c for c in checks if not (alone and c.row.trial != "once-through") and not c.row.draws_from]
        beside = min(cores * (1 + spawns), MOST_BESIDE, len(several) - 1)  # one is this thread's
        shared = Turns(several)
        clients = filter(None, (self.client.another() for _ in range(beside)))
        others = [Thread(each, [], lambda client, _, tell: self._apart(client, shared, tell)) for each in clients]
        try:
            yield shared
        finally:
            shared.stop()  # where this is broken off nobody waits for the others: their processes end with this one
        for other in others:
            other.results()

    def _apart(self, client: Client, checks: Iterable[Check], progress: Progress | None) -> None:
        """Runs checks on a fake of their own, in another thread or process. Starts the client and closes it."""
        client.start()
        try:
            with ExampleRunner.of(client, self.settings.profile, self.settings.transport) as arena:
                replace(self, client=client, arena=arena, progress=progress or self.progress)._in_turn(checks)
        finally:
            client.close()
        if client.boundaries == "best-effort":
            self.client.boundaries = client.boundaries

    def begin(self, checks: Sequence[Check]) -> None:
        """Starts those of the checks that last, beside the others, if the client can be run there."""
        lasting = [c for c in checks if c.row.lasts and why_skipped(self.client, c, self.settings) is None]
        self._lanes = lanes(self.client, lasting, self._apart)

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

    def hopeless(self) -> str | None:
        """Why nothing else can be judged: the client never got as far as a stream, or a plain one comes out wrong."""
        for result in list(self.results.values()):
            row, failure = CHECKS[result.info.id].row, result.failure
            if failure is None or not row.gate:
                continue
            if failure.ending == NO_EXCHANGE:
                return f"the client never got a stream, see {result.info.id}"
            if row.control and result.verdict == "failed":
                return f"a plain stream comes out wrong, see {result.info.id}"
        return None

    def check(self, check: Check, database: ExampleDatabase | None = None) -> CheckResult:
        """Runs one and remembers what came of it."""
        if self.settings.shard is not None:
            self.catch_up(check.row.rests_on)
        self._tell(Event("started", check.info))
        deadline = self._deadline(check)
        held = self._held(check) if check.row.rests_on else None
        settings = replace(self.settings, deadline=deadline, held=held, database=database or self.settings.database)
        result = run_check(self.client, check, self.arena, settings, self._tell, self.evidence)
        slow = result.duration >= deadline * max(1, result.examples)
        if slow or (result.failure is not None and result.failure.word == "hung"):
            self.hung.add(check.id)
        self._finish(result)
        return result

    def catch_up(self, names: Iterable[str]) -> None:
        """Checks that another one rests on, and that are run elsewhere, are tried in short; nobody is told."""
        full, progress = self.settings, self.progress
        self.settings, self.progress = replace(full, examples=0, quick=True, shard=None), silent
        for name in names:
            if name not in self.results and name not in full.expect:
                self.check(CHECKS[name])
        self.settings, self.progress = full, progress

    def _lost_cause(self) -> str | None:
        """Why a client that hangs whatever it is asked is asked no more."""
        results = list(self.results.values())
        judged = [each for each in results if not CHECKS[each.info.id].row.gate and each.verdict != "skipped"]
        hung = [result for result in judged if result.failure is not None and result.failure.word == "hung"]
        if len(judged) > len(hung) or len(hung) < MOST_HUNG:
            return None
        return f"the client hangs whatever it is asked, see {hung[0].info.id}"

    def _deadline(self, check: Check) -> float:
        """A client that hangs once hangs often; less time is lost each time."""
        longest, least = self.settings.deadline, 2.0
        if self.settings.quick and check.row.gate and not getattr(self.client, "spawns", False):
            longest, least = min(QUICK, longest), QUICK / 2
        return max(min(least, longest), longest / (1 + len(self.hung)))

    def _held(self, check: Check) -> frozenset[str]:
        """The rows that a check may rest on: passed, or not run for want of being asked for."""
        with self._lock:  # other lanes come to their results meanwhile
            results = dict(self.results)
        unknown = {name for name in CHECKS if name not in results and not self._skips(name)}
        passed = {name for name, result in results.items() if result.verdict == "passed"}
        passed_alone = check.row.draws_from and check.id not in self.settings.only
        return frozenset(passed if passed_alone else passed | unknown)

    def _skips(self, name: str) -> bool:
        return name in self.settings.expect or why_skipped(self.client, CHECKS[name], self.settings) is not None

    def _finish(self, result: CheckResult) -> None:
        with self._lock:
            self.results[result.info.id] = result
        self._tell(Event("finished", result.info, result.examples, result=result))

    def _tell(self, event: Event) -> None:
        with self._lock:
            if not self._over.is_set():
                done = sum(check.id in self.results for check in self.checks)
                self.progress(replace(event, done=done, total=len(self.checks)))

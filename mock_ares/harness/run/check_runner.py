"""One check, one client: examples, confirmation, verdict."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from mock_ares.harness.checks import CHECKS, Check
from mock_ares.harness.checks.editions import has
from mock_ares.harness.checks.gathered import SHARED
from mock_ares.harness.checks.rows import playable, speaking
from mock_ares.harness.model import (
    KEY_PATH,
    OF_PAGES,
    Case,
    CheckInfo,
    CheckResult,
    Client,
    Failure,
    HarnessError,
    UsageError,
    Verdict,
)
from mock_ares.harness.play.cpu_growth import Growth, Stopwatch, Timed
from mock_ares.harness.play.example_runner import ExampleRunner, boundaries_of
from mock_ares.harness.play.experiments import Experiments
from mock_ares.harness.result import ExampleResult
from mock_ares.harness.run.baseline import reason_of
from mock_ares.harness.run.search import TIMED, UNSHRUNK, Search
from mock_ares.harness.settings import RunSettings, Transport
from mock_ares.harness.verdict import oracle
from mock_ares.harness.verdict.diagnosis import Told
from mock_ares.harness.verdict.evidence import Evidence
from mock_ares.harness.verdict.judgements import PASSED
from mock_ares.harness.verdict.library_flaws import flaw_of
from mock_ares.monotonic import monotonic
from mock_ares.plan.http.negotiation import version_for
from mock_ares.server.certificates.identity import Certificate

TRIES = 5
"""A case whose promised read boundaries were not kept is played again, so many times in all."""
LENIENCE = 5.0
"""Seconds by which a declared time-out may be late, on a busy machine."""
UNSTEADY_TRIES = 5
"""A case that does not fail again is played so many times more."""
PATIENT = 4.0
"""Seconds of a deadline that are enough for a second try, where the first had fewer."""
UNVOUCHED = "not every read was seen to end where it must"
"""The reservation about a check of reads that has passed, where boundaries are best effort."""
UNTOLD = (
    "nothing on the wire tells this cut from an end, so any outcome passes: it says nothing for a client, or against it"
)

OF_A_PAGE = "it is about whole pages, and asked of those alone (--page, or PageContract in pytest)"


@dataclass(frozen=True, slots=True)
class Event:
    """Progress."""

    kind: Literal["started", "example", "finished"]
    check: CheckInfo
    examples: int = 0
    """Played so far, of this check."""
    done: int = 0
    """Checks finished so far."""
    total: int = 0
    result: CheckResult | None = None


Progress = Callable[[Event], None]


def silent(event: Event) -> None:
    """Progress that nobody watches."""


def judge_case(
    client: Client, case: Case, arena: ExampleRunner, info: CheckInfo, deadline: float | None = None
) -> Failure | None:
    """Plays one case of a check and judges it; None: nothing is wrong.

    ``deadline`` in seconds; None: what the check needs. Raises HarnessError, also where read boundaries that the case
    promises could not be kept, and UsageError for a check that is about another transport than the arena's.
    """
    check = CHECKS[info.id]
    if (reason := not_over(arena.transport, client, check)) is not None:
        raise UsageError(f"{info.id}: {reason}")
    settings = RunSettings() if deadline is None else RunSettings(deadline=deadline)
    run = CheckRun(client, check, arena, settings)
    failure = run.attempt(case)
    if run.voids:
        raise HarnessError(run.void_reason)
    return failure


def run_check(
    client: Client,
    check: Check,
    arena: ExampleRunner,
    settings: RunSettings,
    progress: Progress = silent,
    evidence: Evidence | None = None,
) -> CheckResult:
    """The verdict on one check. What goes wrong in the harness is the verdict ``errored``; raises UsageError only.

    ``evidence`` of the client's other checks helps to tell causes apart, and gets that of this one.
    """
    begun = monotonic()
    reason = why_skipped(client, check, settings)
    if reason is not None:
        elsewhere = reason in (not_over(settings.transport, client, check), OF_A_PAGE)
        return CheckResult(check.info, "skipped", reason=reason, unasked=elsewhere)
    run = CheckRun(client, check, arena, settings, progress, evidence or Evidence())
    try:
        result = run.result(*run.fixed())
    except UsageError:
        raise
    except HarnessError as error:
        result = CheckResult(check.info, "errored", run.examples, reason=str(error))
    except Exception as error:  # a mistake of ours is no verdict on the client
        last = "".join(traceback.format_exception(error)[-2:]).strip()
        result = CheckResult(check.info, "errored", run.examples, reason=f"the harness has a bug: {last}")
    return replace(result, duration=monotonic() - begun)


def why_skipped(client: Client, check: Check, settings: RunSettings, *, spoken: bool = True) -> str | None:
    """Why there is nothing to run; None if there is. ``spoken``: it is known over which transport."""
    info = check.info
    if settings.dialect not in info.dialects:
        return f"the dialect {settings.dialect} cannot express it"
    if info.capability in OF_PAGES and "page" not in client.capabilities:
        return OF_A_PAGE
    if info.capability is not None and info.capability not in client.capabilities:
        return f"the client does not declare {info.capability}"
    if spoken and (unasked := not_over(settings.transport, client, check)) is not None:
        return unasked
    if (refused := _refused(client, check, settings)) is not None:
        return refused
    if info.capability == "timeout" and client.timeout is None:
        return "the client declares a time-out but not its seconds: timeout=SECONDS"
    if settings.quick and check.row.lasts:
        return "it takes many seconds; left out of a quick run"
    if check.row.draws_from and not check.row.held(settings):
        return "no row it could draw from has passed"
    return None


def not_over(transport: Transport, client: Client, check: Check) -> str | None:
    """Why a check is not asked over a transport; None: it is."""
    if check.row.over_tls and (reason := _not_about(transport.tls, client, check)) is not None:
        return reason
    if check.row.http not in (None, transport.http):
        to_ask = " (--http 2)" if transport.http == "1.1" else ""
        return f"it is about HTTP/{check.row.http}, and asked by that alone{to_ask}"
    if check.examples and not any(can_be_said(case, transport.http) for case in check.examples):
        return f"HTTP/{transport.http} cannot say it"
    return None


def _not_about(tls: bool | Certificate, client: Client, check: Check) -> str | None:
    """Why a check of TLS is not asked."""
    if not tls:
        return "it is about TLS, and asked over TLS alone (--tls, or Settings(tls=True) in pytest)"
    if not any(case.bad_tls for case in check.examples):
        return None
    if tls is not True:
        return "the certificate is your own, and what must be refused is made with the authority of --tls alone"
    if getattr(client, "port", None) is not None:
        return "not asked: the client looks for its server at a port of its own, so it cannot be pointed elsewhere"
    if getattr(client, "is_browser", False):
        return "not asked: the browser is told to trust anybody, so that it trusts the fake"
    return None


def can_be_said(case: Case, http: str) -> bool:
    """Whether there is nothing in it that this version of HTTP has no words for."""
    return all(version_for(reply, http) == http for reply in case.replies)


def refusal(client: Client, case: Case) -> str | None:
    """Why the client cannot be asked a case; None: it can."""
    refuses = getattr(client, "refuses", None)
    return refuses(case) if refuses is not None else None


def _refused(client: Client, check: Check, settings: RunSettings) -> str | None:
    """The same of all the examples of a check."""
    reasons = [refusal(client, case) for case in check.examples_for(client, settings)]
    return reasons[0] if reasons and all(reasons) else None


@dataclass(slots=True)
class CheckRun:
    """One check, one client."""

    client: Client
    check: Check
    arena: ExampleRunner
    settings: RunSettings
    progress: Progress = silent
    evidence: Evidence = field(default_factory=Evidence)
    examples: int = 0
    cases: int = 0
    voids: int = 0
    asked_again: bool = False
    gzip: bool = False
    reported: bool = False
    gave_up: bool = False
    unvouched: bool = False
    let_pass: str = ""
    """What was not exact and did not fail."""
    late: str = ""
    """What was not done in time, and was when it was tried again."""

    def fixed(self) -> tuple[Failure | None, Iterable[Case]]:
        """The first of the fixed examples that fails, and those behind it. Those that stand for others come first
        where each costs a start, and where one of them fails, it is looked for among all.
        """
        cases = cases_of(self.check, self.client, self.settings)
        if self._sparing:
            few = cases_of(self.check, self.client, self.settings, gathered=True)
            failure = self._first_wrong(case for case in few if not self._known(case))
            if failure is None or failure.case in cases or self.gave_up:
                return failure, cases
            shared = any(failure.case == speaking(case, self.settings.dialect) for case in SHARED)
            if shared and not self.check.row.draws_from:
                failure = None  # the hazard may be another's
        else:
            failure = None
        others = iter(cases)
        return self._first_wrong(others) or failure, others

    @property
    def _sparing(self) -> bool:
        """Whether few examples stand for many."""
        return self.settings.quick and getattr(self.client, "spawns", False)

    def _known(self, case: Case) -> bool:
        """Whether another check has shown that it comes out right, where no more than the text is asked for."""
        known = self.check.row.judge is None and case in self.evidence.passed
        self.examples += known
        return known

    def _first_wrong(self, cases: Iterable[Case]) -> Failure | None:
        """What shows nothing to this client, or hangs it, is not asked to the end."""
        for case in cases:
            failure = self.attempt(case)
            if failure is not None or self.gave_up or (self.check.row.needs_gzip and not self.gzip):
                return failure
        return None

    def result(self, failure: Failure | None, others: Iterable[Case] = ()) -> CheckResult:
        """Behind the fixed examples, of which one may have failed before the others. Raises HarnessError."""
        if failure is not None:
            failure = self._confirmed([failure])
            if flaw_of(self.check.info, failure) is not None:  # known: nothing smaller says more
                return self._result(self.evidence.explained(self.check.id, failure))
        elif (reason := self._unshown()) is not None:
            return CheckResult(self.check.info, "skipped", self.examples, reason=reason)
        failure = self._generated(failure)
        if not self.examples:
            return CheckResult(self.check.info, "skipped", reason="none of its examples can be put to this client")
        if self.voids > max(2, self.cases // 5):
            raise HarnessError(self.void_reason)
        if failure is not None:
            failure = self._explained(failure, others)
        return self._result(failure)

    def _result(self, failure: Failure | None) -> CheckResult:
        verdict, reason = verdict_on(self.check, failure, self.settings)
        if verdict == "passed":
            reason = reason or self.let_pass or self.late
            reason = reason or (UNVOUCHED if self.unvouched and self.check.row.reads else "")
        return CheckResult(self.check.info, verdict, self.examples, failure, reason)

    @property
    def void_reason(self) -> str:
        return (
            f"promised read boundaries could not be kept in {self.voids} of {self.cases} cases, {TRIES} times each: "
            "the machine is too busy, or the client does not read for a second at a time"
        )

    def _unshown(self) -> str | None:
        """Why the client was shown nothing of the hazard."""
        if self.check.row.needs_gzip and not self.gzip:
            return "the client does not accept gzip, so nothing was compressed"
        if self.check.row.needs_retry and not self.asked_again:
            return "the client declares retry, but it never asked again"
        if self.check.row.needs_report and not self.reported:
            return "the client reported nothing of it, which is about other checks"
        return None

    def _generated(self, best: Failure | None) -> Failure | None:
        """A counterexample from Hypothesis, or one that is smaller than what there is."""
        cases, row = self.check.cases, self.check.row
        if cases is None or self.gave_up or (best is not None and not _worth_it(best)):
            return best
        search = Search(self.attempt, self.settings, self.check.id, best)
        most = self.settings.most_examples if row.most is None else min(row.most, self.settings.most_examples)
        spoken = cases(self.settings).map(lambda case: speaking(case, self.settings.dialect))
        search.run(spoken.filter(lambda case: can_be_said(case, self.settings.transport.http)), most)
        if not search.failures:
            return best
        return self._confirmed(search.failures, best)

    def _confirmed(self, failures: Sequence[Failure], best: Failure | None = None) -> Failure:
        """The smallest that fails again, or what a client does wrong only sometimes.

        A client that cuts its reads itself meets another stream each time, so it gets several tries.
        """
        if failures[-1].word in TIMED:  # it has failed more than once
            return failures[-1]
        tries = UNSTEADY_TRIES if boundaries_of(self.client) == "best-effort" else 1
        candidates = (failures[-1], failures[0])[: len(failures)]
        for failure in candidates:
            for _ in range(tries):
                if (again := self.attempt(failure.case)) is not None:
                    return again
        return best or self._unsteady(failures[-1], 1 + tries * len(candidates))

    def _hangs_often(self, failure: Failure) -> bool:
        """Whether it was given up in another example, too, with nothing unusual in this one."""
        return failure.word == "hung" and self.check.row.control and self.evidence.timed_out > 1

    def _unsteady(self, failure: Failure, tries: int) -> Failure:
        """What a client did once. It is asked the same some times more, so that one can say how often it does it."""
        wrong = 1
        for _ in range(UNSTEADY_TRIES):
            tries += 1
            wrong += self.attempt(failure.case) is not None
        diagnosis = self.evidence.explained(self.check.id, failure).diagnosis
        diagnosis = f"{diagnosis}; so {wrong} of {tries} times, the same stream came out right the other times"
        return replace(failure, word="unsteady", diagnosis=diagnosis, causes=())

    def _explained(self, failure: Failure, others: Iterable[Case]) -> Failure:
        """The failure as small as it can be made, with what it takes and why."""
        row = self.check.row
        briefly = self._sparing and verdict_on(self.check, failure, self.settings)[0] != "failed"
        if not (briefly or failure.word in UNSHRUNK or row.lasts or row.trial != "once-through" or self.gave_up):
            failure = Experiments(self._vouched, self.settings, self.evidence).explained(failure, others)
        return self.evidence.explained(self.check.id, failure)

    def _vouched(self, case: Case) -> Failure | None:
        """As ``attempt``. Raises LookupError where the case's boundaries were not kept."""
        voids = self.voids
        failure = self.attempt(case)
        if self.voids > voids:
            raise LookupError(self.void_reason)
        return failure

    def attempt(self, case: Case) -> Failure | None:
        """Plays and judges a case. One whose boundaries were not kept is not judged, and what is a matter of time is a
        failure only where it happens again: a busy machine may have taken the time.
        """
        gave_up, given_up = self.gave_up, self.evidence.timed_out
        failure = self._once(case)
        if failure is None or failure.word not in TIMED or failure.word == "slow" or self._hangs_often(failure):
            return failure
        again = self._tried_again(case)
        if again is None:
            self.gave_up, self.evidence.timed_out = gave_up, given_up
            self.late = f"{failure.word} once, and not in {UNSTEADY_TRIES} more tries: {failure.diagnosis}"
        return again

    def _tried_again(self, case: Case) -> Failure | None:
        """The first of several tries that fails. A long deadline is not waited for as long once more, a short one is
        doubled.
        """
        settings = self.settings
        self.settings = replace(settings, deadline=max(settings.deadline / 2, min(2 * settings.deadline, PATIENT)))
        try:
            return next(filter(None, (self._once(case) for _ in range(UNSTEADY_TRIES))), None)
        finally:
            self.settings = settings

    def _once(self, case: Case) -> Failure | None:
        self.cases += 1
        for _ in range(TRIES):
            if self.check.row.trial == "once-through":
                timed = Timed(self.arena.observe(self.client, case, deadline=self._deadline()), cpu=None)
            else:
                timed = self._stopwatch.play(case)
            self._note(timed.played)
            if not timed.played.void:
                self.evidence.add(self.check.id, timed.played)
                failure = self._pictured(self._judge(timed))
                if failure is None and self._sparing and self.check.row.judge is None:
                    self.evidence.passed.append(case)
                return failure
        self.voids += 1
        return None

    def _pictured(self, failure: Failure | None) -> Failure | None:
        """A failure with what the client looks like, where it looks like anything."""
        picture = getattr(self.client, "picture", None)
        return failure if failure is None or picture is None else replace(failure, picture=picture())

    def _note(self, played: ExampleResult) -> None:
        self.examples += 1
        self.asked_again = self.asked_again or len(played.asked) > 1
        self.unvouched = self.unvouched or any(e.boundaries == "best-effort" for e in played.exchanges)
        self.gzip = self.gzip or any(asked.gzip for asked in played.asked)
        self.reported = self.reported or played.observation.error is not None
        self.gave_up = self.gave_up or played.observation.timed_out
        self.evidence.timed_out += played.observation.timed_out
        self.progress(Event("example", self.check.info, self.examples))

    @property
    def _stopwatch(self) -> Stopwatch:
        return Stopwatch(self.arena, self.client, self._deadline())

    def _deadline(self) -> float:
        if self.check.info.capability == "timeout" and self.client.timeout is not None:
            return self.client.timeout * 1.5 + LENIENCE
        return self.settings.deadline

    def _judge(self, timed: Timed) -> Failure | None:
        failure = self._judged(timed.played)
        late = failure is not None and failure.word in ("hung", "slow")
        if late and self.check.row.trial != "once-through":
            outcome = self._stopwatch.lateness(timed)
            if isinstance(outcome, Timed):
                return self._judge(outcome)
            return failure if outcome is None else self._slow(timed.played, outcome)
        if failure is None and self.check.row.trial == "linear-time":
            growth = self._stopwatch.growth(timed)
            failure = None if growth is None else self._slow(timed.played, growth)
        return failure or self._tolerated(timed.played)

    def _tolerated(self, played: ExampleResult) -> Failure | None:
        """A failure where the run is strict; else it is remembered."""
        judged, told = oracle.decisive(played), None if self.check.row.judge else oracle.let_pass(played)
        if judged is None or told is None:
            return None
        if self.settings.strict:
            return oracle.failure(played, judged, told)
        self.let_pass = told.said
        return None

    def _slow(self, played: ExampleResult, growth: Growth) -> Failure | None:
        judged = oracle.decisive(played)
        if judged is None:
            return None
        demanded = "takes four times as long for a stream of four times the size"
        return oracle.failure(played, judged, Told("slow", growth.said), demanded)

    def _judged(self, played: ExampleResult) -> Failure | None:
        judgement = None if self.check.row.judge is None else self.check.row.judge(played, self.client)
        if isinstance(judgement, Failure):
            return judgement
        return None if judgement is PASSED else oracle.judge(played, self.client)


def _worth_it(failure: Failure) -> bool:
    """Whether looking for a smaller one is."""
    return failure.word not in UNSHRUNK and (sum(map(len, failure.reads)) > 16 or len(failure.reads) > 2)


def _loses_text(failure: Failure) -> bool:
    """Whether the text of a good stream is not what was sent: that is wrong whoever asks for it."""
    return failure.word in ("lost", "altered", "added") and not any(reply.faults for reply in failure.case.replies)


def verdict_on(check: Check, failure: Failure | None, settings: RunSettings) -> tuple[Verdict, str]:
    """The verdict and its reason."""
    known = settings.expect.get(check.id)
    if failure is None:
        if known is not None and known.sometimes:
            return "passed", f"it fails now and then ({known.why}), and passed this time"
        if known is not None:
            off = f"take it out of {known.place}" if known.place else "take it off the list"
            return "failed", f"it passes, and was expected to fail: {off} ({known.why})"
        return ("informational", UNTOLD) if check.row.undetectable else ("passed", "")
    if known is not None:
        why = "" if known.why == reason_of(failure) else f": {known.why}"  # as the diagnosis, which stands beside it
        return "informational", f"expected to fail{' now and then' * known.sometimes}{why}"
    if (flaw := flaw_of(check.info, failure)) is not None and not settings.strict:
        return "informational", flaw
    if check.info.tier == "defensive" and not settings.strict and not _loses_text(failure):
        return "informational", "no text demands it, but users are hurt without it"
    return "failed", ""


def cases_of(check: Check, client: Client, settings: RunSettings, *, gathered: bool = False) -> tuple[Case, ...]:
    """The fixed examples that apply to the client, in its dialect; or the few that stand for them."""
    cases: Iterable[Case] = check.examples_for(client, settings, gathered=gathered)
    if (edition := settings.edition) is not None:
        cases = [case for case in cases if has(edition, check, case)]
    if not getattr(client, "restarts", True):
        cases = (case for case in cases if not _shows_then_repeats(case))
    playable_cases = [spoken for case in cases if playable(spoken := speaking(case, settings.dialect))]
    playable_cases = [case for case in playable_cases if can_be_said(case, settings.transport.http)]
    playable_cases = [case for case in playable_cases if refusal(client, case) is None]
    if "v1" in client.capabilities and check.row.key_route and playable_cases:
        playable_cases.append(replace(playable_cases[0], path=KEY_PATH))
    return tuple(playable_cases)


def _shows_then_repeats(case: Case) -> bool:
    """Text that was shown cannot be taken back by a client whose output is a stream."""
    first = case.replies[0]
    return len(case.replies) > 1 and bool(first.faults) and isinstance(first.chunks, tuple)

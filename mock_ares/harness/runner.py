"""Runs the contract against a client: which checks, in which order, and what one verdict means for the next."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from mock_ares.harness.arena import Arena
from mock_ares.harness.checks import CHECKS, Check, find
from mock_ares.harness.model import NO_EXCHANGE, CheckResult, Client, ClientReport
from mock_ares.harness.settings import Settings
from mock_ares.harness.trial import Event, Progress, judge_case, run_check, silent, why_skipped

__all__ = ["Event", "Progress", "Settings", "judge_case", "run_check", "run_contract", "selected"]


def selected(settings: Settings) -> tuple[Check, ...]:
    """The checks of a run, in the order of the table. Raises UsageError for an unknown id."""
    for name in (*settings.only, *settings.expect):
        find(name)
    return tuple(
        check
        for check in CHECKS.values()
        if (not settings.only or check.id in settings.only) and settings.tier in (None, check.info.tier)
    )


def run_contract(client: Client, settings: Settings, progress: Progress = silent) -> ClientReport:
    """The verdicts of the selected checks. Starts the client and closes it. Raises UsageError."""
    checks = selected(settings)
    client.start()
    try:
        with Arena(settings.profile) as arena:
            results = Contract(client, settings, checks, arena, progress).run()
    finally:
        client.close()
    return ClientReport(client.name, client.boundaries, tuple(results[check.id] for check in checks))


@dataclass(slots=True)
class Contract:
    """A run of many checks: ``request`` first, ``everything`` last, those that last beside the others."""

    client: Client
    settings: Settings
    checks: tuple[Check, ...]
    arena: Arena
    progress: Progress = silent
    results: dict[str, CheckResult] = field(default_factory=dict)
    hung: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> dict[str, CheckResult]:
        rest = [check for check in self.checks if check.id not in ("request", "everything")]
        last = [check for check in self.checks if check.id == "everything"]
        for check in self.checks:
            if check.id == "request":
                self.check(check)
        if (reason := self.unreachable()) is not None:
            for check in (*rest, *last):
                self._finish(check, CheckResult(check.info, "skipped", reason=reason))
            return self.results
        with _Beside(self, [check for check in rest if check.row.lasts]) as beside:
            for check in rest:
                if check.id not in beside.taken:
                    self.check(check)
        for check in last:
            self.check(check)
        return self.results

    def unreachable(self) -> str | None:
        """Why nothing else can be judged, where the client never got as far as a stream."""
        result = self.results.get("request")
        if result is None or result.failure is None or result.failure.ending != NO_EXCHANGE:
            return None
        return f"the client never got a stream: {result.failure.diagnosis} (see request)"

    def check(self, check: Check) -> CheckResult:
        """Runs one and remembers what came of it."""
        self._tell(Event("started", check.info))
        settings = replace(self.settings, deadline=self._deadline())
        if check.id == "everything":
            settings = replace(settings, held=self._held())
        result = run_check(self.client, check, self.arena, settings, self._tell)
        if result.failure is not None and result.failure.word == "hung":
            self.hung += 1
        self._finish(check, result)
        return result

    def _deadline(self) -> float:
        """A client that hangs once hangs often; less time is lost each time."""
        return max(min(2.0, self.settings.deadline), self.settings.deadline / (1 + self.hung))

    def _held(self) -> frozenset[str]:
        """The rows that ``everything`` draws from: passed, or not run for want of being asked for."""
        unknown = {name for name in CHECKS if name not in self.results and not self._skips(name)}
        passed = {name for name, result in self.results.items() if result.verdict == "passed"}
        return frozenset(passed if "everything" not in self.settings.only else passed | unknown)

    def _skips(self, name: str) -> bool:
        return name in self.settings.expect or why_skipped(self.client, CHECKS[name], self.settings) is not None

    def _finish(self, check: Check, result: CheckResult) -> None:
        with self._lock:
            self.results[check.id] = result
        self._tell(Event("finished", check.info, result.examples, result=result))

    def _tell(self, event: Event) -> None:
        with self._lock:
            event = replace(event, done=len(self.results), total=len(self.checks))
            self.progress(event)


class _Beside:
    """Runs checks that last in a thread of their own, where the client has another instance to give."""

    def __init__(self, contract: Contract, checks: list[Check]) -> None:
        another = getattr(contract.client, "another", None)
        self._contract = contract
        self._checks = [
            c for c in checks if another is not None and why_skipped(contract.client, c, contract.settings) is None
        ]
        self.taken = frozenset(check.id for check in self._checks)
        self._client: Client | None = another() if another is not None and self._checks else None
        self._thread = threading.Thread(target=self._run, name="mock-ares checks that last", daemon=True)
        self._error: BaseException | None = None

    def __enter__(self) -> _Beside:
        if self._client is not None:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._client is None:
            return
        if kind is None:
            self._thread.join()
        if kind is None and self._error is not None:
            raise self._error

    def _run(self) -> None:
        assert self._client is not None
        contract = self._contract
        try:
            self._client.start()
            try:
                with Arena(contract.settings.profile) as arena:
                    for check in self._checks:
                        contract._tell(Event("started", check.info))
                        result = run_check(self._client, check, arena, contract.settings, contract._tell)
                        contract._finish(check, result)
            finally:
                self._client.close()
        except BaseException as error:  # handed over to the thread that waits
            self._error = error

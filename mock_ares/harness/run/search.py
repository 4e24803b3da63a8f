"""Hypothesis as the engine: cases are generated until one fails, and that one is made smaller."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from mock_ares.harness.model import Case, Failure, HarnessError
from mock_ares.harness.settings import RunSettings
from mock_ares.monotonic import monotonic

Attempt = Callable[[Case], Failure | None]
TIMED = frozenset({"hung", "slow", "buffered", "kept-open", "queued", "early-retry", "frozen"})
"""What takes time to happen; where it happens once it may be a busy machine's doing."""
UNSHRUNK = TIMED | {"unsteady"}
"""What is not made to happen over and over, for the time it takes or because it cannot be."""


class _Found(Exception):  # noqa: N818  # it is what is looked for
    """A counterexample, for Hypothesis."""


class Search:
    """One search. Every case is tried once at most, so its outcome is the same however often Hypothesis comes back."""

    def __init__(self, attempt: Attempt, settings: RunSettings, name: str, best: Failure | None = None) -> None:
        self._attempt = attempt
        self._settings = settings
        self._name = name
        self._best = best
        self._until = monotonic() + (settings.seconds if best is None else settings.shrinking)
        self._tried: dict[str, Failure | None] = {}
        self._error: Exception | None = None
        self.failures: list[Failure] = []
        """As they were found; the last is the smallest."""

    def run(self, cases: SearchStrategy[Case], most: int) -> None:
        """Looks for failures. Raises HarnessError, and whatever else an attempt raises."""
        if most < 1:
            return
        try:
            self._engine(cases, most)()
        except _Found:
            pass
        except Flaky as error:  # the strategies depend on nothing but their seed
            raise HarnessError(f"the search for {self._name} did not repeat itself: {error}") from error
        if self._error is not None:
            raise self._error

    def _engine(self, cases: SearchStrategy[Case], most: int) -> Callable[[], None]:
        chosen = hypothesis_settings(
            max_examples=most,
            database=self._settings.database,
            deadline=None,
            derandomize=False,
            phases=(Phase.reuse, Phase.generate, Phase.shrink) if self._settings.database else _PHASES,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        # A function of its own for each check, or their examples would share a key in the database.
        number = zlib.crc32(f"{self._settings.seed} {self._name}".encode())
        engine: Callable[[], None] = seed(number)(chosen(given(cases)(self._try)))
        return engine

    def _try(self, case: Case) -> None:
        failure = self._outcome(case)
        if failure is not None:
            if not self.failures or self.failures[-1] is not failure:
                self.failures.append(failure)
            raise _Found

    def _outcome(self, case: Case) -> Failure | None:
        key = repr(case)
        if key not in self._tried:
            if self._error is not None or monotonic() > self._until:
                return None
            self._tried[key] = self._judged(case)
        return self._tried[key]

    def _judged(self, case: Case) -> Failure | None:
        try:
            failure = self._attempt(case)
        except Exception as error:  # not a counterexample: Hypothesis must not look for a smaller one
            self._error = error
            return None
        if failure is None or not self._counts(failure):
            return None
        if not self.failures:
            patience = 0.0 if failure.word in UNSHRUNK else self._settings.shrinking
            self._until = monotonic() + patience
        return failure

    def _counts(self, failure: Failure) -> bool:
        """A failure of another kind is another bug; one that is no smaller than what is there is no gain."""
        known = self._best or (self.failures[0] if self.failures else None)
        if known is not None and failure.word != known.word:
            return False
        return self._best is None or failure.size < self._best.size


_PHASES = (Phase.generate, Phase.shrink)

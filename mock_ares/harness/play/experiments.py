"""What it takes for a client to fail, found out by asking it the counterexample smaller, and without one thing each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import one, speaking
from mock_ares.harness.model import Case, Failure, FailureKind
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.evidence import Evidence
from mock_ares.harness.verdict.simpler import simpler, smaller, telling
from mock_ares.monotonic import monotonic

MOST = 4.0
"""Times what a check may spend on its counterexample: so long all checks of a client may. Where an example is the start
of a process a client that fails them all would be asked for minutes."""
MORE = 6
"""Further fixed examples of a check that are asked: together they tell causes apart."""
OF_TEXT: frozenset[FailureKind] = frozenset(["lost", "added", "altered"])
CONTROLS = (one(), one("naïve \u2615 ", " \U0001f469 text"))
"""Nothing unusual, as in the examples of the rows that are about nothing else."""


@dataclass(slots=True)
class Experiments:
    """Those with one check's counterexample."""

    attempt: Callable[[Case], Failure | None]
    """Raises LookupError where a case could not be played as it should."""
    settings: RunSettings
    evidence: Evidence
    _until: float = 0.0

    def explained(self, failure: Failure, others: Iterable[Case]) -> Failure:
        """The smallest failure like this one, and what it takes. ``others`` are examples of the check not yet asked."""
        begun = monotonic()
        shrinking = self.settings.shrinking
        self._until = begun + min(shrinking, MOST * shrinking - self.evidence.experimenting)
        self._control()
        for _, case in zip(range(MORE), others, strict=False):
            self._ask(case)
        failure = self._smallest(failure)
        needs = dict[str, str]()
        for plainer in simpler(failure.case):
            if plainer.kind not in needs and self._ask(plainer.case) is RIGHT:
                needs[plainer.kind] = plainer.feature
        self.evidence.experimenting += monotonic() - begun
        return replace(failure, needs=telling(needs.values()))

    def _smallest(self, failure: Failure) -> Failure:
        found: Failure | None = failure
        while found is not None:
            failure, found = found, None
            for case in smaller(failure.case):
                again = self._ask(case)
                if isinstance(again, Failure) and _alike(again, failure):
                    found = again
                    break
        return failure

    def _ask(self, case: Case) -> Failure | Right | None:
        """None: there is no time for it, or it could not be played."""
        if monotonic() > self._until:
            return None
        try:
            return self.attempt(case) or RIGHT
        except LookupError:
            return None

    def _control(self) -> None:
        """Asks the client what has nothing unusual: what it gets right there is not what it gets wrong elsewhere."""
        if self.evidence.controlled:
            return
        self.evidence.controlled = True
        plain = [case for check in CHECKS.values() if check.row.control for case in check.examples]
        for case in (*plain, *CONTROLS):
            self._ask(speaking(case, self.settings.dialect))


def _alike(one: Failure, other: Failure) -> bool:
    return one.word == other.word or OF_TEXT.issuperset((one.word, other.word))


class Right:
    """What a client is that has not failed."""


RIGHT = Right()

"""Which of several causes it is: one example is explained by many mistakes, all examples together by few.

A mistake that would have spoiled an example which the client got right is not the client's. Of those that are left the
one counts that explains most of what it got wrong, in the check first, then in the other checks of the client.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mock_ares.harness.model import Case, CheckResult, Failure
from mock_ares.harness.result import ExampleResult, RecordedRequest
from mock_ares.harness.verdict.diagnosis import finished
from mock_ares.harness.verdict.explanations import VAGUE, mistakes
from mock_ares.plan.model import StreamPlan

MOST_BYTES = 4096
"""Payload bytes of an example that is remembered: what a longer one shows is not told apart by reading it again."""
MOST_EXAMPLES = 16
"""Of a check, right ones and wrong ones each."""


@dataclass(slots=True)
class JudgedExample:
    """A good stream, and the text that the client made of it."""

    plan: StreamPlan
    sent: str
    received: str
    _foreseen: dict[str, set[str]] | None = None

    @property
    def foreseen(self) -> dict[str, set[str]]:
        """What each mistake would have made of it."""
        if self._foreseen is None:
            self._foreseen = {}
            for text, cause in mistakes(self.plan, self.sent):
                self._foreseen.setdefault(cause, set()).add(text)
        return self._foreseen

    def bears_out(self, cause: str) -> bool:
        return self.received != self.sent and self.received in self.foreseen.get(cause, ())

    def refutes(self, cause: str) -> bool:
        """Whether it would have come out wrong, in whatever way that mistake is made."""
        return self.sent not in self.foreseen.get(cause, (self.sent,))


@dataclass(slots=True)
class Evidence:
    """What one client made of the good streams that it was sent, by check. Several checks may add to it at once."""

    _right: dict[str, list[JudgedExample]] = field(default_factory=dict)
    _wrong: dict[str, dict[str, JudgedExample]] = field(default_factory=dict)
    passed: list[Case] = field(default_factory=list)
    """What came out right, where one example may stand for several checks."""
    timed_out: int = 0
    """Examples in which the client was given up."""
    controlled: bool = False
    """Whether the client was asked plain streams."""
    experimenting: float = 0.0
    """Seconds that it took to find out what it takes for failures to happen."""

    def add(self, check: str, played: ExampleResult) -> None:
        """Remembers an example, if it says anything about the client's way with text."""
        if len(played.asked) != 1 or (example := _example(played, played.asked[0])) is None:
            return
        right, wrong = self._right.setdefault(check, []), self._wrong.setdefault(check, {})
        if example.received != example.sent:
            if len(wrong) < MOST_EXAMPLES:  # a case that is played again proves nothing
                wrong.setdefault(repr(played.case), example)
        elif len(right) < MOST_EXAMPLES and played.exchanges[0].boundaries != "best-effort":
            right.append(example)

    def explained(self, check: str, failure: Failure) -> Failure:
        """The failure under the cause that everything speaks for."""
        likeliest = max(failure.causes, key=lambda likeliest: self._weight(check, likeliest), default=failure.diagnosis)
        said = finished(likeliest, failure.needs, failure.traits)
        by_needs = likeliest.endswith(VAGUE) or failure.word == "silent-truncation"
        return replace(failure, diagnosis=said, cause=(by_needs and ", ".join(failure.needs)) or said)

    def told(self, result: CheckResult) -> CheckResult:
        """The result, the same."""
        if result.failure is None:
            return result
        return replace(result, failure=self.explained(result.info.id, result.failure))

    def _weight(self, check: str, cause: str) -> tuple[bool, int, int]:
        """More is better; the first of several equal ones is taken."""
        here = sum(example.bears_out(cause) for example in list(self._wrong.get(check, {}).values()))
        everywhere = [example for wrong in list(self._wrong.values()) for example in list(wrong.values())]
        return not self._refuted(cause), here, sum(example.bears_out(cause) for example in everywhere)

    def _refuted(self, cause: str) -> bool:
        return any(example.refutes(cause) for right in list(self._right.values()) for example in right)


def _example(played: ExampleResult, asked: RecordedRequest) -> JudgedExample | None:
    received, plan = played.observation.text, asked.plan
    if received is None or played.observation.timed_out or plan.size > MOST_BYTES:
        return None
    expectation = asked.expectation
    if expectation.outcome != "exact" or received in expectation.also:
        return None
    return JudgedExample(plan, expectation.text, expectation.text if expectation.accepts(received) else received)

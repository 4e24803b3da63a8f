"""Observation against expectation: what is wrong, if anything, in one word and one sentence.

Two things are judged apart. The *outcome*: did the client return where it must, and report where it must? The *text*:
is what it returned, or showed before it failed, what was sent? An outcome that is wrong names the failure; else the
text does. The expectation is that of the plan which the client's last request was given, or the one the case names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.dialects import DIALECTS
from mock_ares.expectation import Expectation, disagreement
from mock_ares.harness.model import (
    KEY_PATH,
    NO_EXCHANGE,
    REFUSED,
    Case,
    Client,
    Failure,
    FailureKind,
    HarnessError,
    Observation,
)
from mock_ares.harness.result import ExampleResult, RecordedRequest
from mock_ares.harness.verdict import diagnosis
from mock_ares.harness.verdict.diagnosis import Told
from mock_ares.harness.verdict.traits import traits_of
from mock_ares.plan.model import StreamPlan
from mock_ares.server.record.journal import Exchange

LARGE = 1_000_000
"""Payload bytes from which a client that is not done at the deadline is called slow: it may yet come to an end."""
UNACCEPTABLE = frozenset({400, 413, 415, 422})
"""Statuses by which ARES refuses a question for what it says, or how."""
MANY_ATTEMPTS = 10_000
"""Characters from which the text shown over several attempts is not taken apart any more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A request that a case is judged by, and what a correct client concludes from its answer."""

    request: RecordedRequest
    expectation: Expectation

    @property
    def plan(self) -> StreamPlan:
        return self.request.plan

    @classmethod
    def of(cls, request: RecordedRequest, case: Case) -> Judged:
        """With the outcome that the case allows, in the place of the plan's."""
        expectation = request.expectation
        return cls(request, expectation if case.outcome is None else replace(expectation, outcome=case.outcome))


def judge(played: ExampleResult, client: Client) -> Failure | None:
    """What the client did wrong in a case that was played; None if nothing.

    Raises HarnessError where a plan's own bytes do not say what its reply says.
    """
    for plan in played.plans:
        if reason := disagreement(plan):
            raise HarnessError(f"the harness has erred, not {client.name}: {reason}")
    judged = decisive(played)
    if judged is None:
        return (_refused if played.case.refused else _never_asked)(played.case, played.observation)
    if is_unacceptable(played.case, judged.request.exchange):
        return _not_accepted(played.case, played.observation, judged)
    mistake = _outcome(played.observation, judged, _texts(played, judged))
    if mistake is None:
        return None
    shown = played.observation.shown_text or played.observation.text or ""
    if mistake.causes and len(played.plans) > 1 and _over_attempts(shown, tuple(plan.text for plan in played.plans)):
        mistake = Told(
            mistake.word, "what an attempt that failed had brought stays in front of what the next one brings"
        )
    return failure(played, judged, mistake)


def failure(played: ExampleResult, judged: Judged, mistake: Told, expected: str | None = None) -> Failure:
    """A counterexample; ``expected`` is what a correct client does."""
    plan, exchange = judged.plan, judged.request.exchange
    traits = traits_of(plan)
    return Failure(
        case=played.case,
        expected=expected or diagnosis.demanded(judged.expectation),
        expected_text=judged.expectation.text,
        observation=played.observation,
        word=mistake.word,
        diagnosis=diagnosis.finished(mistake.said, (), traits),
        causes=mistake.causes or (mistake.said,),
        traits=traits,
        reads=diagnosis.reads(plan, exchange),
        ending=diagnosis.ending(plan, exchange),
        request=exchange.as_dict(),
    )


def decisive(played: ExampleResult) -> Judged | None:
    """By the last request, or the one that the case names; None where there is none."""
    case, requests = played.case, played.asked
    if case.judged >= 0:
        requests = tuple(request for request in requests if request.exchange.reply == case.judged)[:1]
    return Judged.of(requests[-1], case) if requests else None


def let_pass(played: ExampleResult) -> Told | None:
    """What of an example that is judged right is no exact text all the same; None: nothing."""
    judged = decisive(played)
    if judged is None or played.observation.timed_out or played.observation.cancelled:
        return None
    wanted, seen = judged.expectation, played.observation
    if seen.error is not None and wanted.tolerated:
        said = f"it reported a failure in the place of {wanted.tolerated}, which is let pass"
        return Told("raised-on-good-stream", said)
    if seen.text in wanted.also and seen.text != wanted.text and judged.plan.framing.final_blank_line:
        said = f"it returned {diagnosis.quoted(seen.text)}: the text of events of other types is let pass"
        return Told("added", said)
    return None


def _texts(played: ExampleResult, judged: Judged) -> tuple[str, ...]:
    """The texts of all attempts, where a case repeats what must fail: each may have shown its beginning."""
    repeats = len(played.case.replies) == 1 and judged.expectation.outcome == "error"
    return tuple(plan.text for plan in played.plans) if repeats else (judged.expectation.text,)


def _outcome(observation: Observation, judged: Judged, texts: tuple[str, ...]) -> Told | None:
    expectation, plan = judged.expectation, judged.plan
    if observation.timed_out:
        word: FailureKind = "slow" if plan.size >= LARGE and expectation.outcome != "error" else "hung"
        return Told(word, diagnosis.hung(plan, observation, expectation, word))
    if expectation.outcome == "undetectable":
        return _shown(observation, expectation, texts, plan)
    if observation.error is None and expectation.outcome == "error":
        return _taken_for_an_answer(observation, judged)
    if observation.error is not None and expectation.outcome == "exact":
        return Told("raised-on-good-stream", diagnosis.raised(plan, observation, expectation))
    if observation.text is not None and not expectation.accepts(observation.text):
        return diagnosis.difference(plan, expectation, observation.text)
    return _shown(observation, expectation, texts, plan)


def _taken_for_an_answer(observation: Observation, judged: Judged) -> Told:
    plan = judged.plan
    head = plan.head
    streamed = head is None or (
        (head.status, head.media_type) == (200, "text/event-stream") and plan.dialect in DIALECTS
    )
    garbled = plan.head is None and bool(plan.ending.tail)
    word: FailureKind = "silent-truncation" if streamed and not garbled else "error-as-answer"
    return Told(word, diagnosis.taken(plan, observation, judged.expectation, word))


def _shown(observation: Observation, expectation: Expectation, texts: tuple[str, ...], plan: StreamPlan) -> Told | None:
    """Text shown before a failure must be a beginning of what was sent, and so must text that was taken for all."""
    shown = observation.shown_text or observation.text or ""
    if expectation.allows_shown(shown) or _over_attempts(shown, texts):
        return None
    if plan.head is not None and not plan.text and expectation.outcome == "error":
        return Told(
            "error-as-answer",
            f"it failed as it must, but showed {diagnosis.quoted(shown)} of the error's body as text",
        )
    return diagnosis.difference(plan, expectation, shown)


def _over_attempts(shown: str, texts: tuple[str, ...]) -> bool:
    """Whether the text is one beginning after another of the attempts' texts."""
    if len(texts) < 2 or len(shown) > MANY_ATTEMPTS:
        return False
    reached = {0}
    for text in texts:
        reached |= {start + length for start in reached for length in range(_common(shown[start:], text) + 1)}
    return len(shown) in reached


def _common(a: str, b: str) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def is_unacceptable(case: Case, exchange: Exchange) -> bool:
    """Whether the fake refused the question for what it is, and gave none of the example's replies."""
    asked = exchange.method == "POST" and exchange.path == case.path
    return asked and exchange.reply is None and exchange.status in UNACCEPTABLE


def refusal(request: RecordedRequest) -> str:
    """What the fake answered in the example's place."""
    return f"{request.exchange.status}, {diagnosis.quoted(request.plan.payload.decode(errors='replace'))}"


def _not_accepted(case: Case, observation: Observation, judged: Judged) -> Failure:
    exchange = judged.request.exchange
    return Failure(
        case=case,
        expected=f"asks POST {case.path} with what ARES accepts, see the check request",
        expected_text="",
        observation=observation,
        word="bad-request",
        diagnosis=f"its request was refused with {refusal(judged.request)}, so the stream was never given",
        ending=REFUSED,
        request=exchange.as_dict(),
    )


def _instead(observation: Observation) -> str:
    """What came of a client that never asked, for the end of a sentence."""
    if observation.error is not None:
        return f"; it failed with {diagnosis.quoted(observation.error)}"
    return f"; it returned {diagnosis.quoted(observation.text)}" if observation.text else ""


def _refused(case: Case, observation: Observation) -> Failure | None:
    """Of a client whose connection was refused."""
    if observation.error is not None and not observation.shown_text and not observation.timed_out:
        return None
    word: FailureKind = "hung" if observation.timed_out else "error-as-answer"
    said = (
        "it came to no end"
        if observation.timed_out
        else f"it gave {diagnosis.quoted(observation.text or observation.shown_text)}"
    )
    return Failure(
        case=case,
        expected="reports that there is no connection",
        expected_text="",
        observation=observation,
        word=word,
        diagnosis=f"the connection was refused, and {said}",
        ending=NO_EXCHANGE,
    )


def _never_asked(case: Case, observation: Observation) -> Failure:
    kind = "the API key" if case.path == KEY_PATH else "the token"
    if observation.timed_out:
        word: FailureKind = "hung"
        reason = "it neither asked nor came to an end"
    else:
        again = " when it was asked again" if case.questions > 1 else ""
        word, reason = (
            "bad-request",
            f"no request with {kind} came{again}, so the stream was never given{_instead(observation)}",
        )
    return Failure(
        case=case,
        expected=f"asks POST {case.path} with {kind}",
        expected_text="",
        observation=observation,
        word=word,
        diagnosis=reason,
        ending=NO_EXCHANGE,
    )

"""The one sentence: what goes wrong and, where that can be told, why.

What a client did is told by :mod:`causes`, where that can be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mock_ares.expectation import Expectation
from mock_ares.harness.model import FailureKind, Observation
from mock_ares.harness.verdict.explanations import VAGUE, causes
from mock_ares.harness.verdict.mistakes.reads import NO_LINE_BUFFER
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.diagnostics import listed
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.timeline import TLS_ENDS

MANY_BYTES = 4096
"""Of a stream in which reads may end where none was made to end."""
MOST_QUOTED = 60
"""Characters."""
MOST_OF_AN_ERROR = 160
"""Characters."""
REPLACEMENTS = re.compile("\ufffd+")


class Told(NamedTuple):
    """What happened."""

    word: FailureKind
    said: str
    causes: tuple[str, ...] = ()
    """All that may be said of it, where the text is wrong."""


def finished(said: str, needs: Sequence[str], traits: Sequence[str]) -> str:
    """The sentence, with what it takes or else with what the stream has where it does not say why."""
    if not said.endswith(VAGUE):
        return said
    said = said.removesuffix(VAGUE)
    if needs:
        return f"{said}; only with {listed(needs, 'and')}"
    return f"{said}; the stream has {' and '.join(traits)}" if traits else said


def quoted(text: str, most: int = MOST_QUOTED) -> str:
    """A text for a sentence: escaped, and short."""
    shown = repr(text)
    return shown if len(shown) <= most else f"{shown[: most // 2]}…{shown[-most // 3 :]}"


def demanded(expectation: Expectation) -> str:
    """What a correct client does, in a sentence."""
    if expectation.outcome == "exact":
        return f"returns exactly the text that was sent ({expectation.why})"
    if expectation.outcome == "error":
        return f"reports failure: {expectation.why}; what it shows before is a beginning of the text"
    if expectation.outcome == "either":
        return f"returns exactly the text that was sent, or reports failure ({expectation.why})"
    return f"cannot tell: {expectation.why}; what it shows is a beginning of the text"


def reads(plan: StreamPlan, exchange: Exchange) -> tuple[bytes, ...]:
    """The payload as the client was made to read it, as far as it came; empty where no reads were promised."""
    promised = cuts(plan) if plan.head is not None else None
    if promised is None or exchange.boundaries == "none":
        return ()
    payload = plan.payload
    end = len(payload) if plan.ending.stop is None else plan.ending.stop
    marks = [0, *(at for at in promised if at < end), end]
    return tuple(payload[a:b] for a, b in pairwise(marks) if b > a)


def ending(plan: StreamPlan, exchange: Exchange) -> str:
    """How the connection ended, in words."""
    size, stop = plan.size, plan.ending.stop
    sent = "after the payload" if stop is None or stop >= size else f"after {stop} of {size} payload bytes"
    if plan.head is None:
        sent = "in the response's place"
    tls = f", {TLS_ENDS[plan.ending.tls]}" if plan.ending.tls is not None else ""
    how = exchange.ending
    if how == "client-left" and plan.ending.kind == "complete" and exchange.bytes >= size:
        how = "complete"  # it had read everything, and closed the connection first
    if how in ("client-left", "open"):
        return "the client left" if how == "client-left" else "the client had not read it to the end"
    if how == "ended":
        return "the connection was ended at the deadline"
    kinds = {
        "complete": f"the body ended well {sent}",
        "close": f"the connection was closed (FIN) {sent}{tls}",
        "reset": f"the connection was reset (RST) {sent}",
        "reset-stream": f"the stream was reset (RST_STREAM) {sent}",
        "hang": f"nothing more came {sent}",
    }
    return kinds.get(how, how)


def hung(plan: StreamPlan, observation: Observation, expectation: Expectation, word: FailureKind) -> str:
    shown = f"it had shown {quoted(observation.shown_text)}" if observation.shown else "it had shown nothing"
    if word == "slow":
        return f"at the deadline it was still at work on {plan.size} bytes; {shown}"
    if plan.ending.kind == "hang":
        return f"the stream fell silent and it waited on, past the time-out it declares; {shown}"
    if expectation.outcome == "error":
        return f"{expectation.why}, and it waited on; {shown}"
    if plan.ending.kind == "complete" and not plan.ended:
        return f"the reply had ended well and the connection stayed open: it never came to an end; {shown}{VAGUE}"
    return f"it never came to an end; {shown}{VAGUE}"


def taken(plan: StreamPlan, observation: Observation, expectation: Expectation, word: FailureKind) -> str:
    """A failure that was taken for an answer."""
    all_of_it = "" if word == "error-as-answer" else ", as if that were all"
    return f"{expectation.why}, and it returned {quoted(observation.text or '')} as the answer{all_of_it}"


def raised(plan: StreamPlan, observation: Observation, expectation: Expectation) -> str:
    message = quoted(observation.error or "", MOST_OF_AN_ERROR)
    return f"the reply was good ({expectation.why}), and it failed with {message}{VAGUE}"


def difference(plan: StreamPlan, expectation: Expectation, received: str) -> Told:
    """What happened to the text."""
    word = compare(expectation.text, received)
    explanations = [*causes(plan, expectation.text, received), _place(plan, expectation.text, received, word)]
    if plan.size > MANY_BYTES:
        explanations.append(NO_LINE_BUFFER)  # if that is what the other checks say
    return Told(word, explanations[0], tuple(explanations))


def compare(sent: str, received: str) -> FailureKind:
    """lost: nothing but less. added: nothing but more. altered: anything else."""
    sent, received = REPLACEMENTS.sub("\ufffd", sent), REPLACEMENTS.sub("\ufffd", received)
    if _within(received, sent):
        return "lost"
    return "added" if _within(sent, received) else "altered"


def _within(short: str, long: str) -> bool:
    """Whether ``short`` is ``long`` with characters left out."""
    if len(short) > len(long):
        return False
    rest = iter(long)
    return all(char in rest for char in short)


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _place(plan: StreamPlan, sent: str, received: str, word: FailureKind) -> str:
    """Where the texts part, and what is unusual about the stream."""
    at = _common(sent, received)
    end = min(_common(sent[::-1], received[::-1]), min(len(sent), len(received)) - at)
    sent_there, received_there = (quoted(text[at : len(text) - end][:20]) for text in (sent, received))
    what = {
        "lost": f"text is lost from character {at} on, where {sent_there} was sent",
        "added": f"there is text that was not sent, {received_there} at character {at}",
        "altered": f"the text differs from character {at} on: {received_there} for {sent_there}",
    }[word]
    return what + VAGUE

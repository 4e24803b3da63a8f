"""What a whole page does beside the text: the judgements of the rows that are about it."""

from __future__ import annotations

from mock_ares.harness.model import Client, Failure, FailureKind
from mock_ares.harness.result import ExampleResult
from mock_ares.harness.verdict import diagnosis, oracle
from mock_ares.harness.verdict.judgements import PASSED, Found

MOST_OF_IT = 0.5
"""The part of an answer's time in which a page may draw nothing at a stretch: on a busy machine both grow."""


def is_inert(played: ExampleResult, client: Client) -> Found:
    """Nothing of the text is run, and nothing asked for that stands in it."""
    seen = played.observation
    if seen.noted("executed"):
        return _failure(played, "executed", "the page has run a script that stood in the text", _INERT)
    if fetched := seen.noted("fetched"):
        reason = f"the page has asked for {diagnosis.quoted(fetched[0])}, an address that stood in the text"
        return _failure(played, "executed", reason, _INERT)
    return None


_INERT = "shows the text as text: it runs nothing of it, and asks for nothing that stands in it"


def marks_what_is_partial(played: ExampleResult, client: Client) -> Found:
    """What an answer that broke off has left is gone by the next, or something says that it is not all."""
    seen = played.observation
    for first in played.earlier:
        partial = first.observation.shown_text.strip()
        *before, _ = seen.noted("stands") or ("",)
        if partial and partial in map(str.strip, before) and not seen.noted("error"):
            said = "and no error was ever shown" if first.observation.error is None else "and the error is gone"
            broken = f"the first answer broke off behind {diagnosis.quoted(partial)}"
            reason = f"{broken}, which stands there as if it were all, {said}"
            return _failure(
                played, "unmarked", reason, "takes a partial answer away, or marks it for as long as it stands"
            )
    return None


def stays_stopped(played: ExampleResult, client: Client) -> Found:
    """Nothing more is shown when the answer has been stopped."""
    if not played.asked or not played.observation.cancelled:
        return None
    for more in played.observation.noted("after the stop"):
        reason = f"the answer was stopped, and {diagnosis.quoted(more)} came behind it"
        return _failure(played, "added", reason, "shows nothing more once the answer has been stopped")
    return PASSED


def keeps_drawing(played: ExampleResult, client: Client) -> Found:
    """No stretch without a frame takes most of the time that the answer does."""
    for reason in played.observation.noted("blocked"):
        return _failure(played, "frozen", f"at the end {reason}", _DRAWS)
    found = [(float(ms) for ms in said.split()) for said in played.observation.noted("frames")]
    for gap, took in found:
        if gap > took * MOST_OF_IT:
            reason = f"it drew no frame for {gap / 1000:.1f} s of the {took / 1000:.1f} s that the answer took"
            return _failure(played, "frozen", reason, _DRAWS)
    return None


_DRAWS = "goes on drawing while a long answer comes"


def _failure(played: ExampleResult, word: FailureKind, reason: str, expected: str) -> Failure | None:
    judged = oracle.decisive(played)
    return None if judged is None else oracle.failure(played, judged, diagnosis.Told(word, reason), expected)

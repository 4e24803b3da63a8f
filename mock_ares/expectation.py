"""What a correct client concludes from a plan: the oracle, with its four outcomes.

    exact          it returns exactly this text
    error          it reports failure; what it showed before is a prefix of the text
    either         exactly the text, or a reported failure, and nothing else
    undetectable   nothing on the wire tells a cut from an end: any outcome passes, and that is said

The text is the reply's as authored. The standard's decoder, run over the plan's own bytes, must agree with it
(:func:`disagreement`); where it does not, the harness is wrong and no client can be blamed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mock_ares.dialects import DIALECTS
from mock_ares.plan.model import StreamPlan

Outcome = Literal["exact", "error", "either", "undetectable"]
REPLACEMENTS = re.compile("\ufffd+")


@dataclass(frozen=True, slots=True)
class Expectation:
    outcome: Outcome
    text: str
    """What an exact client returns, and what everything shown must be a prefix of."""
    why: str
    also: tuple[str, ...] = ()
    """Further texts that count as exact, where the standard and shipping clients part."""

    def accepts(self, text: str) -> bool:
        """Whether a returned text is the exact one. How many U+FFFD stand for a broken sequence is not judged."""
        return any(_folded(text) == _folded(right) for right in (self.text, *self.also))

    def allows_shown(self, text: str) -> bool:
        """Whether text shown before a failure is an exact prefix."""
        return any(_folded(right).startswith(_folded(text)) for right in (self.text, *self.also))


def _folded(text: str) -> str:
    return REPLACEMENTS.sub("\ufffd", text)


def expect(plan: StreamPlan, *, gzip: bool = False) -> Expectation:
    """The conclusion that the plan's bytes allow; ``gzip``: the client accepted it."""
    if plan.head is None:
        return Expectation("error", "", "there is no HTTP response")
    if plan.head.status != 200:
        return Expectation("error", "", f"the status is {plan.head.status}")
    media_type = dict(plan.head.headers).get("content-type", "").split(";")[0].strip().lower()
    if media_type != "text/event-stream" or plan.dialect not in DIALECTS:
        return Expectation("error", "", f"the content type is {media_type or 'missing'}, not text/event-stream")
    return _of_stream(plan, gzip)


def _of_stream(plan: StreamPlan, gzip: bool) -> Expectation:
    text, ending = plan.text, plan.ending
    if ending.kind == "hang":
        return Expectation("error", text, "the stream stops and the connection stays open")
    if ending.kind == "reset":
        return Expectation("error", text, "the connection is reset")
    if ending.tail and plan.body.framing == "chunked":
        return Expectation("error", text, "an HTTP chunk has no valid size")
    if ending.length_delta < 0:
        return Expectation("undetectable", text, "more bytes come than Content-Length says")
    if ending.kind == "close" and plan.body.framing in ("chunked", "length"):
        return Expectation("error", text, "the connection is closed before the body is complete (RFC 9112 8)")
    if not ending.gzip_trailer and gzip and plan.body.gzip:
        return Expectation("error", text, "the gzip stream has no end")
    return _of_complete_body(plan)


def _of_complete_body(plan: StreamPlan) -> Expectation:
    spoken, text = DIALECTS[plan.dialect], plan.text
    decoded = spoken.decode(sent_payload(plan))
    if decoded.error is not None:
        return Expectation("error", text, f"the stream reports an error: {decoded.error}")
    if spoken.ends and not decoded.complete:
        return Expectation("error", text, "the dialect's own end record is missing")
    if plan.ending.stop is not None and plan.ending.stop < len(plan.payload):
        return Expectation("undetectable", text, "HTTP ends the body well, and the dialect has no end record")
    if not plan.framing.final_blank_line and not spoken.ends:
        return Expectation("exact", text, "the last event has no blank line: the standard discards it", (decoded.text,))
    return Expectation("exact", text, "the body is complete")


def sent_payload(plan: StreamPlan) -> bytes:
    """The payload up to where the plan stops."""
    return plan.payload if plan.ending.stop is None else plan.payload[: plan.ending.stop]


def sent_text(plan: StreamPlan) -> str:
    """What the standard's decoder reads from the bytes that are sent."""
    return DIALECTS[plan.dialect].decode(sent_payload(plan)).text if plan.dialect in DIALECTS else ""


def disagreement(plan: StreamPlan) -> str | None:
    """How the decoder's reading of the plan's bytes differs from the authored text; None where they agree.

    A plan that stops early must still give a prefix.
    """
    if plan.head is None or plan.dialect not in DIALECTS:
        return None
    expected, decoded = expect(plan), sent_text(plan)
    whole = plan.ending.stop is None and plan.ending.kind != "hang"
    right = expected.accepts(decoded) if whole and expected.outcome == "exact" else expected.allows_shown(decoded)
    return None if right else f"the plan's bytes decode to {decoded!r}, the reply says {plan.text!r}"

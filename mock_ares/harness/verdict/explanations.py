"""Why a text is wrong, guessed by doing what a wrong client would do.

If stripping every chunk of the text that was sent gives the text that was received, that may be what it does. Where
several mistakes would give the same, other examples tell them apart: see :mod:`evidence`.
"""

from __future__ import annotations

from mock_ares.harness.verdict.mistakes.decoding import of_decoding
from mock_ares.harness.verdict.mistakes.model import Mistakes, is_standard
from mock_ares.harness.verdict.mistakes.reads import of_reads
from mock_ares.harness.verdict.mistakes.spelling import of_spelling
from mock_ares.harness.verdict.mistakes.texts import of_chunks, of_lines
from mock_ares.plan.model import StreamPlan
from mock_ares.sse import decode

VAGUE = "; the stream has …"
"""The end of a sentence that says what happened and not why: what the stream has comes there, or what it takes."""


def causes(plan: StreamPlan, sent: str, received: str) -> tuple[str, ...]:
    """The sentences on what makes the one text out of the other, the likeliest first."""
    return tuple(dict.fromkeys(cause for text, cause in mistakes(plan, sent) if text == received != sent))


def mistakes(plan: StreamPlan, sent: str) -> Mistakes:
    """What comes of all of these mistakes in this stream, which may be the right text. A mistake that can be made in
    several ways comes with several.
    """
    of_text = [of_lines, of_chunks] if "\n" in sent else [of_chunks, of_lines]
    if "".join(plan.chunks) != sent:  # they hold bytes that are no UTF-8
        of_text = []
    for guess in (of_spelling, *of_text, of_reads, of_decoding, _of_any):
        yield from guess(plan, sent)


def _of_any(plan: StreamPlan, sent: str) -> Mistakes:
    yield "", "the text is empty, whatever was sent"
    if is_standard(plan):
        yield "".join(e.data for e in decode(plan.payload)[1:]), f"the first event is lost{VAGUE}"
        yield "".join(e.data for e in decode(plan.payload)[:-1]), f"the last event is lost{VAGUE}"

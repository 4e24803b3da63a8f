"""What a correct client concludes from a plan: the oracle, with its four outcomes.

    exact          it returns exactly this text
    error          it reports failure; what it showed before is a prefix of the text
    either         exactly the text, or a reported failure, and nothing else
    undetectable   nothing on the wire tells a cut from an end: any outcome passes, and that is said

The text is the reply's as authored. The standard's decoder, run over the plan's own bytes, must agree with it
(:func:`disagreement`); where it does not, the harness is wrong and no client can be blamed.

What is judged is one response. A redirect is a failure here; where a client follows it, the plan of what it is
answered there is what counts.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from mock_ares import sse
from mock_ares.dialects import DIALECTS, STANDARD, Decoded
from mock_ares.plan.http.negotiation import Negotiated, carried
from mock_ares.plan.model import StreamPlan, TlsBreak
from mock_ares.scenario.fault import FAULTS

Outcome = Literal["exact", "error", "either", "undetectable"]
LONG_LINE = 64 * 1024
"""Bytes in a line that no text obliges a client to take."""
TLS_BREAKS: dict[TlsBreak, str] = {
    "no-close-notify": "the connection is closed without close_notify, so the body is not complete (RFC 9112 9.8)",
    "inside-record": "the connection is closed inside a TLS record (RFC 8446 6.1)",
    "alert": "a fatal TLS alert ends the connection (RFC 8446 6.2)",
    "bad-record": "a TLS record cannot be decrypted (RFC 8446 5.2)",
}
_REPLACEMENTS = re.compile("\ufffd+")


@dataclass(frozen=True, slots=True)
class Expectation:
    outcome: Outcome
    text: str
    """What an exact client returns, and what everything shown must be a prefix of."""
    why: str
    also: tuple[str, ...] = ()
    """Further texts that count as exact, where the standard and shipping clients part."""
    tolerated: str | None = None
    """Why a failure that is reported in the place of the text is let pass, though no text was lost on the way."""

    def accepts(self, text: str) -> bool:
        """Whether a returned text is the exact one. How many U+FFFD stand for a broken sequence is not judged."""
        return any(_folded(text) == _folded(right) for right in (self.text, *self.also))

    def allows_shown(self, text: str) -> bool:
        """Whether text shown before a failure is an exact prefix."""
        return any(_folded(right).startswith(_folded(text)) for right in (self.text, *self.also))


def _folded(text: str) -> str:
    return _REPLACEMENTS.sub("\ufffd", text) if "\ufffd\ufffd" in text else text  # texts may have megabytes


def expect(plan: StreamPlan, *, gzip: bool = False, version: str = "1.1") -> Expectation:
    """The conclusion that the plan's bytes allow a client that did or did not accept ``gzip``, over that HTTP."""
    plan = carried(plan, Negotiated(version, gzip))
    if plan.head is None:
        return Expectation("error", "", "there is no HTTP response")
    if plan.head.status != 200:
        return Expectation("error", "", f"the status is {plan.head.status}")
    if plan.head.media_type != "text/event-stream":
        return Expectation("error", "", f"the content type is {plan.head.media_type!r}, not text/event-stream")
    if plan.dialect not in DIALECTS:  # content that calls itself an event stream; it has said no other text
        plan = replace(plan, dialect=STANDARD, text=DIALECTS[STANDARD].decode(plan.payload).text)
    return _of_stream(_over_http2(plan) if version == "2" else plan)


def _over_http2(plan: StreamPlan) -> StreamPlan:
    """With what a stream shows that a body of known length does not: that it has not ended, or is malformed."""
    ending, shown_by = plan.ending, plan.ending.shown_by
    if ending.length_delta:
        shown_by = "Content-Length is not the body's, which is malformed (RFC 9113 8.1.1)"
    elif ending.kind in ("close", "hang") and not shown_by:
        shown_by = "the stream has not ended (RFC 9113 8.1)"
    return replace(plan, ending=replace(ending, length_delta=0, shown_by=shown_by))


def _of_stream(plan: StreamPlan) -> Expectation:
    if plan.ending.length_delta < 0:
        return Expectation("undetectable", plan.text, "more bytes come than Content-Length says", _also(plan))
    read = _read(plan)
    if read.error is not None:
        return Expectation("error", plan.text, f"the stream reports an error: {_shortened(read.error)}")
    incomplete = _incomplete(plan)
    if DIALECTS[plan.dialect].ends:
        return _with_end_record(plan, read, incomplete)
    if incomplete is not None:
        behind_it = plan.ending.kind != "complete" and _length_is_reached(plan)
        return Expectation("either" if behind_it else "error", plan.text, incomplete, _also(plan))
    if _is_cut(plan) and read.text != plan.text:
        why = "HTTP ends the body well, and the dialect has no end record"
        return Expectation("undetectable", plan.text, why, _also(plan))
    if not plan.framing.final_blank_line:
        why = "the last event has no blank line: the standard discards it, others do not"
        return Expectation("exact", plan.text, why, (*_also(plan), read.text))
    return _of_whole_body(plan)


def _with_end_record(plan: StreamPlan, read: Decoded, incomplete: str | None) -> Expectation:
    """A client may stop at the record that says the reply is whole, or read on to the end of the body."""
    if read.complete and incomplete is None:
        return _of_whole_body(plan)
    if read.complete:
        return Expectation("either", plan.text, f"the end record has come, but then {incomplete}")
    if DIALECTS[plan.dialect].decode(sent_payload(plan) + b"\n\n").complete:
        return Expectation("either", plan.text, "the end record has come, but not the blank line behind it")
    return Expectation("error", plan.text, incomplete or "the dialect's own end record is missing")


def _of_whole_body(plan: StreamPlan) -> Expectation:
    if plan.body.content_length is not None:
        why = "the HTTP chunks override the Content-Length, or the two are an error (RFC 9112 6.3)"
        return Expectation("either", plan.text, why, _also(plan))
    if plan.ending.tail:
        return Expectation("either", plan.text, "the body is complete, but more comes behind its end", _also(plan))
    longest = _longest_line(sent_payload(plan))
    if longest >= LONG_LINE:
        why = f"no text obliges a client to take a line of {longest} bytes"
        return Expectation("either", plan.text, why, _also(plan), tolerated=f"a line of {longest:,} bytes")
    return Expectation("exact", plan.text, "the body is complete", _also(plan))


def _incomplete(plan: StreamPlan) -> str | None:
    """How HTTP, or gzip, shows that the body is not all there; None if they show nothing."""
    ending, framing = plan.ending, plan.body.framing
    if ending.kind == "reset":
        return "the connection is reset"
    if ending.tls is not None and not (ending.tls == "no-close-notify" and _length_is_reached(plan)):
        return TLS_BREAKS[ending.tls]
    if ending.shown_by:
        return ending.shown_by
    if ending.kind != "complete" and not _length_is_reached(plan):
        if ending.kind == "hang":
            return "the stream stops and the connection stays open"
        if framing in ("chunked", "length"):
            return "the connection is closed before the body is complete (RFC 9112 8)"
    return "the gzip stream has no end" if plan.body.gzip and not ending.ends_gzip else None


def _length_is_reached(plan: StreamPlan) -> bool:
    """Whether a body of known length is all there, though the plan stops."""
    of_length = plan.body.framing == "length" and plan.ending.length_delta == 0
    return of_length and not _is_cut(plan) and not (plan.body.gzip and not plan.ending.ends_gzip)


def _is_cut(plan: StreamPlan) -> bool:
    return plan.ending.stop is not None and plan.ending.stop < plan.size


def _also(plan: StreamPlan) -> tuple[str, ...]:
    """With the events of other types, which a client may show or skip."""
    lines = (*plan.framing.first, *plan.framing.between)
    if not DIALECTS[plan.dialect].standard or not any(line.startswith("event:") for line in lines):
        return ()
    shown = "".join(event.data for event in sse.decode(plan.payload))
    return (shown,) if shown != plan.text else ()


def _longest_line(payload: bytes) -> int:
    return max(map(len, payload.splitlines()), default=0) if len(payload) >= LONG_LINE else 0


def sent_payload(plan: StreamPlan) -> bytes:
    """The payload up to where the plan stops."""
    return plan.payload if plan.ending.stop is None else plan.payload[: plan.ending.stop]


def sent_text(plan: StreamPlan) -> str:
    """What the standard's decoder reads from the bytes that are sent; empty for what is no stream."""
    return _read(plan).text if plan.dialect in DIALECTS else ""


def _read(plan: StreamPlan) -> Decoded:
    sent = sent_payload(plan)
    if _is_cut(plan):  # half a character is nothing that has been said
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        decoder.decode(sent)
        sent = sent[: len(sent) - len(decoder.getstate()[0])]
    return _decoded(plan.dialect, sent)


@lru_cache(maxsize=2)
def _decoded(dialect: str, sent: bytes) -> Decoded:
    """Judging a plan asks several times, and 8 MB take a second."""
    return DIALECTS[dialect].decode(sent)


def disagreement(plan: StreamPlan) -> str | None:
    """How the decoder's reading of the plan's bytes differs from the authored text; None where they agree.

    A plan that stops early must still give a prefix.
    """
    if plan.head is None or plan.dialect not in DIALECTS:
        return None
    said, right = _folded(sent_text(plan)), _folded(plan.text)
    early = _is_cut(plan) or any(FAULTS[name].drops_text for name in plan.marks) or not plan.framing.final_blank_line
    if said == right or (early and right.startswith(said)):
        return None
    return f"the plan's bytes decode to {_shortened(said)}, the reply says {_shortened(right)}"


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 200 else f"{text[:197]}...")

"""A failure as a short list of facts, in the order in which they are read; text and HTML only differ in dress."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from mock_ares.expectation import sent_text
from mock_ares.harness.model import NO_EXCHANGE, REFUSED, UNDUE, Case, Difference, Failure
from mock_ares.harness.report.counterexample.characters import clean
from mock_ares.harness.report.counterexample.differences import Side, alone, compared, first_difference
from mock_ares.harness.report.counterexample.payload_lines import Payload, payload
from mock_ares.harness.report.counterexample.replanned import Stream, judged, plan, stream_of
from mock_ares.harness.verdict.diagnosis import quoted
from mock_ares.scenario.diagnostics import listed
from mock_ares.scenario.model import Reply
from mock_ares.server.certificates.bad_tls import BAD_TLS

_ABOUT_REQUESTS = frozenset({"bad-request", "leaked-credentials"})
_ABOUT_ENDS = frozenset({"silent-truncation", "hung", "kept-open", "queued", "reposted", "early-retry"})
_MOST_LINES = 6
"""Of an error's text, its end first: that is where stderr says what happened."""

JUDGED = " (the outcome is compared with this one)"


class FactLines(NamedTuple):
    """Text of several lines, shown as it is."""

    lines: tuple[str, ...]


class Fact(NamedTuple):
    label: str
    value: str | Side | Payload | FactLines


def facts(failure: Failure | Difference, *, columns: int, rows: int, line: int | None = None) -> Iterator[Fact]:
    """What was sent, what became of it, and what would have been right; texts and bytes cut to fit.

    ``columns`` are those of a text, and of a line of the stream unless ``line`` says otherwise.
    """
    if isinstance(failure, Difference):
        for label, lines in failure.exchange:
            yield Fact(label, FactLines(tuple(map(clean, lines))))
        yield Fact("correct", clean(failure.expected))
        return
    asked = failure.ending not in (NO_EXCHANGE, UNDUE, REFUSED)
    stream = stream_of(failure) if asked else None
    if asked:
        yield from _case(failure)
        yield from _texts(failure, stream, columns)
    elif shown := failure.observation.text or failure.observation.shown_text:
        yield Fact("shown", alone(shown, columns))
    yield from _outcome(failure)
    yield from _page(failure)
    if failure.needs:
        without = "it is right without" if len(failure.needs) == 1 else "it is right without any one of these"
        yield Fact("only with", clean(f"{listed(failure.needs, 'and')}: {without}"))
    if failure.word in _ABOUT_REQUESTS:
        yield from _request(failure.request)
    elif stream is not None and stream.plan.head is not None:
        yield from _sent(failure, stream, line or columns, rows)
    if failure.ending:
        yield Fact("ended", clean(failure.ending))
    yield Fact("correct", clean(failure.expected))


def _case(failure: Failure) -> Iterator[Fact]:
    case = failure.case
    if len(case.replies) > 1:
        at = judged(failure)
        lines = (
            f"{n}. {_reply(reply)}{JUDGED if n == at + 1 else _brought(reply, case)}"
            for n, reply in enumerate(case.replies, 1)
        )
        yield Fact("replies", FactLines(tuple(lines)))
    if case.cancel_after is not None:
        characters = "1 character has" if case.cancel_after == 1 else f"{case.cancel_after} characters have"
        yield Fact("case", f"the caller stops it once {characters} been shown")
    if case.cancel_in is not None:
        yield Fact("case", f"the caller stops it after {case.cancel_in:g} s, whatever has been shown")
    if case.questions > 1:
        yield Fact("case", f"it is asked {case.questions} times, one after the other; the last answer is judged")
    if case.at_once:
        yield Fact("case", "it is asked two questions at once, this one and another")
    if case.new_chat:
        yield Fact("case", "between the two another chat is begun")
    if case.withhold:
        yield Fact("case", "each piece is sent only when the client has shown the one before")
    if case.bad_tls is not None:
        yield Fact("case", f"it is pointed at {BAD_TLS[case.bad_tls]}")
    if case.refused:
        yield Fact("case", "it is pointed at a port that refuses connections")


def _brought(reply: Reply, case: Case) -> str:
    """The text of a stream that is not drawn, up to a fault."""
    stream = plan(reply, case) if reply.speaks else None
    if stream is None or not stream.plan.streams:
        return ""
    text = sent_text(stream.plan)
    return f": {quoted(text)}" if text else ""


def _reply(reply: Reply) -> str:
    if reply.error is not None:
        return f"the error {reply.error}"
    if reply.redirect is not None:
        return f"a redirect, {reply.redirect.status}"
    if not reply.speaks and reply.status is not None:
        return f"status {reply.status}"
    faults = ", ".join(fault.name for fault in reply.faults)
    return f"a stream, broken by {faults}" if faults and reply.speaks else faults or "a stream"


def _texts(failure: Failure, stream: Stream | None, columns: int) -> Iterator[Fact]:
    seen, label = failure.observation.text, "received"
    if seen is None:
        seen, label = failure.observation.shown_text, "shown"
    if stream is None or not stream.plan.streams:
        yield Fact("sent", _head(stream) if stream else _reply(failure.case.replies[judged(failure)]))
        yield Fact(label, alone(seen, columns) if seen else _nothing(label))
        return
    if failure.expected_text == seen:
        if failure.word not in _ABOUT_REQUESTS:
            yield Fact(label, "exactly the text that was sent" if seen else _nothing(label))
        return
    sent, received = compared(failure.expected_text, seen, columns)
    yield Fact("sent", sent if failure.expected_text else "an empty text")
    yield Fact(label, received if seen else _nothing(label))
    if sent.is_cut or received.is_cut:
        yield Fact("differ", _where(failure.expected_text, seen))


def _where(sent: str, seen: str) -> str:
    first = (first_difference(sent, seen) or 0) + 1
    return f"from character {first:,} on, of {len(sent):,} sent and {len(seen):,} received"


def _nothing(label: str) -> str:
    return "an empty text" if label == "received" else "nothing"


def _head(stream: Stream) -> str:
    head = stream.plan.head
    if head is None:
        return "no HTTP response"
    kind = head.field("content-type") or "no content type"
    return f"HTTP {head.status}, {kind}, {stream.plan.size:,} byte{'s' * (stream.plan.size != 1)}"


def _outcome(failure: Failure) -> Iterator[Fact]:
    seen = failure.observation
    if seen.timed_out:
        yield Fact("given up", f"after {seen.duration:.1f} s without an end")
    elif seen.error is not None:
        lines = [line for line in clean(seen.error).split("\n") if line.strip()] or ["an error without a message"]
        left_out = (f"… {len(lines) - _MOST_LINES} lines …",) if len(lines) > _MOST_LINES else ()
        yield Fact("reported", FactLines((*left_out, *lines[-_MOST_LINES:])))


_OF_PAGES = {
    "threw": "it threw {}",
    "opened a dialog": "it opened a dialog, {}",
    "answers": "{}",
    "fetched": "it asked for {}",
}


def _page(failure: Failure) -> Iterator[Fact]:
    """What happened in a whole page beside."""
    said = [_OF_PAGES[what].format(which) for what, which in failure.observation.page if what in _OF_PAGES]
    if said:
        yield Fact("page", FactLines(tuple(map(clean, said))))


def _request(request: dict[str, Any] | None) -> Iterator[Fact]:
    if not request:
        return
    headers = dict(request.get("headers") or {})
    first = f"{request.get('method', '')} {request.get('path', '')}".strip()
    body = clean(str(request.get("body") or ""))
    fields = (f"{name}: {value}" for name, value in headers.items())
    yield Fact("request", FactLines(tuple(clean(line) for line in (first, *fields)) + (("", body) if body else ())))


def _sent(failure: Failure, stream: Stream, columns: int, rows: int) -> Iterator[Fact]:
    """The bytes: those of the events, or those of HTTP where it is these that are unusual, or both."""
    shown_apart = stream.plan.body.gzip is not None or stream.plan.segments not in ("free", "event", "whole")
    if not stream.told_by_http or shown_apart:
        yield from _bytes(failure, stream, columns, rows)
    if stream.told_by_http:
        shown = payload((stream.wire,), known=False, focus=len(stream.head), columns=columns, rows=rows * 2)
        yield Fact("response", shown)


def _bytes(failure: Failure, stream: Stream, columns: int, rows: int) -> Iterator[Fact]:
    reads = failure.reads or ((stream.payload,) if stream.payload else ())
    if not reads:
        return
    shown = payload(reads, known=bool(failure.reads), focus=_focus(failure, stream), columns=columns, rows=rows)
    if failure.reads and (failure.request or {}).get("boundaries") == "best-effort":
        shown = replace(shown, vouched=False)
    yield Fact("bytes", shown)


def _focus(failure: Failure, stream: Stream) -> int:
    """The byte that the story is about."""
    if failure.word in _ABOUT_ENDS:
        return len(stream.payload)
    seen = failure.observation
    text = seen.text if seen.text is not None else seen.shown_text
    character = first_difference(failure.expected_text, text)
    return stream.offset(character) if character is not None and stream.plan.streams else len(stream.payload)

"""A reply as authored, and what the request asks for, to a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from mock_ares.dialects import DIALECTS, STANDARD, Names
from mock_ares.plan import chunking, lorem, pacing, recorded
from mock_ares.plan.columns import Piece, Pieces
from mock_ares.plan.events import BOM, Encoder
from mock_ares.plan.model import BODILESS, Head, Headers, StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Body, Chunks, Content, Json, Pace, Reply, Segmentation, Segments, Text

_BEFORE = b"\n"
"""So that a U+FEFF in a block is not taken for the stream's byte order mark."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What of the request and the server's profile a plan depends on."""

    message: str = ""
    names: Names = Names()
    dialect: str = STANDARD
    """The profile's; a reply may name another."""
    keep_alive: float | None = None
    """Seconds of silence after which the profile sends a comment."""
    headers: Headers = (("content-type", "text/event-stream"), ("cache-control", "no-cache"))


def build(reply: Reply, asked: RequestContext, seed: int = 0) -> StreamPlan:
    """The plan of a stream, faults applied. Pure; raises PlanError for what cannot be made exact.

    Replies that are no stream (``error``, ``redirect``, ``content``) are planned by :func:`answer`.
    """
    seed = reply.seed if reply.seed is not None else seed
    chunks = chunks_of(reply, asked.message, seed)
    plan = StreamPlan(
        head=head_of(reply, reply.status or 200, asked.headers),
        pieces=(),
        text="".join(chunks),
        chunks=chunks,
        dialect=reply.dialect or asked.dialect,
        names=asked.names,
        framing=reply.framing,
        recorded=reply.chunks == "recorded",
        segments=reply.segments,
        body=body_of(reply),
        seed=seed,
    )
    _refuse(plan)
    keep_alive = reply.pace.keep_alive or asked.keep_alive
    pieces: Sequence[Piece] = Pieces(_recorded(plan, reply) if plan.recorded else _pieces(plan, reply.pace))
    if not plan.framing.final_blank_line:
        pieces = _unterminated(pieces)
    plan = pacing.paused(replace(plan, pieces=pieces), reply.pace.pauses)
    plan = plan if plan.recorded else pacing.kept_alive(plan, keep_alive)
    return _faulted(plan, reply, keep_alive)


def head_of(reply: Reply, status: int, headers: Headers) -> Head:
    """The head of its answer; ``headers`` are those that the answer has by itself."""
    own = merged(headers, reply.headers)
    return Head(status, own, interim=reply.interim, field_case=reply.field_case, at=reply.pace.head)


def content_of(content: str | Content | None) -> tuple[str | None, bytes]:
    """Content type and bytes of what a reply gives in a text's place; none of ``empty``."""
    if not isinstance(content, Content):
        return None, b""
    if content.html is not None:
        return "text/html; charset=utf-8", content.html.encode()
    if content.plain is not None:
        return "text/plain; charset=utf-8", content.plain.encode()
    return "application/json", json.dumps(content.json, ensure_ascii=False, separators=(",", ":")).encode()


def answer(
    status: int,
    headers: Headers,
    content: bytes,
    reply: Reply = Reply(text=""),
    *,
    text: str = "",
    chunks: tuple[str, ...] = (),
) -> StreamPlan:
    """The plan of an ordinary HTTP answer with the reply's pace, body and faults; ``text`` where JSON carries one.

    It has a length where the reply does not say otherwise. Raises PlanError for what cannot be made exact.
    """
    at = reply.pace.head
    plan = StreamPlan(
        head=head_of(reply, status, headers),
        pieces=(Piece(content, at + reply.pace.first),) if content else (),
        text=text,
        chunks=chunks,
        dialect="json" if text else "none",
        segments=_segments_of(reply.segments, len(content)),
        body=Body("length") if reply.body == "chunked" else body_of(reply),
        seed=reply.seed or 0,
    )
    if content and status in BODILESS:
        raise PlanError(f"status: a response with {status} has no body (RFC 9112 6.3)")
    return _faulted(pacing.paused(plan, reply.pace.pauses), reply, None)


def _faulted(plan: StreamPlan, reply: Reply, keep_alive: float | None) -> StreamPlan:
    for fault in reply.faults:
        plan = fault(plan)
    return pacing.stalled(pacing.without_marks(plan, keep_alive), reply.pace.pauses, keep_alive)


def _segments_of(wanted: Segmentation, size: int) -> Segmentation:
    """Segments for an answer that has no events, whatever the reply says for its stream."""
    if not isinstance(wanted, Segments) or wanted.every is not None or wanted.random is not None:
        return wanted
    inside = tuple(at for at in wanted.at or () if at < size)
    return Segments(at=inside) if inside else "free"


def chunks_of(reply: Reply, message: str, seed: int) -> tuple[str, ...]:
    """The reply's text in chunks; their concatenation is the text."""
    how = reply.chunks
    if isinstance(how, tuple):
        return how
    if how == "recorded":
        return tuple(recorded.chunks(reply))
    text = "".join(recorded.chunks(reply)) if reply.recorded else _text(reply.text, message, seed)
    if isinstance(how, Chunks):
        return _cut(text, how, seed)
    if how == "whole":
        return (text,) if text else ()
    if how == "mid-word":
        return chunking.mid_word(text, seed)
    return {"words": chunking.words, "characters": chunking.characters, "graphemes": chunking.graphemes}[how](text)


def _cut(text: str, how: Chunks, seed: int) -> tuple[str, ...]:
    if how.every is not None:
        return chunking.every(text, how.every)
    if how.sizes is not None:
        return chunking.sizes(text, how.sizes)
    if how.at is not None:
        return chunking.at(text, how.at)
    assert how.random is not None
    return chunking.random_sizes(text, how.random.min, how.random.max, seed)


def _text(text: str | Text | None, message: str, seed: int) -> str:
    if text is None or isinstance(text, str):
        return text or ""
    if text.template is not None:
        return text.template.replace("{message}", message)
    if text.words is not None:
        return lorem.words(text.words, seed)
    if text.bytes is not None:
        return lorem.size(text.bytes, seed)
    raise PlanError(f"the file {text.file!r} has not been read; load the scenario from its file, or give the text")


def _refuse(plan: StreamPlan) -> None:
    """Raises PlanError for what the dialect cannot carry."""
    spoken = DIALECTS[plan.dialect]
    if spoken.refuse(plan.text) is not None:
        for index, chunk in enumerate(plan.chunks):
            if reason := spoken.refuse(chunk):
                raise PlanError(f"chunk {index + 1}: {reason}")
    for _, value in chain(*spoken.opening(plan.names), *spoken.closing(plan.names, "")):
        if reason := spoken.refuse(value or ""):
            raise PlanError(f"the names of agent and context: {reason}")
    encoder = Encoder(plan.dialect, replace(plan.framing, newline="lf"))
    for what in ("first", "between"):
        said = spoken.decode(_BEFORE + encoder.block(getattr(plan.framing, what), plan.seed))
        if said.text or said.error or (spoken.ends and said.complete):
            raise PlanError(f"framing: {what} holds data that the dialect {plan.dialect} takes for the reply's own")
    if spoken.raw and plan.framing.json != Json():
        raise PlanError(f"framing: json goes with a dialect of records; {plan.dialect} has none")
    if not plan.framing.final_blank_line and not spoken.blank_line:
        raise PlanError(f"framing: the dialect {plan.dialect} has no blank lines; leave final_blank_line out")
    if plan.head is not None and plan.head.status in BODILESS:
        raise PlanError(f"status: a response with {plan.head.status} has no body (RFC 9112 6.3)")


def body_of(reply: Reply) -> Body:
    return Body(reply.body) if isinstance(reply.body, str) else reply.body


def merged(headers: Headers, changes: Mapping[str, str | None]) -> Headers:
    """``changes`` over ``headers``, in their places and spelled as there; a null leaves the field out."""
    wanted = {name.lower(): (name, value) for name, value in changes.items()}
    fields = [wanted.get(name.lower(), (name, value)) for name, value in headers]
    return tuple((name, value) for name, value in dict.fromkeys((*fields, *wanted.values())) if value is not None)


def _pieces(plan: StreamPlan, pace: Pace) -> Iterator[Piece]:
    """The payload, piece by piece (the framing's own lines and the dialect's own events among them)."""
    spoken, framing, seed = DIALECTS[plan.dialect], plan.framing, plan.seed
    encoder, at = Encoder(plan.dialect, framing), pace.head
    if framing.bom:
        yield Piece(BOM, at, ends_event=False)
    if framing.first:
        yield Piece(encoder.block(framing.first, seed), at)
    for lines in spoken.opening(plan.names):
        yield Piece(encoder.event(lines, seed), at)
    at += pace.first
    for index, (chunk, at) in enumerate(zip(plan.chunks, pacing.moments(pace, seed), strict=False)):
        if index and framing.between:
            yield Piece(encoder.block(framing.between, seed + index), at)
        yield Piece(encoder.chunk(chunk, seed + index), at, index)
    for lines in spoken.closing(plan.names, plan.text):
        yield Piece(encoder.event(lines, seed - 1), at, closes=True)


def _recorded(plan: StreamPlan, reply: Reply) -> Iterator[Piece]:
    return recorded.pieces(plan, reply, pacing.moments(reply.pace, plan.seed))


def _unterminated(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Without the last blank line."""
    if not pieces or not pieces[-1].ends_event:
        return pieces
    last = pieces[-1]
    blank = 2 if last.data.endswith(b"\r\n") else 1
    return (*pieces[:-1], last._replace(data=last.data[:-blank], ends_event=False))

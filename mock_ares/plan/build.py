"""A reply as authored, and what the request asks for, to a plan."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from mock_ares.dialects import DIALECTS, Names
from mock_ares.plan import chunking, events, lorem
from mock_ares.plan.model import Ending, Head, Headers, Piece, StreamPlan
from mock_ares.plan.positions import PlanError, offset_of, split_at
from mock_ares.scenario.model import Body, Chunks, Pace, Reply, Text

BOM = b"\xef\xbb\xbf"
KEEP_ALIVE = b": keep-alive"


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the request and the server's profile a plan depends on."""

    message: str = ""
    names: Names = Names()
    dialect: str = "text"
    """The profile's; a reply may name another."""
    keep_alive: float | None = None
    """Seconds of silence after which the profile sends a comment."""
    headers: Headers = (("content-type", "text/event-stream"), ("cache-control", "no-cache"))


def build(reply: Reply, asked: Asked, seed: int = 0) -> StreamPlan:
    """The plan of a stream, faults applied. Pure; raises PlanError for what cannot be made exact.

    Replies that are no stream (``error``, ``redirect``, ``content``) are planned by :func:`answer`.
    """
    seed = reply.seed if reply.seed is not None else seed
    chunks = chunks_of(reply, asked.message, seed)
    dialect = reply.dialect or asked.dialect
    _refuse(chunks, dialect)
    head = Head(reply.status or 200, merged(asked.headers, reply.headers), interim=reply.interim, at=reply.pace.head)
    plan = StreamPlan(
        head=head,
        pieces=(),
        text="".join(chunks),
        chunks=chunks,
        dialect=dialect,
        names=asked.names,
        framing=reply.framing,
        segments=reply.segments,
        body=body_of(reply),
        seed=seed,
    )
    plan = replace(plan, pieces=tuple(_pieces(plan, reply.pace)))
    plan = _paused(_finished(plan), reply.pace)
    plan = _kept_alive(plan, reply.pace.keep_alive or asked.keep_alive)
    for fault in reply.faults:
        plan = fault(plan)
    return plan


def answer(
    status: int,
    headers: Headers,
    content: bytes,
    reply: Reply = Reply(text=""),
    *,
    text: str = "",
    chunks: tuple[str, ...] = (),
) -> StreamPlan:
    """The plan of an ordinary HTTP answer with the reply's pace, body and faults; ``text`` where JSON carries one."""
    body = body_of(reply)
    if reply.body == "chunked":  # the default: an ordinary answer has a length
        body = Body("length")
    at = reply.pace.head
    plan = StreamPlan(
        head=Head(status, merged(headers, reply.headers), interim=reply.interim, at=at),
        pieces=(Piece(content, at + reply.pace.first),) if content else (),
        text=text,
        chunks=chunks,
        dialect="json" if text else "none",
        segments=reply.segments if isinstance(reply.segments, str) else "free",
        body=body,
        seed=reply.seed or 0,
    )
    for fault in reply.faults:
        plan = fault(plan)
    return plan


def chunks_of(reply: Reply, message: str, seed: int) -> tuple[str, ...]:
    """The reply's text in chunks; their concatenation is the text."""
    how = reply.chunks
    if isinstance(how, tuple):
        return how
    text = _text(reply.text, message, seed)
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


def _refuse(chunks: tuple[str, ...], dialect: str) -> None:
    spoken = DIALECTS[dialect]
    for index, chunk in enumerate(chunks):
        if reason := spoken.refuse(chunk):
            raise PlanError(f"chunk {index + 1}: {reason}")


def body_of(reply: Reply) -> Body:
    return Body(reply.body) if isinstance(reply.body, str) else reply.body


def merged(headers: Headers, changes: object) -> Headers:
    """``changes`` over ``headers``, by lower-case name; a null leaves the field out."""
    result = {name.lower(): value for name, value in headers}
    for name, value in dict(changes).items():  # type: ignore[call-overload]
        if value is None:
            result.pop(name.lower(), None)
        else:
            result[name.lower()] = value
    return tuple(result.items())


def _times(pace: Pace, count: int, seed: int) -> Iterator[float]:
    """The moments of the chunks."""
    rng, at = random.Random(f"pace {seed}"), pace.head + pace.first
    for _ in range(count):
        yield at
        at += pace.interval * (1 + pace.jitter * rng.uniform(-1, 1)) if pace.jitter else pace.interval


def _pieces(plan: StreamPlan, pace: Pace) -> Iterator[Piece]:
    spoken, framing, seed = DIALECTS[plan.dialect], plan.framing, plan.seed
    at = pace.head
    if framing.first:
        yield Piece(events.block(framing.first, plan.dialect, framing, seed), at)
    for lines in spoken.opening(plan.names):
        yield Piece(events.event(lines, framing, blank_line=spoken.blank_line, seed=seed), at)
    for index, (chunk, moment) in enumerate(zip(plan.chunks, _times(pace, len(plan.chunks), seed), strict=True)):
        at = moment
        if index and framing.between:
            yield Piece(events.block(framing.between, plan.dialect, framing, seed + index), at)
        yield Piece(events.chunk(chunk, plan.dialect, framing, seed + index), at, index)
    for lines in spoken.closing(plan.names, plan.text):
        yield Piece(events.event(lines, framing, blank_line=spoken.blank_line, seed=seed - 1), at)


def _finished(plan: StreamPlan) -> StreamPlan:
    """The byte order mark in front, and the last blank line left out, where the framing says so."""
    pieces = list(plan.pieces)
    if plan.framing.bom:
        first = pieces[0] if pieces else Piece(b"", plan.head.at if plan.head else 0.0)
        pieces[:1] = [first._replace(data=BOM + first.data)]
    if not plan.framing.final_blank_line and pieces:
        if not DIALECTS[plan.dialect].blank_line:
            raise PlanError(f"the dialect {plan.dialect} has no blank lines: leave final_blank_line out")
        last = pieces[-1]
        ending = b"\r\n" if last.data.endswith(b"\r\n") else last.data[-1:]
        pieces[-1] = last._replace(data=last.data.removesuffix(ending))
    return replace(plan, pieces=tuple(pieces))


def _paused(plan: StreamPlan, pace: Pace) -> StreamPlan:
    # Offsets are taken from the unpaused plan, so that one pause does not move the place of the next.
    offsets = [offset_of(plan, pause.at) for pause in pace.pauses]
    for pause, offset in sorted(zip(pace.pauses, offsets, strict=True), key=lambda found: found[1]):
        if pause.lasts is None:
            return replace(plan, ending=Ending("hang", stop=offset, heartbeat=_heartbeat(plan, pace.keep_alive)))
        before, after = split_at(plan, offset)
        plan = replace(plan, pieces=before + tuple(p._replace(at=p.at + pause.lasts) for p in after))
    return plan


def _heartbeat(plan: StreamPlan, interval: float | None) -> tuple[float, bytes] | None:
    return (interval, _comment(plan)) if interval else None


def _comment(plan: StreamPlan) -> bytes:
    return events.block((KEEP_ALIVE.decode(),), plan.dialect, plan.framing, plan.seed)


def _kept_alive(plan: StreamPlan, interval: float | None) -> StreamPlan:
    """A comment after each ``interval`` of silence between events; never inside one, where it would tear the event."""
    if not interval or not plan.pieces:
        return plan
    comment, pieces = _comment(plan), list[Piece]()
    last, whole = plan.head.at if plan.head else 0.0, True
    for piece in plan.pieces:
        while whole and piece.at - last > interval:
            last += interval
            pieces.append(Piece(comment, last))
        pieces.append(piece)
        last, whole = piece.at, piece.ends_event
    return replace(plan, pieces=tuple(pieces))


def event_ends(plan: StreamPlan) -> tuple[int, ...]:
    """The payload offsets at which events, or blocks of comments, end."""
    ends = accumulate(len(piece.data) for piece in plan.pieces)
    return tuple(end for piece, end in zip(plan.pieces, ends, strict=True) if piece.ends_event)

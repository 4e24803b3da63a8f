"""Positions to payload offsets.

Chunks are counted as they are sent: one that comes twice counts twice. A text that ends where its chunk ends is behind
that chunk's event, so that what the position names has been said; elsewhere it is behind its own last byte.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import NamedTuple

from mock_ares.plan import events, recorded
from mock_ares.plan.columns import Piece
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.diagnostics import counted
from mock_ares.scenario.position import Position, Where

MOMENT = 1e-9
"""Seconds by which two moments may differ and be the same: sums of intervals are not exact."""
_ESCAPED = re.compile("[\udc80-\udcff]")


class PlanError(ValueError):
    """A reply that cannot be made exact as it is written; the message says why and what to do."""


class Place(NamedTuple):
    """Behind a character of the text, where bytes that are put in become text."""

    chunk: int
    """Counted from 0."""
    characters: int
    """Of the chunk, before the place."""
    offset: int
    """In the payload."""


def offset_of(plan: StreamPlan, where: Where) -> int:
    """The payload offset that a position names.

    Raises PlanError when the plan has no such place: a chunk past the last, a text that is not in the reply.
    """
    position = Position.of(where)
    if position.chunk is not None:
        return _after_chunk(plan, position.chunk)
    if position.text is not None:
        return _after_text(plan, position.text)
    if position.event is not None:
        return _after_event(plan, position.event)
    if position.fraction is not None:
        return round(plan.size * min(max(position.fraction, 0.0), 1.0))
    if position.time is not None:
        return sum(len(piece.data) for piece in plan.pieces if piece.at <= position.time + MOMENT)
    return _after_byte(plan, position.byte or 0)


def moment_of(plan: StreamPlan, where: Where) -> tuple[int, float | None]:
    """The offset behind a position and the pauses at that very place, and when they are over, or the position's time.

    None: as soon as what lies before it has left. Raises PlanError.
    """
    position = Position.of(where)
    offset, at = offset_of(plan, position), position.time
    marks = plan.columns.empty()
    for (begins, begun), (ends, over) in zip(marks[::2], marks[1::2], strict=True):
        if begins == offset and (position.time is None or at is None or abs(begun - at) <= MOMENT):
            offset, at = ends, over
    return offset, at


def opening_end(plan: StreamPlan) -> int:
    """The payload offset behind the events before the first chunk: the dialect's, and the framing's lines."""
    offset = opening = 0
    for piece in plan.pieces:
        if piece.chunk is not None or piece.closes:
            break
        offset += len(piece.data)
        opening = offset if piece.ends_event else opening
    return opening


def place_of(plan: StreamPlan, where: Where) -> Place:
    """The place in the text that a position names; a fraction or a time names the last one it has passed.

    Raises PlanError where there is none: in an event that carries no text, between a field name and its value.
    """
    position = Position.of(where)
    if position.chunk is not None:
        offset_of(plan, position)
        index = max(position.chunk - 1, 0)
        return _place(plan, index, len(plan.chunks[index]) if position.chunk else 0)
    if position.text is not None:
        return _place(plan, *_behind(plan, position.text))
    offset = offset_of(plan, position)
    place = _last_place(plan, offset)
    if place is None or (position.byte is not None and place.offset != offset):
        raise PlanError(f"{position} is no place in the text: bytes go behind a character of it")
    return place


def split_at(plan: StreamPlan, offset: int) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces before and behind a payload offset; one that spans it becomes two."""
    before, after, start = list[Piece](), list[Piece](), 0
    for piece in plan.pieces:
        end = start + len(piece.data)
        if end <= offset:
            before.append(piece)
        elif start >= offset:
            after.append(piece)
        else:
            before.append(piece._replace(data=piece.data[: offset - start], ends_event=False))
            after.append(piece._replace(data=piece.data[offset - start :]))
        start = end
    return tuple(before), tuple(after)


def _after_byte(plan: StreamPlan, byte: int) -> int:
    if not 0 <= byte <= plan.size:
        raise PlanError(f"byte {byte} lies behind the end: the payload has {counted(plan.size, 'byte')}")
    return byte


def _after_event(plan: StreamPlan, count: int) -> int:
    ends = (*dict.fromkeys((0, *plan.event_ends)),)
    if count >= len(ends):
        raise PlanError(f"event {count} lies behind the end: the payload has {counted(len(ends) - 1, 'event')}")
    return ends[count]


def _after_chunk(plan: StreamPlan, count: int) -> int:
    if not 0 <= count <= len(plan.chunks):
        raise PlanError(f"chunk {count} lies behind the end: the reply has {counted(len(plan.chunks), 'chunk')}")
    if plan.dialect == "json":
        return _in_json(plan, "".join(plan.chunks[:count]))
    if count == 0:
        return 0
    start, event = event_of(plan, count - 1)
    return start + len(event)


def _after_text(plan: StreamPlan, text: str) -> int:
    index, characters = _behind(plan, text)
    if plan.dialect != "json" and characters == len(plan.chunks[index]):
        return _after_chunk(plan, index + 1)
    return _place(plan, index, characters).offset


def _behind(plan: StreamPlan, text: str) -> tuple[int, int]:
    """The chunk with the last character of a text's first occurrence, and how many of its characters that takes."""
    whole = "".join(plan.chunks)
    found = _ESCAPED.sub("", whole).find(text)  # what was put in does not hide a text
    if found < 0 or not text:
        raise PlanError(f"the text {text!r} is not in the reply")
    end = found + len(text)
    for escaped in _ESCAPED.finditer(whole):
        end += escaped.start() < end
    return _chunk_at(plan, end)


def _chunk_at(plan: StreamPlan, end: int) -> tuple[int, int]:
    """The chunk with the character before ``end``, and how many of its characters lie before ``end``."""
    before = 0
    for index, chunk in enumerate(plan.chunks):
        if end <= before + len(chunk):
            return index, end - before
        before += len(chunk)
    raise AssertionError("the end lies in the text")


def _place(plan: StreamPlan, index: int, characters: int) -> Place:
    if not plan.chunks:
        raise PlanError("the reply has no text")
    chunk = plan.chunks[index]
    if plan.dialect == "json":
        return Place(index, characters, _in_json(plan, "".join(plan.chunks[:index]) + chunk[:characters]))
    start, event = event_of(plan, index)
    if plan.recorded:
        inside = recorded.text_end(event, chunk, characters, plan.dialect)
        if inside is None:
            raise PlanError(f"chunk {index + 1} is spelled in a way of its own: name a chunk, or a byte, not a text")
    else:
        inside = events.text_end(event, chunk, characters, plan.dialect, plan.framing)
    if inside is None:
        raise _gone(index)
    return Place(index, characters, start + inside)


def _last_place(plan: StreamPlan, offset: int) -> Place | None:
    """The last place in the text at or before an offset."""
    if not plan.chunks:
        return None
    if plan.dialect == "json":
        places = range(sum(map(len, plan.chunks)) + 1)
        passed = bisect_right(places, offset, key=lambda n: _place(plan, *_chunk_at(plan, n)).offset)
        return _place(plan, *_chunk_at(plan, passed - 1)) if passed else None
    for index in reversed(_begun(plan, offset)):
        places = range(len(plan.chunks[index]) + 1)
        passed = bisect_right(places, offset, key=lambda n: _place(plan, index, n).offset)
        if passed:
            return _place(plan, index, passed - 1)
    return None


def _begun(plan: StreamPlan, offset: int) -> list[int]:
    """The chunks whose events begin before an offset."""
    begun, start = list[int](), 0
    for piece in plan.pieces:
        if start >= offset:
            break
        if piece.chunk is not None and piece.chunk not in begun[-1:]:
            begun.append(piece.chunk)
        start += len(piece.data)
    return begun


def event_of(plan: StreamPlan, index: int) -> tuple[int, bytes]:
    """Where a chunk's event begins, and its bytes, in however many pieces they come."""
    start, parts = 0, list[bytes]()
    for piece in plan.pieces:
        if piece.chunk == index:
            parts.append(piece.data)
        elif parts:
            break
        else:
            start += len(piece.data)
    if not parts:
        raise _gone(index)
    return start, b"".join(parts)


def _gone(index: int) -> PlanError:
    return PlanError(f"chunk {index + 1} is not in the stream any more: a fault before this one has cut it off")


def _in_json(plan: StreamPlan, text: str) -> int:
    """Where a beginning of the text ends in an answer that carries the text as one JSON string."""
    payload, whole = plan.payload, _quoted("".join(plan.chunks))
    for colon in (b":", b": "):  # behind one: the text may be the same as a key
        if (found := payload.find(colon + whole)) >= 0:
            return found + len(colon) + len(_quoted(text)) - 1
    raise PlanError("the answer does not carry the text as it is")


def _quoted(text: str) -> bytes:
    return events.as_bytes(json.dumps(text, ensure_ascii=False))

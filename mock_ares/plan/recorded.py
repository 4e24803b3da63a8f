"""An event stream as it came: its events one by one, and the chunks that they carry.

Where a dialect has blank lines, an event is the lines up to one; what is left at the end is none. Pauses, segments,
bodies and faults go by pieces and know of no difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from mock_ares.dialects import DIALECTS
from mock_ares.plan.columns import Piece
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.model import Reply

CONTEXT = b"{context_id}"
"""Stands for the request's, or a new one."""
_LINE_END = re.compile(rb"\r\n|\r|\n")


class RecordedEvent(NamedTuple):
    """An event, a block of comments, or the rest behind the last of them."""

    data: bytes
    chunk: str | None
    """Of the text; None: it carries none."""
    ends: bool
    """Nothing of it is missing."""


def events(payload: bytes, dialect: str) -> Iterator[RecordedEvent]:
    """All of a payload."""
    spoken, start, line = DIALECTS[dialect], 0, 0
    for end in _LINE_END.finditer(payload):
        if end.start() == line or not spoken.blank_line:
            event = payload[start : end.end()]
            yield RecordedEvent(event, spoken.carried(event), True)
            start = end.end()
        line = end.end()
    if rest := payload[start:]:
        yield RecordedEvent(rest, None if spoken.blank_line else spoken.carried(rest), False)


def payload_of(reply: Reply, context_id: str) -> bytes:
    """What a recorded reply sends, the request's context in its records."""
    runs = (run.encode() if isinstance(run, str) else bytes.fromhex(run.hex) for run in reply.recorded or ())
    payload = b"".join(runs)
    return payload if DIALECTS[reply.dialect or ""].raw else with_context(payload, context_id)


def with_context(data: bytes, context_id: str) -> bytes:
    """JSON with the request's context in its place."""
    return data.replace(CONTEXT, _quoted(context_id)[1:-1]) if CONTEXT in data else data


def chunks(reply: Reply) -> Iterator[str]:
    """The chunks as they came."""
    for event in events(payload_of(reply, ""), reply.dialect or ""):
        if event.chunk is not None:
            yield event.chunk


def pieces(plan: StreamPlan, reply: Reply, moments: Iterator[float]) -> Iterator[Piece]:
    """A piece for each event. What carries no chunk leaves with what is before it."""
    spoken, at, index = DIALECTS[plan.dialect], reply.pace.head, -1
    for event in events(payload_of(reply, plan.names.context_id), plan.dialect):
        if event.chunk is None:
            closes = spoken.ends and spoken.decode(event.data).complete
            yield Piece(event.data, at, None, event.ends, closes)
        else:
            index, at = index + 1, next(moments)
            yield Piece(event.data, at, index, event.ends)


def text_end(event: bytes, chunk: str, characters: int, dialect: str) -> int | None:
    """Where in its event a chunk's first so many characters end; None where the event says it in a way of its own."""
    raw = DIALECTS[dialect].raw
    for spelled in (str.encode,) if raw else (_quoted, _escaped):
        for name in (b"data: ", b"data:") if raw else (b":", b": "):
            if (found := event.find(name + spelled(chunk))) >= 0:
                return found + len(name) + len(spelled(chunk[:characters])) - (not raw)
    return None


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def _escaped(text: str) -> bytes:
    return json.dumps(text).encode()

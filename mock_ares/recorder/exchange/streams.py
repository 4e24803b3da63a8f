"""An event stream as it came to a reply: in its dialect, as text and chunks where the fake would spell them so.

HTTP's own framing is found by experiment: the words whose bytes are those that came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

from mock_ares.ares.profiles import PROFILES
from mock_ares.dialects import DIALECTS, STANDARD, Names
from mock_ares.plan import chunking
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import EndingKind
from mock_ares.plan.positions import PlanError
from mock_ares.plan.recorded import CONTEXT, RecordedEvent, events
from mock_ares.recorder.exchange.http_words import END, body_of_response, endings_of, headers_of
from mock_ares.recorder.exchange.moments import KEEP_ALIVE, LARGE_READ, pace_of, pace_without_comments
from mock_ares.recorder.exchange.payload import Asked, DecodedBody
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.scenario.diagnostics import WordsError
from mock_ares.scenario.model import Body, Chunks, Framing, Hex, Position, Reply, Segmentation, Segments, Text

MOST_CUTS = 5000
MANY = 8
"""Chunks of one size that are no accident."""
_CONTEXT = re.compile(rb'("context_id"\s*:\s*)"((?:[^"\\]|\\.)*)"')
_ESCAPED_BYTES = re.compile("([\udc80-\udcff]+)")


def recognised(payload: bytes) -> str:
    """The dialect of a stream: one of records where an event is one, else one of raw text."""
    for name, spoken in DIALECTS.items():
        if any(map(spoken.knows, (event.data for event in events(payload, name)))):
            return name
    plain = [name for name, spoken in DIALECTS.items() if spoken.raw and not spoken.blank_line]
    blank = any(event.ends for event in events(payload, STANDARD))
    return plain[0] if plain and payload.count(b"data:") > 1 and not blank else STANDARD


class RecordedStream:
    """An event stream that is looked at."""

    def __init__(self, asked: Asked, reader: ResponseReader, body: DecodedBody, ending: EndingKind, at: float) -> None:
        self.asked, self.reader, self.payload, self.ending, self.at = asked, reader, body, ending, at
        self.dialect = recognised(body.data)
        found = _CONTEXT.search(body.data)
        self.context = json.loads(b'"' + found[2] + b'"') if found else asked.context_id or ""

    def reply(self) -> Reply:
        data, events_ = self.payload.data, list(events(self.payload.data, self.dialect))
        defaults = dict(RequestContext().headers)
        base = Reply(
            text="",
            dialect=self.dialect,  # type: ignore[arg-type]
            status=None if self.reader.status == 200 else self.reader.status,
            headers=headers_of(self.reader, defaults),
            interim=tuple(status for status in self.reader.interim if status in (100, 103)),  # type: ignore[misc]
            body=body if (body := body_of_response(self.reader, self.payload)) != Body() else "chunked",
            pace=pace_of(events_, self.payload, self.reader.head_at, self.at),
            faults=endings_of(self.reader, self.payload, self.ending, END),
        )
        spelled = self._as_text(base, events_) or self._as_recorded(base, data)
        return self._for_any_context(self._carried(spelled), spelled)

    def _for_any_context(self, reply: Reply, plainly: Reply) -> Reply:
        """One that can be played for every context: the length of its name moves what is counted in bytes."""
        pauses = tuple(p for p in plainly.pace.pauses if not isinstance(p.at, Position) or p.at.byte is None)
        plainly = replace(plainly, pace=replace(plainly.pace, pauses=pauses))
        for each in (reply, replace(reply, segments="free")):
            try:
                lay_out(build(each, RequestContext()))
            except PlanError:
                continue
            return each
        return plainly

    def _as_text(self, base: Reply, found: list[RecordedEvent]) -> Reply | None:
        """Text and chunks, where the fake spells them in the same bytes under every profile."""
        comments = [index for index, event in enumerate(found) if event.data == KEEP_ALIVE]
        pace = base.pace
        if comments:
            said = [event for event in found if event.data != KEEP_ALIVE]
            pace = pace_without_comments(found, self.payload, self.reader.head_at, self.at)
            found = said
        chunks = tuple(event.chunk for event in found if event.chunk is not None)
        text = "".join(chunks)
        how = _chunks(text, chunks)
        base = replace(base, text=None if isinstance(how, tuple) else text, chunks=how, pace=pace)
        for newline in ("lf", "crlf", "cr"):
            for space in (True, False):
                reply = replace(base, framing=Framing(newline=newline, space=space))
                if all(self._payload_of(reply, agent) == self.payload.data for agent in self._agents()):
                    return reply
        return None

    def _agents(self) -> set[str]:
        """Which agents a fake may name for such a request."""
        if DIALECTS[self.dialect].raw:
            return {""}
        return {self.asked.agent_type or profile.default_agent for profile in PROFILES.values()}

    def _payload_of(self, reply: Reply, agent: str) -> bytes | None:
        try:
            return build(reply, self._context(agent)).payload
        except (PlanError, WordsError):
            return None

    def _context(self, agent: str = "") -> RequestContext:
        keep_alive = max((profile.keep_alive or 0.0 for profile in PROFILES.values()), default=0.0)
        return RequestContext(names=Names(agent, self.context), keep_alive=keep_alive or None)

    def _as_recorded(self, base: Reply, data: bytes) -> Reply:
        if not DIALECTS[self.dialect].raw:
            data = with_placeholder(data, self.asked)
        runs = tuple(run for event in events(data, self.dialect) for run in runs_of(event.data)) or ("",)
        return replace(base, text=Text(recorded=runs), chunks="recorded")

    # HTTP's framing

    def _carried(self, reply: Reply) -> Reply:
        """The reply with the first words for which it is the same bytes on the wire, if there are any."""
        for each in self._ways(reply):
            if self._wire_of(each) == bytes(self.reader.wire):
                return self._with_reads(each)
        return reply

    def _wire_of(self, reply: Reply) -> bytes | None:
        negotiated = Negotiated(gzip=self.payload.gzip)
        agent = self.asked.agent_type or ""
        try:
            return lay_out(build(reply, self._context(agent)), negotiated).columns.data
        except (PlanError, WordsError):
            return None

    def _ways(self, reply: Reply) -> Iterator[Reply]:
        framed = body_of_response(self.reader, self.payload)
        ends = self.payload.chunk_ends
        size = ends[0] if ends else 0
        ways: list[tuple[Segmentation, Any]] = [("free", None)]
        if self.reader.chunked and len(ends) <= MOST_CUTS:
            ways += [("free", "event"), ("event", None), ("free", size or None), ("whole", None)]
            ways.append((_cuts(ends[:-1], ends[-1] if ends else 0), "segment"))
        owing = (False, True) if self.reader.state == "chunk" or self.ending == "reset" else (False,)
        gzips = ("event", "whole") if self.payload.gzip else (None,)
        for owes, (segments, chunks), gzip in product(owing, ways, gzips):
            body = replace(framed, http_chunks=chunks, gzip=gzip)
            each = replace(reply, segments=segments, body=body if body != Body() else "chunked")
            yield self._owing(each) if owes else each

    def _owing(self, reply: Reply) -> Reply:
        """With bytes that were announced and never came, which stand for those that would have."""
        missing = self.reader.owed or (self.reader.length or 0) - self.reader.taken
        if missing < 2 or missing > self.reader.most or self.payload.gzip:
            return reply
        reply = (
            reply
            if reply.chunks == "recorded"
            else self._as_recorded(replace(reply, framing=Framing()), self.payload.data)
        )
        runs = (*(reply.recorded or ()), ":" * (missing - 2) + "\n\n")
        stop = Position(byte=len(self.payload.data))
        return replace(reply, text=Text(recorded=runs), faults=endings_of(self.reader, self.payload, self.ending, stop))

    def _with_reads(self, reply: Reply) -> Reply:
        """With the ends of reads that lay inside events, where they were no buffer's."""
        ends = {0, *(mark.end for mark in self.payload.marks)}
        known = {0, len(self.payload.data), *self.payload.chunk_ends}
        offset = 0
        for event in events(self.payload.data, self.dialect):
            offset += len(event.data)
            known.add(offset)
        large = any(b - a >= LARGE_READ for a, b in pairwise(sorted(ends)))
        if reply.segments != "free" or ends <= known or large or len(ends) > MOST_CUTS:
            return reply
        before = reply.body if isinstance(reply.body, Body) else Body()
        body = replace(before, http_chunks=(before.http_chunks or "event") if self.reader.chunked else None)
        cuts = _cuts(sorted(ends - {0, len(self.payload.data)}), len(self.payload.data))
        cut = replace(reply, segments=cuts, body=body)
        return cut if self._wire_of(cut) == bytes(self.reader.wire) else reply


def _chunks(text: str, chunks: tuple[str, ...]) -> Any:
    """How a text comes to these chunks; themselves, where there is no word for it."""
    if chunking.words(text) == chunks:
        return "words"
    size = len(chunks[0]) if len(chunks) == 1 or len(chunks) >= MANY else 0
    if size and chunking.every(text, size) == chunks:
        return "whole" if len(chunks) == 1 else Chunks(every=size)
    return chunks


def _cuts(ends: Sequence[int], size: int) -> Segmentation:
    """So that reads end there, and at the end of all."""
    if not ends or not ends[0]:
        return "whole"
    step = ends[0]
    if list(ends) == list(range(step, size, step)):
        return "byte" if step == 1 else Segments(every=step)
    return Segments(at=tuple(ends))


def with_placeholder(data: bytes, asked: Asked) -> bytes:
    """With the context that the request named, or that the server made for it, as a place for the next request's."""
    found = _CONTEXT.search(data)
    if found is None or CONTEXT in data:
        return data
    if asked.context_id is not None and json.loads(b'"' + found[2] + b'"') != asked.context_id:
        return data
    return _CONTEXT.sub(lambda each: each[1] + b'"' + CONTEXT + b'"' if each[2] == found[2] else each[0], data)


def runs_of(data: bytes) -> tuple[str | Hex, ...]:
    """Bytes as runs of a recorded text."""
    parts = _ESCAPED_BYTES.split(data.decode("utf-8", "surrogateescape"))
    return tuple(
        Hex(part.encode("utf-8", "surrogateescape").hex()) if n % 2 else part for n, part in enumerate(parts) if part
    )

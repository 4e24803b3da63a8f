"""When the parts of a payload came, in the words of the language: intervals between chunks, and pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mock_ares.plan.recorded import RecordedEvent
from mock_ares.recorder.exchange.http_words import END
from mock_ares.recorder.exchange.payload import DecodedBody
from mock_ares.recorder.exchange.response import ReadEnd
from mock_ares.scenario.model import Pace, Pause, Position
from mock_ares.scenario.words import parse_duration

SILENCE = 1.0
"""Seconds between two chunks that are a pause, and not the stream's pace."""
TINY = 0.0005
"""Seconds between two events that are no time at all: those of a read that was cut in two."""
INSIDE = 0.002
"""The same inside an event."""
LARGE_READ = 16 * 1024
"""Bytes: a read of so many ended where a buffer did."""
KEEP_ALIVE = b": keep-alive\n\n"


def pace_of(found: Sequence[RecordedEvent], payload: DecodedBody, head: float, at: float) -> Pace:
    """When it all came: chunks by their intervals, whatever else is a pause. What is rounded away comes later."""
    first, intervals, pauses = 0.0, list[float](), list[Pause]()
    now, start, chunks, behind_chunk = in_words(head), 0, 0, False

    def passed(until: float, least: float = TINY) -> float:
        nonlocal now
        gap = in_words(until - now)
        if gap < least:
            return 0.0
        now += gap
        return gap

    for index, event in enumerate(found):
        end, gap = start + len(event.data), passed(payload.moment(start))
        if event.chunk is not None and not chunks:
            first, gap = gap, 0.0
        elif event.chunk is not None:
            steady = behind_chunk and gap < SILENCE
            intervals.append(gap if steady else 0.0)
            gap = 0.0 if steady else gap
        if gap:
            pauses.append(Pause(chunks if behind_chunk or not index else Position(event=index), gap))
        behind_chunk = event.chunk is not None
        chunks += behind_chunk
        for before, mark in payload.reads_inside(start, end):
            if mark.end - before < LARGE_READ and (gap := passed(payload.moment(mark.end), INSIDE)):
                pauses.append(Pause(Position(byte=mark.end), gap))
        start = end
    if gap := passed(at, INSIDE):
        pauses.append(Pause(END, gap))
    return _regular(Pace(head=in_words(head), first=first, pauses=tuple(pauses)), intervals)


def in_words(seconds: float) -> float:
    """To a tenth of a millisecond, as a file says it."""
    return parse_duration(f"{max(0.0, seconds) * 1000:.1f}ms")


def _regular(pace: Pace, intervals: list[float]) -> Pace:
    if not any(intervals):
        return pace
    if len(set(intervals)) == 1:
        return replace(pace, every=intervals[0])
    return replace(pace, intervals=tuple(intervals))


def pace_without_comments(found: Sequence[RecordedEvent], payload: DecodedBody, head: float, at: float) -> Pace:
    """The pace of a stream whose silences have comments: a silence is one pause, and how often they come is told."""
    marks, gone, before, waits = list[ReadEnd](), 0, head, list[float]()
    start, kept = 0, list[RecordedEvent]()
    for event in found:
        came = payload.moment(start)
        start += len(event.data)
        if event.data == KEEP_ALIVE:
            gone += len(event.data)
            waits.append(came - before)
        else:
            kept.append(event)
            marks.append(ReadEnd(came, start - gone))
        before = came
    said = DecodedBody(b"".join(event.data for event in kept), tuple(marks), (), gzip=False, whole=True)
    return replace(pace_of(kept, said, head, at), keep_alive=round(min(waits), 1) or None)

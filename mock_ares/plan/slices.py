"""The payload in slices, as they go into the HTTP body.

Three kinds of marks cut the payload: where the client's reads must end, where HTTP chunks end, and where the time
changes. Between two marks the bytes stay together. Under gzip the marks keep their places in the decoded bytes, and a
sync flush makes the compressed bytes before a mark decodable by themselves (RFC 1952; zlib's Z_SYNC_FLUSH).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from mock_ares.plan.model import StreamPlan

GZIP = 16 + zlib.MAX_WBITS


class Slice(NamedTuple):
    """Bytes of the HTTP body that are known at one moment."""

    data: bytes
    """Compressed, where the body is."""
    at: float
    upto: int
    """The payload offset behind them."""
    read_ends: bool
    chunk_ends: bool


class Sliced(NamedTuple):
    """A payload up to where the plan stops."""

    slices: list[Slice]
    length: int
    """Bytes of the body, those that are not sent any more included: what Content-Length would have to say."""


def slices(plan: StreamPlan, promised: tuple[int, ...] | None) -> Sliced:
    """The slices of a plan whose reads are promised to end at these offsets (None: no promise)."""
    payload, ending = plan.payload, plan.ending
    end = len(payload) if ending.stop is None else min(ending.stop, len(payload))
    coding = _Gzip() if plan.body.gzip else _Identity()
    found = list(_sliced(plan, promised, payload[:end], coding, ending.ends_gzip))
    length = sum(len(piece.data) for piece in found)
    if ending.kind != "complete" and not ending.ends_gzip:
        length += len(coding.code(payload[end:], False)) + len(coding.end(True))
    return Sliced(found, length)


def _sliced(
    plan: StreamPlan, promised: tuple[int, ...] | None, payload: bytes, coding: _Identity, whole: bool
) -> Iterator[Slice]:
    end, start = len(payload), 0
    reads, chunks, flushes = set(promised or ()), _chunk_ends(plan, promised), _flushes(plan)
    for upto, at in _runs(plan, reads | chunks | flushes | {end}, end):
        last, read_ends = upto == end, upto in reads
        data = coding.code(payload[start:upto], read_ends or upto in flushes)
        data += coding.end(whole) if last else b""
        start = upto
        if data:
            yield Slice(data, at, upto, read_ends or (last and promised is not None), last or upto in chunks)
    if not end and (data := coding.end(whole)):
        yield Slice(data, plan.head.at if plan.head else 0.0, 0, promised is not None, True)


def _runs(plan: StreamPlan, marks: set[int], end: int) -> Iterator[tuple[int, float]]:
    """From mark to mark, and wherever the time changes: the offset, and the moment its last byte is known."""
    pieces = zip(accumulate(len(piece.data) for piece in plan.pieces), plan.pieces, strict=True)
    upto, at = 0, 0.0
    for mark in sorted(marks.union(_turns(plan))):
        if 0 < mark <= end:
            while upto < mark:
                upto, piece = next(pieces)
                at = piece.at
            yield mark, at


def _turns(plan: StreamPlan) -> Iterator[int]:
    """The offsets of bytes that are known later than the one before."""
    start, at = 0, -1.0
    for piece in plan.pieces:
        if piece.at > at:
            yield start
            at = piece.at
        start += len(piece.data)


def _chunk_ends(plan: StreamPlan, promised: tuple[int, ...] | None) -> set[int]:
    """Where HTTP chunks end, by default with each promised read, else with each event, and wherever the time changes.

    A body without HTTP chunks is cut at the same places as one with the default ones, to be written piece by piece.
    """
    kind = plan.body.http_chunks
    if isinstance(kind, int):
        return set(range(kind, plan.size, kind))
    if kind == "whole" or (kind is None and plan.segments == "whole"):
        return set()
    ends = plan.event_ends if kind == "event" or promised is None else promised
    # Where nothing else is said: a client that reads whole chunks would see the first part of one only with the last.
    return set(ends) if kind else set(ends).union(_turns(plan))


def _flushes(plan: StreamPlan) -> set[int]:
    """Where compressed bytes must be readable though no read is promised to end there."""
    return {*plan.event_ends, *_turns(plan)} if plan.body.gzip == "event" else set()


class _Identity:
    """No content coding."""

    def code(self, data: bytes, flush: bool) -> bytes:
        return data

    def end(self, whole: bool) -> bytes:
        return b""


class _Gzip(_Identity):
    """One gzip member."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(wbits=GZIP)

    def code(self, data: bytes, flush: bool) -> bytes:
        coded = self._deflate.compress(data)
        return coded + self._deflate.flush(zlib.Z_SYNC_FLUSH) if flush else coded

    def end(self, whole: bool) -> bytes:
        """The trailer; or what makes all before it readable, and no end."""
        return self._deflate.flush(zlib.Z_FINISH if whole else zlib.Z_SYNC_FLUSH)

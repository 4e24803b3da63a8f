"""The payload in slices, as they go into the HTTP body.

Three kinds of marks cut the payload: where the client's reads must end, where HTTP chunks end, and where the time
changes. Between two marks the bytes stay together. Under gzip the marks keep their places in the decoded bytes, and a
sync flush makes the compressed bytes before a mark decodable by themselves (RFC 1952; zlib's Z_SYNC_FLUSH).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
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

    slices: Iterable[Slice]
    """To be gone through once."""
    length: int
    """Bytes of the body, those that are not sent any more included: what Content-Length would have to say."""


def slices(plan: StreamPlan, promised: Sequence[int] | None) -> Sliced:
    """The slices of a plan whose reads are promised to end at these offsets (None: no promise)."""
    payload, ending = plan.payload, plan.ending
    end = len(payload) if ending.stop is None else min(ending.stop, len(payload))
    cut_off = ending.kind != "complete" and not ending.ends_gzip
    if not plan.body.gzip:
        return Sliced(_sliced(plan, promised, end, _Identity(), True), len(payload) if cut_off else end)
    coding = _Gzip()
    found = list(_sliced(plan, promised, end, coding, ending.ends_gzip))
    length = sum(len(piece.data) for piece in found)
    if cut_off:
        length += len(coding.code(payload[end:], False)) + len(coding.end(True))
    return Sliced(found, length)


def _sliced(
    plan: StreamPlan, promised: Sequence[int] | None, end: int, coding: _Identity, whole: bool
) -> Iterator[Slice]:
    payload, start = plan.payload, 0
    for upto, at, kind in _runs(plan, _marks(plan, promised, end), end):
        last, read_ends = upto == end, bool(kind & _READ)
        data = coding.code(payload[start:upto], bool(kind & (_READ | _FLUSH)))
        if last:
            data += coding.end(whole)
        start = upto
        if data:
            yield Slice(data, at, upto, read_ends or (last and promised is not None), last or bool(kind & _CHUNK))
    if not end and (data := coding.end(whole)):
        yield Slice(data, plan.head.at if plan.head else 0.0, 0, promised is not None, True)


_READ, _CHUNK, _FLUSH, _TURN, _END = 1, 2, 4, 8, 16
_MARKED = re.compile(rb"[^\0]")


def _marks(plan: StreamPlan, promised: Sequence[int] | None, end: int) -> bytearray:
    """For each offset of the payload what is marked there: a byte is the smallest set of it."""
    marks = bytearray(plan.size + 1)
    for offsets, kind in (
        (promised or (), _READ),
        (chunk_ends(plan, promised), _CHUNK),
        (_flushes(plan), _FLUSH),
        (plan.columns.turns(), _TURN),
        ((end,), _END),
    ):
        for offset in offsets:
            marks[offset] |= kind
    return marks


def _runs(plan: StreamPlan, marks: bytearray, end: int) -> Iterator[tuple[int, float, int]]:
    """From mark to mark: the offset, the moment its last byte is known (they never go back), and what is marked."""
    ends, moments = plan.columns.ends, plan.columns.moments
    index, at = 0, 0.0
    for mark in _MARKED.finditer(marks, 1, end + 1):
        upto = mark.start()
        while ends[index] < upto:
            if moments[index] > at:
                at = moments[index]
            index += 1
        if moments[index] > at:
            at = moments[index]
        yield upto, at, marks[upto]


def chunk_ends(plan: StreamPlan, promised: Sequence[int] | None) -> Iterable[int]:
    """Where HTTP chunks end, by default with each promised read, else with each event, and wherever the time changes.

    A body without HTTP chunks is cut at the same places as one with the default ones, to be written piece by piece.
    """
    kind = plan.body.http_chunks
    if isinstance(kind, int):
        return range(kind, plan.size, kind)
    if kind == "whole" or (kind is None and plan.segments == "whole"):
        return ()
    ends = plan.event_ends if kind == "event" or promised is None else promised
    # Where nothing else is said: a client that reads whole chunks would see the first part of one only with the last.
    return ends if kind else chain(ends, plan.columns.turns())


def _flushes(plan: StreamPlan) -> Iterable[int]:
    """Where compressed bytes must be readable though no read is promised to end there."""
    return chain(plan.event_ends, plan.columns.turns()) if plan.body.gzip == "event" else ()


def grouped(pieces: Iterable[Slice]) -> Iterator[tuple[list[Slice], bool]]:
    """The slices of each HTTP chunk, or frame, and whether it is the last."""
    group, before = list[Slice](), list[Slice]()
    for piece in pieces:
        group.append(piece)
        if piece.chunk_ends:
            if before:
                yield before, False
            before, group = group, []
    if before:
        yield before, True


def owed(plan: StreamPlan) -> int:
    """How many bytes an HTTP chunk, or frame, that is cut still owes: the rest of the event it stopped in, or of the
    next one."""
    stop = plan.size if plan.ending.stop is None else plan.ending.stop
    return next((end - stop for end in plan.event_ends if end > stop), 1)


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

"""Long sequences of small records, as columns.

A reply may have a million chunks. An object for each piece, chunk and write of it would take some 500 bytes a chunk,
and the garbage collector would look at every one of them again and again. Here they are kept as one run of bytes (or
one text) and arrays of numbers beside it; a record is made when it is asked for. They compare equal to any sequence of
the same records, and slices of them are tuples.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, NamedTuple, TypeVar, overload

T = TypeVar("T")
SMALL = 4096
"""Bytes that are worth no view: fewer than this are copied."""


class Piece(NamedTuple):
    """A run of payload that becomes known at one moment: an event, a comment, or a part of either."""

    data: bytes
    at: float
    """Seconds after the request was complete."""
    chunk: int | None = None
    """Which chunk of the text it carries (counted from 0); None: none."""
    ends_event: bool = True
    closes: bool = False
    """It belongs to what the dialect says behind the last chunk: ``stop``, ``done``."""
    holds: bool = False
    """What comes behind it waits until the stream is released. It has no bytes."""


class Write(NamedTuple):
    """Bytes that leave together."""

    at: float
    """Seconds after the request was complete."""
    data: bytes
    boundary: bool
    """No read of the client may span the end of this write."""
    upto: int = 0
    """The payload offset that has been sent with it; under gzip a boundary is one in what can be decompressed."""


class _Columns(Sequence[T]):
    """What the three have in common: ``ends``, where each record's part of the whole ends."""

    __slots__ = ("ends",)
    ends: array[int]

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        places = range(len(self.ends))[index]
        return self._record(places) if isinstance(places, int) else tuple(map(self._record, places))

    def __iter__(self) -> Iterator[T]:
        return map(self._record, range(len(self.ends)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence):
            return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __add__(self, other: Iterable[T]) -> tuple[T, ...]:
        return (*self, *other)

    def _start(self, index: int) -> int:
        return self.ends[index - 1] if index else 0

    def _record(self, index: int) -> T:
        raise NotImplementedError


class Texts(_Columns[str]):
    """The chunks of a text."""

    __slots__ = ("text",)

    def __init__(self, chunks: Iterable[str]) -> None:
        chunks = chunks if isinstance(chunks, tuple) else tuple(chunks)
        self.text = "".join(chunks)
        self.ends = narrow(array("q", accumulate(map(len, chunks))))

    def __iter__(self) -> Iterator[str]:
        text, start = self.text, 0
        for end in self.ends:
            yield text[start:end]
            start = end

    def _record(self, index: int) -> str:
        return self.text[self._start(index) : self.ends[index]]


_EVENT, _CLOSES, _HOLDS = 1, 2, 4
_MOST = 2**31 - 1


def narrow(column: array[int]) -> array[int]:
    """With four bytes for each number, where that is enough."""
    return array("i", column) if max(column, default=0) <= _MOST else column


class Pieces(_Columns[Piece]):
    """The pieces of a payload; ``data`` is the payload."""

    __slots__ = ("chunks", "data", "flags", "moments")

    def __init__(self, pieces: Iterable[Piece] = ()) -> None:
        data, self.flags = bytearray(), bytearray()
        self.ends, self.chunks, self.moments = array("q"), array("q"), array("d")
        end, chunk_of, moment = self.ends.append, self.chunks.append, self.moments.append
        for payload, at, chunk, ends_event, closes, holds in pieces:
            data += payload
            end(len(data))
            chunk_of(-1 if chunk is None else chunk)
            moment(at)
            self.flags.append((_EVENT if ends_event else 0) | (_CLOSES if closes else 0) | (_HOLDS if holds else 0))
        self.data = bytes(data)
        self.ends, self.chunks = narrow(self.ends), narrow(self.chunks)

    def event_ends(self) -> Iterator[int]:
        """The payload offsets at which events, or blocks of comments, end."""
        return (end for end, flags in zip(self.ends, self.flags, strict=True) if flags & _EVENT)

    def empty(self) -> list[tuple[int, float]]:
        """The payload offsets and the moments of pieces without bytes."""
        starts = chain((0,), self.ends)
        return [(end, at) for start, end, at in zip(starts, self.ends, self.moments, strict=False) if start == end]

    def turns(self) -> Iterator[int]:
        """The payload offsets of bytes that are known later than the ones before."""
        start, at = 0, -1.0
        for end, moment in zip(self.ends, self.moments, strict=True):
            if moment > at:
                yield start
                at = moment
            start = end

    def _record(self, index: int) -> Piece:
        chunk, flags = self.chunks[index], self.flags[index]
        return Piece(
            self.data[self._start(index) : self.ends[index]],
            self.moments[index],
            None if chunk < 0 else chunk,
            bool(flags & _EVENT),
            bool(flags & _CLOSES),
            bool(flags & _HOLDS),
        )


class Writes(_Columns[Write]):
    """The writes of a script; ``data`` is all that is written."""

    __slots__ = ("boundaries", "data", "frames", "moments", "uptos")

    def __init__(self, writes: Iterable[Write] = ()) -> None:
        data, self.boundaries = bytearray(), bytearray()
        self.ends, self.uptos, self.moments = array("q"), array("q"), array("d")
        end, upto_of, moment = self.ends.append, self.uptos.append, self.moments.append
        for at, payload, boundary, upto in writes:
            data += payload
            end(len(data))
            upto_of(upto)
            moment(at)
            self.boundaries.append(boundary)
        self.data = bytes(data)
        self.ends, self.uptos = narrow(self.ends), narrow(self.uptos)
        self.frames: array[int] | None = None
        """Where frames begin that need the number of their stream, and where the last of them ends; None: nobody has
        looked."""

    def share(self, pieces: Pieces) -> None:
        """Keeps the columns of the pieces where its own say the same, as they do where each piece is a write."""
        if self.uptos == pieces.ends:
            self.uptos = pieces.ends
        if self.moments == pieces.moments:
            self.moments = pieces.moments

    def due(self, index: int, elapsed: float, most: int) -> int:
        """How far the writes go, from this one, that may leave together: the index behind the last of them.

        Those are due whose moment is not behind ``elapsed``; ``most`` bytes are enough; a boundary is the end.
        """
        stop = bisect_right(self.moments, elapsed, index)
        stop = min(stop, bisect_right(self.ends, self._start(index) + most - 1, index, stop) + 1)
        return self.stop(index, stop)

    def stop(self, index: int, end: int | None = None) -> int:
        """The index behind the first boundary from this write on; ``end``, or that of all, if there is none before."""
        end = len(self.ends) if end is None else end
        boundary = self.boundaries.find(1, index, end)
        return end if boundary < 0 else boundary + 1

    def between(self, start: int, end: int) -> bytes | memoryview:
        """Bytes to be written; of many, a view."""
        return self.data[start:end] if end - start < SMALL else memoryview(self.data)[start:end]

    def _record(self, index: int) -> Write:
        return Write(
            self.moments[index],
            self.data[self._start(index) : self.ends[index]],
            bool(self.boundaries[index]),
            self.uptos[index],
        )


def columns(kind: type[Any], records: Iterable[Any]) -> Any:
    """The records as columns of this kind, unless they are."""
    return records if isinstance(records, kind) else kind(records)

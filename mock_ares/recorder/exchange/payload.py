"""What of an exchange its recording is made of: what was asked, and the body that came, with its moments."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from mock_ares.plan.http.slices import GZIP
from mock_ares.recorder.exchange.response import ReadEnd, ResponseReader


class UnrecordableError(Exception):
    """Why an exchange is not kept."""


class AnsweredByFakeError(UnrecordableError):
    """It need not be: the fake answers such a request by itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request its answer depends on."""

    method: str
    path: str
    message: str | None = None
    """None: it is no chat."""
    agent_type: str | None = None
    context_id: str | None = None
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class DecodedBody:
    """A body, its content coding undone."""

    data: bytes
    marks: tuple[ReadEnd, ...]
    chunk_ends: tuple[int, ...]
    gzip: bool
    whole: bool
    """A compressed one has its end."""

    def moment(self, offset: int) -> float:
        """When the byte behind an offset had come."""
        index = bisect_right(self.marks, offset, key=lambda mark: mark.end)
        return self.marks[min(index, len(self.marks) - 1)].at

    def reads_inside(self, start: int, end: int) -> Iterator[tuple[int, ReadEnd]]:
        """Those that end between two offsets, each behind the end of the one before it."""
        index = bisect_right(self.marks, start, key=lambda mark: mark.end)
        before = self.marks[index - 1].end if index else 0
        while index < len(self.marks) and self.marks[index].end < end:
            yield before, self.marks[index]
            before, index = self.marks[index].end, index + 1


def decoded(reader: ResponseReader) -> DecodedBody:
    coding = (reader.named("content-encoding") or "identity").strip().lower()
    marks, ends = tuple(reader.marks), tuple(reader.chunk_ends)
    if coding == "identity" or not reader.body:
        return DecodedBody(bytes(reader.body), marks, ends, gzip=False, whole=True)
    if coding not in ("gzip", "x-gzip"):
        raise UnrecordableError(
            f"it is compressed with {coding}, and only gzip can be read: let the server leave it out"
        )
    decoder, data, start = zlib.decompressobj(wbits=GZIP), bytearray(), 0
    places = {0: 0}
    try:
        for end in sorted({mark.end for mark in marks} | set(ends)):
            data += decoder.decompress(reader.body[start:end], reader.most + 1 - len(data))
            if len(data) > reader.most:
                raise UnrecordableError(f"it has more than {reader.most} bytes when it is decompressed")
            places[end] = len(data)
            start = end
    except zlib.error as error:
        raise UnrecordableError(f"it says that it is gzip, and is not: {error}") from None
    found = tuple(ReadEnd(mark.at, places[mark.end]) for mark in marks)
    return DecodedBody(bytes(data), found, tuple(places[end] for end in ends), gzip=True, whole=decoder.eof)

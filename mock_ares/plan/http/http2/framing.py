"""A body in HTTP/2: DATA frames (RFC 9113 6.1), and the flag that ends the stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from mock_ares.plan.http.http1.framing import announced
from mock_ares.plan.http.http2 import frames
from mock_ares.plan.http.http2.head import trailers
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.http.slices import Slice, grouped, owed
from mock_ares.plan.model import BODILESS, StreamPlan

_BESIDE = {
    "ping": frames.frame(frames.PING, b"mockares"),
    "settings": frames.frame(frames.SETTINGS),
    "window": frames.frame(frames.WINDOW_UPDATE, (1).to_bytes(4, "big")),
    "unknown": frames.frame(frames.UNKNOWN, b"nothing that a client knows", 0xFF),
}
"""What a server may say at any time, by its word in the language."""


def version(plan: StreamPlan, negotiated: Negotiated) -> Literal["2"]:
    return "2"


def stays_open(plan: StreamPlan, negotiated: Negotiated) -> bool:
    """A stream ends, and its connection goes on."""
    return plan.ending.kind in ("complete", "reset-stream")


def fields(plan: StreamPlan, negotiated: Negotiated, length: int, keep_alive: bool) -> Iterator[tuple[str, str]]:
    """The fields that tell how the body is carried. ``length``: bytes of the body. Raises PlanError."""
    assert plan.head is not None
    if plan.body.gzip:
        yield "content-encoding", "gzip"
    if plan.body.trailers:
        yield "trailer", ", ".join(plan.body.trailers)
    if plan.body.framing == "length" and plan.head.status not in BODILESS:
        yield "content-length", str(announced(plan, length))


def framed(plan: StreamPlan, slices: Iterable[Slice]) -> Iterator[tuple[bytes, Slice]]:
    """DATA around the slices: a frame may span several, and several writes. The longest are sent in several."""
    cut_last, padding, empty = plan.ending.inside_http_chunk, plan.body.padding, True
    beside, notices = b"".join(_BESIDE[word] for word in plan.body.beside), sorted(plan.notices)
    for group, last in grouped(slices):
        empty, cut = False, last and cut_last
        left = sum([len(piece.data) for piece in group])
        size, frame_left = left + (owed(plan) if cut else 0), 0
        for piece in group:
            parts, data = [beside] if piece is group[0] else [], piece.data
            while data:
                if not frame_left:
                    frame_left = min(size, frames.MOST - (1 + padding if padding else 0))
                    parts.append(_opening(frame_left, padding))
                    size -= frame_left
                part, data = data[:frame_left], data[frame_left:]
                frame_left -= len(part)
                parts.append(part)
                if padding and not frame_left:
                    parts.append(bytes(padding))
            while notices and notices[0][0] <= piece.upto and not frame_left:
                parts.append(notices.pop(0)[1])
            yield b"".join(parts), piece
    if cut_last and empty:
        assert plan.head is not None
        yield _opening(owed(plan), 0), Slice(b"", plan.head.at, 0, plan.segments != "free", True)


def _opening(length: int, padding: int) -> bytes:
    if not padding:
        return frames.opening(frames.DATA, length)
    return frames.opening(frames.DATA, 1 + length + padding, frames.PADDED) + bytes((padding,))


def end(plan: StreamPlan) -> bytes:
    """What ends the stream, behind its last byte: the flag, on a frame without data or on trailers."""
    if plan.body.trailers:
        return trailers(plan.body.trailers.items())
    return frames.frame(frames.DATA, flags=frames.END_STREAM)


def alone(plan: StreamPlan, data: bytes) -> bytes | None:
    """Bytes of the payload that nobody has counted, in a frame of their own; None where there is no room for such."""
    return None if plan.body.framing == "length" else _opening(len(data), 0) + data


def is_framed(plan: StreamPlan) -> bool:
    """Whether parts of the body are told apart, so that one can stand between two."""
    return True


def places(data: bytes, inside: str) -> list[int]:
    """Offsets in frames at which a read can end inside what HTTP puts around data."""
    found, at = list[int](), 0
    while at < len(data):
        end = at + frames.HEADER + int.from_bytes(data[at : at + 3], "big")
        if inside == "size":
            found += [at + 1, at + 4]
        elif inside == "crlf":
            found += [at, at + frames.HEADER]
        elif end >= len(data):
            found += range(at + 1, at + frames.HEADER)
        at = end
    return [place for place in found if 0 < place < len(data)]

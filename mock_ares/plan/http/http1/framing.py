"""A body in HTTP/1.1: in chunks, of known length, or up to the connection's end (RFC 9112 6, 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.http.slices import Slice, grouped, owed
from mock_ares.plan.model import BODILESS, StreamPlan
from mock_ares.plan.positions import PlanError


def version(plan: StreamPlan, negotiated: Negotiated) -> Literal["1.0", "1.1"]:
    """As the head has it."""
    old = plan.body.framing == "http1.0" or (negotiated.version == "1.0" and negotiated.manners.in_kind)
    return "1.0" if old else "1.1"


def stays_open(plan: StreamPlan, negotiated: Negotiated) -> bool:
    """Whether the connection serves another request behind this one."""
    body, ending = plan.body, plan.ending
    delimited = body.framing in ("chunked", "length") and body.connection != "close"
    return negotiated.keep_alive and delimited and ending.kind == "complete" and not ending.length_delta


def fields(plan: StreamPlan, negotiated: Negotiated, length: int, keep_alive: bool) -> Iterator[tuple[str, str]]:
    """The fields that tell how the body is carried. ``length``: bytes of the body."""
    assert plan.head is not None
    body = plan.body
    if body.gzip:
        yield "content-encoding", "gzip"
    if body.framing == "chunked":
        yield "transfer-encoding", "chunked"
        if body.content_length is not None:
            yield "content-length", str(body.content_length)
    if body.trailers:
        yield "trailer", ", ".join(body.trailers)
    if body.framing == "length" and plan.head.status not in BODILESS:  # RFC 9110 8.6
        yield "content-length", str(announced(plan, length))
    if version(plan, negotiated) == "1.0" and negotiated.manners.in_kind:
        if negotiated.keep_alive:
            yield "connection", "keep-alive"
    elif not keep_alive and not _ends_unannounced(plan, negotiated):
        yield "connection", "close"
    elif negotiated.version == "1.0":
        yield "connection", "keep-alive"


def announced(plan: StreamPlan, length: int) -> int:
    """What Content-Length says. Raises PlanError."""
    said = length + plan.ending.length_delta
    if said < 0:
        raise PlanError(
            f"short_length: the body has {length} bytes, {-plan.ending.length_delta} less is less than none"
        )
    return said


def _ends_unannounced(plan: StreamPlan, negotiated: Negotiated) -> bool:
    """The abrupt end is the point: a connection that was to stay open ends all the same."""
    body, ending = plan.body, plan.ending
    abrupt = ending.kind != "complete" and not ending.tail
    return abrupt and negotiated.keep_alive and body.connection != "close" and body.framing in ("chunked", "length")


def framed(plan: StreamPlan, slices: Iterable[Slice]) -> Iterator[tuple[bytes, Slice]]:
    """What HTTP puts around the slices."""
    return _chunked(plan, slices) if plan.body.framing == "chunked" else ((piece.data, piece) for piece in slices)


def _chunked(plan: StreamPlan, pieces: Iterable[Slice]) -> Iterator[tuple[bytes, Slice]]:
    """HTTP chunks around the slices (RFC 9112 7.1): a chunk may span several, and several writes."""
    opening, cut_last, empty = _chunk_opening(plan), plan.ending.inside_http_chunk, True
    for group, last in grouped(pieces):
        empty, cut = False, last and cut_last
        if len(group) == 1 and not cut:  # nearly always
            data = group[0].data
            yield b"%b%b\r\n" % (opening % len(data), data), group[0]
            continue
        size = sum([len(piece.data) for piece in group])
        opened = opening % (size + owed(plan) if cut else size)
        for piece in group[:-1]:
            yield opened + piece.data, piece
            opened = b""
        yield opened + group[-1].data + (b"" if cut else b"\r\n"), group[-1]
    if cut_last and empty:
        assert plan.head is not None
        yield opening % owed(plan), Slice(b"", plan.head.at, 0, plan.segments != "free", True)


def _chunk_opening(plan: StreamPlan) -> bytes:
    """The line before an HTTP chunk, the size still to be filled in."""
    return _SIZES[plan.body.sizes] + (plan.body.extensions or "").encode("latin-1").replace(b"%", b"%%") + b"\r\n"


_SIZES = {"usual": b"%x", "capitals": b"%X", "zeros": b"00%x"}


def end(plan: StreamPlan) -> bytes:
    """What says that a body is complete, behind its last byte: the last chunk, and trailers."""
    if plan.body.framing != "chunked":
        return b""
    lines = "".join(f"{name}: {value}\r\n" for name, value in plan.body.trailers.items())
    return _chunk_opening(plan) % 0 + lines.encode("latin-1") + b"\r\n"


def alone(plan: StreamPlan, data: bytes) -> bytes | None:
    """Bytes of the payload that nobody has counted, by themselves; None where there is no room for such."""
    if plan.body.framing == "length":
        return None
    return _chunk_opening(plan) % len(data) + data + b"\r\n" if plan.body.framing == "chunked" else data


def is_framed(plan: StreamPlan) -> bool:
    """Whether parts of the body are told apart, so that one can stand between two."""
    return plan.body.framing == "chunked"


def places(data: bytes, inside: str) -> list[int]:
    """Offsets in the bytes of HTTP chunks at which a read can end inside what HTTP puts around them."""
    found, at = list[int](), 0
    while (stop := data.find(b"\r\n", at)) >= 0 and (size := _SIZE.match(data, at)):
        chunk = int(size[0], 16)
        if inside == "size":
            found += [at + 1, stop + 1]
        elif inside == "last" and not chunk:
            found += range(at + 1, len(data))
        if not chunk:
            break
        at = stop + 2 + chunk + 2
        if inside == "crlf":
            found += [at - 2, at - 1]
    return [place for place in found if place < len(data)]


_SIZE = re.compile(rb"[0-9A-Fa-f]+")

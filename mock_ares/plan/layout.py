"""A plan to a script: payload to wire bytes.

Two kinds of marks cut the payload: where the client's reads must end, and where HTTP chunks end. Between two marks the
bytes stay together. Under gzip the marks keep their place in the decoded bytes, and a sync flush makes the compressed
bytes before a mark decodable by themselves (RFC 1952; zlib's Z_SYNC_FLUSH).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal, NamedTuple

from mock_ares.plan.model import Head, Headers, Script, StreamPlan, Write
from mock_ares.plan.segmentation import cuts

GZIP = 16 + zlib.MAX_WBITS
LAST_CHUNK = b"0\r\n"


@dataclass(frozen=True, slots=True)
class Peer:
    """What of the request decides how a body may be carried."""

    version: str = "1.1"
    gzip: bool = False
    """It accepts gzip."""
    keep_alive: bool = True


class _Slice(NamedTuple):
    data: bytes
    """As it goes into the HTTP body: compressed, where the body is."""
    at: float
    read_ends: bool
    chunk_ends: bool


def lay_out(plan: StreamPlan, peer: Peer = Peer()) -> Script:
    """The bytes of every write, when it leaves, and which must be read before the next."""
    plan = _for_peer(plan, peer)
    if plan.head is None:
        tail = [Write(plan.ending.at or 0.0, plan.ending.tail, False)] if plan.ending.tail else []
        return Script(None, False, tuple(tail), plan.ending, keep_alive=False)
    promised = cuts(plan)
    slices = list(_slices(plan, promised, peer))
    framed = list(_chunked(plan, slices)) if _is_chunked(plan) else [(s.data, s) for s in slices]
    writes = _with_end(plan, list(_writes(framed, promised is not None)))
    keep_alive = _stays_open(plan, peer)
    length = sum(len(piece.data) for piece in slices) if plan.body.framing == "length" else None
    head = replace(plan.head, headers=_headers(plan, peer, length, keep_alive), version=_version(plan))
    whole = promised is not None and len(promised) == 1 and not any(w.at > plan.head.at for w in writes)
    return Script(head, promised is not None and not whole, writes, plan.ending, keep_alive)


def _for_peer(plan: StreamPlan, peer: Peer) -> StreamPlan:
    body = plan.body
    if not peer.gzip and body.gzip:
        body = replace(body, gzip=None)
    if peer.version == "1.0" and body.framing == "chunked":  # RFC 9112 7.1: a 1.0 client knows no chunks
        body = replace(body, framing="close", extensions=None, trailers={}, http_chunks=None)
    return replace(plan, body=body)


def _version(plan: StreamPlan) -> Literal["1.0", "1.1"]:
    return "1.0" if plan.body.framing == "http1.0" else "1.1"


def _is_chunked(plan: StreamPlan) -> bool:
    return plan.body.framing == "chunked"


def _stays_open(plan: StreamPlan, peer: Peer) -> bool:
    body, ending = plan.body, plan.ending
    ends_with_close = body.framing in ("close", "http1.0") or body.connection == "close" or ending.length_delta
    return peer.keep_alive and ending.kind == "complete" and not ending.tail and not ends_with_close


def _headers(plan: StreamPlan, peer: Peer, length: int | None, keep_alive: bool) -> Headers:
    assert plan.head is not None
    fields = list(plan.head.headers)
    own = {name for name, _ in fields}
    if plan.body.gzip:
        fields.append(("content-encoding", "gzip"))
        fields.append(("vary", "accept-encoding"))
    if _is_chunked(plan):
        fields.append(("transfer-encoding", "chunked"))
        if plan.body.trailers:
            fields.append(("trailer", ", ".join(plan.body.trailers)))
    if length is not None:
        fields.append(("content-length", str(_declared(plan, length))))
    closing = not keep_alive and not (plan.ending.kind in ("close", "reset", "hang") and _announces_nothing(plan, peer))
    if closing:
        fields.append(("connection", "close"))
    elif peer.version == "1.0":
        fields.append(("connection", "keep-alive"))
    return tuple(field for field in fields if field[0] in dict(plan.head.headers) or field[0] not in own)


def _announces_nothing(plan: StreamPlan, peer: Peer) -> bool:
    """An abrupt end is the point: a connection that was to stay open ends all the same."""
    return peer.keep_alive and plan.body.connection == "keep-alive" and plan.body.framing in ("chunked", "length")


def _declared(plan: StreamPlan, sent: int) -> int:
    """The Content-Length: of the whole body, also where only a part of it will be sent."""
    full = sent
    if plan.ending.stop is not None and plan.ending.kind != "complete":
        full = sum(len(piece.data) for piece in plan.pieces)
        if plan.body.gzip:
            full = len(zlib.compress(plan.payload, wbits=GZIP)) + sent  # more than is sent, whatever the flushes add
    return max(0, full + plan.ending.length_delta)


def _slices(plan: StreamPlan, promised: tuple[int, ...] | None, peer: Peer) -> Iterator[_Slice]:
    """The payload between two marks, each slice as it goes into the HTTP body."""
    stop = plan.ending.stop
    size = sum(len(piece.data) for piece in plan.pieces)
    end = size if stop is None else min(stop, size)
    reads = set(promised or ())
    chunks = _chunk_ends(plan, promised, size)
    flushed = set(accumulate(len(p.data) for p in plan.pieces)) if plan.body.gzip == "event" else set[int]()
    marks = sorted({m for m in reads | chunks | flushed | {end} if 0 < m <= end})
    pack = _packer(plan)
    for upto, data, at in _runs(plan, marks, end):
        last, read_ends = upto == end, upto in reads or (promised is not None and upto == end)
        packed = pack(data, read_ends or upto in flushed, last)
        if packed or read_ends:
            yield _Slice(packed, at, read_ends, upto in chunks or last)
    if not end:
        tail = pack(b"", False, True)
        if tail:
            yield _Slice(tail, plan.head.at if plan.head else 0.0, False, True)


def _runs(plan: StreamPlan, marks: Sequence[int], end: int) -> Iterator[tuple[int, bytes, float]]:
    """From mark to mark: offsets, payload, and the moment its last byte is known; cut where the time changes, too."""
    payload = memoryview(plan.payload)
    targets = iter(marks)
    target, start, at, run = next(targets, end), 0, 0.0, 0
    for piece in plan.pieces:
        piece_end = min(start + len(piece.data), end)
        if run < start and piece.at > at:
            yield start, bytes(payload[run:start]), at
            run = start
        at = piece.at
        while run < piece_end and target <= piece_end:
            yield target, bytes(payload[run:target]), at
            run, target = target, next(targets, end + 1)
        start += len(piece.data)
        if start >= end:
            return


def _chunk_ends(plan: StreamPlan, promised: tuple[int, ...] | None, size: int) -> set[int]:
    """Where HTTP chunks end, by default with each promised read, else with each event."""
    kind = plan.body.http_chunks or ("segment" if promised is not None else "event")
    if isinstance(kind, int):
        return set(range(kind, size, kind)) | {size}
    if kind == "event":
        return set(accumulate(len(piece.data) for piece in plan.pieces))
    return set(promised or ()) | {size} if kind == "segment" else {size}


def _packer(plan: StreamPlan) -> Callable[[bytes, bool, bool], bytes]:
    if not plan.body.gzip:
        return lambda data, flush, last: data
    deflate = zlib.compressobj(wbits=GZIP)
    whole = plan.ending.kind == "complete" and plan.ending.gzip_trailer

    def pack(data: bytes, flush: bool, last: bool) -> bytes:
        packed = deflate.compress(data)
        if last:
            return packed + deflate.flush(zlib.Z_FINISH if whole else zlib.Z_SYNC_FLUSH)
        return packed + deflate.flush(zlib.Z_SYNC_FLUSH) if flush else packed

    return pack


def _chunked(plan: StreamPlan, slices: list[_Slice]) -> Iterator[tuple[bytes, _Slice]]:
    """HTTP chunks around the slices (RFC 9112 7.1): a chunk may span several, and several writes."""
    extension = (plan.body.extensions or "").encode()
    start = 0
    while start < len(slices):
        stop = next((i for i in range(start, len(slices)) if slices[i].chunk_ends), len(slices) - 1) + 1
        group = slices[start:stop]
        size = sum(len(piece.data) for piece in group)
        cut = plan.ending.inside_http_chunk and stop == len(slices)
        announced = size + _owed(plan) if cut else size
        for index, piece in enumerate(group):
            opened = b"%x%s\r\n" % (announced, extension) if index == 0 and announced else b""
            closed = b"\r\n" if index == len(group) - 1 and announced and not cut else b""
            yield opened + piece.data + closed, piece
        start = stop
    if plan.ending.inside_http_chunk and not slices:
        yield (
            b"%x%s\r\n" % (_owed(plan), extension),
            _Slice(b"", plan.head.at if plan.head else 0.0, False, True),
        )


def _owed(plan: StreamPlan) -> int:
    """How many bytes the cut chunk still owes: the rest of the event it stopped in, or of the next one."""
    stop, end = plan.ending.stop or 0, 0
    for piece in plan.pieces:
        end += len(piece.data)
        if end > stop:
            return end - stop
    return 1


def _writes(framed: list[tuple[bytes, _Slice]], promised: bool) -> Iterator[Write]:
    """Slices of one moment leave together unless a read must end between them."""
    held, at = list[bytes](), 0.0
    for data, piece in framed:
        if held and piece.at > at and not promised:
            yield Write(at, b"".join(held), False)
            held = []
        held.append(data)
        at = piece.at
        if piece.read_ends or not promised:
            yield Write(at, b"".join(held), piece.read_ends)
            held = []
    if held:
        yield Write(at, b"".join(held), False)


def _with_end(plan: StreamPlan, writes: list[Write]) -> tuple[Write, ...]:
    """What HTTP or the ending puts behind the payload, together with the last write unless it has its own time."""
    ending, tail = plan.ending, plan.ending.tail
    if ending.kind == "complete" and _is_chunked(plan) and not tail:
        fields = "".join(f"{name}: {value}\r\n" for name, value in plan.body.trailers.items())
        tail = LAST_CHUNK + fields.encode("latin-1") + b"\r\n"
    if not tail:
        return tuple(writes)
    at = plan.head.at if plan.head else 0.0
    if ending.at is not None and writes and ending.at > writes[-1].at:
        return (*writes, Write(ending.at, tail, False))
    if not writes:
        return (Write(ending.at or at, tail, False),)
    last = writes[-1]
    return (*writes[:-1], last._replace(data=last.data + tail))


__all__ = ["Head", "Peer", "lay_out"]

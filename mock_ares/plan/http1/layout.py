"""A plan to a script: payload to wire bytes, with all that HTTP puts around it (RFC 9112)."""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from mock_ares.plan.columns import Write, Writes
from mock_ares.plan.http1.negotiation import Negotiated, carried
from mock_ares.plan.http1.slices import Slice, chunk_ends, slices
from mock_ares.plan.model import BODILESS, Ending, EndingKind, Headers, Hold, Script, StreamPlan
from mock_ares.plan.pacing import HELD
from mock_ares.plan.positions import PlanError
from mock_ares.plan.segmentation import cuts


def lay_out(plan: StreamPlan, negotiated: Negotiated = Negotiated()) -> Script:
    """The bytes of every write, when it leaves, and which must be read before the next.

    Raises PlanError where the payload has no place of the kind that its segments ask for.
    """
    plan = carried(plan, negotiated)
    if plan.head is None:
        tail = (Write(plan.ending.at or 0.0, plan.ending.tail, False),) if plan.ending.tail else ()
        return Script(None, False, tail, plan.ending, keep_alive=False)
    promised = cuts(plan)
    sliced = slices(plan, promised)
    framed = _chunked(plan, sliced.slices) if _is_chunked(plan) else ((piece.data, piece) for piece in sliced.slices)
    writes = _whole(framed) if plan.segments == "whole" else _writes(framed, promised is not None)
    ended = _with_end(plan, writes)
    inside = plan.body.reads if promised is not None else None
    written = Writes(_parted(ended, inside) if inside not in (None, "head") else ended)
    written.share(plan.columns)
    keep_alive = _stays_open(plan, negotiated)
    dropped = _DROPPED.get(plan.body.connection) if keep_alive else None
    ending = _framed_heartbeat(plan)
    head = replace(
        plan.head,
        headers=_headers(plan, negotiated, sliced.length, keep_alive),
        version=_version(plan, negotiated),
        last=negotiated.manners.last,
    )
    return Script(
        head,
        head_boundary=plan.segments not in ("free", "whole"),
        writes=written,
        ending=replace(ending, kind=dropped) if dropped else ending,
        keep_alive=keep_alive and dropped is None,
        before_fault=len(written) - _fault_is_written(plan) if dropped or _takes_back(plan) else None,
        head_parted=inside == "head",
        holds=tuple(_holds(plan, written, promised)),
    )


_DROPPED: dict[str, EndingKind] = {"idle-close": "close", "idle-reset": "reset"}
"""How connections end that were promised to stay open."""


def head_only(script: Script, *, without: str = "") -> Script:
    """The answer to HEAD: the head of the GET, and nothing behind it (RFC 9110 9.3.2), unless it is no HTTP.

    ``without``: a field that is left out.
    """
    if script.head is None:
        return script
    head = replace(script.head, headers=tuple(field for field in script.head.headers if field[0] != without))
    ending = replace(script.ending, heartbeat=None)
    before_fault = None if script.before_fault is None else 0
    return replace(script, head=head, writes=(), ending=ending, before_fault=before_fault, holds=())


def _takes_back(plan: StreamPlan) -> bool:
    """Whether the ending may take from the client what has come, but was not read: it is an error of the body's.

    Libraries drop what they have when a connection fails, and so does a ``ReadableStream`` (Streams 4.2.4).
    """
    return plan.ending.kind in ("close", "reset") or bool(plan.ending.tail) or _cuts_gzip(plan)


def _cuts_gzip(plan: StreamPlan) -> bool:
    return plan.body.gzip is not None and plan.ending.kind == "complete" and not plan.ending.ends_gzip


def _fault_is_written(plan: StreamPlan) -> bool:
    """Whether it is the last write that shows the error."""
    return bool(plan.ending.tail) or (_cuts_gzip(plan) and _is_chunked(plan))


def _is_chunked(plan: StreamPlan) -> bool:
    return plan.body.framing == "chunked"


# --- the head's fields ----------------------------------------------------------------------------------------------


def _stays_open(plan: StreamPlan, negotiated: Negotiated) -> bool:
    body, ending = plan.body, plan.ending
    delimited = body.framing in ("chunked", "length") and body.connection != "close"
    return negotiated.keep_alive and delimited and ending.kind == "complete" and not ending.length_delta


def _headers(plan: StreamPlan, negotiated: Negotiated, length: int, keep_alive: bool) -> Headers:
    """The plan's own fields, and those of the framing that the plan does not give itself."""
    assert plan.head is not None
    own = {name.lower() for name, _ in plan.head.headers}
    added = (field for field in _framing_fields(plan, negotiated, length, keep_alive) if field[0] not in own)
    vary = (("vary", "accept-encoding"),) if plan.body.gzip else ()
    return (*plan.head.headers, *added, *vary)


def _framing_fields(
    plan: StreamPlan, negotiated: Negotiated, length: int, keep_alive: bool
) -> Iterator[tuple[str, str]]:
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
        announced = length + plan.ending.length_delta
        if announced < 0:
            raise PlanError(
                f"short_length: the body has {length} bytes, {-plan.ending.length_delta} less is less than none"
            )
        yield "content-length", str(announced)
    if _version(plan, negotiated) == "1.0" and negotiated.manners.in_kind:
        if negotiated.keep_alive:
            yield "connection", "keep-alive"
    elif not keep_alive and not _ends_unannounced(plan, negotiated):
        yield "connection", "close"
    elif negotiated.version == "1.0":
        yield "connection", "keep-alive"


def _version(plan: StreamPlan, negotiated: Negotiated) -> Literal["1.0", "1.1"]:
    old = plan.body.framing == "http1.0" or (negotiated.version == "1.0" and negotiated.manners.in_kind)
    return "1.0" if old else "1.1"


def _ends_unannounced(plan: StreamPlan, negotiated: Negotiated) -> bool:
    """The abrupt end is the point: a connection that was to stay open ends all the same."""
    body, ending = plan.body, plan.ending
    abrupt = ending.kind != "complete" and not ending.tail
    return abrupt and negotiated.keep_alive and body.connection != "close" and body.framing in ("chunked", "length")


# --- the body -------------------------------------------------------------------------------------------------------


def _chunked(plan: StreamPlan, pieces: Iterable[Slice]) -> Iterator[tuple[bytes, Slice]]:
    """HTTP chunks around the slices (RFC 9112 7.1): a chunk may span several, and several writes."""
    opening, cut_last, empty = _chunk_opening(plan), plan.ending.inside_http_chunk, True
    for group, last in _grouped(pieces):
        empty, cut = False, last and cut_last
        if len(group) == 1 and not cut:  # nearly always
            data = group[0].data
            yield b"%b%b\r\n" % (opening % len(data), data), group[0]
            continue
        size = sum([len(piece.data) for piece in group])
        opened = opening % (size + _owed(plan) if cut else size)
        for piece in group[:-1]:
            yield opened + piece.data, piece
            opened = b""
        yield opened + group[-1].data + (b"" if cut else b"\r\n"), group[-1]
    if cut_last and empty:
        assert plan.head is not None
        yield opening % _owed(plan), Slice(b"", plan.head.at, 0, plan.segments != "free", True)


def _grouped(pieces: Iterable[Slice]) -> Iterator[tuple[list[Slice], bool]]:
    """The slices of each HTTP chunk, and whether it is the last."""
    group, before = list[Slice](), list[Slice]()
    for piece in pieces:
        group.append(piece)
        if piece.chunk_ends:
            if before:
                yield before, False
            before, group = group, []
    if before:
        yield before, True


def _chunk_opening(plan: StreamPlan) -> bytes:
    """The line before an HTTP chunk, the size still to be filled in."""
    return _SIZES[plan.body.sizes] + (plan.body.extensions or "").encode("latin-1").replace(b"%", b"%%") + b"\r\n"


_SIZES = {"usual": b"%x", "capitals": b"%X", "zeros": b"00%x"}


def _owed(plan: StreamPlan) -> int:
    """How many bytes the cut chunk still owes: the rest of the event it stopped in, or of the next one."""
    stop = plan.size if plan.ending.stop is None else plan.ending.stop
    return next((end - stop for end in plan.event_ends if end > stop), 1)


def _writes(framed: Iterable[tuple[bytes, Slice]], promised: bool) -> Iterator[Write]:
    """A write for each slice; where reads are promised, for each moment between two of their ends."""
    if not promised:
        yield from (Write(piece.at, data, False, piece.upto) for data, piece in framed)
        return
    held, at, upto = list[bytes](), 0.0, 0
    for data, piece in framed:
        if held and piece.at > at:
            yield Write(at, b"".join(held), False, upto)
            held = []
        held.append(data)
        at, upto = piece.at, piece.upto
        if piece.read_ends:
            yield Write(at, b"".join(held), True, upto)
            held = []


def _whole(framed: Iterable[tuple[bytes, Slice]]) -> Iterator[Write]:
    """All in one, when the last of it is known."""
    data, last = bytearray(), None
    for part, piece in framed:
        data += part
        last = piece
    if last is not None:
        yield Write(last.at, bytes(data), True, last.upto)


def _parted(writes: Iterable[Write], inside: str) -> Iterator[Write]:
    """The writes, cut at places of HTTP's own framing: each of their HTTP chunks begins and ends in one of them."""
    upto = 0
    for write in writes:
        start = 0
        for at in _places(write.data, inside):
            yield write._replace(data=write.data[start:at], boundary=True, upto=upto)
            start = at
        yield write._replace(data=write.data[start:])
        upto = write.upto


def _places(data: bytes, inside: str) -> list[int]:
    """Offsets in the bytes of HTTP chunks at which a read can end inside what HTTP puts around them."""
    found, at = list[int](), 0
    while (end := data.find(b"\r\n", at)) >= 0 and (size := _SIZE.match(data, at)):
        chunk = int(size[0], 16)
        if inside == "size":
            found += [at + 1, end + 1]
        elif inside == "last" and not chunk:
            found += range(at + 1, len(data))
        if not chunk:
            break
        at = end + 2 + chunk + 2
        if inside == "crlf":
            found += [at - 2, at - 1]
    return [place for place in found if place < len(data)]


_SIZE = re.compile(rb"[0-9A-Fa-f]+")


def _with_end(plan: StreamPlan, writes: Iterable[Write]) -> Iterator[Write]:
    """What HTTP or the ending puts behind the payload: with the last write, or after it if it is a fault."""
    ending, tail = plan.ending, plan.ending.tail
    if ending.kind == "complete" and _is_chunked(plan):
        fields = "".join(f"{name}: {value}\r\n" for name, value in plan.body.trailers.items())
        tail = _chunk_opening(plan) % 0 + fields.encode("latin-1") + b"\r\n"
    if not tail:
        yield from writes
        return
    assert plan.head is not None
    last = Write(plan.head.at, b"", False)
    for write in writes:
        if last.data:
            yield last
        last = write
    later = ending.at is not None and ending.at > last.at
    if later or _fault_is_written(plan):
        if last.data:
            yield last
        yield Write(ending.at if ending.at is not None and later else last.at, tail, False, last.upto)
    else:
        yield last._replace(data=last.data + tail)


def _holds(plan: StreamPlan, writes: Writes, promised: Sequence[int] | None) -> Iterator[Hold]:
    """Where the script waits. Comments need an HTTP chunk of their own, and bytes that no checksum behind counts."""
    if not plan.holds:
        return
    room = {0, *chunk_ends(plan, promised)} if _is_chunked(plan) else {hold.place for hold in plan.holds}
    for hold in plan.holds:
        beats = not plan.body.gzip and hold.place in room
        before = bisect_right(writes.moments, hold.at + HELD / 2)
        yield Hold(hold.at, before, _framed(plan, hold.heartbeat) if beats else None)


def _framed_heartbeat(plan: StreamPlan) -> Ending:
    """The ending, its heartbeat as it goes over the wire."""
    return replace(plan.ending, heartbeat=_framed(plan, plan.ending.heartbeat))


def _framed(plan: StreamPlan, heartbeat: tuple[float, bytes] | None) -> tuple[float, bytes] | None:
    """A heartbeat as it goes over the wire; none where Content-Length has no room for one."""
    if heartbeat is None or plan.body.framing == "length":
        return None
    interval, data = heartbeat
    if plan.body.gzip:  # a stored block (RFC 1951 3.2.4): the same bytes each time, behind the flush of the one before
        data = b"\0" + struct.pack("<HH", len(data), 0xFFFF - len(data)) + data
    if plan.body.framing == "chunked":
        data = _chunk_opening(plan) % len(data) + data + b"\r\n"
    return interval, data

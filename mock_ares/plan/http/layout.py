"""A plan to a script: payload to wire bytes, with all that HTTP puts around it (RFC 9112, RFC 9113)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, Protocol

from mock_ares.plan.columns import Write, Writes
from mock_ares.plan.http.http1 import framing as http1
from mock_ares.plan.http.http2 import framing as http2
from mock_ares.plan.http.http2.frames import data_frames
from mock_ares.plan.http.negotiation import Negotiated, carried, utterable
from mock_ares.plan.http.slices import Slice, chunk_ends, slices
from mock_ares.plan.model import BODILESS, EndingKind, Headers, Hold, Script, StreamPlan
from mock_ares.plan.pacing import HELD
from mock_ares.plan.segmentation import cuts


class HttpFraming(Protocol):
    """What a version of HTTP puts around a body."""

    def version(self, plan: StreamPlan, negotiated: Negotiated) -> Literal["1.0", "1.1", "2"]: ...
    def stays_open(self, plan: StreamPlan, negotiated: Negotiated) -> bool: ...
    def fields(
        self, plan: StreamPlan, negotiated: Negotiated, length: int, keep_alive: bool
    ) -> Iterator[tuple[str, str]]: ...
    def framed(self, plan: StreamPlan, slices: Iterable[Slice]) -> Iterator[tuple[bytes, Slice]]: ...
    def end(self, plan: StreamPlan) -> bytes: ...
    def alone(self, plan: StreamPlan, data: bytes) -> bytes | None: ...
    def is_framed(self, plan: StreamPlan) -> bool: ...
    def places(self, data: bytes, inside: str) -> list[int]: ...


def lay_out(plan: StreamPlan, negotiated: Negotiated = Negotiated()) -> Script:
    """The bytes of every write, when it leaves, and which must be read before the next.

    Raises PlanError where the payload has no place of the kind that its segments ask for, and for what cannot be said
    by this version of HTTP.
    """
    utterable(plan, negotiated)
    plan, framing = carried(plan, negotiated), _framing(negotiated)
    ending = plan.ending
    if plan.head is None:
        tail = (Write(ending.at or 0.0, ending.tail, False),) if ending.tail else ()
        return Script(None, False, tail, ending, keep_alive=ending.kind == "reset-stream")
    promised = cuts(plan)
    sliced = slices(plan, promised)
    framed = framing.framed(plan, sliced.slices)
    writes = _whole(framed) if plan.segments == "whole" else _writes(framed, promised is not None)
    ended = _with_end(plan, writes, framing)
    inside = plan.body.reads if promised is not None else None
    written = Writes(_parted(ended, inside, framing) if inside not in (None, "head") else ended)
    written.share(plan.columns)
    if framing is http2:
        written.frames = data_frames(written.data)
    keep_alive = framing.stays_open(plan, negotiated)
    dropped = _DROPPED.get(plan.body.connection) if keep_alive else None
    head = replace(
        plan.head,
        headers=_headers(plan, negotiated, sliced.length, keep_alive, framing),
        version=framing.version(plan, negotiated),
        last=negotiated.manners.last,
        ends=not written and framing is http2 and plan.ending.kind == "complete",
    )
    return Script(
        head,
        head_boundary=plan.segments not in ("free", "whole"),
        writes=written,
        ending=replace(ending, kind=dropped or ending.kind, heartbeat=_framed(plan, ending.heartbeat, framing)),
        keep_alive=keep_alive and dropped is None,
        before_fault=len(written) - _fault_is_written(plan, framing) if dropped or _takes_back(plan) else None,
        head_parted=inside == "head",
        holds=tuple(_holds(plan, written, promised, framing)),
    )


def _framing(negotiated: Negotiated) -> HttpFraming:
    return http2 if negotiated.version == "2" else http1


_DROPPED: dict[str, EndingKind] = {"idle-close": "close", "idle-reset": "reset"}
"""How connections end that were promised to stay open."""


def head_only(script: Script, *, without: str = "") -> Script:
    """The answer to HEAD: the head of the GET, and nothing behind it (RFC 9110 9.3.2), unless it is no HTTP.

    ``without``: a field that is left out.
    """
    if script.head is None:
        return script
    head = replace(script.head, headers=tuple(field for field in script.head.headers if field[0] != without))
    head = replace(head, ends=head.version == "2" and script.ending.kind == "complete")
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


def _fault_is_written(plan: StreamPlan, framing: HttpFraming) -> bool:
    """Whether it is the last write that shows the error."""
    return bool(plan.ending.tail) or (_cuts_gzip(plan) and bool(framing.end(plan)))


def _headers(plan: StreamPlan, negotiated: Negotiated, length: int, keep_alive: bool, framing: HttpFraming) -> Headers:
    """The plan's own fields, and those of the framing that the plan does not give itself."""
    assert plan.head is not None
    own = {name.lower() for name, _ in plan.head.headers}
    given = framing.fields(plan, negotiated, length, keep_alive)
    added = (field for field in given if field[0] not in own)
    vary = (("vary", "accept-encoding"),) if plan.body.gzip else ()
    return (*plan.head.headers, *added, *vary)


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


def _parted(writes: Iterable[Write], inside: str, framing: HttpFraming) -> Iterator[Write]:
    """The writes, cut at places of HTTP's own framing: each of their HTTP chunks begins and ends in one of them."""
    upto = 0
    for write in writes:
        start = 0
        for at in framing.places(write.data, inside):
            yield write._replace(data=write.data[start:at], boundary=True, upto=upto)
            start = at
        yield write._replace(data=write.data[start:])
        upto = write.upto


def _with_end(plan: StreamPlan, writes: Iterable[Write], framing: HttpFraming) -> Iterator[Write]:
    """What HTTP or the ending puts behind the payload: with the last write, or after it if it is a fault."""
    assert plan.head is not None
    ending, tail = plan.ending, plan.ending.tail
    if ending.kind == "complete" and not tail and plan.head.status not in BODILESS:
        tail = framing.end(plan)
    if not tail:
        yield from writes
        return
    last = Write(plan.head.at, b"", False)
    for write in writes:
        if last.data:
            yield last
        last = write
    later = ending.at is not None and ending.at > last.at
    if later or _fault_is_written(plan, framing):
        if last.data:
            yield last
        yield Write(ending.at if ending.at is not None and later else last.at, tail, False, last.upto)
    else:
        yield last._replace(data=last.data + tail)


def _holds(plan: StreamPlan, writes: Writes, promised: Sequence[int] | None, framing: HttpFraming) -> Iterator[Hold]:
    """Where the script waits. Comments need an HTTP chunk of their own, and bytes that no checksum behind counts."""
    if not plan.holds:
        return
    room = {0, *chunk_ends(plan, promised)} if framing.is_framed(plan) else {hold.place for hold in plan.holds}
    for hold in plan.holds:
        beats = not plan.body.gzip and hold.place in room
        before = bisect_right(writes.moments, hold.at + HELD / 2)
        yield Hold(hold.at, before, _framed(plan, hold.heartbeat, framing) if beats else None)


def _framed(
    plan: StreamPlan, heartbeat: tuple[float, bytes] | None, framing: HttpFraming
) -> tuple[float, bytes] | None:
    """A heartbeat as it goes over the wire; none where Content-Length has no room for one."""
    if heartbeat is None:
        return None
    interval, data = heartbeat
    if plan.body.gzip:  # a stored block (RFC 1951 3.2.4): the same bytes each time, behind the flush of the one before
        data = b"\0" + struct.pack("<HH", len(data), 0xFFFF - len(data)) + data
    said = framing.alone(plan, data)
    return None if said is None else (interval, said)

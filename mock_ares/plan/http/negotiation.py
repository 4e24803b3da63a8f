"""A plan as one client can be sent it, by one server: what was not negotiated is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mock_ares.plan.model import BODILESS, Ending, StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.fault import FAULTS
from mock_ares.scenario.model import Body, Reply

_WEIGHT = re.compile(r"q[ \t]*=[ \t]*([0-9]{1,20}(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Manners:
    """What RFC 9112 leaves to a server, as one has it; by default the fake's own."""

    lenient: bool = False
    """Heads are read as the server behind ARES reads them (``server.transport.hyper``)."""
    in_kind: bool = False
    """A client of HTTP/1.0 is answered in 1.0, and may keep its connection where it asks for that."""
    half_closed: bool = True
    """Who has ended its own direction is still answered."""
    waits: bool = True
    """A request's body is waited for whatever the answer, and its connection goes on."""
    capitals: bool = False
    """Sizes of HTTP chunks have capital digits."""
    last: tuple[str, ...] = ()
    """The fields that stand behind all others, in this order."""


HYPER = Manners(
    lenient=True,
    in_kind=True,
    half_closed=False,
    waits=False,
    capitals=True,
    last=("content-length", "connection", "transfer-encoding", "date"),
)
"""hyper's, on which ARES is built."""
HYPER_REFUSING = replace(HYPER, last=("connection", "content-length", "date"))
"""The same for what is no request."""


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What of the request decides how a body may be carried."""

    version: str = "1.1"
    """1.0, 1.1 or 2."""
    gzip: bool = False
    """It accepts gzip."""
    keep_alive: bool = True
    manners: Manners = Manners()


def accepts_gzip(value: str) -> bool:
    """RFC 9110 12.5.3: named, or covered by ``*``, with a weight other than 0."""
    weights = dict[str, bool]()
    for item in value.lower().split(","):
        coding, *parameters = (part.strip(" \t") for part in item.split(";"))
        weights[coding] = all(_weighs(part) for part in parameters if part.startswith("q"))
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def _weighs(parameter: str) -> bool:
    """Whether a weight is a number above 0, with however many digits; what is no number weighs nothing."""
    found = _WEIGHT.fullmatch(parameter)
    return found is not None and float(found[1]) > 0


def version_for(reply: Reply, wanted: str = "1.1") -> str:
    """By which HTTP a reply can be said: the one that is wanted, but for what there is by no other."""
    old = reply.body == "http1.0" or (isinstance(reply.body, Body) and reply.body.framing == "http1.0")
    return next((fault.http for fault in reply.faults if fault.http is not None), "1.1" if old else wanted)


def utterable(plan: StreamPlan, negotiated: Negotiated) -> None:
    """Raises PlanError for what cannot be said by this version of HTTP, with what comes nearest."""
    version = "2" if negotiated.version == "2" else "1.1"
    for name in plan.marks:
        kind = FAULTS[name]
        if kind.http not in (None, version):
            raise PlanError(f"{name}: HTTP/{version} cannot say that; {kind.nearest} comes nearest")
    if version == "2" and plan.head is not None and plan.head.field_case != "given":
        raise PlanError("field_case: names of fields are in lower case over HTTP/2 (RFC 9113 8.2.1); ask by HTTP/1.1")
    if version == "2" and plan.body.framing == "http1.0":
        raise PlanError("body: http1.0 cannot be said over HTTP/2, where any body is framed; ask by HTTP/1.1")


def carried(plan: StreamPlan, negotiated: Negotiated) -> StreamPlan:
    """The plan without what this client cannot be sent. What it rests on is gone too: no gzip, no cut in it."""
    if plan.head is None:
        return plan
    if (
        negotiated.version != "2"
        and negotiated.manners.capitals
        and (plan.body.framing, plan.body.sizes) == ("chunked", "usual")
    ):
        return carried(replace(plan, body=replace(plan.body, sizes="capitals")), negotiated)
    if plan.head.status in BODILESS:
        return replace(plan, body=Body("length", connection=plan.body.connection))
    if plan.body.gzip and not negotiated.gzip:
        ending = plan.ending if plan.ending.gzip_trailer else Ending(at=plan.ending.at)
        headers = tuple(field for field in plan.head.headers if field[0].lower() != "content-encoding")
        head = replace(plan.head, headers=headers)
        plan = replace(plan, head=head, body=replace(plan.body, gzip=None), ending=ending)
    if negotiated.version == "2":
        return _for_version_2(plan)
    return _for_version_1_0(plan) if negotiated.version == "1.0" else plan


def _for_version_1_0(plan: StreamPlan) -> StreamPlan:
    """No interim responses (RFC 9110 15.2), and no HTTP chunks (RFC 9112 7.1), so no broken ones either."""
    assert plan.head is not None
    head, body, ending = replace(plan.head, interim=()), plan.body, plan.ending
    if body.framing == "chunked":
        body = Body("close", gzip=body.gzip, connection=body.connection)  # nothing of it is about HTTP chunks
        ending = replace(ending, inside_http_chunk=False, tail=b"", shown_by="")
    return replace(plan, head=head, body=body, ending=ending)


def _for_version_2(plan: StreamPlan) -> StreamPlan:
    """In frames, whatever ends a body by HTTP/1.1: END_STREAM does here, and there are no sizes to spell."""
    body, ending = plan.body, plan.ending
    framed = Body(
        "length" if body.framing == "length" else "chunked",
        trailers=body.trailers,
        http_chunks=body.frames,
        reads=body.reads,
        gzip=body.gzip,
        connection=body.connection,
        padding=body.padding,
        beside=body.beside,
    )
    if ending.length_delta:  # the stream ends, and with it the body
        ending = replace(ending, kind="complete")
    return replace(plan, body=framed, ending=ending)

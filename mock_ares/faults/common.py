"""What faults share: stopping at a position, and putting bytes in."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from mock_ares.plan.model import Ending, EndingKind, Piece, StreamPlan
from mock_ares.plan.positions import PlanError, offset_of, split_at
from mock_ares.scenario.position import Position, Where


class At:
    """A fault at a position."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


def applied(plan: StreamPlan, name: str) -> StreamPlan:
    return replace(plan, marks=(*plan.marks, name))


def ended(plan: StreamPlan, name: str, kind: EndingKind, after: Where) -> StreamPlan:
    """The plan, sent no further than the position; placed by time, the end comes at that time and not before."""
    if plan.ending.stop is not None:
        raise PlanError(f"{name}: the reply has ended already; one fault can end it, or one pause for ever")
    position = Position.of(after)
    try:
        stop = offset_of(plan, position)
    except PlanError as error:
        raise PlanError(f"{name}: {error}") from None
    return replace(applied(plan, name), ending=Ending(kind, stop=stop, at=position.time))


def needs_chunked(plan: StreamPlan, name: str) -> None:
    if plan.body.framing != "chunked":
        raise PlanError(f"{name} needs body: chunked, not {plan.body.framing}")


def inserted(plan: StreamPlan, offset: int, data: bytes) -> tuple[Piece, ...]:
    """The pieces with bytes put in at an offset inside one of them."""
    before, after = split_at(plan, offset)
    if after and before and not before[-1].ends_event:
        merged = after[0]._replace(data=before[-1].data + data + after[0].data)
        return (*before[:-1], merged, *after[1:])
    return (*before, Piece(data, before[-1].at if before else 0.0, None, ends_event=False), *after)

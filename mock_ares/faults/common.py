"""What faults share: putting their name on a plan, and ending a reply at a position."""

from __future__ import annotations

from dataclasses import replace

from mock_ares.dialects import DIALECTS
from mock_ares.plan.model import BODILESS, Ending, StreamPlan
from mock_ares.plan.positions import PlanError, moment_of
from mock_ares.scenario.fault import FAULTS
from mock_ares.scenario.position import Position, Where


def applied(plan: StreamPlan, name: str) -> StreamPlan:
    """The plan with the fault's name on it. Raises PlanError if an earlier one has ended the reply."""
    earlier = plan.marks[-1] if plan.marks else "what comes before"
    if plan.head is None:
        raise PlanError(f"{name}: there is no response to change, {earlier} has taken its place")
    if plan.ended:
        raise PlanError(f"{name}: {earlier} has ended the reply; what ends it stands last, and once")
    return replace(plan, marks=(*plan.marks, name))


def in_its_place(plan: StreamPlan, name: str, ending: Ending) -> StreamPlan:
    """The plan with an ending in the place of the response, when that would have come."""
    plan = applied(plan, name)
    if plan.columns.empty():
        raise PlanError(f"{name}: there is no reply for pauses to lie in; pace: {{head: ...}} says when it comes")
    return replace(plan, head=None, pieces=(), ending=replace(ending, at=plan.head.at if plan.head else None))


def ended(plan: StreamPlan, name: str, after: Where, ending: Ending) -> StreamPlan:
    """The plan with an ending, sent no further than the position; placed by time, the end comes then and not before."""
    plan, position = applied(plan, name), Position.of(after)
    if (ending.inside_http_chunk or ending.tail) and FAULTS[name].http != "2":
        _needs_chunked(plan, name)
    assert plan.head is not None
    if position.time is not None and position.time < plan.head.at:
        return _without_head(plan, name, replace(ending, at=position.time))
    try:
        stop, at = moment_of(plan, position)
    except PlanError as error:
        raise PlanError(f"{name}: {error}") from None
    if at is None and stop == plan.size:
        at = plan.ending.at
    return replace(plan, ending=replace(ending, stop=stop, at=at))


def needs_body(plan: StreamPlan, name: str) -> None:
    """Raises PlanError for a response that has none (RFC 9112 6.3)."""
    if plan.head is not None and plan.head.status in BODILESS:
        raise PlanError(f"{name}: a response with {plan.head.status} has no body, so nothing of it can be wrong")


def _without_head(plan: StreamPlan, name: str, ending: Ending) -> StreamPlan:
    assert plan.head is not None
    if ending.kind == "complete" or ending.inside_http_chunk or ending.tail:
        raise PlanError(f"{name}: at {ending.at:g} s there is no body yet, the head leaves at {plan.head.at:g} s")
    return replace(plan, head=None, pieces=(), ending=ending)


def _needs_chunked(plan: StreamPlan, name: str) -> None:
    needs_body(plan, name)
    if plan.body.framing != "chunked":
        use = "body: {framing: chunked}" if plan.dialect not in DIALECTS else "body: chunked"
        raise PlanError(f"{name}: there are no HTTP chunks in body: {plan.body.framing}; use {use}")

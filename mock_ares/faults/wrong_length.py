"""A Content-Length that is not the body's (RFC 9112 6.3, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mock_ares.faults.common import applied, needs_body
from mock_ares.plan.http.slices import slices
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.diagnostics import counted
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.model import Body
from mock_ares.scenario.words import Count


def _with_length(plan: StreamPlan, name: str) -> StreamPlan:
    plan = applied(plan, name)
    needs_body(plan, name)
    if plan.body.framing not in ("chunked", "length"):
        raise PlanError(f"{name}: body: {plan.body.framing} has no Content-Length; use body: length")
    return replace(plan, body=Body("length", gzip=plan.body.gzip, connection=plan.body.connection))


@fault("long_length")
@dataclass(frozen=True, slots=True)
class LongLength(Fault):
    """The whole body comes, and FIN where ``by`` more bytes were announced."""

    by: Count = 1

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan = _with_length(plan, self.name)
        return replace(plan, ending=replace(plan.ending, kind="close", length_delta=self.by))


@fault("short_length")
@dataclass(frozen=True, slots=True)
class ShortLength(Fault):
    """``by`` more bytes come than were announced."""

    by: Count = 1

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan = _with_length(plan, self.name)
        for what, size in _sizes(plan):
            if size < self.by:
                raise PlanError(
                    f"{self.name}: {what} has {counted(size, 'byte')}, and {self.by} less is less than none"
                )
        return replace(plan, ending=replace(plan.ending, length_delta=-self.by))


def _sizes(plan: StreamPlan) -> Iterator[tuple[str, int]]:
    """What the body may be, and its size: who does not accept gzip gets the first."""
    yield "the body", plan.size
    if plan.body.gzip:
        yield "the compressed body", slices(plan, None).length

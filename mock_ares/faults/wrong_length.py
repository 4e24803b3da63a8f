"""A Content-Length that is not the body's (RFC 9112 6.3, 8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import applied
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Body
from mock_ares.scenario.words import Count


def _with_length(plan: StreamPlan, name: str, ending: Ending) -> StreamPlan:
    if plan.body.framing not in ("chunked", "length"):
        raise PlanError(f"{name} needs body: length, not {plan.body.framing}")
    body = Body("length", gzip=plan.body.gzip, connection=plan.body.connection)
    return replace(applied(plan, name), body=body, ending=ending)


@dataclass(frozen=True, slots=True)
class LongLength:
    """The whole body comes, and FIN where ``by`` more bytes were announced."""

    by: Count = 1
    stands_alone: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return _with_length(plan, "long_length", Ending("close", length_delta=self.by))


@dataclass(frozen=True, slots=True)
class ShortLength:
    """``by`` more bytes come than were announced."""

    by: Count = 1
    stands_alone: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return _with_length(plan, "short_length", Ending("complete", length_delta=-self.by))

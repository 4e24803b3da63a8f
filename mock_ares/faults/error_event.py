"""An error reported inside a 200: the typed dialect's ``error`` event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.dialects import DIALECTS
from mock_ares.faults.common import At, applied
from mock_ares.plan import events
from mock_ares.plan.model import Piece, StreamPlan
from mock_ares.plan.positions import PlanError, offset_of, split_at
from mock_ares.scenario.position import Where


@dataclass(frozen=True, slots=True)
class ErrorEvent(At):
    """The stream ends with an error event and no ``done``; inside a chunk it is glued to the part before it."""

    after: Where
    message: str = "Stream error: LLM error: Stream chunk error"
    stands_alone: ClassVar[bool] = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        spoken = DIALECTS.get(plan.dialect)
        lines = spoken.error(plan.names, self.message) if spoken else None
        if spoken is None or lines is None:
            raise PlanError(f"error_event: the dialect {plan.dialect} has no error event; use dialect: typed")
        before, _ = split_at(plan, offset_of(plan, self.after))
        at = before[-1].at if before else plan.head.at if plan.head else 0.0
        error = events.event(lines, plan.framing, blank_line=spoken.blank_line, seed=plan.seed - 2)
        return replace(applied(plan, "error_event"), pieces=(*before, Piece(error, at)))

"""A dialect's own end record is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.dialects import DIALECTS, having
from mock_ares.faults.common import applied
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.fault import Fault, fault

ENDING = having(lambda dialect: dialect.ends)


@fault("missing_end")
@dataclass(frozen=True, slots=True)
class MissingEnd(Fault):
    """All chunks come and the body ends well, but the dialect's end record never does."""

    about = "content"
    ends_well = True
    needs = f"a dialect with an end record: {ENDING}"

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan = applied(plan, self.name)
        if plan.dialect not in DIALECTS or not DIALECTS[plan.dialect].ends:
            raise PlanError(f"{self.name}: the dialect {plan.dialect} has no end record; use {ENDING}")
        pieces = tuple(piece for piece in plan.pieces if not piece.closes)
        if pieces == plan.pieces:
            raise PlanError(f"{self.name}: a fault before this one has taken the end record away")
        return replace(plan, pieces=pieces)

"""The delta and typed dialects' own end record is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.dialects import DIALECTS
from mock_ares.faults.common import applied
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.fault import Fault, fault


@fault("missing_end")
@dataclass(frozen=True, slots=True)
class MissingEnd(Fault):
    """All chunks come and the body ends well, but ``done`` or ``stop`` never does."""

    about = "content"
    ends_well = True
    needs = "the dialect delta or typed, which have an end record"

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan = applied(plan, self.name)
        if plan.dialect not in DIALECTS or not DIALECTS[plan.dialect].ends:
            raise PlanError(f"{self.name}: the dialect {plan.dialect} has no end record; use delta or typed")
        pieces = tuple(piece for piece in plan.pieces if not piece.closes)
        if pieces == plan.pieces:
            raise PlanError(f"{self.name}: a fault before this one has taken the end record away")
        return replace(plan, pieces=pieces)

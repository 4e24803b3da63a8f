"""The delta and typed dialects' own end record is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.dialects import DIALECTS
from mock_ares.faults.common import applied
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError


@dataclass(frozen=True, slots=True)
class MissingEnd:
    """All chunks come and the body ends well, but ``done`` or ``stop`` never does."""

    stands_alone: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        if plan.dialect not in DIALECTS or not DIALECTS[plan.dialect].ends:
            raise PlanError(f"missing_end: the dialect {plan.dialect} has no end record; use delta or typed")
        records = len(list(DIALECTS[plan.dialect].closing(plan.names, plan.text)))
        return replace(applied(plan, "missing_end"), pieces=plan.pieces[:-records])

"""A gzip stream without its end, in a body that HTTP ends well (RFC 1952 2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import At, ended
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.position import Where


@dataclass(frozen=True, slots=True)
class CutGzip(At):
    """Everything up to the position can be decompressed; the final block and the checksum are missing."""

    after: Where
    stands_alone: ClassVar[bool] = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        if not plan.body.gzip:
            raise PlanError("cut_gzip needs a body with gzip: event or gzip: whole")
        plan = ended(plan, "cut_gzip", "complete", self.after)
        return replace(plan, ending=replace(plan.ending, gzip_trailer=False))

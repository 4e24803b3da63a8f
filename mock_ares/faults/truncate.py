"""A cut that HTTP cannot show: the body ends well, only too early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mock_ares.faults.common import At, ended
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.position import Where


@dataclass(frozen=True, slots=True)
class Truncate(At):
    """A valid end of the body, behind a part of the reply."""

    after: Where
    stands_alone: ClassVar[bool] = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, "truncate", "complete", self.after)

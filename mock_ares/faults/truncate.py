"""A cut that HTTP cannot show: the body ends well, only too early."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where


@fault("truncate")
@dataclass(frozen=True, slots=True)
class Truncate(Fault):
    """A valid end of the body, behind a part of the reply."""

    after: Where

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, self.name, self.after, Ending("complete"))

"""A model that says nothing more: the server in front of it lives, and goes on sending its comments."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.plan.positions import PlanError, opening_end
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where


@fault("provider_hang")
@dataclass(frozen=True, slots=True)
class ProviderHang(Fault):
    """Nothing more is said; where comments fill silences, they do so for ever. What begins a stream has been sent."""

    after: Where

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        begun = opening_end(plan)
        plan = ended(plan, self.name, self.after, Ending("hang", comments=True))
        stop = max(plan.ending.stop or 0, begun)
        if stop and stop not in plan.event_ends:
            raise PlanError(f"{self.name}: {self.after} lies inside an event, which no model tears; name a chunk's end")
        return replace(plan, ending=replace(plan.ending, stop=stop))

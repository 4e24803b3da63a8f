"""A model that says nothing more: the server in front of it lives, and goes on sending its comments."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.plan.positions import opening_end
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where


@fault("provider_hang")
@dataclass(frozen=True, slots=True)
class ProviderHang(Fault):
    """Nothing more is said; where comments fill silences, they do so for ever. What has begun is sent: the stream, and
    an event.
    """

    after: Where

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        begun = opening_end(plan)
        plan = ended(plan, self.name, self.after, Ending("hang", comments=True))
        if plan.head is None or plan.ending.stop is None:
            return plan
        stop = max(plan.ending.stop, begun)
        if stop:
            stop = next((end for end in plan.event_ends if end >= stop), plan.size)
        return replace(plan, ending=replace(plan.ending, stop=stop))

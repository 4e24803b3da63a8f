"""RST in the middle, after everything before it has been delivered."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import Switch


@fault("reset_peer")
@dataclass(frozen=True, slots=True)
class ResetPeer(Fault):
    """The connection is reset; ``inside_http_chunk`` also leaves an HTTP chunk unfinished."""

    after: Where
    inside_http_chunk: Switch = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, self.name, self.after, Ending("reset", inside_http_chunk=self.inside_http_chunk))

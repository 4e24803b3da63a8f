"""FIN in the middle: the body lacks what HTTP says it owes (RFC 9112 8)."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import Switch


@fault("close_early")
@dataclass(frozen=True, slots=True)
class CloseEarly(Fault):
    """The connection is closed without the last chunk; ``inside_http_chunk`` also leaves an HTTP chunk unfinished."""

    after: Where
    inside_http_chunk: Switch = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, self.name, self.after, Ending("close", inside_http_chunk=self.inside_http_chunk))

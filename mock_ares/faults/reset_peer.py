"""RST in the middle, after everything before it has been delivered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import At, ended
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import Switch


@dataclass(frozen=True, slots=True)
class ResetPeer(At):
    """The connection is reset; ``inside_http_chunk`` also leaves an HTTP chunk unfinished."""

    after: Where
    inside_http_chunk: Switch = False
    stands_alone: ClassVar[bool] = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan = ended(plan, "reset_peer", "reset", self.after)
        return replace(plan, ending=replace(plan.ending, inside_http_chunk=self.inside_http_chunk))

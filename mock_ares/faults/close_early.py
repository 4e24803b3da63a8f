"""FIN in the middle: the body lacks what HTTP says it owes (RFC 9112 8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import At, ended
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import Switch


@dataclass(frozen=True, slots=True)
class CloseEarly(At):
    """The connection is closed without the last chunk; ``inside_http_chunk`` also leaves an HTTP chunk unfinished."""

    after: Where
    inside_http_chunk: Switch = False
    stands_alone: ClassVar[bool] = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan = ended(plan, "close_early", "close", self.after)
        return replace(plan, ending=replace(plan.ending, inside_http_chunk=self.inside_http_chunk))

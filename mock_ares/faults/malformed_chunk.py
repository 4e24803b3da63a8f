"""An HTTP chunk whose size is no number (RFC 9112 7.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import At, ended, needs_chunked
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.position import Where


@dataclass(frozen=True, slots=True)
class MalformedChunk(At):
    """A chunk size that is none, then FIN."""

    after: Where
    size: str = "ZZ"
    stands_alone: ClassVar[bool] = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        needs_chunked(plan, "malformed_chunk")
        plan = ended(plan, "malformed_chunk", "close", self.after)
        tail = f"{self.size}\r\ndata: \r\n".encode("latin-1")
        return replace(plan, ending=replace(plan.ending, tail=tail))

"""A gzip stream without its end, in a body that HTTP ends well (RFC 1952 2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import ended, needs_body
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where


@fault("cut_gzip")
@dataclass(frozen=True, slots=True)
class CutGzip(Fault):
    """Everything up to the position can be decompressed; the final block and the checksum are missing.

    A client that does not accept gzip gets the whole reply.
    """

    needs = "a client that accepts gzip; others get the whole reply"
    needs_gzip = True

    after: Where

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        if not plan.body.gzip:
            raise PlanError(f"{self.name}: the body is not compressed; use body: {{gzip: event}} or {{gzip: whole}}")
        needs_body(plan, self.name)
        return ended(plan, self.name, self.after, Ending("complete", gzip_trailer=False))

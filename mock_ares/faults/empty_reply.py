"""The connection is closed before a byte of the response."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import Arguments, applied
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.words import Switch


@dataclass(frozen=True, slots=True)
class EmptyReply(Arguments):
    """FIN, or with ``reset`` RST, in the response's place."""

    reset: Switch = False
    stands_alone: ClassVar[bool] = True

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan = applied(plan, "empty_reply")
        ending = Ending("reset" if self.reset else "close", at=plan.head.at if plan.head else None)
        return replace(plan, head=None, pieces=(), ending=ending)

"""The connection is closed before a byte of the response."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import applied
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.words import Switch


@dataclass(frozen=True, slots=True)
class EmptyReply:
    """FIN, or with ``reset`` RST, in the response's place."""

    reset: Switch = False
    stands_alone: ClassVar[bool] = True
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        at = plan.head.at if plan.head else None
        ending = Ending("reset" if self.reset else "close", at=at)
        return replace(applied(plan, "empty_reply"), head=None, pieces=(), ending=ending)

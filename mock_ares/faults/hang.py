"""Silence for ever: the connection stays open and nothing more comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mock_ares.faults.common import At, ended
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.position import Where


@dataclass(frozen=True, slots=True)
class Hang(At):
    """Nothing more is sent; the connection stays open until the client leaves."""

    after: Where
    stands_alone: ClassVar[bool] = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, "hang", "hang", self.after)

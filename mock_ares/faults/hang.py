"""Silence for ever: the connection stays open and nothing more comes."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where


@fault("hang")
@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """Nothing more is sent; the connection stays open until the client leaves."""

    after: Where

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, self.name, self.after, Ending("hang"))

"""There is no byte of a response."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import in_its_place
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.words import Switch


@fault("empty_reply")
@dataclass(frozen=True, slots=True)
class EmptyReply(Fault):
    """FIN, or with ``reset`` RST, in the response's place; with ``silent`` nothing, and the connection stays open.

    ``stale``: the response before it promises to keep the connection, as one of a pool that has gone stale.
    """

    about = "response"

    reset: Switch = False
    stale: Switch = False
    silent: Switch = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return in_its_place(plan, self.name, Ending("hang" if self.silent else "reset" if self.reset else "close"))

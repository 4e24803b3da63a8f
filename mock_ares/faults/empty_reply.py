"""The connection is closed before a byte of the response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mock_ares.faults.common import Arguments, in_its_place
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.words import Switch


@dataclass(frozen=True, slots=True)
class EmptyReply(Arguments):
    """FIN, or with ``reset`` RST, in the response's place.

    ``stale``: the response before it promises to keep the connection, as one of a pool that has gone stale.
    """

    reset: Switch = False
    stale: Switch = False
    stands_alone: ClassVar[bool] = True

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return in_its_place(plan, "empty_reply", Ending("reset" if self.reset else "close"))

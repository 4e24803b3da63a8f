"""One chunk comes twice, as a proxy that repeats a write would do it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import applied
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.words import Count


@dataclass(frozen=True, slots=True)
class DuplicateChunk:
    """The chunk of that number (from 1) is sent again right behind itself; a client must show both."""

    chunk: Count
    stands_alone: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        index = self.chunk - 1
        if index >= len(plan.chunks):
            raise PlanError(f"duplicate_chunk: there is no chunk {self.chunk}; the reply has {len(plan.chunks)}")
        again = [piece for piece in plan.pieces if piece.chunk == index]
        last = max(at for at, piece in enumerate(plan.pieces) if piece.chunk == index) + 1
        before = sum(len(chunk) for chunk in plan.chunks[: self.chunk])
        return replace(
            applied(plan, "duplicate_chunk"),
            pieces=(*plan.pieces[:last], *(p._replace(chunk=None) for p in again), *plan.pieces[last:]),
            text=plan.text[:before] + plan.chunks[index] + plan.text[before:],
        )

"""One chunk comes twice, as a proxy that repeats a write would do it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.dialects import DIALECTS
from mock_ares.faults.common import Arguments, applied
from mock_ares.plan.events import as_heard
from mock_ares.plan.model import Piece, StreamPlan
from mock_ares.plan.positions import PlanError, event_of
from mock_ares.scenario.words import Count


@dataclass(frozen=True, slots=True)
class DuplicateChunk(Arguments):
    """The chunk of that number (from 1) is sent again right behind itself; a client must show both.

    It counts twice for the positions of the faults that follow.
    """

    chunk: Count

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan, index = applied(plan, "duplicate_chunk"), self.chunk - 1
        if plan.dialect not in DIALECTS:
            raise PlanError("duplicate_chunk: this answer is no event stream, it has no chunks")
        if index >= len(plan.chunks):
            raise PlanError(f"duplicate_chunk: there is no chunk {self.chunk}; the reply has {len(plan.chunks)}")
        try:
            _, event = event_of(plan, index)
        except PlanError as error:
            raise PlanError(f"duplicate_chunk: {error}") from None
        behind = 1 + max(at for at, piece in enumerate(plan.pieces) if piece.chunk == index)
        again = Piece(event, plan.pieces[behind - 1].at, index + 1, plan.pieces[behind - 1].ends_event)
        chunks = (*plan.chunks[: index + 1], *plan.chunks[index:])
        later = (p if p.chunk is None else p._replace(chunk=p.chunk + 1) for p in plan.pieces[behind:])
        return replace(plan, pieces=(*plan.pieces[:behind], again, *later), chunks=chunks, text=as_heard(chunks))

"""One chunk comes twice, as a proxy that repeats a write would do it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.dialects import DIALECTS
from mock_ares.faults.common import applied
from mock_ares.plan.events import as_heard
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError, event_of
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.words import Count


@fault("duplicate_chunk")
@dataclass(frozen=True, slots=True)
class DuplicateChunk(Fault):
    """The chunk of that number (from 1) is sent again right behind itself; a client must show both.

    It counts twice for the positions of the faults that follow.
    """

    about = "content"

    chunk: Count
    """Its number, counted from 1."""

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan, index = applied(plan, self.name), self.chunk - 1
        if plan.dialect not in DIALECTS:
            raise PlanError(f"{self.name}: this answer is no event stream, it has no chunks")
        if index >= len(plan.chunks):
            raise PlanError(f"{self.name}: there is no chunk {self.chunk}; the reply has {len(plan.chunks)}")
        try:
            _, event = event_of(plan, index)
        except PlanError as error:
            raise PlanError(f"{self.name}: {error}") from None
        # What marks a pause at its very end is a piece of this chunk, too, where the framing leaves out the blank line.
        behind = 1 + max(at for at, piece in enumerate(plan.pieces) if piece.chunk == index and piece.data)
        *before, last = plan.pieces[:behind]
        if not last.ends_event and any(piece.data for piece in plan.pieces[behind:]):
            raise PlanError(f"{self.name}: chunk {self.chunk} has been cut by a fault before this one")
        again = last._replace(data=event, chunk=index + 1)
        if not last.ends_event:  # the framing leaves out the blank line, but only behind the last event
            last = last._replace(data=last.data + _line_end(event), ends_event=True)
        later = (p if p.chunk is None else p._replace(chunk=p.chunk + 1) for p in plan.pieces[behind:])
        chunks = (*plan.chunks[: index + 1], *plan.chunks[index:])
        return replace(plan, pieces=(*before, last, again, *later), chunks=chunks, text=as_heard(chunks))


def _line_end(event: bytes) -> bytes:
    return b"\r\n" if event.endswith(b"\r\n") else event[-1:]

"""An error reported inside a 200: the typed dialect's ``error`` event."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.dialects import DIALECTS, having
from mock_ares.faults.common import applied
from mock_ares.plan.columns import Piece
from mock_ares.plan.events import Encoder
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.plan.positions import PlanError, moment_of, opening_end, split_at
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import Switch

REPORTING = having(lambda dialect: dialect.reports_errors)


@fault("error_event")
@dataclass(frozen=True, slots=True)
class ErrorEvent(Fault):
    """The stream ends with an error event; inside a chunk it is glued to the part before it."""

    about = "content"
    ends_well = True
    drops_text = True
    needs = f"a dialect with error events: {REPORTING}"

    after: Where
    message: str = "Stream error: LLM error: Stream chunk error"
    """What the event says."""
    opening: Switch = False
    """What comes before the first chunk is sent all the same: the stream begins, and then fails."""
    end_record: Switch = False
    """The end record comes behind it all the same."""

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan, spoken = applied(plan, self.name), DIALECTS.get(plan.dialect)
        lines = spoken.error(plan.names, self.message) if spoken else None
        if spoken is None or lines is None:
            raise PlanError(f"{self.name}: the dialect {plan.dialect} has no error event; use dialect: {REPORTING}")
        if reason := spoken.refuse(self.message):
            raise PlanError(f"{self.name}: {reason}")
        try:
            offset, moment = moment_of(plan, self.after)
            if self.opening:
                offset = max(offset, opening_end(plan))
            before, _ = split_at(plan, offset)
        except PlanError as error:
            raise PlanError(f"{self.name}: {error}") from None
        before = tuple(piece for piece in before if not piece.closes)
        known = before[-1].at if before else plan.head.at if plan.head else 0.0
        at = max(known, moment or 0.0)
        event = Encoder(plan.dialect, plan.framing).event(lines, plan.seed - 2)
        behind = (piece._replace(at=at) for piece in plan.pieces if piece.closes and self.end_record)
        return replace(plan, pieces=(*before, Piece(event, at), *behind), ending=Ending())

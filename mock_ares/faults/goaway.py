"""GOAWAY: the connection takes no more streams (RFC 9113 6.8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from mock_ares.faults.common import applied, ended
from mock_ares.faults.reset_stream import Code
from mock_ares.plan.http.http2 import frames
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.plan.positions import PlanError, moment_of
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Position, Where

_LAST = {"this": frames.THIS, "below": frames.BELOW, "all": frames.ALL}


@fault("goaway")
@dataclass(frozen=True, slots=True)
class Goaway(Fault):
    """Said in the midst of an answer, over HTTP/2. ``then`` the answer goes on to its end, or the connection is closed.

    ``last`` is the last stream that is looked after: this one, one below it, which means that this request was not, or
    all, as a server says that is about to leave.
    """

    http = "2"
    nearest = "close_early"

    after: Where
    last: Literal["this", "below", "all"] = "this"
    code: Code = "NO_ERROR"
    """Why (RFC 9113 7)."""
    then: Literal["go on", "close"] = "close"

    def __post_init__(self) -> None:
        if self.last == "below" and self.then == "go on":
            raise ValueError("a stream above the last one does not go on: last: below takes then: close")

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        said = frames.goaway(_LAST[self.last], frames.ERRORS[self.code])
        if self.then == "close":
            shown_by = f"GOAWAY ({self.code}), and the connection is closed before the stream has ended (RFC 9113 6.8)"
            return ended(plan, self.name, self.after, Ending("close", tail=said, shown_by=shown_by))
        plan = applied(plan, self.name)
        try:
            place, _ = moment_of(plan, Position.of(self.after))
        except PlanError as error:
            raise PlanError(f"{self.name}: {error}") from None
        return replace(plan, notices=(*plan.notices, (place, said)))


@fault("no_end_stream")
@dataclass(frozen=True, slots=True)
class NoEndStream(Fault):
    """All of the body comes, and the connection is closed in good order; nothing has said that the body is whole."""

    http = "2"
    nearest = "close_early"

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        said = frames.goaway(frames.THIS, frames.ERRORS["NO_ERROR"])
        shown_by = "the connection is closed, and the stream has not ended (RFC 9113 8.1)"
        return ended(plan, self.name, Position(fraction=1.0), Ending("close", tail=said, shown_by=shown_by))

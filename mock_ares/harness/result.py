"""What came of an example: the requests that a client made, and what it was given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mock_ares.expectation import Expectation, expect
from mock_ares.harness.model import Case, Observation
from mock_ares.plan.http.negotiation import accepts_gzip
from mock_ares.plan.model import StreamPlan
from mock_ares.server.record.journal import Exchange
from mock_ares.server.transport.header_fields import Fields


@dataclass(frozen=True)
class RecordedRequest:
    """One request of an example, and what it was given."""

    exchange: Exchange
    plan: StreamPlan

    @property
    def gzip(self) -> bool:
        return accepts_gzip(Fields(self.exchange.headers).get("accept-encoding", ""))

    @cached_property
    def expectation(self) -> Expectation:
        """What a correct client concludes from the answer; for a long stream it takes a while to say."""
        return expect(self.plan, gzip=self.gzip, version=self.exchange.version)


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """An example, and all that came of it."""

    case: Case
    observation: Observation
    asked: tuple[RecordedRequest, ...]
    """The requests with the example's token, oldest first."""
    strays: tuple[Exchange, ...] = ()
    """Requests meanwhile that came without any token that is known."""
    stalled: int | None = None
    """Withheld: how many chunks had been sent when the client showed nothing more."""
    void: bool = False
    """Read boundaries were promised and could not be kept."""
    earlier: tuple[ExampleResult, ...] = ()
    """What came of the other questions, where it was asked more than one."""

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return tuple(asked.exchange for asked in self.asked)

    @property
    def plans(self) -> tuple[StreamPlan, ...]:
        return tuple(asked.plan for asked in self.asked)

"""What is done to replies while the fake runs: scenarios that were chosen, and breaks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count

from mock_ares.plan.build import body_of
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import Pace, Reply

MOST_BREAKS = 1000
MOST_CHOICES = 10_000


@dataclass(slots=True)
class PendingFault:
    """A fault or a named error that the next replies get."""

    id: str
    owner: str | None
    """For one token; None: for whoever comes first."""
    times: int
    fault: Fault | None = None
    error: str | None = None

    @property
    def name(self) -> str:
        return self.error if self.fault is None else self.fault.name  # type: ignore[return-value]

    @property
    def silent(self) -> bool:
        """There will be no response at all."""
        return self.fault is not None and self.fault.about == "response"

    def applied(self, reply: Reply) -> Reply:
        """The reply, broken; what the fault needs of its body is put in. Raises ValueError where that cannot be."""
        if self.fault is None:
            return Reply(error=self.error, pace=Pace(head=reply.pace.head))
        body = body_of(reply)
        if self.fault.needs_gzip and body.gzip is None:
            reply = replace(reply, body=replace(body, gzip="event"))
        return replace(reply, faults=(*reply.faults, self.fault))


@dataclass(slots=True)
class Overrides:
    """Choices and breaks. Belongs to the event loop that serves; bounded by whoever fills it."""

    chosen: str | None = None
    """The scenario for all, by its name."""
    chosen_for: dict[str, str] = field(default_factory=dict)
    """By the id of a token."""
    breaks: list[PendingFault] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def choice(self, owner: str) -> str | None:
        return self.chosen_for.get(owner, self.chosen)

    def add(self, owner: str | None, times: int, fault: Fault | None = None, error: str | None = None) -> PendingFault:
        made = PendingFault(str(next(self._numbers)), owner, times, fault, error)
        self.breaks.append(made)
        return made

    def take(self, owner: str, *, again: bool = False) -> PendingFault | None:
        """What breaks the reply that is given now, and counts it.

        ``again``: a client that gets no response will ask once more by itself, so silence does not count.
        """
        for found in self.breaks:
            if found.owner in (None, owner):
                if not (again and found.silent):
                    found.times -= 1
                if not found.times:
                    self.breaks.remove(found)
                return found
        return None

    def forget(self, owner: str) -> None:
        """Everything of one token."""
        self.chosen_for.pop(owner, None)
        self.breaks[:] = [each for each in self.breaks if each.owner != owner]

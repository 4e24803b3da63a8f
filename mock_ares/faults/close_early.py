"""FIN in the middle: the body lacks what HTTP says it owes (RFC 9112 8)."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import Switch


@fault("close_early")
@dataclass(frozen=True, slots=True)
class CloseEarly(Fault):
    """The connection is closed without the last chunk; ``inside_http_chunk`` also leaves an HTTP chunk unfinished.

    Over TLS it ends as that of a server that has died, which nobody can tell from an attack: without close_notify.
    With ``close_notify`` the server means it.
    """

    after: Where
    inside_http_chunk: Switch = False
    close_notify: Switch = False

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        ending = Ending("close", inside_http_chunk=self.inside_http_chunk, notify=self.close_notify)
        return ended(plan, self.name, self.after, ending)

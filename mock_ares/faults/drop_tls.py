"""TLS that breaks off in the middle, whatever HTTP says of the body."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan, TlsBreak
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where


@fault("drop_tls")
@dataclass(frozen=True, slots=True)
class DropTls(Fault):
    """The connection is closed and TLS does not end: ``no-close-notify``; half a record came, ``inside-record``; a
    fatal ``alert``; or a record that cannot be decrypted, ``bad-record``.

    A body that ends with the connection is cut then, which in clear text nothing would show.
    """

    needs = "TLS; in clear text `close_early` comes nearest"
    over_tls = "close_early"

    after: Where
    how: TlsBreak = "no-close-notify"
    """What comes in front of FIN."""

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, self.name, self.after, Ending("close", notify=False, tls=self.how))

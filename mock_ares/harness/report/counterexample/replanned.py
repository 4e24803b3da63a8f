"""What a failure's client was sent, planned once more: the bytes, the moments, and where a text's characters lie."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from mock_ares.ares.profiles import PROFILES
from mock_ares.expectation import sent_payload
from mock_ares.harness.model import Case, Failure
from mock_ares.plan.http.head import render_head
from mock_ares.plan.http.negotiation import Negotiated, accepts_gzip, version_for
from mock_ares.plan.model import Head, Script, StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Body, Reply, Scenario
from mock_ares.server.replies.unsent import Asking, draw


@dataclass(frozen=True, slots=True)
class Stream:
    """The reply that was judged."""

    reply: Reply
    plan: StreamPlan
    script: Script

    @property
    def payload(self) -> bytes:
        return sent_payload(self.plan)

    @property
    def head(self) -> bytes:
        """Without the fields that any answer has."""
        return b"" if self.script.head is None else render_head(self.script.head)

    @property
    def wire(self) -> bytes:
        """All that is sent, HTTP's own bytes with it."""
        return self.head + self.script.columns.data + self.script.ending.tail

    @property
    def told_by_http(self) -> bool:
        """Whether it is HTTP's own bytes that are unusual."""
        plan = self.plan
        usual = Head(headers=plan.head.headers) if plan.head is not None else None
        fields = self.reply.headers or self.reply.redirect is not None
        return bool(plan.body != Body() or plan.head != usual or fields or plan.ended)

    def offset(self, character: int) -> int:
        """The payload offset of the chunk that holds a character of the text."""
        ends = accumulate(map(len, self.plan.chunks))
        chunk = next((index for index, end in enumerate(ends) if end > character), len(self.plan.chunks))
        offsets = [0, *accumulate(len(piece.data) for piece in self.plan.pieces)]
        return next((offsets[at] for at, piece in enumerate(self.plan.pieces) if piece.chunk == chunk), offsets[-1])


def judged(failure: Failure) -> int:
    """Which reply the client was judged against, from 0."""
    number = (failure.request or {}).get("reply")
    last = len(failure.case.replies) - 1
    if failure.case.judged >= 0:
        return min(failure.case.judged, last)
    return min(number, last) if isinstance(number, int) else last


def stream_of(failure: Failure) -> Stream | None:
    """The judged reply as it was sent; None where only the server could say."""
    request, reply = failure.request or {}, failure.case.replies[judged(failure)]
    headers = request.get("headers") or {}
    version = "2" if request.get("version") == "2" else version_for(reply)
    negotiated = Negotiated(version, accepts_gzip(str(dict(headers).get("accept-encoding", ""))))
    return plan(reply, failure.case, negotiated)


def plan(reply: Reply, case: Case, negotiated: Negotiated | None = None) -> Stream | None:
    """A reply as it is sent to such a client; None where it cannot be planned outside a server."""
    negotiated = negotiated or Negotiated(version_for(reply))
    scenario = Scenario(replies=(reply,), name="case")
    try:
        answer = draw(scenario, 0, Asking(case.message, negotiated, case.path), PROFILES["docs"])
    except (PlanError, LookupError):
        return None
    return Stream(reply, answer.plan, answer.script)

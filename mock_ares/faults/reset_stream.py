"""RST_STREAM: the answer is broken off, and its connection goes on (RFC 9113 5.4.2, 6.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mock_ares.faults.common import ended, in_its_place
from mock_ares.plan.http.http2 import frames
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where

Code = Literal[
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
    "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
]  # fmt: skip


@fault("reset_stream")
@dataclass(frozen=True, slots=True)
class ResetStream(Fault):
    """The stream is reset, over HTTP/2; ``code`` says why."""

    http = "2"
    nearest = "reset_peer"

    after: Where
    code: Code = "INTERNAL_ERROR"
    """Why (RFC 9113 7)."""

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return ended(plan, self.name, self.after, _reset(self.code))


@fault("refuse_stream")
@dataclass(frozen=True, slots=True)
class RefuseStream(Fault):
    """The stream is reset in the response's place: with REFUSED_STREAM nobody has looked at the request, which may be
    sent again (RFC 9113 8.7)."""

    about = "response"
    http = "2"
    nearest = "empty_reply"

    code: Code = "REFUSED_STREAM"
    """Why (RFC 9113 7)."""

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return in_its_place(plan, self.name, _reset(self.code))


def _reset(code: Code) -> Ending:
    tail = frames.reset_stream(frames.ERRORS[code])
    return Ending("reset-stream", tail=tail, shown_by=f"the stream is reset with {code} (RFC 9113 5.4.2)")

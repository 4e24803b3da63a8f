"""Frames that must not be (RFC 9113 4.2, 5.1, 6.1, 6.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mock_ares.faults.common import ended
from mock_ares.plan.http.http2 import frames
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Position, Where

_KINDS = {
    "oversized": (
        frames.opening(frames.DATA, 2**24 - 1) + b"data: ",
        "a frame is longer than anybody takes (RFC 9113 4.2)",
    ),
    "padding": (
        frames.frame(frames.DATA, b"\xffdata: \n\n", frames.PADDED),
        "a frame has more padding than bytes (RFC 9113 6.1)",
    ),
    "increment": (
        frames.frame(frames.WINDOW_UPDATE, bytes(4)),
        "a window grows by nothing (RFC 9113 6.9)",
    ),
}  # fmt: skip


@fault("broken_frame")
@dataclass(frozen=True, slots=True)
class BrokenFrame(Fault):
    """A frame that is an error of the stream or the connection, over HTTP/2, then FIN."""

    http = "2"
    nearest = "malformed_chunk"

    after: Where
    kind: Literal["oversized", "padding", "increment"] = "oversized"
    """Longer than anybody takes, with more padding than bytes, or a window that grows by nothing."""

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        tail, shown_by = _KINDS[self.kind]
        return ended(plan, self.name, self.after, Ending("close", tail=tail, shown_by=shown_by))


@fault("data_past_end")
@dataclass(frozen=True, slots=True)
class DataPastEnd(Fault):
    """The stream ends, and more of it comes (RFC 9113 5.1)."""

    http = "2"
    nearest = "short_length"

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        tail = frames.frame(frames.DATA, flags=frames.END_STREAM) + frames.frame(frames.DATA, b"data: more\n\n")
        return ended(plan, self.name, Position(fraction=1.0), Ending(tail=tail))

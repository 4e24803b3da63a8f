"""An HTTP chunk whose size is no number (RFC 9112 7.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mock_ares.faults.common import ended
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where

_SIZE = re.compile(r"[ \t]*[0-9A-Fa-f]+[ \t]*(;.*)?")
"""What is a size, or what a lenient reader would take for one."""


@fault("malformed_chunk")
@dataclass(frozen=True, slots=True)
class MalformedChunk(Fault):
    """A chunk size that is none, then FIN."""

    needs = "a body in HTTP chunks, as replies have it by default"
    http = "1.1"
    nearest = "broken_frame"

    after: Where
    size: str = "ZZ"
    """What stands in the place of a size."""

    def __post_init__(self) -> None:
        if _SIZE.fullmatch(self.size) or not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", self.size):
            raise ValueError(f"size is one line in Latin-1 that is no hexadecimal number: {self.size!r}")

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        tail = f"{self.size}\r\ndata: \r\n".encode("latin-1")
        shown_by = "an HTTP chunk has no valid size (RFC 9112 7.1)"
        return ended(plan, self.name, self.after, Ending("close", tail=tail, shown_by=shown_by))

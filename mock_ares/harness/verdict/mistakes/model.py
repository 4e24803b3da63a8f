"""What all mistakes are made of: lines, the data of events, and reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mock_ares.dialects import DIALECTS
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.segmentation import cuts
from mock_ares.sse import decode

Mistakes = Iterator[tuple[str, str]]
"""What comes of the text, and the sentence that says why."""
LINE_END = re.compile("\r\n|\r|\n")


def is_standard(plan: StreamPlan) -> bool:
    return plan.dialect in DIALECTS and DIALECTS[plan.dialect].standard


def data_of(payload: str) -> str:
    return "".join(event.data for event in decode(payload.encode(errors="replace")) if event.event == "message")


def reads_of(plan: StreamPlan) -> list[bytes]:
    """The payload by its promised reads; empty where there are none, or too many to look at."""
    promised = cuts(plan) if plan.head is not None else None
    if not promised or len(promised) > 1000:
        return []
    return [plan.payload[a:b] for a, b in pairwise([0, *promised])]

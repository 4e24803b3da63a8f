"""Where reads end: from the author's words to payload offsets."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Segmentation, Segments

_CONTINUATION = re.compile(rb"[\x80-\xbf]")
_INSIDE_CRLF = re.compile(rb"(?<=\r)\n")
_DATA_LINE = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|(?<=[\r\n]))(data: ?)([^\r\n]*)")


def cuts(plan: StreamPlan) -> tuple[int, ...] | None:
    """The offsets that no read may span, ascending, the end of the payload among them; None: no promise at all.

    Raises PlanError where the payload has no place of the kind asked for.
    """
    if plan.segments == "free":
        return None
    size = plan.size
    return tuple(sorted({offset for offset in _cuts(plan, plan.segments, size) if 0 < offset < size} | {size}))


def _cuts(plan: StreamPlan, how: Segmentation, size: int) -> Iterable[int]:
    if how == "event":
        return plan.event_ends
    if how == "byte":
        return range(1, size)
    if not isinstance(how, Segments):
        return ()
    if how.every is not None:
        return range(how.every, size, how.every)
    if how.at is not None:
        if beyond := [at for at in how.at if at >= size]:
            raise PlanError(f"segments: byte {beyond[0]} is not inside the payload, which has {size} bytes")
        return how.at
    if how.random is not None:
        return _random(size, how.random.min, how.random.max, plan.seed)
    return _inside(plan, how.inside or "line")


def _random(size: int, least: int, most: int, seed: int) -> Iterator[int]:
    rng, at = random.Random(f"segments {seed}"), 0
    while (at := at + rng.randint(least, most)) < size:
        yield at


_MISSING = {
    "utf8": "a text with characters outside ASCII",
    "crlf": "framing: {newline: crlf}",
    "prefix": "an event with a data line",
    "line": "an event with a data line of two characters or more",
}


def _inside(plan: StreamPlan, what: str) -> list[int]:
    if what in ("utf8", "crlf"):
        within = _CONTINUATION if what == "utf8" else _INSIDE_CRLF
        found = [place.start() for place in within.finditer(plan.payload)]
    else:
        found = list(_inside_lines(plan, what))
    if not found:
        raise PlanError(f"segments: there is no place inside {what}; that takes {_MISSING[what]}")
    return found


def _inside_lines(plan: StreamPlan, what: str) -> Iterator[int]:
    """One cut in each event: inside its first ``data: ``, at a place that moves on, or in the middle of its value."""
    payload = plan.payload
    for index, (start, end) in enumerate(pairwise(chain((0,), plan.event_ends, (plan.size,)))):
        event = payload[start:end]
        line = _DATA_LINE.search(event)
        if line is None:
            continue
        if what == "prefix":
            yield start + line.start(1) + 1 + index % (len(line[1]) - 1)
        elif len(line[2]) >= 2:
            yield start + _character_start(event, (line.start(2) + line.end(2)) // 2)


def _character_start(event: bytes, at: int) -> int:
    while event[at] & 0xC0 == 0x80:
        at -= 1
    return at

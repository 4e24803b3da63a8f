"""Planning costs as much as there is to send: ratios of counts, never times."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from mock_ares import faults
from mock_ares.expectation import disagreement, expect
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Script
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import Body, Framing, Pace, Position, Range, Reply, Segments
from mock_ares.server.replies.timeline import timeline
from tests.growth import LINEAR, Work, growth


def planned(**words: Any) -> Work:
    def work(size: int) -> Script:
        return lay_out(build(Reply(text="é" * size, **words), RequestContext()), Negotiated(gzip=True))

    return work


def broken(fault: Callable[[int], Fault], **words: Any) -> Work:
    def work(size: int) -> object:
        reply = Reply(text="é" * size, faults=(fault(size),), **words)
        return lay_out(build(reply, RequestContext()))

    return work


def judged(size: int) -> None:
    plan = build(Reply(text="é" * size, chunks="characters", dialect="typed"), RequestContext())
    assert expect(plan).outcome == "exact" and disagreement(plan) is None


def shown(size: int) -> None:
    assert len(list(timeline(build(Reply(text="é" * size, chunks="characters"), RequestContext())))) < 300


MANY = {"chunks": "characters"}
WORK: dict[str, tuple[Work, int]] = {
    "many chunks": (planned(**MANY), 10_000),
    "many chunks, typed": (planned(**MANY, dialect="typed"), 10_000),
    "many chunks, mixed line ends": (planned(**MANY, framing=Framing(newline="mixed")), 5_000),
    "many chunks, paced and kept alive": (planned(**MANY, pace=Pace(every=0.1, jitter=0.5, keep_alive=0.08)), 5_000),
    "many chunks, an event each read": (planned(**MANY, segments="event"), 10_000),
    "many chunks, a byte each read": (planned(**MANY, segments="byte"), 2_000),
    "many chunks, cut inside each": (planned(**MANY, segments=Segments(inside="prefix")), 5_000),
    "many chunks in one HTTP chunk": (planned(**MANY, body=Body(http_chunks="whole")), 10_000),
    "many chunks, compressed": (planned(**MANY, body=Body(gzip="event")), 5_000),
    "a long line": (planned(chunks="whole"), 200_000),
    "a long line, typed": (planned(chunks="whole", dialect="typed"), 200_000),
    "a long line, many reads": (planned(chunks="whole", segments=Segments(random=Range(1, 9))), 50_000),
    "a long line, cut inside characters": (planned(chunks="whole", segments=Segments(inside="utf8")), 20_000),
    "cut behind a text": (broken(lambda n: faults.close_early("é" * (n - 1)), **MANY), 10_000),
    "cut behind a time": (
        broken(lambda n: faults.close_early(Position(time=n / 2)), **MANY, pace=Pace(every=1.0)), 10_000,
    ),
    "cut inside a long line": (broken(lambda n: faults.close_early("é" * (n - 1)), chunks="whole"), 200_000),
    "a chunk twice": (broken(lambda n: faults.duplicate_chunk(n), **MANY), 10_000),
    "invalid": (broken(lambda n: faults.invalid_utf8(n), **MANY), 10_000),
    "invalid, somewhere in a long line": (
        broken(lambda n: faults.invalid_utf8(Position(fraction=0.5)), chunks="whole"), 50_000,
    ),
    "judged": (judged, 10_000),
    "shown": (shown, 10_000),
}  # fmt: skip


@pytest.mark.parametrize(("work", "size"), WORK.values(), ids=list(WORK))
def test_the_cost_grows_with_the_size(work: Work, size: int) -> None:
    assert growth(work, size) < LINEAR


def test_memory_is_a_small_multiple_of_what_is_sent() -> None:
    tracemalloc.start()
    try:
        script = planned(chunks="whole")(4_000_000)
        assert isinstance(script, Script)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * script.size

"""Rows about what HTTP/2 alone does: frames, streams that are reset, connections that take no more of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mock_ares.faults import (
    broken_frame,
    close_early,
    data_past_end,
    goaway,
    long_length,
    no_end_stream,
    refuse_stream,
    reset_stream,
    short_length,
)
from mock_ares.faults.reset_stream import Code
from mock_ares.harness.checks.families.behaviour import echoed
from mock_ares.harness.checks.rows import Cases, Row, case, one, say
from mock_ares.harness.checks.strategies import words
from mock_ares.harness.model import Case
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.judgements import asks_beside
from mock_ares.scenario.model import Body, Pace, Pause, Reply

CODES = tuple(code for code in get_args(Code) if code not in ("INTERNAL_ERROR", "NO_ERROR"))
OPEN_FOR = 3.0
"""Seconds for which an answer stands still: many times what a client takes to send another question."""
OPEN = Pace(pauses=(Pause(at=3, lasts=OPEN_FOR),))
BESIDE: Any = ("ping", "settings", "window", "unknown")


def framed(*chunks: str, **body: Any) -> Case:
    return one(*chunks, body=Body(**body))


def faulty(*faults: Any, **words: Any) -> Case:
    return one("ab", "cd", faults=faults, **words)


def in_frames(settings: RunSettings) -> SearchStrategy[Case]:
    body = st.builds(
        Body,
        frames=st.sampled_from(["whole", "event", "segment"]) | st.integers(1, 20),
        padding=st.sampled_from([0, 1, 7, 255]),
        beside=st.lists(st.sampled_from(BESIDE), max_size=3).map(tuple),
    )
    return st.builds(lambda said, body: one(*said, body=body), st.lists(words, min_size=1, max_size=4), body)


def cut(fault: Any) -> Cases:
    """Cases of one reply that the fault ends behind one of its events."""

    def cases(settings: RunSettings) -> SearchStrategy[Case]:
        def ended(said: list[str], at: int) -> Case:
            return one(*said, faults=(fault(min(at, len(said))),))

        return st.builds(ended, st.lists(words, min_size=1, max_size=4), st.integers(0, 4))

    return cases


ROWS: dict[str, Row] = {
    name: replace(row, http="2")
    for name, row in {
        "h2-frames": Row(
            (
                framed("ab", "cd", frames="whole"),
                framed("ab", "cd", frames=3),
                framed("ab", frames=1),
                framed("ab", padding=1),
                framed("ab", "cd", padding=255),
                *(framed("ab", "cd", beside=(word,)) for word in BESIDE),
            ),
            in_frames,
            resting={"read-whole": (one("ab", "cd", body=Body(frames="whole"), segments="whole"),)},
        ),
        "h2-reset": Row(
            (
                faulty(reset_stream(1)),
                faulty(reset_stream("abc")),
                faulty(reset_stream(0)),
                faulty(reset_stream(2)),
                *(faulty(reset_stream(1, code)) for code in CODES),
                faulty(reset_stream(1), body="length"),
            ),
            cut(reset_stream),
        ),
        "h2-reset-well": Row((faulty(reset_stream(1, "NO_ERROR")), faulty(reset_stream(2, "NO_ERROR")))),
        "h2-refused": Row((case(Reply(faults=(refuse_stream(),)), say("ab", "cd")),)),
        "h2-goaway": Row(
            (
                faulty(goaway(1, then="go on")),
                faulty(goaway(0, "all", then="go on")),
                faulty(goaway(2, then="go on")),
            ),
            cut(lambda at: goaway(at, then="go on")),
        ),
        "h2-goaway-close": Row(
            (
                faulty(goaway(1)),
                faulty(goaway(1, "below")),
                faulty(goaway(1, "all", "ENHANCE_YOUR_CALM")),
                faulty(goaway(0)),
                faulty(goaway(2, "this", "INTERNAL_ERROR")),
            ),
            cut(goaway),
        ),
        "h2-no-end": Row((faulty(no_end_stream()), faulty(close_early(2)), faulty(close_early(1), body="length"))),
        "h2-length": Row(
            (faulty(short_length(1)), faulty(short_length(10)), faulty(long_length(1)), faulty(long_length(100))),
        ),
        "h2-beside": Row((echoed(OPEN),), lasts=OPEN_FOR, judge=asks_beside),
        "h2-broken-frame": Row(
            (
                *(faulty(broken_frame(1, kind)) for kind in ("oversized", "padding", "increment")),
                faulty(data_past_end()),
            )
        ),
    }.items()
}

"""Rows about what a client does, beside the text it returns."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mock_ares.faults import close_early, reset_peer
from mock_ares.harness.checks.failure import JSON
from mock_ares.harness.checks.rows import Row, case, one, say
from mock_ares.harness.checks.strategies import words
from mock_ares.harness.model import Case
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.judgements import asks_as_documented, asks_once, closes, shows_each_piece
from mock_ares.scenario.model import Body, Pace, Reply

MESSAGES = (
    "Explain how neural networks learn",
    'She said "hello"',
    "a\\b / c",
    "naïve 日本語 😀",
    "two\nlines\tand a tab",
    "?a=b&c=d#e%20+",
    "<b>&amp;</b> {x} ${y} $z `w`",
)
LONG_AFTER = 120
"""Tenths of a second: a connection that is not closed stays open for long after it should be. A client that shows
nothing is not stopped, and reads it all.
"""
REFUSED = Reply(status=400, content=JSON)


def asked(message: str) -> Case:
    return case(say("ab"), REFUSED, message=message)


def requests(settings: RunSettings) -> SearchStrategy[Case]:
    """Messages that are not blank: a client may refuse those, and trim others."""
    marks = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs"))
    return st.text(marks, max_size=20).map(lambda text: asked(f"m{text}m"))


def pieces(settings: RunSettings) -> SearchStrategy[Case]:
    return st.lists(words, min_size=2, max_size=5).map(lambda said: one(*said, withhold=True))


def in_turn(first: Reply) -> Case:
    return case(first, say("ab", "cd"))


ROWS: dict[str, Row] = {
    "request": Row(
        tuple(asked(message) for message in MESSAGES),
        requests,
        most=15,
        gate=True,
        key_route=True,
        judge=asks_as_documented,
    ),
    "incremental": Row(
        (
            one("ab", "cd", withhold=True),
            one("ab", "cd", "ef", "gi", withhold=True),
        ),
        pieces,
        most=10,
        resting={"gzip": (one("ab", "cd", "ef", body=Body(gzip="event"), withhold=True),)},
        judge=shows_each_piece,
    ),
    "once": Row(
        (
            case(say("ab"), REFUSED),
            case(say("ab", "cd", body=Body("close")), REFUSED),
            case(say("ab", "cd", body=Body("length")), REFUSED),
            case(say("ab", "cd", body=Body(connection="close")), REFUSED),
        ),
        judge=asks_once,
    ),
    "retry": Row(
        (
            in_turn(Reply(status=429, content=JSON)),
            in_turn(Reply(status=503, content=JSON)),
            in_turn(say("ab", "cd", faults=(close_early(0),))),
            in_turn(say("ab", "cd", faults=(close_early(1),))),
            in_turn(say("ab", "cd", faults=(reset_peer("abc"),))),
            in_turn(say("xy", "z", faults=(close_early(1),))),  # the answer is worded anew
        ),
        needs_retry=True,
    ),
    "cancel": Row((one(*(f"w{n}" for n in range(LONG_AFTER)), pace=Pace(every=0.1), cancel_after=4),), judge=closes),
}

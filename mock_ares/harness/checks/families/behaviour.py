"""Rows about what a client does, beside the text it returns."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mock_ares.faults import close_early, malformed_chunk, reset_peer
from mock_ares.harness.checks.families.failure import JSON
from mock_ares.harness.checks.rows import Row, case, one, say
from mock_ares.harness.checks.strategies import streaming, words
from mock_ares.harness.model import CANARY, Case
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.judgements import (
    asks_as_documented,
    asks_once,
    closes,
    keeps_apart,
    lets_go,
    shows_each_piece,
)
from mock_ares.harness.verdict.of_pages import is_inert, keeps_drawing, marks_what_is_partial, stays_stopped
from mock_ares.scenario.model import Body, Chunks, Content, Pace, Pause, Position, Reply, Text

MESSAGES = (
    "Explain how neural networks learn",
    'She said "hello"',
    "a\\b / c",
    "naïve 日本語 😀",
    "two\nlines\tand a tab",
    "?a=b&c=d#e%20+",
    "<b>&amp;</b> {x} ${y} $z `w`",
    "two\r\nlines, cafe\u0301 and \u212b",
    "word " * 1000 + "end",
    "bell \a, escape \x1b[0m, delete \x7f, a tag \U000e0001",
)
LONG_AFTER = 120
"""Tenths of a second: a connection that is not closed stays open for long after it should be. A client that shows
nothing is not stopped, and reads it all.
"""
BUFFERS = (512, 1024, 2048, 4096, 8192, 16384)
"""Bytes that buffers have: of an event that is as large, who reads on while a buffer is full waits for more."""
FRAMED = len("data: \n\n")
REFUSED = Reply(status=400, content=JSON)


def asked(message: str) -> Case:
    return case(say("ab"), REFUSED, message=message)


def requests(settings: RunSettings) -> SearchStrategy[Case]:
    """Messages that are not blank: a client may refuse those, and trim others."""
    marks = st.characters(codec="utf-8", exclude_characters="\0")  # which no command's environment can hold
    return st.text(marks, max_size=20).map(lambda text: asked(f"m{text}m"))


def pieces(settings: RunSettings) -> SearchStrategy[Case]:
    return st.lists(words, min_size=2, max_size=5).map(lambda said: one(*said, withhold=True))


def in_turn(first: Reply) -> Case:
    return case(first, say("ab", "cd"))


BROKEN = (
    say("ab", "cd", faults=(close_early(1),)),
    say("ab", "cd", faults=(close_early("abc"),)),
    say("ab", "é", faults=(close_early(Position(byte=17)),)),
    say("ab", "cd", faults=(reset_peer("abc"),)),
    say("ab", "cd", faults=(malformed_chunk(1),)),
)
"""Replies that leave something behind: text, half a character, a line."""
ECHO = "{message}, said in so many words that both answers are under way"
SOON = 0.5
LONG_BEFORE = 12.0
"""Seconds."""


SLICED = tuple(Pause(at=Position(byte=at), lasts=0.02) for at in (3, 8, 13, 14, 20, 33, 40))
"""Pauses that cut lines, at no end of a read that is promised: who reads two streams keeps one waiting."""


def echoed(pace: Pace, chunks: Any = "mid-word") -> Case:
    """Two answers at once, each of which says what it was asked."""
    return one(text=Text(template=ECHO), chunks=chunks, segments="free", pace=pace, at_once=True)


def twice(*replies: Reply) -> Case:
    return case(*replies, questions=2)


def answers_anew(settings: RunSettings) -> SearchStrategy[Case]:
    texts = st.lists(words, min_size=1, max_size=3).map(lambda said: say(*said))
    return st.builds(twice, texts, texts)


def after_broken(settings: RunSettings) -> SearchStrategy[Case]:
    """A stream that breaks off anywhere, and a good one."""
    return st.builds(
        lambda broken, said: twice(broken.replies[0], say(*said)),
        st.one_of(streaming("drop-fin")(settings), streaming("drop-rst")(settings)),
        st.lists(words, min_size=1, max_size=3),
    )


# A whole page: nothing else shows text to anybody, or is asked again before it is done

SET = f"globalThis.{CANARY}=1"
EXECUTED = (
    ("a", '<img src="//', f'" onerror="{SET}">', "b"),
    ("a", f'<img src="/{CANARY}.png">', "b"),
    (f"a<script>{SET}</script>b",),
    (f"<svg onload='{SET}'></svg>",),
    (f"a<details open ontoggle={SET}>b</details>",),
    (f'<iframe srcdoc="<script>parent.{CANARY}=1</script>"></iframe>',),
    (f"<style>@import url(/{CANARY}.css);</style>",),
    (f"<link rel=stylesheet href=/{CANARY}.css>", f"<video poster=/{CANARY}.png></video>"),
)
"""Text that a page runs, or asks for, if it takes it for its own."""
STOPPABLE = Pace(every=0.1)


HELD = Pace(pauses=(Pause(at=", said", until="released"),))


def overlapping(*, new_chat: bool = False) -> tuple[Case, ...]:
    """Two answers, the first held until the second has been asked for. Where both are held, the first ends before the
    second, else behind it."""
    return tuple(
        case(*(echoed(pace).replies[0] for pace in paces), at_once=True, new_chat=new_chat)
        for paces in ((HELD, HELD), (HELD, Pace()))
    )


LONG, EVERY, OFTEN = 150_000, 100, 0.002
"""Bytes, characters of a chunk, and seconds between two."""

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
            *(one("a" * (size - FRAMED), "cd", withhold=True) for size in BUFFERS),
            one("a", "b", "c", withhold=True),
        ),
        pieces,
        most=10,
        resting={
            "gzip": (one("ab", "cd", "ef", body=Body(gzip="event"), withhold=True),),
            "text-lookalikes": (one("a [", "b <", "c `", "d", withhold=True),),
        },
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
    "abort": Row((one("ab", pace=Pace(head=LONG_BEFORE), cancel_in=SOON),), judge=lets_go),
    "again": Row(
        (
            twice(say("ab", "cd"), say("xy", "z")),
            twice(say("ab", "cd"), say("ab", "cd")),
        ),
        answers_anew,
        most=10,
        resting={"status": (twice(say("ab"), Reply(status=503, content=JSON)),)},
    ),
    "after-failure": Row(
        tuple(twice(broken, say("xy", "z")) for broken in BROKEN),
        after_broken,
        most=10,
        resting={
            "text-newlines": (twice(say("a\nb", faults=(close_early("a\n"),)), say("xy", "z")),),
            "status": (twice(Reply(status=500, content=Content(plain="data: no\n\n")), say("xy", "z")),),
        },
    ),
    "idle-close": Row(
        tuple(twice(say("ab", "cd", body=Body(connection=how)), say("xy", "z")) for how in ("idle-close", "idle-reset"))
    ),
    "at-once": Row(
        (echoed(Pace(every=0.02)),),
        resting={"read-line": (echoed(Pace(pauses=SLICED), chunks="whole"),)},
        judge=keeps_apart,
    ),
    "cancel": Row((one(*(f"w{n}" for n in range(LONG_AFTER)), pace=Pace(every=0.1), cancel_after=4),), judge=closes),
    "page-inert": Row(tuple(one(*chunks) for chunks in EXECUTED), judge=is_inert),
    "page-partial": Row(
        (
            twice(say("ab", "cd", faults=(close_early("abc"),)), say("xy", "z")),
            twice(say("ab", "cd", faults=(close_early(1),)), say("xy", "z")),
        ),
        judge=marks_what_is_partial,
    ),
    "page-second": Row(overlapping(), judge=keeps_apart),
    "page-new-chat": Row(overlapping(new_chat=True), judge=keeps_apart),
    "page-stop": Row(
        (one(*(f"w{n}" for n in range(LONG_AFTER)), pace=STOPPABLE, cancel_after=4),),
        judge=stays_stopped,
    ),
    "page-frames": Row(
        (
            case(
                say(text=Text(bytes=LONG), chunks=Chunks(every=EVERY), segments="free", pace=Pace(every=OFTEN)),
            ),
        ),
        lasts=LONG / EVERY * OFTEN,
        judge=keeps_drawing,
    ),
}

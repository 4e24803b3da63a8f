"""Replies planned before anybody asks for them."""

from __future__ import annotations

from typing import Any

import pytest

from mock_ares.authoring import dry_run
from mock_ares.authoring.dry_run import rehearse
from mock_ares.faults import close_early, duplicate_chunk, empty_reply, hang, missing_end, reset_peer
from mock_ares.scenario.model import Body, Chunks, Content, Framing, Pace, Pause, Position, Range, Reply, Segments, Text

NETS = "Neural nets learn."


@pytest.mark.parametrize(
    "reply",
    [
        Reply(text=NETS),
        Reply(text=""),
        Reply(faults=(empty_reply(),)),
        Reply(text=NETS, faults=(reset_peer(after="Neu"),)),
        Reply(text=NETS, pace=Pace(every=0.1, pauses=(Pause(at="Neural", lasts=1.0), Pause(at=3)))),
        Reply(text="a\rb", dialect="typed"),
        Reply(text=Text(template="{message}!")),
        Reply(text=Text(bytes=8_000_000), chunks="whole"),
        Reply(error="internal", faults=(hang(after=Position(byte=5)),)),
        Reply(content=Content(json={"a": "b"}), faults=(close_early(after=Position(byte=4)),)),
        Reply(content="empty"),
        Reply(status=503),
    ],
)
def test_a_reply_that_can_be_played_has_no_mistakes(reply: Reply) -> None:
    assert rehearse(reply) == []


@pytest.mark.parametrize(
    ("reply", "place", "part"),
    [
        (Reply(text=NETS, faults=(hang(after="nets"), hang(after="x"))), ("faults", 1), "hang"),
        (Reply(text=NETS, pace=Pace(first=600_000.0, keep_alive=0.001)), ("pace", "keep_alive"), "100000 times"),
        (Reply(text=NETS, pace=Pace(pauses=(Pause(at=1),)), faults=(hang(after=2),)), ("pace", "pauses"), "for ever"),
        (Reply(text=NETS, faults=(duplicate_chunk(chunk=4),)), ("faults", 0), "chunk 4"),
        (Reply(text=NETS, faults=(missing_end(),)), ("faults", 0), "use delta or typed"),
        (Reply(text=NETS, faults=(hang(after="40%"),)), ("faults", 0), "a fraction is written as {fraction: 40%}"),
        (Reply(text=NETS, faults=(hang(after="2s"),)), ("faults", 0), "a time is written as {time: 2s}"),
        (Reply(content=Content(plain="abc"), faults=(hang(after=Position(byte=4)),)), ("faults", 0), "3 bytes"),
        (Reply(text=NETS, pace=Pace(pauses=(Pause(at="nets"), Pause(at="x")))), ("pace", "pauses", 1, "at"), "'x'"),
        (Reply(text=NETS, segments=Segments(at=(500,))), ("segments",), "byte 500"),
        (Reply(text=NETS, segments=Segments(inside="utf8")), ("segments",), "characters outside ASCII"),
        (Reply(text=NETS, chunks=Chunks(at=(3, 50))), ("chunks", "at", 1), "no character 50 to cut before"),
        (Reply(text="a\rb"), ("text",), "the text holds a CR at character 1"),
        (Reply(chunks=("a", "\n"), dialect="lines"), ("chunks", 1), "the chunk holds a LF at character 0"),
        (
            Reply(text=NETS, dialect="lines", framing=Framing(final_blank_line=False)),
            ("framing", "final_blank_line"),
            "no blank lines",
        ),
    ],
)
def test_what_cannot_be_played_is_told_at_the_word_that_asks_for_it(
    reply: Reply, place: tuple[Any, ...], part: str
) -> None:
    ((found, message),) = rehearse(reply)
    assert found == place
    assert part in message


def test_a_reply_has_a_million_chunks_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "MOST", 3)
    assert rehearse(Reply(text="abc", chunks="characters")) == []
    assert rehearse(Reply(text="abcd", chunks="characters")) == [
        (("chunks",), "the reply has 4 chunks; 3 are the most")
    ]
    assert rehearse(Reply(text=Text(bytes=40), chunks="characters"))[0][0] == ("chunks",)


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        (Reply(text=Text(bytes=4000), segments="byte"), ("segments",)),
        (Reply(text=Text(bytes=4000), segments=Segments(every=2)), ("segments",)),
        (Reply(text=Text(bytes=4000), segments=Segments(random=Range(min=1, max=9))), ("segments",)),
        (Reply(text=Text(bytes=4000), body=Body(http_chunks=1)), ("body", "http_chunks")),
    ],
)
def test_reads_and_http_chunks_are_bounded(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, place: tuple[str, ...]
) -> None:
    assert rehearse(reply) == []
    monkeypatch.setattr(dry_run, "MOST", 1000)
    monkeypatch.setattr(dry_run, "cuts", lambda _: pytest.fail("made them all"))
    ((found, message),) = rehearse(reply)
    assert found == place
    assert "more than 1000" in message


def test_a_block_that_would_alter_the_text_in_this_dialect_is_found() -> None:
    # A block of another event type is no part of the text to the standard, but the lines dialect has no event types.
    framing = Framing(between=("event: ping", "data: {}"))
    assert rehearse(Reply(text=NETS, framing=framing)) == []
    assert rehearse(Reply(text=NETS, framing=framing, dialect="lines")) != []


def test_large_generated_texts_are_not_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "build", lambda *_: pytest.fail("planned"))
    assert rehearse(Reply(text=Text(bytes=8_000_000), chunks=Chunks(every=4000))) == []
    assert rehearse(Reply(text=Text(words=20_000))) == []

"""Recorded event streams: byte for byte what they were, and replies like others in every other respect."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from mock_ares.dialects import DIALECTS, Names
from mock_ares.faults import close_early, invalid_utf8
from mock_ares.plan import recorded
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.positions import PlanError, offset_of
from mock_ares.scenario.diagnostics import WordsError
from mock_ares.scenario.model import Framing, Hex, Pace, Pause, Position, Reply, Text
from tests.plan.strategies import replies

START = 'data: {"event":"start","agent":"x","context_id":"{context_id}"}\n\n'


def typed(*texts: str) -> tuple[str, ...]:
    return tuple(f'data: {{"event":"token","content":"{text}"}}\r\n\r\n' for text in texts)


def of(*runs: str | Hex, dialect: str = "typed", **words: object) -> Reply:
    return Reply(text=Text(recorded=runs), chunks="recorded", dialect=dialect, **words)  # type: ignore[arg-type]


@given(replies())
def test_the_payload_of_any_reply_comes_again(reply: Reply) -> None:
    """And its chunks, where nothing has hurt or cut them."""
    plan = build(reply, RequestContext())
    runs = _runs(plan.payload)
    if plan.dialect not in DIALECTS or not runs:
        return
    again = build(of(*runs, dialect=plan.dialect), RequestContext())
    assert again.payload == plan.payload
    if not plan.marks and plan.framing.final_blank_line:
        assert tuple(again.chunks) == tuple(plan.chunks)


def test_a_line_of_another_field_carries_no_chunk() -> None:
    again = build(of("data: a\n", "datax: 1\n", "data\n", "data\r\n", dialect="lines"), RequestContext())
    assert tuple(again.chunks) == ("a", "", "")


def _runs(payload: bytes) -> list[str | Hex]:
    try:
        return [payload.decode()] if payload else []
    except UnicodeDecodeError:
        return [Hex(payload.hex())]


def test_moments_are_the_pace_s_and_what_carries_no_chunk_leaves_with_what_is_before_it() -> None:
    reply = of(START, *typed("a", "b"), ": x\n\n", *typed("c"), pace=Pace(head=1, first=2, intervals=(0.5, 0.25)))
    assert [piece.at for piece in build(reply, RequestContext()).pieces] == [1.0, 3.0, 3.5, 3.5, 3.75]
    later = replace(reply.pace, pauses=(Pause(at=2, lasts=10.0),))
    assert [piece.at for piece in build(replace(reply, pace=later), RequestContext()).pieces][2:] == [3.5, 13.5, 13.75]


def test_the_context_is_the_request_s_in_records_only() -> None:
    asked = RequestContext(names=Names(context_id='a"b'))
    assert b'"context_id":"a\\"b"' in build(of(START), asked).payload
    assert build(of("data: {context_id}\n\n", dialect="text"), asked).payload == b"data: {context_id}\n\n"


def test_a_comment_is_not_added_to_its_silences() -> None:
    reply = of(*typed("a", "b"), pace=Pace(pauses=(Pause(at=1, lasts=60.0),)))
    assert b"keep-alive" not in build(reply, RequestContext(keep_alive=15.0)).payload


@pytest.mark.parametrize(
    ("dialect", "runs", "text", "behind"),
    [
        ("typed", (START, *typed("Neu", "ral")), "Neur", b'"content":"r'),
        ("typed", ('data: {"n": 1, "event": "token", "content": "caf\\u00e9s"}\n\n',), "café", b'"caf\\u00e9'),
        ("delta", ('data: {"delta": "delta", "finish_reason": null}\n\n',), "del", b': "del'),
        ("text", ("data:data\n\n",), "da", b"data:da"),
        ("text", (": c\r\n", "id: 1\r\n", "data: Neural\r\n\r\n"), "Neu", b"data: Neu"),
    ],
)
def test_a_place_in_the_text_is_found(dialect: str, runs: tuple[str, ...], text: str, behind: bytes) -> None:
    plan = build(of(*runs, dialect=dialect), RequestContext())
    assert plan.payload[: offset_of(plan, text)].endswith(behind)


def test_events_are_counted_whatever_they_carry_and_pauses_are_none() -> None:
    pauses = (Pause(at=Position(event=1), lasts=1.0), Pause(at=Position(event=2), lasts=2.0))
    reply = of(START, *typed("a"), ": x\n\n", *typed("b"), pace=Pace(pauses=pauses))
    assert [piece.at for piece in build(reply, RequestContext()).pieces] == [0.0, 1.0, 3.0, 3.0]
    with pytest.raises(PlanError, match="event 5 lies behind the end: the payload has 4 events"):
        offset_of(build(reply, RequestContext()), Position(event=5))


def test_a_place_that_cannot_be_found_is_an_error_that_says_what_can_be() -> None:
    plan = build(of("data: a\r\ndata: b\r\n\r\n", dialect="text"), RequestContext())
    with pytest.raises(PlanError, match=r"chunk 1 is spelled in a way of its own.*name a chunk"):
        offset_of(plan, "a")


def test_faults_do_as_ever() -> None:
    plan = build(of(*typed("Neural", " net"), faults=(close_early(after="Neu"),)), RequestContext())
    assert plan.payload[: plan.ending.stop].endswith(b'"content":"Neu')
    hurt = build(of(*typed("Neural"), faults=(invalid_utf8(after="Neu"),)), RequestContext())
    assert b'"Neu\xffral"' in hurt.payload


def test_other_chunks_spell_the_text_anew() -> None:
    reply = replace(of(*typed("Neu", "ral nets")), chunks="words", framing=Framing(newline="cr"), dialect="text")
    wrong = build(reply, RequestContext())
    assert wrong.text != "Neural nets"  # in another dialect the events say something else
    plan = build(replace(reply, dialect="typed"), RequestContext())
    assert tuple(plan.chunks) == ("Neural", " nets")
    assert plan.payload.count(b"\r\r") == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"text": "x", "chunks": "recorded"}, "chunks: these are the chunks of text: {recorded"),
        ({"text": Text(recorded=("data: x\n\n",))}, "text.recorded: recorded events need their dialect"),
        (
            {
                "text": Text(recorded=("data: x\n\n",)),
                "dialect": "text",
                "chunks": "recorded",
                "framing": Framing(bom=True),
            },
            "framing: chunks: recorded are spelled as they came",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(words: dict[str, object], message: str) -> None:
    with pytest.raises(WordsError, match=message.replace("{", r"\{")):
        Reply(**words)  # type: ignore[arg-type]


@pytest.mark.parametrize("runs", [(), ("\udcff",)])
def test_runs_are_some_and_whole(runs: tuple[str, ...]) -> None:
    with pytest.raises(WordsError):
        Text(recorded=runs)


@pytest.mark.parametrize("digits", ["", "f", "fg", "f f"])
def test_hex_is_bytes(digits: str) -> None:
    with pytest.raises(WordsError, match="two hexadecimal digits"):
        Hex(digits)


def test_events_are_told_apart() -> None:
    payload = b": c\n\ndata: a\r\n\r\ndata: b\n\ndat"
    assert [tuple(event) for event in recorded.events(payload, "text")] == [
        (b": c\n\n", None, True),
        (b"data: a\r\n\r\n", "a", True),
        (b"data: b\n\n", "b", True),
        (b"dat", None, False),
    ]


def test_json_content_has_the_request_s_context_too() -> None:
    assert recorded.with_context(b'{"context_id":"{context_id}"}', 'a"b') == b'{"context_id":"a\\"b"}'

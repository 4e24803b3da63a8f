"""Every fault: what it leaves of the payload, and what it says when it cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_ares.dialects import DIALECTS
from mock_ares.expectation import disagreement, sent_payload, sent_text
from mock_ares.faults import (
    FAULTS,
    close_early,
    cut_gzip,
    duplicate_chunk,
    empty_reply,
    error_event,
    garbage,
    invalid_utf8,
    long_length,
    malformed_chunk,
    missing_end,
    provider_hang,
    refuse_stream,
    reset_peer,
    short_length,
)
from mock_ares.plan.build import RequestContext, answer, build
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.plan.positions import PlanError, offset_of
from mock_ares.scenario.model import Body, DialectName, Framing, Pace, Pause, Position, Reply
from mock_ares.scenario.stream import BodyForm
from tests.plan.strategies import NOTHING, Menu, positions, replies

NEW_CONTENT = [name for name, fault in FAULTS.items() if fault.about == "content"]
CUTTING: dict[str, Any] = {
    name: fault
    for name, fault in FAULTS.items()
    if fault.about == "end" and "after" in fault.required() and name != "provider_hang"  # which finishes its event
}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    **{name: (1,) * len(fault.required()) for name, fault in FAULTS.items()},
    "invalid_utf8": ("a",),
}


def plan_of(*chunks: str, dialect: DialectName = "text", body: BodyForm = "chunked", **words: Any) -> StreamPlan:
    return build(Reply(chunks=chunks, dialect=dialect, body=body, **words), RequestContext())


def example(name: str) -> Any:
    """A fault that fits a typed, compressed reply of two chunks."""
    return FAULTS[name](*ARGUMENTS.get(name, ()))


class TestCuts:
    """Faults that end a reply at a position."""

    @pytest.mark.parametrize("name", CUTTING)
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_deliver_exactly_what_is_before_the_position(self, name: str, dialect: DialectName) -> None:
        plan = plan_of(
            "Grö", "ße ", dialect=dialect, body=Body(gzip="event"), framing=Framing(newline="mixed", bom=True)
        )
        for where in (0, 1, 2, "G", "Grö", "ß", Position(byte=2), Position(byte=11), Position(fraction=1.0)):
            broken = CUTTING[name](where)(plan)
            assert broken.ending.stop == offset_of(plan, where)
            assert (broken.pieces, broken.text) == (plan.pieces, plan.text)
            assert broken.marks == (name,)
            assert disagreement(broken) is None

    @pytest.mark.parametrize("name", CUTTING)
    def test_by_time_come_at_that_time(self, name: str) -> None:
        plan = plan_of("a", "b", body=Body(gzip="event"), pace=Pace(head=0.5, every=1.0))
        broken = CUTTING[name](Position(time=1.0))(plan)
        assert (broken.ending.stop, broken.ending.at) == (9, 1.0)
        assert CUTTING[name](Position(time=9.0))(plan).ending.at == 9.0

    @pytest.mark.parametrize("name", ["close_early", "reset_peer", "hang"])
    def test_before_the_head_leave_nothing(self, name: str) -> None:
        plan = plan_of("a", pace=Pace(head=0.5))
        broken = CUTTING[name](Position(time=0.2))(plan)
        assert (broken.head, broken.payload) == (None, b"")
        assert (broken.ending.kind, broken.ending.at) == (CUTTING[name](1)(plan).ending.kind, 0.2)

    @pytest.mark.parametrize("name", ["malformed_chunk", "truncate", "cut_gzip"])
    def test_of_a_body_need_the_head_first(self, name: str) -> None:
        plan = plan_of("a", body=Body(gzip="event"), pace=Pace(head=0.5))
        with pytest.raises(PlanError, match=rf"^{name}: at 0.2 s there is no body yet, the head leaves at 0.5 s$"):
            CUTTING[name](Position(time=0.2))(plan)

    @pytest.mark.parametrize("name", CUTTING)
    def test_name_themselves_when_the_place_is_missing(self, name: str) -> None:
        plan = plan_of("a", body=Body(gzip="event"))
        for where in (2, "x", Position(byte=99)):
            with pytest.raises(PlanError, match=rf"^{name}: "):
                CUTTING[name](where)(plan)

    @given(replies(menu=NOTHING), st.sampled_from(sorted(CUTTING)), st.data())
    def test_of_any_reply(self, reply: Reply, name: str, data: st.DataObject) -> None:
        plan = build(reply, RequestContext())
        where = data.draw(positions(plan))
        try:
            broken = CUTTING[name](where)(plan)
        except PlanError as error:
            assert str(error).startswith(f"{name}: ")
            assert plan.body.framing != "chunked" or not plan.body.gzip or "there is no body yet" in str(error)
            return
        assume(broken.head is not None)
        assert sent_payload(broken) == plan.payload[: offset_of(plan, where)]
        assert plan.text.startswith(sent_text(broken)) or not plan.framing.final_blank_line


class TestProviderHang:
    @pytest.mark.parametrize("where", [0, Position(byte=1), Position(byte=30)])
    def test_what_begins_a_stream_is_sent(self, where: Any) -> None:
        plan = plan_of("a", "b", dialect="typed")
        assert sent_payload(provider_hang(where)(plan)) == plan.payload[: plan.payload.index(b"\n\n") + 2]

    def test_an_event_that_has_begun_is_sent(self) -> None:
        plan = plan_of("Grö", "ße", framing=Framing(bom=True))
        for where, stop in ((0, 0), (1, 1), ("G", 1), ("ß", 2), (2, 2)):
            broken = provider_hang(where)(plan)
            assert broken.ending.stop == offset_of(plan, stop)
            assert (broken.ending.kind, broken.marks) == ("hang", ("provider_hang",))
            assert disagreement(broken) is None

    @pytest.mark.parametrize(("keep_alive", "beats"), [(15.0, (15.0, b": keep-alive\n\n")), (None, None)])
    def test_comments_go_on_where_there_are_any(self, keep_alive: float | None, beats: Any) -> None:
        reply = Reply(chunks=("a", "b"), faults=(provider_hang(1),))
        assert build(reply, RequestContext(keep_alive=keep_alive)).ending.heartbeat == beats

    def test_a_line_that_has_no_end_is_not_torn(self) -> None:
        reply = Reply(chunks=("a",), framing=Framing(final_blank_line=False), faults=(provider_hang(1),))
        assert build(reply, RequestContext(keep_alive=1.0)).ending.heartbeat is None


class TestInsideAnHttpChunk:
    @pytest.mark.parametrize("fault", [close_early, reset_peer])
    def test_is_a_matter_of_the_ending(self, fault: Any) -> None:
        assert fault(1, inside_http_chunk=True)(plan_of("a")).ending.inside_http_chunk

    @pytest.mark.parametrize("body", ["length", "close", "http1.0"])
    @pytest.mark.parametrize("fault", [close_early(1, True), reset_peer(1, True), malformed_chunk(1)])
    def test_takes_http_chunks(self, fault: Any, body: BodyForm) -> None:
        with pytest.raises(PlanError, match=rf"^[a-z_]+: there are no HTTP chunks in body: {body}; use body: chunked$"):
            fault(plan_of("a", body=body))


class TestMalformedChunk:
    @pytest.mark.parametrize("size", ["5", "0", " aF ", "1;a=b", "a\nb", "a\r", "\u0100", "\0"])
    def test_a_size_must_be_none(self, size: str) -> None:
        with pytest.raises(ValueError, match="size is one line in Latin-1 that is no hexadecimal number"):
            malformed_chunk(1, size=size)

    @pytest.mark.parametrize("size", ["", "ZZ", "0x5", "-1", "5 5", "1g", "é"])
    def test_these_are_none(self, size: str) -> None:
        assert malformed_chunk(1, size=size)(plan_of("a")).ending.tail.startswith(size.encode("latin-1") + b"\r\n")


class TestCutGzip:
    def test_takes_a_compressed_body(self) -> None:
        with pytest.raises(PlanError, match=r"^cut_gzip: the body is not compressed"):
            cut_gzip(1)(plan_of("a"))

    def test_http_ends_well(self) -> None:
        assert cut_gzip(1)(plan_of("a", body=Body(gzip="whole"))).ending == Ending(stop=9, gzip_trailer=False)


class TestLengths:
    @pytest.mark.parametrize("fault", [long_length(3), short_length(3)])
    @pytest.mark.parametrize("body", ["chunked", "length", Body(extensions=";a", gzip="event", connection="close")])
    def test_take_a_length(self, fault: Any, body: Any) -> None:
        broken = fault(plan_of("a", body=body))
        gzip, connection = (body.gzip, body.connection) if isinstance(body, Body) else (None, "keep-alive")
        assert broken.body == Body("length", gzip=gzip, connection=connection)
        assert broken.ending.stop is None and abs(broken.ending.length_delta) == 3

    @pytest.mark.parametrize("name", ["long_length", "short_length"])
    @pytest.mark.parametrize("body", ["close", "http1.0"])
    def test_cannot_be_where_there_is_none(self, name: str, body: BodyForm) -> None:
        with pytest.raises(PlanError, match=rf"^{name}: body: {body} has no Content-Length; use body: length$"):
            example(name)(plan_of("a", body=body))


class TestDuplicateChunk:
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_says_it_again(self, dialect: DialectName) -> None:
        plan = duplicate_chunk(2)(plan_of("a", " b", "c", dialect=dialect))
        assert (plan.text, plan.chunks) == ("a b bc", ("a", " b", " b", "c"))
        assert sent_text(plan) == "a b bc"
        assert [piece.chunk for piece in plan.pieces if piece.chunk is not None] == [0, 1, 2, 3]

    def test_twice(self) -> None:
        assert duplicate_chunk(3)(duplicate_chunk(1)(plan_of("a", "b"))).text == "aabb"

    def test_leaves_the_byte_order_mark_alone(self) -> None:
        plan = duplicate_chunk(1)(plan_of("a", framing=Framing(bom=True)))
        assert plan.payload == b"\xef\xbb\xbfdata: a\n\ndata: a\n\n" and disagreement(plan) is None

    def test_comes_at_the_same_time(self) -> None:
        plan = duplicate_chunk(1)(plan_of("ab", "c", pace=Pace(every=1.0, pauses=(Pause("a", 3.0),))))
        assert [piece.at for piece in plan.pieces] == [0.0, 3.0, 3.0, 4.0]

    def test_repeats_what_an_earlier_fault_has_done(self) -> None:
        plan = duplicate_chunk(1)(invalid_utf8("a")(plan_of("ab")))
        assert plan.payload == b"data: a\xffb\n\n" * 2
        assert plan.text == "a\ufffdb" * 2

    def test_there_is_no_such_chunk(self) -> None:
        with pytest.raises(PlanError, match=r"^duplicate_chunk: there is no chunk 3; the reply has 2$"):
            duplicate_chunk(3)(plan_of("a", "b"))
        with pytest.raises(PlanError, match=r"^duplicate_chunk: chunk 2 is not in the stream any more"):
            duplicate_chunk(2)(error_event(1)(plan_of("a", "b", dialect="typed")))

    def test_half_of_it_is_not_enough(self) -> None:
        with pytest.raises(PlanError, match=r"^duplicate_chunk: chunk 1 has been cut by a fault before this one$"):
            duplicate_chunk(1)(error_event("a")(plan_of("ab", dialect="typed")))

    def test_of_the_last_that_nothing_ends(self) -> None:
        plan = plan_of("a", framing=Framing(final_blank_line=False))
        assert duplicate_chunk(1)(plan).payload == b"data: a\n\ndata: a\n"

    @pytest.mark.parametrize("at", [1, Position(fraction=1.0), "a"])
    def test_a_pause_behind_the_last_one_stays_behind_both(self, at: Any) -> None:
        pace, framing = Pace(pauses=(Pause(at, 3.0),)), Framing(final_blank_line=False)
        plan = plan_of("a", pace=pace, framing=framing, faults=(duplicate_chunk(1), close_early(2)))
        assert (plan.payload, plan.ending.at) == (b"data: a\n\ndata: a\n", 3.0)
        assert [piece.at for piece in plan.pieces] == [0.0, 0.0]


class TestInvalidUtf8:
    @pytest.mark.parametrize(
        ("after", "payload", "text"),
        [
            ("G", b"data: G\xffr\n\ndata: s\n\n", "G\ufffdrs"),
            ("Gr", b"data: Gr\xff\n\ndata: s\n\n", "Gr\ufffds"),
            (0, b"data: \xffGr\n\ndata: s\n\n", "\ufffdGrs"),
            (1, b"data: Gr\xff\n\ndata: s\n\n", "Gr\ufffds"),
            (2, b"data: Gr\n\ndata: s\xff\n\n", "Grs\ufffd"),
            (Position(byte=7), b"data: G\xffr\n\ndata: s\n\n", "G\ufffdrs"),
            (Position(fraction=1.0), b"data: Gr\n\ndata: s\xff\n\n", "Grs\ufffd"),
            (Position(time=0.0), b"data: Gr\n\ndata: s\xff\n\n", "Grs\ufffd"),
        ],
    )
    def test_stands_behind_a_character(self, after: Any, payload: bytes, text: str) -> None:
        plan = invalid_utf8(after)(plan_of("Gr", "s"))
        assert (plan.payload, plan.text) == (payload, text)
        assert sent_text(plan) == text

    @pytest.mark.parametrize("dialect", ["delta", "typed"])
    def test_stands_behind_an_escape(self, dialect: DialectName) -> None:
        plan = invalid_utf8('"\n', bytes="c3")(plan_of('a"\n\\', dialect=dialect))
        assert b'a\\"\\n\xc3\\\\"' in plan.payload and sent_text(plan) == 'a"\n\ufffd\\'

    @pytest.mark.parametrize("newline", ["lf", "crlf", "cr", "mixed"])
    def test_stands_on_its_own_line_of_a_text(self, newline: Any) -> None:
        framing = Framing(newline=newline, space=False, before=("id: 1",), inside=(": x",))
        plan = plan_of("a\n b\n", framing=framing)
        for after, text in (
            ("a", "a\ufffd\n b\n"),
            ("a\n", "a\n\ufffd b\n"),
            (" b", "a\n b\ufffd\n"),
            (1, "a\n b\n\ufffd"),
        ):
            broken = invalid_utf8(after)(plan)
            assert broken.text == sent_text(broken) == text

    def test_several(self) -> None:
        plan = invalid_utf8("Hel", bytes="f09f")(invalid_utf8("H")(plan_of("Hello", " you")))
        assert plan.payload == b"data: H\xffel\xf0\x9flo\n\ndata:  you\n\n"
        assert plan.text == "H\ufffdel\ufffdlo you"
        assert close_early("Hello y")(plan).ending.stop == len(b"data: H\xffel\xf0\x9flo\n\ndata:  y")

    def test_two_halves_of_a_character_are_one(self) -> None:
        plan = invalid_utf8(1, bytes="a9")(invalid_utf8(1, bytes="c3")(plan_of("a")))
        assert plan.text == sent_text(plan) == "aé"

    def test_in_json(self) -> None:
        plan = answer(200, (), b'{"response":"ab"}', text="ab", chunks=("ab",))
        broken = invalid_utf8("a")(plan)
        assert (broken.payload, broken.text) == (b'{"response":"a\xffb"}', "a\ufffdb")
        assert close_early("ab")(broken).ending.stop == len(b'{"response":"a\xffb')

    @pytest.mark.parametrize("after", [Position(byte=3), Position(byte=9), Position(fraction=0.0), "x"])
    def test_there_is_no_such_place(self, after: Any) -> None:
        with pytest.raises(PlanError, match=r"^invalid_utf8: "):
            invalid_utf8(after)(plan_of("ab"))

    def test_a_field_name_alone_has_no_room(self) -> None:
        plan = plan_of("a\n\nb", framing=Framing(bare_empty=True))
        with pytest.raises(PlanError, match=r"^invalid_utf8: an empty line"):
            invalid_utf8("a\n")(plan)
        assert invalid_utf8("a\n\n")(plan).text == "a\n\n\ufffdb"

    @pytest.mark.parametrize("raw", ["", "41", "ff41", "c3a9", "zz", "f"])
    def test_bytes_must_be_invalid(self, raw: str) -> None:
        with pytest.raises(ValueError, match=r"bytes "):
            invalid_utf8("a", bytes=raw)


class TestErrorEvent:
    END = b'data: {"event":"error","context_id":"","error":"failed"}\n\n'

    def test_comes_in_place_of_the_rest(self) -> None:
        plan = plan_of("a", "b", dialect="typed")
        broken = error_event(1, "failed")(plan)
        assert broken.payload == plan.payload[: offset_of(plan, 1)] + self.END
        assert broken.text == "ab" and disagreement(broken) is None
        assert DIALECTS["typed"].decode(broken.payload).error == "failed"

    def test_behind_what_begins_a_stream(self) -> None:
        plan = plan_of("a", "b", dialect="typed")
        start = plan.payload[: plan.payload.index(b"\n\n") + 2]
        assert error_event(0, "failed")(plan).payload == self.END
        assert error_event(0, "failed", opening=True)(plan).payload == start + self.END
        later = error_event(1, "failed", opening=True)(plan).payload
        assert later == error_event(1, "failed")(plan).payload

    def test_inside_an_event_it_is_glued_to_it(self) -> None:
        plan = error_event(Position(text="a"), "failed")(plan_of("ab", dialect="typed"))
        assert plan.payload.endswith(b'{"event":"token","content":"a' + self.END)

    def test_has_its_time(self) -> None:
        plan = plan_of("a", "b", dialect="typed", pace=Pace(head=0.5, every=2.0))
        assert error_event(0)(plan).pieces[-1].at == 0.5
        assert error_event(Position(time=1.5))(plan).pieces[-1].at == 1.5
        assert error_event(2)(plan).pieces[-1].at == 2.5

    @pytest.mark.parametrize("dialect", ["text", "lines", "delta"])
    def test_only_typed_has_one(self, dialect: DialectName) -> None:
        with pytest.raises(
            PlanError,
            match=rf"^error_event: the dialect {dialect} has no error event; use dialect: (.*, )?(.* or )?typed$",
        ):
            error_event(0)(plan_of("a", dialect=dialect))

    def test_a_message_that_cannot_be_carried(self) -> None:
        with pytest.raises(PlanError, match=r"^error_event: .* lone surrogate"):
            error_event(0, "\ud800")(plan_of("a", dialect="typed"))


class TestMissingEnd:
    @pytest.mark.parametrize("dialect", ["delta", "typed"])
    def test_all_chunks_come(self, dialect: DialectName) -> None:
        pace = Pace(every=1.0, keep_alive=0.3, pauses=(Pause(2, 1.0), Pause(Position(fraction=0.95), 1.0)))
        plan = missing_end()(plan_of("a", "b", dialect=dialect, pace=pace))
        said = DIALECTS[dialect].decode(plan.payload)
        assert (said.text, said.complete) == ("ab", False)
        assert b"done" not in plan.payload and b"stop" not in plan.payload

    @pytest.mark.parametrize("dialect", ["text", "lines"])
    def test_these_have_no_end(self, dialect: DialectName) -> None:
        with pytest.raises(
            PlanError, match=rf"^missing_end: the dialect {dialect} has no end record; use delta(, .*)? or typed$"
        ):
            missing_end()(plan_of("a", dialect=dialect))

    def test_it_is_gone_already(self) -> None:
        for fault in (missing_end(), error_event(1)):
            with pytest.raises(
                PlanError, match=r"^missing_end: a fault before this one has taken the end record away$"
            ):
                missing_end()(fault(plan_of("a", dialect="typed")))


class TestNoResponse:
    def test_a_connection_that_ends(self) -> None:
        plan = empty_reply(reset=True)(plan_of("a", pace=Pace(head=1.0)))
        assert (plan.head, plan.payload, plan.ending) == (None, b"", Ending("reset", at=1.0))
        assert empty_reply()(plan_of("a")).ending.kind == "close"

    def test_bytes_that_are_none(self) -> None:
        assert garbage("\xff\n")(plan_of("a")).ending == Ending("close", at=0.0, tail=b"\xff\n")

    @pytest.mark.parametrize("raw", ["", "\u0100"])
    def test_bytes_are_bytes(self, raw: str) -> None:
        with pytest.raises(ValueError, match="bytes are one or more characters from"):
            garbage(raw)

    def test_they_stand_alone(self) -> None:
        assert {name for name, fault in FAULTS.items() if fault.about == "response"} == {
            "empty_reply", "garbage", "refuse_stream",
        }  # fmt: skip
        for fault in (empty_reply(), garbage(), refuse_stream()):
            assert build(Reply(faults=(fault,)), RequestContext()).head is None


class TestTogether:
    PLAN = plan_of("a", "b", dialect="typed", body=Body(gzip="event"))

    @pytest.mark.parametrize("first", [name for name in FAULTS if name not in NEW_CONTENT])
    @pytest.mark.parametrize("second", FAULTS)
    def test_what_ends_a_reply_stands_last(self, first: str, second: str) -> None:
        gone = FAULTS[first].about == "response"
        why = f"there is no response to change, {first} has taken its place" if gone else f"{first} has ended the reply"
        with pytest.raises(PlanError, match=rf"^{second}: {why}"):
            example(second)(example(first)(self.PLAN))

    @pytest.mark.parametrize("first", NEW_CONTENT)
    @pytest.mark.parametrize("second", [name for name in FAULTS if name not in NEW_CONTENT])
    def test_what_changes_the_content_stands_before(self, first: str, second: str) -> None:
        plan = example(second)(example(first)(self.PLAN))
        assert plan.marks == (first, second)
        assert disagreement(plan) is None

    def test_a_chunk_twice_then_a_reset_behind_both(self) -> None:
        plan = reset_peer(2)(duplicate_chunk(1)(plan_of("a", "b")))
        assert sent_payload(plan) == b"data: a\n\ndata: a\n\n"

    @given(replies(menu=Menu(endings=False, headless=False)))
    def test_any_that_change_the_content(self, reply: Reply) -> None:
        plan = build(reply, RequestContext())
        assert disagreement(plan) is None
        assert plan.marks == tuple(next(name for name, kind in FAULTS.items() if kind is type(f)) for f in reply.faults)


@pytest.mark.parametrize("name", FAULTS)
def test_on_an_answer_that_is_no_stream(name: str) -> None:
    plan = answer(500, (), b'{"error":"x"}', Reply(text="", body=Body("length", gzip="event")))
    place = Position(byte=4)
    arguments = {word: place if word == "after" else 1 for word in FAULTS[name].required()}
    fault: Any = FAULTS[name](**arguments)
    if name in (*NEW_CONTENT, "malformed_chunk"):
        with pytest.raises(PlanError, match=rf"^{name}: "):
            fault(plan)
    else:
        assert fault(plan).marks == (name,)


class TestAtAPause:
    """A pause at the very place of a fault passes first."""

    PAUSED = Pace(every=1.0, pauses=(Pause(1, 0.5),))

    @pytest.mark.parametrize("name", CUTTING)
    @pytest.mark.parametrize("where", [1, "a", Position(byte=9), Position(fraction=0.5), Position(time=0.0)])
    def test_then_it_ends(self, name: str, where: Any) -> None:
        plan = plan_of("a", "b", body=Body(gzip="event"), pace=self.PAUSED, faults=(CUTTING[name](where),))
        assert (plan.ending.stop, plan.ending.at) == (9, 0.5)
        assert [piece.data for piece in plan.pieces] == [b"data: a\n\n", b"data: b\n\n"]

    def test_elsewhere_it_does_not_wait(self) -> None:
        for where, at in ((0, None), (2, None), ("a", None), (Position(time=0.25), 0.25), (Position(time=0.5), 0.5)):
            plan = plan_of("ab", "c", pace=self.PAUSED, faults=(reset_peer(where),))
            assert plan.ending.at == at

    def test_several_add_up(self) -> None:
        pauses = (Pause(1, 0.5), Pause("a", 0.25), Pause(Position(byte=9), 1.0))
        assert plan_of("a", "b", pace=Pace(pauses=pauses), faults=(reset_peer(1),)).ending.at == 1.75

    def test_comments_fill_it(self) -> None:
        pace = Pace(every=1.0, keep_alive=0.2, pauses=(Pause(1, 0.5),))
        plan = plan_of("a", "b", pace=pace, faults=(reset_peer(1),))
        assert sent_payload(plan) == b"data: a\n\n" + b": keep-alive\n\n" * 2
        assert plan.ending.at == 0.5

    def test_inside_an_event(self) -> None:
        plan = plan_of("abc", pace=Pace(pauses=(Pause("a", 0.5),)), faults=(close_early("a"),))
        assert (sent_payload(plan), plan.ending.at) == (b"data: a", 0.5)

    def test_by_time(self) -> None:
        pace = Pace(every=1.0, pauses=(Pause(Position(time=0.5), 2.0),))
        plan = plan_of("a", "b", pace=pace, faults=(reset_peer(Position(time=0.5)),))
        assert (plan.ending.stop, plan.ending.at) == (9, 2.5)

    def test_then_an_error_is_told(self) -> None:
        plan = plan_of("a", "b", dialect="typed", pace=self.PAUSED, faults=(error_event(1),))
        assert plan.pieces[-1].at == 0.5

    def test_in_front_of_an_end_record_that_is_missing(self) -> None:
        plan = plan_of("a", "b", dialect="typed", pace=Pace(pauses=(Pause(2, 0.5),)), faults=(missing_end(),))
        assert (plan.ending.kind, plan.ending.at) == ("complete", 0.5)

    @pytest.mark.parametrize("fault", [empty_reply(), garbage()])
    def test_there_is_none_where_there_is_no_reply(self, fault: Any) -> None:
        with pytest.raises(
            PlanError, match=r"there is no reply for pauses to lie in; pace: \{head: \.\.\.\} says when"
        ):
            plan_of("a", pace=self.PAUSED, faults=(fault,))

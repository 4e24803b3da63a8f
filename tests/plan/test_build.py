"""Replies to plans."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares import faults
from mock_ares.dialects import DIALECTS, DialectName, Names
from mock_ares.plan.build import RequestContext, answer, build, merged
from mock_ares.plan.columns import Piece
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Body, Chunks, Framing, Json, Pace, Pause, Position, Range, Reply, Segments, Text
from mock_ares.scenario.stream import Segmentation
from tests.plan.strategies import texts
from tests.plan.words import Newline


def plan_of(*chunks: str, **words: Any) -> StreamPlan:
    return build(Reply(chunks=chunks, **words), RequestContext())


class TestText:
    @pytest.mark.parametrize(
        ("reply", "chunks"),
        [
            (Reply(text="a bc"), ("a", " bc")),
            (Reply(text="a bc", chunks="characters"), ("a", " ", "b", "c")),
            (Reply(text="e\u0301x", chunks="graphemes"), ("e\u0301", "x")),
            (Reply(text="a bc", chunks="whole"), ("a bc",)),
            (Reply(text="", chunks="whole"), ()),
            (Reply(text="ab cd", chunks="mid-word"), ("a", "b c", "d")),
            (Reply(text="abcde", chunks=Chunks(every=2)), ("ab", "cd", "e")),
            (Reply(text="abcde", chunks=Chunks(sizes=(1, 2))), ("a", "bc", "d", "e")),
            (Reply(text="abcde", chunks=Chunks(at=(1, 3))), ("a", "bc", "de")),
            (Reply(text="abc", chunks=Chunks(random=Range(1, 1))), ("a", "b", "c")),
            (Reply(chunks=("a", "", "b")), ("a", "", "b")),
            (Reply(text=Text(template="<{message}> {x}"), chunks="whole"), ("<hi> {x}",)),
        ],
    )
    def test_in_chunks(self, reply: Reply, chunks: tuple[str, ...]) -> None:
        plan = build(reply, RequestContext(message="hi"))
        assert plan.chunks == chunks and plan.text == "".join(chunks)

    def test_generated_by_the_seed(self) -> None:
        one, again, other = (build(Reply(text=Text(words=9)), RequestContext(), seed).text for seed in (1, 1, 2))
        assert one == again != other
        assert len(build(Reply(text=Text(bytes=99)), RequestContext()).text) == 99
        assert build(Reply(text=Text(words=9), seed=2), RequestContext(), 1).text == other

    def test_a_file_must_have_been_read(self) -> None:
        with pytest.raises(PlanError, match=r"the file 'a.txt' has not been read"):
            build(Reply(text=Text(file="a.txt")), RequestContext())

    def test_what_a_dialect_cannot_carry_is_refused(self) -> None:
        with pytest.raises(PlanError, match=r"^chunk 2: .* a CR at character 1"):
            plan_of("a", "b\rc")
        with pytest.raises(PlanError, match=r"^chunk 1: .* a lone surrogate, U\+D800"):
            plan_of("\ud800", dialect="typed")
        with pytest.raises(PlanError, match=r"^chunk 2: .* a CR at character 0"):
            build(Reply(text=Text(template="{message}")), RequestContext(message="a\rb"))

    def test_names_that_cannot_be_carried_are_refused(self) -> None:
        names = Names(agent="\udfff")
        with pytest.raises(PlanError, match=r"^the names of agent and context: .* lone surrogate"):
            build(Reply(text="a"), RequestContext(names=names, dialect="typed"))
        assert build(Reply(text="a"), RequestContext(names=names, dialect="delta")).text == "a"


class TestEvents:
    def test_plain(self) -> None:
        assert plan_of("a\nb", " c", "").payload == b"data: a\ndata: b\n\ndata:  c\n\ndata: \n\n"

    def test_lines(self) -> None:
        assert plan_of("a", " b", dialect="lines").payload == b"data: a\ndata:  b\n"

    @pytest.mark.parametrize(
        ("newline", "payload"), [("crlf", b"data: a\r\ndata: b\r\n\r\n"), ("cr", b"data: a\rdata: b\r\r")]
    )
    def test_newlines(self, newline: Newline, payload: bytes) -> None:
        assert plan_of("a\nb", framing=Framing(newline=newline)).payload == payload

    def test_everything_around_the_data(self) -> None:
        framing = Framing(
            space=False,
            bom=True,
            bare_empty=True,
            first=(": a",),
            between=("id: 2",),
            before=("event:",),
            inside=("retry: 1",),
        )
        assert plan_of("x", "", " y", framing=framing).payload == (
            b"\xef\xbb\xbf: a\n\n"
            b"event:\ndata:x\nretry: 1\n\n"
            b"id: 2\n\n"
            b"event:\ndata\nretry: 1\n\n"
            b"id: 2\n\n"
            b"event:\ndata:  y\nretry: 1\n\n"
        )

    def test_lines_between_the_data_lines(self) -> None:
        framing = Framing(amid=(":", "id: 1"))
        assert plan_of("a\nb\n", "c", framing=framing).payload == (
            b"data: a\n:\nid: 1\ndata: b\n:\nid: 1\ndata: \n\ndata: c\n\n"
        )

    @pytest.mark.parametrize(
        ("how", "written"),
        [
            (Json(), '{"event":"token","content":"é/😀"}'),
            (Json(escapes="non-ascii"), '{"event":"token","content":"\\u00e9/\\ud83d\\ude00"}'),
            (Json(escapes="short"), '{"event":"token","content":"é\\/😀"}'),
            (Json(space="much"), '{ "event" :\t"token", "content" :\t"é/😀" }'),
            (Json(space="lines"), '{\ndata: "event": "token",\ndata: "content": "é/😀"\ndata: }'),
            (Json(order="reversed"), '{"content":"é/😀","event":"token"}'),
        ],
    )
    def test_json_written_otherwise(self, how: Json, written: str) -> None:
        plan = plan_of("é/😀", dialect="typed", framing=Framing(json=how))
        assert plan.payload.split(b"\n\n")[1] == f"data: {written}".encode()

    def test_members_that_no_client_knows_come_first(self) -> None:
        payload = plan_of("a", dialect="delta", framing=Framing(json=Json(more=True))).payload
        assert json.loads(payload.split(b"\n\n")[0].removeprefix(b"data: ")).keys() == {
            "x_more", "x_list", "delta", "finish_reason"
        }  # fmt: skip

    def test_raw_text_has_no_json(self) -> None:
        with pytest.raises(PlanError, match="framing: json goes with a dialect of records; text has none"):
            plan_of("a", framing=Framing(json=Json(more=True)))

    @pytest.mark.parametrize("dialect", ["text", "typed"])
    def test_records_that_say_nothing_stand_between_where_they_are_records(self, dialect: DialectName) -> None:
        framing = Framing(between=('data: {"event":"tool_call"}',))
        if dialect == "typed":
            assert b'\n\ndata: {"event":"tool_call"}\n\n' in plan_of("a", "b", dialect=dialect, framing=framing).payload
            return
        with pytest.raises(PlanError, match="framing: between holds data that the dialect text takes for"):
            plan_of("a", "b", dialect=dialect, framing=framing)

    def test_a_mark_in_front_is_no_fields_name(self) -> None:
        with pytest.raises(ValueError, match="is the byte order mark, which is taken off; set bom: true"):
            Framing(before=("\ufeffdata: x",))
        assert plan_of("a", framing=Framing(bom=True, before=("\ufeffdata: x",))).payload.count(b"\xef\xbb\xbf") == 2

    @pytest.mark.parametrize("newline", ["lf", "crlf", "cr", "mixed"])
    @pytest.mark.parametrize("seed", range(8))
    def test_without_the_last_blank_line(self, newline: Newline, seed: int) -> None:
        whole = plan_of("a", "b", framing=Framing(newline=newline), seed=seed)
        cut = plan_of("a", "b", framing=Framing(newline=newline, final_blank_line=False), seed=seed)
        assert cut.payload in (whole.payload[:-1], whole.payload[:-2])
        assert cut.payload.endswith((b"data: b\n", b"data: b\r", b"data: b\r\n"))
        assert not cut.pieces[-1].ends_event

    def test_typed_and_delta_say_that_they_are_whole(self) -> None:
        for dialect, closes in (("delta", [False, True]), ("typed", [False, False, True])):
            assert [piece.closes for piece in plan_of("a", dialect=dialect).pieces] == closes

    def test_a_line_that_a_dialect_would_take_for_the_reply(self) -> None:
        foreign = ("event: ping", "data: x")
        assert plan_of("a", framing=Framing(first=foreign)).text == "a"
        with pytest.raises(PlanError, match=r"^framing: between holds data that the dialect lines takes"):
            plan_of("a", dialect="lines", framing=Framing(between=foreign))
        with pytest.raises(PlanError, match=r"^framing: first holds data that the dialect delta takes"):
            plan_of("a", dialect="delta", framing=Framing(first=("event: x", 'data: {"delta": "b"}')))
        with pytest.raises(PlanError, match=r"^framing: first holds data that the dialect typed takes"):
            plan_of("a", dialect="typed", framing=Framing(first=("event: x", 'data: {"event":"done"}')))

    def test_lines_have_no_blank_line_to_leave_out(self) -> None:
        with pytest.raises(
            PlanError, match=r"^framing: the dialect lines has no blank lines; leave final_blank_line out$"
        ):
            plan_of("a", dialect="lines", framing=Framing(final_blank_line=False))

    @given(st.sampled_from(sorted(DIALECTS)).flatmap(lambda name: st.tuples(st.just(name), texts(name))), st.integers())
    def test_a_chunk_said_twice_is_the_same_event(self, spoken: tuple[str, str], seed: int) -> None:
        dialect, text = spoken
        plan = plan_of(text, "-", text, dialect=dialect, seed=seed)
        one, two = (piece.data for piece in plan.pieces if piece.chunk in (0, 2))
        assert one == two


class TestHead:
    def test_by_default(self) -> None:
        head = plan_of("a").head
        assert head is not None
        assert head.status == 200 and dict(head.headers)["content-type"] == "text/event-stream"

    def test_as_the_reply_says(self) -> None:
        reply = Reply(text="a", status=201, headers={"Cache-Control": None, "X-A": "1"}, interim=(103, 100))
        head = build(reply, RequestContext()).head
        assert head is not None
        assert (head.status, head.interim) == (201, (103, 100))
        assert head.headers == (("content-type", "text/event-stream"), ("X-A", "1"))

    def test_fields_are_replaced_in_their_places(self) -> None:
        fields = (("A", "1"), ("b", "2"), ("b", "3"), ("c", "4"))
        assert merged(fields, {}) == fields
        assert merged(fields, {"B": "x", "c": None, "D": "5"}) == (("A", "1"), ("B", "x"), ("D", "5"))


class TestAnswer:
    def test_has_a_length_unless_the_reply_says_otherwise(self) -> None:
        assert answer(500, (), b"x").body == Body("length")
        assert answer(500, (), b"x", Reply(text="", body=Body("chunked"))).body == Body("chunked")
        assert answer(500, (), b"x", Reply(text="", body="close")).body == Body("close")

    def test_has_the_replys_pace_and_head(self) -> None:
        reply = Reply(text="", pace=Pace(head=1.0, first=2.0), headers={"x": "y"}, interim=(103,))
        plan = answer(500, (("X", "z"),), b"body", reply)
        assert plan.head is not None
        assert (plan.head.at, plan.head.headers, plan.head.interim) == (1.0, (("x", "y"),), (103,))
        assert plan.pieces == (Piece(b"body", 3.0),)

    def test_has_its_faults_and_pauses(self) -> None:
        pace = Pace(pauses=(Pause(Position(byte=2), 1.0),))
        plan = answer(500, (), b"body", Reply(text="", pace=pace, faults=(faults.close_early(Position(byte=3)),)))
        assert [(piece.data, piece.at) for piece in plan.pieces] == [(b"bo", 0.0), (b"dy", 1.0)]
        assert plan.ending.stop == 3

    @pytest.mark.parametrize(
        ("wanted", "segments"),
        [
            ("byte", "byte"),
            (Segments(every=2), Segments(every=2)),
            (Segments(at=(1, 2, 9)), Segments(at=(1, 2))),
            (Segments(at=(9,)), "free"),
            (Segments(inside="prefix"), "free"),
        ],
    )
    def test_keeps_of_the_segments_what_makes_sense(self, wanted: Segmentation, segments: Segmentation) -> None:
        assert answer(200, (), b"body", Reply(text="", segments=wanted)).segments == segments

    @pytest.mark.parametrize("status", [204, 304])
    def test_cannot_have_a_body_where_there_is_none(self, status: int) -> None:
        assert answer(status, (), b"").pieces == ()
        with pytest.raises(PlanError, match=rf"a response with {status} has no body"):
            answer(status, (), b"x")

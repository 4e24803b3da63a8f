"""Positions: what a payload offset has before it, in every dialect and framing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_ares import faults
from mock_ares.dialects import DIALECTS
from mock_ares.plan.build import RequestContext, answer, build
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError, offset_of, place_of, split_at
from mock_ares.scenario.model import DialectName, Framing, Pace, Position, Reply
from mock_ares.scenario.stream import Json
from mock_ares.scenario.words import parse_duration
from tests.plan.strategies import NOTHING, Menu, plans, replies
from tests.plan.words import Newline


def plan_of(*chunks: str, dialect: DialectName = "text", **words: Any) -> StreamPlan:
    return build(Reply(chunks=chunks, dialect=dialect, **words), RequestContext())


def before(plan: StreamPlan, where: Position | str | int) -> bytes:
    return plan.payload[: offset_of(plan, where)]


class TestChunk:
    @pytest.mark.parametrize("dialect", DIALECTS)
    @pytest.mark.parametrize("count", [0, 1, 2, 3])
    def test_so_many_have_been_said(self, dialect: DialectName, count: int) -> None:
        plan = plan_of("a", " b", " c", dialect=dialect, framing=Framing(bom=True, first=(": hi",), between=(":",)))
        said = DIALECTS[dialect].decode(before(plan, count)).text
        assert said == "".join(plan.chunks[:count])
        assert offset_of(plan, Position(chunk=count)) == offset_of(plan, count)

    def test_nothing_is_before_the_first(self) -> None:
        assert before(plan_of("a", dialect="typed", framing=Framing(bom=True)), 0) == b""

    def test_what_stands_between_two_is_not_part_of_the_first(self) -> None:
        assert before(plan_of("a", "b", framing=Framing(between=(": x",))), 1) == b"data: a\n\n"

    def test_one_that_comes_twice_counts_twice(self) -> None:
        plan = faults.duplicate_chunk(1)(plan_of("a", "b"))
        assert before(plan, 2) == b"data: a\n\ndata: a\n\n"

    @pytest.mark.parametrize("count", [-1, 3])
    def test_there_is_no_such_chunk(self, count: int) -> None:
        with pytest.raises(PlanError, match=rf"^chunk {count} lies behind the end: the reply has 2 chunks$"):
            offset_of(plan_of("a", "b"), count)

    def test_it_has_been_cut_off(self) -> None:
        plan = faults.error_event(1)(plan_of("a", "b", dialect="typed"))
        with pytest.raises(PlanError, match=r"chunk 2 is not in the stream any more"):
            offset_of(plan, 2)


class TestText:
    def test_inside_a_chunk_it_is_behind_the_last_byte(self) -> None:
        assert before(plan_of("Größe", "n"), "Grö") == "data: Grö".encode()

    def test_at_the_end_of_a_chunk_it_has_been_said(self) -> None:
        assert before(plan_of("Neural", " net"), "Neural") == b"data: Neural\n\n"

    def test_it_may_begin_in_one_chunk_and_end_in_another(self) -> None:
        assert before(plan_of("Neu", "ral", " net"), "ural n") == b"data: Neu\n\ndata: ral\n\ndata:  n"

    def test_the_first_occurrence_counts(self) -> None:
        assert before(plan_of("ab", "ab"), "ab") == b"data: ab\n\n"

    def test_a_line_end_is_a_new_data_line(self) -> None:
        plan = plan_of("a\n\nb")
        assert before(plan, "a") == b"data: a"
        assert before(plan, "a\n") == b"data: a\ndata: "
        assert before(plan, "a\n\n") == b"data: a\ndata: \ndata: "

    @pytest.mark.parametrize("newline", ["lf", "crlf", "cr", "mixed"])
    def test_however_lines_end(self, newline: Newline) -> None:
        framing = Framing(newline=newline, before=("id: 1",), inside=(": x",))
        assert before(plan_of("a\nbc", framing=framing), "a\nb").endswith(b"data: b")

    def test_without_spaces(self) -> None:
        plan = plan_of("  a\nb", framing=Framing(space=False))
        assert before(plan, " ") == b"data:  "
        assert before(plan, "  a\n") == b"data:   a\ndata:"

    def test_an_empty_line_without_a_colon(self) -> None:
        plan = plan_of("a\n\nb", framing=Framing(bare_empty=True))
        assert before(plan, "a\n") == b"data: a\ndata"

    @pytest.mark.parametrize("dialect", ["delta", "typed"])
    def test_escaped(self, dialect: DialectName) -> None:
        plan = plan_of('say "hi"\n\\ and\0', dialect=dialect)
        assert before(plan, 'say "').endswith(b'say \\"')
        assert before(plan, "\n").endswith(b'hi\\"\\n')
        assert before(plan, "\n\\").endswith(b"\\n\\\\")

    @pytest.mark.parametrize("missing", ["x", "", "ba"])
    def test_it_is_not_there(self, missing: str) -> None:
        with pytest.raises(PlanError, match=rf"the text '{missing}' is not in the reply"):
            offset_of(plan_of("a", "b"), missing)

    def test_nothing_is_in_an_empty_reply(self) -> None:
        with pytest.raises(PlanError, match=r"is not in the reply"):
            offset_of(plan_of(), "a")

    def test_json_in_the_text_is_no_json(self) -> None:
        framing = Framing(json=Json(more=True))
        plan = plan_of('{"delta": "x"}', dialect="typed", framing=framing)
        assert before(plan, "{").endswith(b'"event":"token","content":"{')

    @given(plans(menu=NOTHING), st.data())
    def test_what_a_reader_of_the_bytes_has_is_the_text_or_a_part(self, plan: StreamPlan, data: st.DataObject) -> None:
        """A reader that takes what it has for finished has read the text up to the position, and no more."""
        assume(plan.text and not any(line.startswith("event:") for line in plan.framing.first + plan.framing.between))
        start = data.draw(st.integers(0, len(plan.text) - 1))
        text = plan.text[start : data.draw(st.integers(start + 1, len(plan.text)))]
        sent = before(plan, text)
        closing = {"text": b"\n\n", "lines": b"", "delta": b'"}\n\n', "typed": b'"}\n\n'}[plan.dialect]
        reversed_closing = b'","event":"token"}\n\n'  # of a record that says last what it is
        said = {DIALECTS[plan.dialect].decode(sent + end).text for end in (b"", closing, reversed_closing)}
        assert plan.text[: plan.text.find(text) + len(text)] in said


class TestByte:
    def test_it_is_what_it_says(self) -> None:
        assert before(plan_of("a"), Position(byte=4)) == b"data"

    def test_it_lies_behind_the_end(self) -> None:
        with pytest.raises(PlanError, match=r"^byte 10 lies behind the end: the payload has 9 bytes$"):
            offset_of(plan_of("a"), Position(byte=10))


def test_a_fraction_is_of_the_payload() -> None:
    plan = plan_of("a", "b")
    assert [offset_of(plan, Position(fraction=share)) for share in (0.0, 0.5, 1.0)] == [0, 9, 18]


class TestTime:
    PLAN = plan_of("a", "b", "c", "d", pace=Pace(head=0.1, first=0.2, every=0.1))

    @pytest.mark.parametrize(("seconds", "count"), [(0.0, 0), (0.29, 0), (0.3, 1), (0.6, 4), (0.7, 4), (0.45, 2)])
    def test_all_is_sent_that_is_known_by_then(self, seconds: float, count: int) -> None:
        assert offset_of(self.PLAN, Position(time=seconds)) == 9 * count

    def test_a_sum_of_intervals_meets_what_the_author_wrote(self) -> None:
        plan = plan_of(*"abcdefghijklmnop", pace=Pace(every=0.1))
        for count in range(16):
            assert offset_of(plan, Position(time=float(f"{count / 10:.1f}"))) == 9 * (count + 1)

    def test_a_time_in_a_file_meets_it_too(self) -> None:
        plan = plan_of(*"a" * 500, pace=Pace(every=parse_duration("5us")))
        for count in range(500):
            assert offset_of(plan, Position(time=parse_duration(f"{5 * count}us"))) == 9 * (count + 1)


class TestJson:
    """An ordinary answer that carries the text in a string, where faults are placed in the same words."""

    def plan(self, *chunks: str, key: str = "response") -> StreamPlan:
        text = "".join(chunks)
        body = json.dumps({"id": text[:1], key: text, "agent": "x"}, ensure_ascii=False, separators=(",", ":"))
        return answer(200, (), body.encode(), text=text, chunks=chunks)

    def test_chunks_and_text(self) -> None:
        plan = self.plan("Größe", ' "x"')
        assert before(plan, 0).endswith(b'"response":"')
        assert before(plan, 1).endswith('"response":"Größe'.encode())
        assert before(plan, ' "').endswith('Größe \\"'.encode())

    def test_a_text_that_is_a_key(self) -> None:
        assert before(self.plan("response"), "res") == b'{"id":"r","response":"res'

    def test_the_text_is_not_carried(self) -> None:
        plan = replace(self.plan("a"), text="b", chunks=("b",))
        with pytest.raises(PlanError, match=r"does not carry the text"):
            offset_of(plan, 1)

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1).filter(any), st.data())
    def test_places(self, chunks: list[str], data: st.DataObject) -> None:
        plan = self.plan(*chunks)
        start = offset_of(plan, 0)
        count = data.draw(st.integers(0, len(chunks)))
        assert json.loads(b'"' + plan.payload[start : offset_of(plan, count)] + b'"') == "".join(chunks[:count])
        place = place_of(plan, Position(fraction=data.draw(st.floats(0.9, 1))))
        said = "".join(chunks[: place.chunk]) + chunks[place.chunk][: place.characters]
        assert json.loads(b'"' + plan.payload[start : place.offset] + b'"') == said


class TestPlace:
    """Where bytes can be put in so that they become text."""

    @given(plans(menu=Menu(endings=False, headless=False)), st.data())
    def test_each_character_has_one(self, plan: StreamPlan, data: st.DataObject) -> None:
        assume(plan.chunks and {piece.chunk for piece in plan.pieces} >= set(range(len(plan.chunks))))
        count = data.draw(st.integers(0, len(plan.chunks)))
        try:
            place = place_of(plan, count)
            again = place_of(plan, Position(byte=place.offset))
            end = place_of(plan, Position(fraction=1.0))
        except PlanError as error:  # it may have cut the last event there is
            assert "error_event" in plan.marks, error
            return
        assert again.offset == place.offset
        assert place.characters == (len(plan.chunks[place.chunk]) if count else 0)
        assert end.chunk == len(plan.chunks) - 1

    @pytest.mark.parametrize("escapes", ["usual", "non-ascii", "short", "all"])
    def test_there_is_one_behind_bytes_that_no_escape_says(self, escapes: Any) -> None:
        framing = Framing(json=Json(escapes=escapes))
        plan = build(
            Reply(chunks=("a", "b"), dialect="typed", framing=framing, faults=(faults.invalid_utf8(1, bytes="FF"),)),
            RequestContext(),
        )
        assert b"\xff" in plan.payload and place_of(plan, 1).characters == 2

    @pytest.mark.parametrize("byte", [0, 3, 5, 8, 9, 12])
    def test_other_bytes_are_no_places(self, byte: int) -> None:
        with pytest.raises(
            PlanError, match=rf"^byte {byte} is no place in the text: bytes go behind a character of it$"
        ):
            place_of(plan_of("a", "b"), Position(byte=byte))

    @pytest.mark.parametrize(("byte", "place"), [(6, (0, 0, 6)), (7, (0, 1, 7)), (15, (1, 0, 15)), (16, (1, 1, 16))])
    def test_these_are(self, byte: int, place: tuple[int, int, int]) -> None:
        assert place_of(plan_of("a", "b"), Position(byte=byte)) == place

    def test_a_time_names_the_last_that_has_been_passed(self) -> None:
        plan = plan_of("ab", "c", pace=Pace(every=1.0))
        assert place_of(plan, Position(time=0.5)) == (0, 2, 8)
        with pytest.raises(PlanError, match=r"^0 of the payload is no place"):
            place_of(plan, Position(fraction=0.0))

    def test_a_reply_without_text_has_none(self) -> None:
        for where in (0, Position(fraction=1.0)):
            with pytest.raises(PlanError):
                place_of(plan_of(), where)


@given(replies(menu=NOTHING), st.data())
def test_splitting_keeps_every_byte(reply: Reply, data: st.DataObject) -> None:
    plan = build(reply, RequestContext())
    offset = data.draw(st.integers(0, plan.size))
    front, back = split_at(plan, offset)
    assert b"".join(piece.data for piece in front) == plan.payload[:offset]
    assert b"".join(piece.data for piece in back) == plan.payload[offset:]
    assert [piece.ends_event for piece in (*front, *back) if piece.data].count(True) == sum(
        piece.ends_event for piece in plan.pieces
    )

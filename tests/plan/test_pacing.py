"""When things become known: intervals, jitter, pauses, comments in silences."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares import faults
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.model import Ending, Script, StreamPlan
from mock_ares.plan.pacing import HELD
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Framing, Pace, Pause, Position, Reply
from tests.plan.strategies import NOTHING, replies, texts

COMMENT = b": keep-alive"


def plan_of(*chunks: str, pace: Pace, **words: Any) -> StreamPlan:
    return build(Reply(chunks=chunks, pace=pace, **words), RequestContext())


def moments(plan: StreamPlan) -> list[float]:
    return [piece.at for piece in plan.pieces if piece.chunk is not None]


class TestIntervals:
    def test_head_first_and_every(self) -> None:
        plan = plan_of(*"abc", pace=Pace(head=0.5, first=1.0, every=0.25), dialect="typed")
        assert plan.head is not None and plan.head.at == 0.5
        assert [piece.at for piece in plan.pieces] == [0.5, 1.5, 1.75, 2.0, 2.0]

    def test_a_rate(self) -> None:
        assert moments(plan_of(*"abc", pace=Pace(tokens_per_second=40))) == [0.0, 0.025, 0.05]

    def test_an_end_record_alone_comes_when_the_first_chunk_would(self) -> None:
        plan = plan_of(pace=Pace(first=1.0), dialect="typed")
        assert [piece.at for piece in plan.pieces] == [0.0, 1.0]

    def test_a_long_stream_does_not_drift(self) -> None:
        assert moments(plan_of(*"a" * 100_000, pace=Pace(every=0.1)))[-1] == 9999.9

    @given(st.floats(0, 1), st.integers())
    def test_jitter_keeps_its_bounds(self, jitter: float, seed: int) -> None:
        found = moments(plan_of(*"a" * 50, pace=Pace(every=1.0, jitter=jitter), seed=seed))
        for before, after in pairwise(found):
            assert 1 - jitter - 1e-8 <= after - before <= 1 + jitter + 1e-8

    def test_jitter_is_the_seeds(self) -> None:
        one, other = (moments(plan_of(*"abc", pace=Pace(every=1.0, jitter=0.5), seed=seed)) for seed in (1, 2))
        assert one != other


class TestPauses:
    def test_what_is_behind_one_comes_later(self) -> None:
        pace = Pace(every=1.0, pauses=(Pause(1, 0.5), Pause(Position(text="c"), 0.25)))
        assert moments(plan_of(*"abcd", pace=pace)) == [0.0, 1.5, 2.5, 3.75]

    def test_inside_an_event(self) -> None:
        plan = plan_of("abc", pace=Pace(pauses=(Pause("a", 1.0),)))
        assert [(piece.data, piece.at) for piece in plan.pieces] == [(b"data: a", 0.0), (b"bc\n\n", 1.0)]

    def test_two_at_one_place_add_up(self) -> None:
        assert moments(plan_of(*"ab", pace=Pace(pauses=(Pause(1, 1.0), Pause(1, 2.0))))) == [0.0, 3.0]

    def test_before_everything_but_the_head(self) -> None:
        plan = plan_of("a", pace=Pace(pauses=(Pause(0, 1.0),)), framing=Framing(bom=True, first=(":",)))
        assert plan.head is not None and plan.head.at == 0.0
        assert {piece.at for piece in plan.pieces} == {1.0}

    def test_a_time_is_one_that_passes_in_the_stream(self) -> None:
        pauses = (Pause(Position(time=1.0), 10.0), Pause(Position(time=12.5), 10.0))
        assert moments(plan_of(*"abcd", pace=Pace(every=1.0, pauses=pauses))) == [0.0, 1.0, 12.0, 23.0]

    def test_behind_everything_the_end_comes_later(self) -> None:
        pace = Pace(every=1.0, pauses=(Pause(2, 3.0), Pause(1, 1.0)))
        plan = plan_of(*"ab", pace=pace)
        assert (moments(plan), plan.ending) == ([0.0, 2.0], Ending(at=5.0))
        assert faults.close_early(2)(plan).ending.at == 5.0
        assert faults.close_early(1)(plan).ending.at is None
        assert faults.long_length()(plan).ending.at == 5.0

    def test_one_that_has_no_place(self) -> None:
        with pytest.raises(PlanError, match=r"^pauses: chunk 3 lies behind the end"):
            plan_of(*"ab", pace=Pace(pauses=(Pause(3, 1.0),)))


class TestForEver:
    def test_nothing_follows(self) -> None:
        plan = plan_of(*"ab", pace=Pace(every=1.0, pauses=(Pause(1),)))
        assert plan.ending == Ending("hang", stop=9)

    def test_the_first_of_several_counts(self) -> None:
        assert plan_of(*"abc", pace=Pace(pauses=(Pause(2), Pause(1)))).ending.stop == 9

    def test_comments_before_it_are_sent(self) -> None:
        plan = plan_of(*"ab", pace=Pace(every=1.0, keep_alive=0.4, pauses=(Pause(1, 1.0), Pause(2))))
        assert plan.ending.stop == plan.size
        assert plan.payload.count(COMMENT) == 4

    def test_comments_go_on(self) -> None:
        plan = plan_of(*"ab", pace=Pace(keep_alive=0.4, pauses=(Pause(1),)))
        assert plan.ending.heartbeat == (0.4, COMMENT + b"\n\n")
        profile = build(Reply(text="a b", pace=Pace(pauses=(Pause(1),))), RequestContext(keep_alive=15.0))
        assert profile.ending.heartbeat == (15.0, COMMENT + b"\n\n")

    def test_but_not_inside_an_event(self) -> None:
        assert plan_of("ab", pace=Pace(keep_alive=0.4, pauses=(Pause("a"),))).ending.heartbeat is None

    def test_what_is_said_before_it_can_be_changed(self) -> None:
        pace = Pace(pauses=(Pause(2),))
        plan = plan_of(*"ab", pace=pace, faults=(faults.duplicate_chunk(1),))
        assert plan.payload[: plan.ending.stop] == b"data: a\n\ndata: a\n\n"

    def test_two_ends_are_one_too_many(self) -> None:
        with pytest.raises(PlanError, match=r"^pauses: one lasts for ever and a fault ends the reply, too"):
            plan_of(*"ab", pace=Pace(pauses=(Pause(1),)), faults=(faults.reset_peer(1),))


class TestComments:
    def test_only_after_silence(self) -> None:
        plan = plan_of(*"abc", pace=Pace(first=0.5, every=1.0, keep_alive=0.4))
        assert [piece.at for piece in plan.pieces if piece.chunk is None] == [0.4, 0.9, 1.3, 1.9, 2.3]
        assert COMMENT not in plan_of(*"abc", pace=Pace(every=0.4, keep_alive=0.4)).payload

    def test_the_profile_has_its_own_interval(self) -> None:
        reply = Reply(chunks=("a", "b"), pace=Pace(every=20.0))
        assert build(reply, RequestContext(keep_alive=15.0)).payload.count(COMMENT) == 1
        assert (
            build(replace(reply, pace=Pace(every=20.0, keep_alive=8.0)), RequestContext(keep_alive=15.0)).payload.count(
                COMMENT
            )
            == 2
        )

    def test_not_before_the_byte_order_mark(self) -> None:
        plan = plan_of("a", pace=Pace(first=1.0, keep_alive=0.4), framing=Framing(bom=True))
        assert plan.payload.startswith(b"\xef\xbb\xbf" + COMMENT)
        late = plan_of("a", pace=Pace(keep_alive=0.4, pauses=(Pause(0, 1.0),)), framing=Framing(bom=True))
        assert late.payload == b"\xef\xbb\xbfdata: a\n\n"

    def test_not_where_an_event_is_unfinished(self) -> None:
        framing = Framing(final_blank_line=False)
        pace = Pace(keep_alive=0.4, pauses=(Pause(1, 2.0),))
        assert plan_of("a", pace=pace, framing=framing).payload == b"data: a\n"

    def test_while_the_end_is_awaited(self) -> None:
        plan = plan_of("a", pace=Pace(keep_alive=0.5, pauses=(Pause(1, 1.4),)))
        assert [piece.at for piece in plan.pieces] == [0.0, 0.5, 1.0] and plan.ending.at == 1.4

    def test_there_is_an_end_to_them(self) -> None:
        with pytest.raises(PlanError, match=r"^keep_alive: 0.001 s goes more than 100000 times into 1000 s"):
            plan_of("a", pace=Pace(first=1000.0, keep_alive=0.001))

    @given(replies(menu=NOTHING))
    def test_they_stand_between_events_and_say_nothing(self, reply: Reply) -> None:
        quiet = build(replace(reply, pace=replace(reply.pace, keep_alive=None)), RequestContext())
        kept = build(reply, RequestContext())
        added = [piece for piece in kept.pieces if piece.chunk is None and piece.data.startswith(COMMENT)]
        others = [piece for piece in quiet.pieces if piece.chunk is None and piece.data.startswith(COMMENT)]
        assert len(kept.pieces) - len(quiet.pieces) == len(added) - len(others)
        for before, after in pairwise(kept.pieces):
            if after in added and after not in others:
                assert before.ends_event or before.data == b"\xef\xbb\xbf"
                assert reply.pace.keep_alive and after.at - before.at >= reply.pace.keep_alive - 1e-8

    @given(st.lists(texts("delta"), max_size=6))
    def test_no_silence_between_events_is_longer(self, chunks: list[str]) -> None:
        interval = 0.5
        kept = build(
            Reply(chunks=tuple(chunks), dialect="delta", pace=Pace(first=0.7, every=1.7, keep_alive=interval)),
            RequestContext(),
        )
        for before, after in pairwise(kept.pieces):
            assert after.at - before.at <= interval + 1e-8


class TestReleased:
    """A pause until released is where a timed one would be, and of no length."""

    @given(replies(), st.integers(0, 3))
    def test_the_script_is_that_of_a_moment(self, reply: Reply, chunk: int) -> None:
        at = min(chunk, len(plan_chunks(reply)))
        held, timed = (
            _scripted(replace(reply, pace=replace(reply.pace, pauses=(*reply.pace.pauses, pause))))
            for pause in (Pause(at, until="released"), Pause(at, HELD))
        )
        assert (held is None) == (timed is None)
        if held is not None and timed is not None:
            assert replace(held, holds=()) == timed
            assert len(held.holds) <= 1
            for hold in held.holds:
                before, after = held.columns.moments[: hold.place], held.columns.moments[hold.place :]
                assert max(before, default=0.0) <= hold.at < min(after, default=hold.at + 1)

    def test_where_it_waits(self) -> None:
        pauses = (
            Pause(1, until="released"),
            Pause(1, 0.5),
            Pause("ab", until="released"),
            Pause(Position(byte=16), 2.0),
        )
        plan = plan_of("a", "b", pace=Pace(every=1.0, pauses=pauses))
        assert [(hold.place, round(hold.at, 3)) for hold in plan.holds] == [(9, 0.0), (18, 3.5)]

    def test_not_behind_the_end(self) -> None:
        pace = Pace(pauses=(Pause(2, until="released"),))
        assert plan_of("a", "b", "c", pace=pace, faults=(faults.close_early(1),)).holds == ()
        assert len(plan_of("a", "b", "c", pace=pace, faults=(faults.close_early(2),)).holds) == 1
        endless = Pace(pauses=(Pause(1), Pause(2, until="released")))
        assert plan_of("a", "b", pace=endless).holds == ()

    def test_comments_between_events_alone(self) -> None:
        pace = Pace(keep_alive=5.0, pauses=tuple(Pause(at, until="released") for at in (0, "a", 1)))
        for bom in (False, True):
            holds = plan_of("ab", "c", pace=pace, framing=Framing(bom=bom)).holds
            assert [hold.heartbeat is not None for hold in holds] == [not bom, False, True]


def plan_chunks(reply: Reply) -> tuple[str, ...]:
    return tuple(build(replace(reply, faults=(), pace=Pace()), RequestContext()).chunks)


def _scripted(reply: Reply) -> Script | None:
    try:
        return lay_out(build(reply, RequestContext()))
    except PlanError:
        return None

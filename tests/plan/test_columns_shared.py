"""What two columns say alike is kept once, and no number takes more bytes than it needs."""

from __future__ import annotations

from array import array

from mock_ares.plan import columns
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.columns import Piece, Pieces, Write, Writes
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.scenario.model import Chunks, Pace, Reply
from mock_ares.server.replies.plan_cache import PlanCache

REPLY = Reply(text="eight to" * 1000, chunks=Chunks(every=8), pace=Pace(every=0.01))


def test_a_long_reply_is_kept_once() -> None:
    plan = build(REPLY, RequestContext())
    script = lay_out(plan)
    assert plan.chunks.text is plan.text  # type: ignore[attr-defined]
    assert script.columns.moments is plan.columns.moments
    assert script.columns.uptos is plan.columns.ends
    kept = (plan.columns.ends, plan.columns.chunks, script.columns.ends, plan.chunks.ends)  # type: ignore[attr-defined]
    assert {column.itemsize for column in kept} == {4}


def test_a_text_that_came_from_elsewhere_is_the_reply_s() -> None:
    cache = PlanCache()
    text = "".join(["eight to"] * 1000)
    plan, _ = cache.get(Reply(text=text), RequestContext(), Negotiated(), 0)
    assert plan.text is text


def test_what_differs_is_not_shared() -> None:
    pieces = Pieces([Piece(b"a", 0.0), Piece(b"b", 1.0)])
    writes = Writes([Write(0.0, b"ab", False, 2), Write(2.0, b"", False, 2)])
    writes.share(pieces)
    assert [*writes] == [Write(0.0, b"ab", False, 2), Write(2.0, b"", False, 2)]


def test_a_number_that_needs_more_has_it() -> None:
    assert columns.narrow(array("q", [1, 2**31])).itemsize == 8
    assert columns.narrow(array("q", [-1, 2**31 - 1])).tolist() == [-1, 2**31 - 1]

"""The bytes of any plan over HTTP/2, read by the book, are what the plan says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st

from mock_ares import faults
from mock_ares.expectation import expect, sent_payload
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.head import parted, render_head
from mock_ares.plan.http.http2 import frames
from mock_ares.plan.http.http2.described import Shown
from mock_ares.plan.http.http2.frames import Addressed
from mock_ares.plan.http.http2.head import written
from mock_ares.plan.http.layout import head_only, lay_out
from mock_ares.plan.http.negotiation import Negotiated, carried
from mock_ares.plan.model import Head, Script
from mock_ares.plan.positions import PlanError
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.model import Body, Pace, Position, Reply
from tests.plan.http2 import Http2Response
from tests.plan.strategies import NOTHING, Menu, replies

unhurried = settings(suppress_health_check=list(HealthCheck))
PEERS = st.builds(Negotiated, st.just("2"), st.booleans(), st.booleans())
BESIDE: st.SearchStrategy[Any] = st.lists(st.sampled_from(["ping", "settings", "window", "unknown"]), max_size=3).map(
    tuple
)
FRAMES: st.SearchStrategy[Any] = st.sampled_from([None, "event", "segment", "whole"]) | st.integers(1, 40)


CUT_IN_PADDING = Reply(
    text="ab",
    body=Body(padding=3),
    faults=(faults.reset_peer(after=Position(fraction=0.5), inside_http_chunk=True),),
)


@st.composite
def framed(draw: st.DrawFn, /, **words: Any) -> Reply:
    """Replies with what HTTP/2 has to say, and without what it has not."""
    reply = draw(replies(**words))
    assume(all(fault.http != "1.1" for fault in reply.faults))
    body = reply.body if isinstance(reply.body, Body) else Body(reply.body)
    kept = replace(body, framing="length" if body.framing == "length" else "chunked")
    if kept.framing == "chunked":
        kept = replace(kept, frames=draw(FRAMES), padding=draw(st.sampled_from([0, 0, 1, 255])), beside=draw(BESIDE))
    return replace(reply, body=kept)


def heard(script: Script) -> Http2Response:
    assert script.head is not None
    response = Http2Response().feed(render_head(script.head))
    for write in script.writes:
        response.feed(write.data)
    assert isinstance(response, Http2Response)
    return response


@unhurried
@given(framed(menu=NOTHING), PEERS)
def test_a_whole_reply_arrives_whole(reply: Reply, peer: Negotiated) -> None:
    plan = build(reply, RequestContext())
    script = lay_out(plan, peer)
    response = heard(script)
    assert response.content == plan.payload and response.complete and not response.malformed
    assert response.coding_complete and response.rest == b"" and script.keep_alive
    assert response.interim == list(reply.interim)
    assert response.trailers == list(plan.body.trailers.items())


@unhurried
@example(CUT_IN_PADDING, Negotiated("2", False, True))
@given(framed(menu=Menu(headless=False)), PEERS)
def test_a_broken_reply_arrives_as_far_as_it_should(reply: Reply, peer: Negotiated) -> None:
    plan = build(reply, RequestContext())
    response = heard(lay_out(plan, peer))
    assert response.content == sent_payload(carried(plan, peer))
    expected = expect(plan, gzip=peer.gzip, version="2")
    event(expected.outcome)
    if response.malformed or not (response.complete and response.coding_complete):
        assert expected.outcome in ("error", "either")
    if expected.outcome == "exact":
        assert response.complete


@unhurried
@given(framed(menu=Menu(headless=False), promised=True), PEERS)
def test_what_has_arrived_at_a_boundary_is_the_payload_up_to_the_cut(reply: Reply, peer: Negotiated) -> None:
    plan = carried(build(reply, RequestContext()), peer)
    script = lay_out(plan, peer)
    assert script.head is not None
    response, payload, boundaries = Http2Response().feed(render_head(script.head)), sent_payload(plan), set[int]()
    for write in script.writes:
        response.feed(write.data)
        if write.boundary or not plan.body.gzip:
            assert response.content == payload[: write.upto]
        boundaries |= {write.upto} if write.boundary else set()
    planned = cuts(plan)
    assert planned is not None
    assert boundaries - {0} >= {cut for cut in planned if 0 < cut <= len(payload)}


@unhurried
@given(framed(menu=Menu(headless=False)), PEERS, st.integers(0, 2**31 - 1), st.data())
def test_on_a_stream_of_a_number_and_in_any_room_the_same_arrives(
    reply: Reply, peer: Negotiated, number: int, data: st.DataObject
) -> None:
    """However it is handed over, and however little room there is: only frames of data become more."""
    script = lay_out(build(reply, RequestContext()), peer)
    assert script.head is not None
    whole = render_head(script.head) + script.columns.data
    stream, sent, left = Addressed(number), b"", whole
    while left:
        size = data.draw(st.integers(1, len(left))) if len(left) < 400 else 300
        room = data.draw(st.sampled_from([1, 7, 300, 70_000]))
        frames_now, taken, used = stream.take(left[:size], room)
        assert used <= room
        sent, left = sent + frames_now, left[taken:]
        if not taken:  # it waits for the room that a frame needs
            frames_now, taken, used = stream.take(left, 70_000)
            assert taken
            sent, left = sent + frames_now, left[taken:]
    assert b"".join(_numbers(sent)) in (b"", number.to_bytes(4, "big"))
    assert heard_of(_with_no_number(sent)).content == heard_of(whole).content


@unhurried
@given(data=st.data(), reply=framed(menu=Menu(headless=False)), number=st.sampled_from([1, 255, 257, 2**31 - 1]))
def test_a_run_is_what_its_frames_would_be_one_by_one(data: st.DataObject, reply: Reply, number: int) -> None:
    try:
        writes = lay_out(build(reply, RequestContext()), Negotiated("2")).columns
    except PlanError:
        assume(False)
        raise
    places = [0, *writes.ends]
    start, end = sorted(data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2)))
    room = data.draw(st.sampled_from([0, 40, 70_000, 2**31 - 1]))
    stream, other = Addressed(number), Addressed(number)
    run, whole = stream.run(writes, start, end, room), other.take(writes.data[start:end], room)
    if run is not None:
        assert (run[0], end - start, run[1]) == whole
    assert stream.take(writes.data[start:end], room) == whole, "it has no memory of it"
    known = writes.frames
    if known is not None and start in known and end in known and room > 70_000:
        assert run is not None


def test_where_frames_begin() -> None:
    one, other = frames.frame(frames.DATA, b"abc"), frames.frame(frames.PING, bytes(8))
    assert frames.data_frames(b"").tolist() == [0]
    assert frames.data_frames(one + one).tolist() == [0, 12, 24]
    assert frames.data_frames(one + other + one).tolist() == [0, 12]
    assert frames.data_frames(one + one[:-1]).tolist() == [0, 12], "the second has been cut"


def heard_of(data: bytes) -> Http2Response:
    response = Http2Response().feed(data)
    assert isinstance(response, Http2Response)
    return response


def _frames(data: bytes) -> list[bytes]:
    found, at = list[bytes](), 0
    while at < len(data):
        end = at + 9 + int.from_bytes(data[at : at + 3], "big")
        found.append(data[at:end])
        at = end
    return found


def _numbers(data: bytes) -> set[bytes]:
    """Of the streams of all frames but the connection's own."""
    return {each[5:9] for each in _frames(data) if len(each) >= 9 and each[3] not in (4, 6, 7)}


def _with_no_number(data: bytes) -> bytes:
    return b"".join(each[:5] + bytes(4)[: len(each) - 5] + each[9:] for each in _frames(data))


def test_one_frame_in_one_write_leaves_as_it_is() -> None:
    data = frames.frame(frames.DATA, b"data: a\n\n")
    assert Addressed(5).take(data, 9) == (data[:5] + b"\0\0\0\5" + data[9:], len(data), 9)


def test_where_there_is_no_room_a_frame_waits() -> None:
    stream, data = Addressed(1), frames.frame(frames.DATA, b"abc", frames.END_STREAM)
    assert stream.take(data, 0) == (b"", 0, 0)
    first, taken, used = stream.take(data, 2)
    assert (first, used) == (b"\0\0\2\0\0\0\0\0\1ab", 2), "the flag is the last one's"
    assert stream.take(data[taken:], 0) == (b"", 0, 0)
    assert stream.take(data[taken:], 5) == (b"\0\0\1\0\1\0\0\0\1c", 1, 1)


@pytest.mark.parametrize(("last", "said"), [(frames.THIS, 7), (frames.BELOW, 5), (frames.ALL, 2**31 - 1)])
@pytest.mark.parametrize("size", [1, 4, 12, 17])
def test_goaway_names_a_stream(last: int, said: int, size: int) -> None:
    data, sent, stream = frames.goaway(last, 2), b"", Addressed(7)
    while data:
        part, taken, _ = stream.take(data[:size], 70_000)
        sent, data = sent + part, data[taken:]
    assert sent == b"\0\0\x08\x07\0\0\0\0\0" + said.to_bytes(4, "big") + b"\0\0\0\2"


def test_no_value_has_space_around_it() -> None:
    assert [*written((("X-Long", " abc abc \t"),))] == [("x-long", "abc abc")]


def test_a_long_frame_is_several() -> None:
    reply = Reply(text="x" * 40_000, chunks="whole", body=Body(frames="whole", padding=9), segments="whole")
    response = heard(lay_out(build(reply, RequestContext()), Negotiated("2")))
    assert response.http_chunks == [16374, 16374, 40_008 - 2 * 16374] and response.complete


def test_a_frame_may_span_reads_and_hold_events() -> None:
    reply = Reply(chunks=("a", "b", "c"), segments="event", body=Body(frames="whole"))
    script = lay_out(build(reply, RequestContext()), Negotiated("2"))
    shown = Shown()
    assert [shown.of(write.data) for write in script.writes] == [
        ["DATA 27"], ["9 bytes more of it"], ["9 bytes more of it", "DATA 0 END_STREAM"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("inside", "parts"),
    [
        ("size", [b"\0", b"\0\x09\0", bytes(5) + b"data: a\n\n\0", bytes(3), b"\1" + bytes(4)]),
        ("crlf", [bytes(2) + b"\x09" + bytes(6), b"data: a\n\n", bytes(4) + b"\1" + bytes(4)]),
        ("last", [bytes(2) + b"\x09" + bytes(6) + b"data: a\n\n\0", *[b"\0"] * 3, b"\1", *[b"\0"] * 4]),
    ],
)
def test_reads_end_inside_frames(inside: Any, parts: list[bytes]) -> None:
    reply = Reply(chunks=("a",), segments="whole", body=Body(reads=inside))
    script = lay_out(build(reply, RequestContext()), Negotiated("2"))
    assert [write.data for write in script.writes] == parts
    assert all(write.boundary for write in script.writes)


class TestHeads:
    def test_fields_are_in_lower_case_and_none_is_about_the_connection(self) -> None:
        head = Head(418, (("X-A", "b\xe9"), ("Connection", "close"), ("Transfer-Encoding", "chunked")), "2", (103,))
        response = heard_of(render_head(head, (("date", "now"),)))
        assert (response.interim, response.status) == ([103], 418)
        assert response.fields == [("x-a", "b\xe9"), ("date", "now")] and not response.complete

    def test_of_any_size(self) -> None:
        head = Head(200, (("x-long", "v" * 40_000), ("x-short", "w" * 200)), "2")
        rendered = render_head(head)
        assert heard_of(rendered).fields == [("x-long", "v" * 40_000), ("x-short", "w" * 200)]
        assert [each[3] for each in _frames(rendered)] == [1, 9, 9]
        assert b"".join(parted(head, rendered)) == rendered and len(list(parted(head, rendered))) > 4

    @pytest.mark.parametrize("reply", [Reply(status=204), Reply(status=304)])
    def test_nothing_follows(self, reply: Reply) -> None:
        from mock_ares.ares.bodies import ChatRequest
        from mock_ares.ares.profiles import PROFILES
        from mock_ares.server.replies.plan_cache import PlanCache
        from mock_ares.server.replies.planner import ChatContext, Planner

        chat = ChatRequest(message="hi", agent_type=None, context_id=None, model=None, messages=None)
        found = Planner(PROFILES["docs"], None, PlanCache()).plan(reply, ChatContext(chat), Negotiated("2"))
        assert heard(found.script).complete and not found.script.writes

    def test_the_answer_to_head_ends_with_it(self) -> None:
        script = head_only(lay_out(build(Reply(text="a"), RequestContext()), Negotiated("2")))
        assert heard(script).complete


class TestFaults:
    PLAN = Reply(chunks=("a", "b"))

    def _heard(self, fault: Any, **words: Any) -> tuple[Http2Response, Script, Any]:
        plan = build(replace(self.PLAN, faults=(fault,), **words), RequestContext())
        script = lay_out(plan, Negotiated("2"))
        return heard(script), script, expect(plan, version="2")

    @pytest.mark.parametrize("code", frames.ERRORS)
    def test_reset_stream(self, code: Any) -> None:
        response, script, expected = self._heard(faults.reset_stream(1, code))
        assert (response.reset, response.content) == (frames.ERRORS[code], b"data: a\n\n")
        assert (script.ending.kind, script.keep_alive, script.before_fault) == ("reset-stream", True, 1)
        assert expected.outcome == "error" and code in expected.why

    def test_refuse_stream(self) -> None:
        plan = build(Reply(faults=(faults.refuse_stream(),)), RequestContext())
        script = lay_out(plan, Negotiated("2"))
        assert script.columns.data == frames.reset_stream(7) and script.keep_alive and script.head is None
        assert expect(plan, version="2").outcome == "error"

    def test_goaway(self) -> None:
        response, script, expected = self._heard(faults.goaway(1, "below", "ENHANCE_YOUR_CALM"))
        assert (response.goaway, response.content) == ([(frames.BELOW, 11)], b"data: a\n\n")
        assert (script.ending.kind, script.keep_alive, expected.outcome) == ("close", False, "error")

    def test_goaway_and_then_the_answer_goes_on(self) -> None:
        response, script, expected = self._heard(faults.goaway(1, then="go on"))
        assert (response.goaway, response.content) == ([(frames.THIS, 0)], b"data: a\n\ndata: b\n\n")
        assert response.complete and script.keep_alive and expected.outcome == "exact"
        with pytest.raises(ValueError, match="last: below takes then: close"):
            faults.goaway(1, "below", then="go on")

    def test_no_end_stream(self) -> None:
        response, script, expected = self._heard(faults.no_end_stream())
        assert response.content == b"data: a\n\ndata: b\n\n" and not response.complete
        assert (script.ending.kind, expected.outcome) == ("close", "error")

    def test_data_behind_the_end(self) -> None:
        response, script, expected = self._heard(faults.data_past_end())
        assert response.complete and b"more" in response.rest and script.keep_alive
        assert expected.outcome == "either"

    @pytest.mark.parametrize("kind", ["oversized", "padding", "increment"])
    def test_broken_frames(self, kind: Any) -> None:
        plan = build(replace(self.PLAN, faults=(faults.broken_frame(1, kind),)), RequestContext())
        script = lay_out(plan, Negotiated("2"))
        assert script.writes[-1].data == plan.ending.tail and script.before_fault == len(script.writes) - 1
        assert expect(plan, version="2").outcome == "error"

    def test_a_cut_frame(self) -> None:
        script = lay_out(
            build(replace(self.PLAN, faults=(faults.close_early(1, True),)), RequestContext()), Negotiated("2")
        )
        assert script.writes[-1].data == frames.opening(frames.DATA, 18) + b"data: a\n\n"

    @pytest.mark.parametrize("fault", [faults.long_length(2), faults.short_length(2)])
    def test_a_length_that_is_not_the_bodys(self, fault: Any) -> None:
        response, script, expected = self._heard(fault)
        assert response.malformed and response.complete and script.ending.kind == "complete"
        assert expected.outcome == "error"

    @pytest.mark.parametrize(
        ("reply", "version", "said"),
        [
            (Reply(text="a", faults=(faults.malformed_chunk(1),)), "2", "malformed_chunk: HTTP/2 cannot say that"),
            (Reply(faults=(faults.garbage(),)), "2", "broken_frame comes nearest"),
            (Reply(text="a", field_case="title"), "2", "field_case: names of fields are in lower case over HTTP/2"),
            (Reply(text="a", body="http1.0"), "2", "body: http1.0 cannot be said over HTTP/2"),
            (Reply(text="a", faults=(faults.reset_stream(1),)), "1.1", "HTTP/1.1 cannot say that; reset_peer comes"),
            (Reply(text="a", faults=(faults.goaway(1),)), "1.0", "close_early comes nearest"),
        ],
    )
    def test_what_a_version_cannot_say_is_refused_by_name(self, reply: Reply, version: str, said: str) -> None:
        with pytest.raises(PlanError, match=said):
            lay_out(build(reply, RequestContext()), Negotiated(version))

    def test_comments_in_a_silence_have_frames_of_their_own(self) -> None:
        reply = Reply(chunks=("a",), pace=Pace(keep_alive=1.0), faults=(faults.hang(1),))
        ending = lay_out(build(reply, RequestContext()), Negotiated("2")).ending
        assert ending.kind == "hang" and (ending.heartbeat is None or ending.heartbeat[1][3] == frames.DATA)


@given(st.lists(st.tuples(st.sampled_from([0, 1, 4, 6, 8, 0xBE]), st.integers(0, 40)), max_size=30), st.data())
def test_many_frames_at_once_leave_as_byte_by_byte(kinds: list[tuple[int, int]], data: st.DataObject) -> None:
    whole = b"".join(frames.frame(kind, bytes(size)) for kind, size in kinds)
    size = sum(size for kind, size in kinds if kind == frames.DATA)
    cut, room = data.draw(st.integers(0, len(whole))), size + frames.MOST
    at_once, by_byte = Addressed(7), Addressed(7)
    found = [at_once.take(memoryview(whole)[:cut], room), at_once.take(whole[cut:], room)]
    single = [by_byte.take(whole[at : at + 1], room) for at in range(len(whole))]
    assert b"".join(sent for sent, *_ in found) == b"".join(sent for sent, *_ in single)
    assert sum(used for *_, used in found) == sum(used for *_, used in single) == size

"""What is laid out, read back by an HTTP reader that shares nothing with it, is the plan's payload: for all plans."""

from __future__ import annotations

import codecs
from dataclasses import replace

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from mock_ares.dialects import DIALECTS
from mock_ares.expectation import disagreement, expect, sent_payload
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.head import render_head
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated, carried
from mock_ares.plan.model import Script, StreamPlan
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.model import Reply
from tests.plan.http import Response
from tests.plan.strategies import NOTHING, PEERS, Menu, replies

unhurried = settings(suppress_health_check=list(HealthCheck))
RESPONDING = Menu(headless=False)


def heard(script: Script) -> Response:
    """The response as a reader of all its bytes has it, up to where they are no HTTP any more."""
    assert script.head is not None
    response = Response().feed(render_head(script.head))
    for write in script.writes:
        response.feed(write.data)
    return response


@unhurried
@given(replies(menu=NOTHING), PEERS)
def test_a_whole_reply_arrives_whole(reply: Reply, peer: Negotiated) -> None:
    plan = build(reply, RequestContext())
    script = lay_out(plan, peer)
    response = heard(script)
    assert response.content == plan.payload
    assert response.coding_complete and response.rest == b""
    framing = carried(plan, peer).body.framing
    assert response.complete == (framing in ("chunked", "length"))
    assert response.version == ("1.0" if framing == "http1.0" else "1.1")
    assert response.interim == ([] if peer.version == "1.0" else list(reply.interim))
    assert response.trailers == (sorted(plan.body.trailers.items(), reverse=True) if framing == "chunked" else [])
    assert DIALECTS[plan.dialect].decode(response.content).text == plan.text or not plan.framing.final_blank_line


@unhurried
@given(replies(menu=RESPONDING), PEERS)
def test_a_broken_reply_arrives_as_far_as_it_should(reply: Reply, peer: Negotiated) -> None:
    plan = build(reply, RequestContext())
    script = lay_out(plan, peer)
    assert script.head is not None
    tail = carried(plan, peer).ending.tail
    writes = list(script.writes)
    if tail:
        assert writes[-1].data.endswith(tail)
        writes[-1] = writes[-1]._replace(data=writes[-1].data.removesuffix(tail))
    response = heard(replace(script, writes=tuple(writes)))
    if plan.ending.length_delta < 0:
        assert sent_payload(plan).startswith(response.content) and len(response.rest) > 0
    else:
        assert response.content == sent_payload(carried(plan, peer))
        assert response.rest == b""
    expected = expect(plan, gzip=peer.gzip, version=peer.version)
    event(expected.outcome)
    assert expected.outcome == concluded(plan, response, "malformed" if tail else plan.ending.kind)
    said = DIALECTS[plan.dialect].decode(whole_characters(response.content))
    if expected.outcome in ("exact", "either"):
        assert expected.accepts(said.text)
    assert expected.allows_shown(said.text)


def whole_characters(content: bytes) -> bytes:
    """Without half a character at the very end."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    return decoder.decode(content).encode("utf-8", "surrogateescape")


def concluded(plan: StreamPlan, response: Response, ending: str) -> str:
    """The outcome, from what is on the wire and how the connection ended."""
    said = DIALECTS[plan.dialect].decode(whole_characters(response.content))
    delimited = response.value("transfer-encoding") or response.value("content-length")
    finished = response.complete if delimited else ending in ("complete", "close")
    broken = not finished or not response.coding_complete or ending in ("reset", "malformed")
    if response.rest:
        return "undetectable"
    if said.error:
        return "error"
    if DIALECTS[plan.dialect].ends:
        if said.complete:
            return "either" if broken else "exact"
        return "either" if DIALECTS[plan.dialect].decode(response.content + b"\n\n").complete else "error"
    if broken:
        return "either" if response.complete and ending == "reset" else "error"
    lost = said.text != plan.text and (plan.framing.final_blank_line or response.content != plan.payload)
    return "undetectable" if lost else "exact"


@unhurried
@given(replies(menu=RESPONDING, promised=True), PEERS)
def test_what_has_arrived_at_a_boundary_is_the_payload_up_to_the_cut(reply: Reply, peer: Negotiated) -> None:
    plan = carried(build(reply, RequestContext()), peer)
    script = lay_out(plan, peer)
    assert script.head is not None and script.head_boundary == (plan.segments != "whole")
    response, payload, boundaries = Response().feed(render_head(script.head)), sent_payload(plan), set[int]()
    for index, write in enumerate(script.writes):
        last = index == len(script.writes) - 1
        response.feed(write.data.removesuffix(plan.ending.tail) if last else write.data)
        if plan.ending.length_delta >= 0 and (write.boundary or not plan.body.gzip):
            assert response.content == payload[: write.upto]
        boundaries |= {write.upto} if write.boundary else set()
    planned = cuts(plan)
    assert planned is not None
    assert {cut for cut in planned if 0 < cut <= len(payload)} | {len(payload)} >= boundaries - {0}
    assert boundaries - {0} >= {cut for cut in planned if 0 < cut <= len(payload)}


@unhurried
@given(replies(), PEERS, st.integers(0, 5))
def test_any_plan_keeps_time_and_says_what_was_authored_again_and_again(
    reply: Reply, peer: Negotiated, seed: int
) -> None:
    """To draw a reply costs more than all that is asked of it."""
    plan = build(reply, RequestContext())
    assert disagreement(plan) is None
    time_only_passes(plan, lay_out(plan, peer))
    the_same_seed_gives_the_same_plan(reply, peer, seed)


def time_only_passes(plan: StreamPlan, script: Script) -> None:
    moments = [*([plan.head.at] if plan.head else []), *(write.at for write in script.writes)]
    assert moments == sorted(moments)
    pieces = [piece.at for piece in plan.pieces]
    assert pieces == sorted(pieces)
    if plan.segments != "whole" and plan.ending.stop is None and plan.head is not None and not plan.body.gzip:
        starts = {0.0, *pieces, plan.ending.at}
        assert {write.at for write in script.writes} <= starts | {plan.head.at}


def the_same_seed_gives_the_same_plan(reply: Reply, peer: Negotiated, seed: int) -> None:
    reply = replace(reply, seed=None)
    try:
        plan = build(reply, RequestContext(), seed)
    except ValueError:
        return  # a text of one seed may have no such place under another
    assert plan == build(reply, RequestContext(), seed)
    if plan.segments in ("free", "event", "whole", "byte"):
        assert lay_out(plan, peer) == lay_out(build(reply, RequestContext(), seed), peer)

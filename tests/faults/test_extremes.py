"""Every fault in every extreme reply: it plays as its row says, or the file has a mistake with a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import pytest

from mock_ares import faults
from mock_ares.ares.bodies import ChatRequest
from mock_ares.ares.profiles import PROFILES
from mock_ares.authoring.dry_run import rehearse
from mock_ares.dialects import DIALECTS, Decoded
from mock_ares.expectation import expect, sent_payload
from mock_ares.plan.http.head import render_head
from mock_ares.plan.http.layout import head_only, lay_out
from mock_ares.plan.http.negotiation import Negotiated, carried
from mock_ares.plan.model import Script, StreamPlan, TlsBreak
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import Body, Content, DialectName, Position, Redirect, Reply
from mock_ares.server.replies.plan_cache import PlanCache
from mock_ares.server.replies.planner import ChatContext, Planner
from tests.plan.http import Response
from tests.plan.http2 import Http2Response

CHAT = ChatRequest(message="hi", agent_type=None, context_id=None, model=None, messages=None)
REPLIES: dict[str, Reply] = {
    "empty text": Reply(text=""),
    "empty text, length": Reply(text="", body="length"),
    "empty text, gzip": Reply(text="", body=Body(gzip="event")),
    "one chunk": Reply(text="a"),
    "one chunk, gzip and length": Reply(text="a", body=Body("length", gzip="whole")),
    "empty chunks": Reply(chunks=("", "", "")),
    "an empty chunk first": Reply(chunks=("", "ab")),
    "whole": Reply(text="ab cd", segments="whole", body=Body(http_chunks="whole")),
    "byte by byte": Reply(text="é", segments="byte"),
    "extensions and trailers": Reply(text="ab", body=Body(extensions=";a", trailers={"x-sum": "1"})),
    "close": Reply(text="ab cd", body="close"),
    "http1.0": Reply(text="ab cd", body="http1.0"),
    **{f"dialect {name}": Reply(text="ab cd", dialect=name) for name in get_args(DialectName)},
    "typed and empty": Reply(text="", dialect="typed"),
    "an error": Reply(error="unavailable"),
    "an error of no body": Reply(error="unavailable", status=304),
    "a redirect": Reply(redirect=Redirect()),
    "an empty 500": Reply(status=500, content="empty"),
    "204": Reply(status=204),
    "204, chunked": Reply(status=204, body=Body("chunked")),
    "json": Reply(content=Content(json={})),
    "json, chunked": Reply(content=Content(json={}), body=Body("chunked", gzip="event")),
}
WHERE: tuple[Any, ...] = (0, 2, "a", Position(byte=3), Position(fraction=0.5), Position(time=0.0))
ARGUMENTS: dict[str, tuple[tuple[Any, ...], ...]] = {
    **{
        name: tuple(product(*(WHERE if word == "after" else (1, 2) for word in fault.required())))
        for name, fault in faults.FAULTS.items()
    },
    **dict.fromkeys(("close_early", "reset_peer"), tuple(zip(WHERE, [True, False] * 3, strict=True))),
    **dict.fromkeys(("long_length", "short_length"), ((1,), (9,), (1000,))),
    "drop_tls": tuple(zip(WHERE, get_args(TlsBreak) * 2, strict=False)),
    "empty_reply": ((False,), (True,)),
}
PEERS = (Negotiated(), Negotiated(gzip=True), Negotiated("1.0", keep_alive=False))
FRAMED = (Negotiated("2"), Negotiated("2", gzip=True))


def peers(name: str, reply: Reply) -> tuple[Negotiated, ...]:
    """Who can be sent it."""
    by_2_alone, by_1_alone = (faults.FAULTS[name].http == version for version in ("2", "1.1"))
    framed = () if by_1_alone or reply.body in ("http1.0", Body("http1.0")) else FRAMED
    return framed if by_2_alone else (*PEERS, *framed)


class Heard:
    """What a reader by the book has of a script."""

    def __init__(self, plan: StreamPlan, script: Script, peer: Negotiated, fault: Any) -> None:
        self.plan, self.script, self.fault = carried(plan, peer), script, fault
        self.kind = script.ending.kind
        self.body = b"".join(write.data for write in script.writes)
        tail = self.plan.ending.tail
        assert self.body.endswith(tail)
        self.response = Http2Response() if peer.version == "2" else Response()
        if script.head is not None:
            self.response.feed(render_head(script.head)).feed(self.body.removesuffix(tail))
        self.content = self.response.content
        self.spoken = plan.dialect in DIALECTS

    @property
    def announced(self) -> int:
        return int(self.response.value("content-length") or -1)

    @property
    def length(self) -> int:
        """Bytes of the body."""
        if not isinstance(self.response, Http2Response):
            assert self.kind == ("close" if self.fault.name == "long_length" else "complete")
            return len(self.body)
        return sum(self.response.http_chunks)

    @property
    def said(self) -> Decoded:
        return DIALECTS[self.plan.dialect].decode(self.content)


SAYS: dict[str, Callable[[Heard], bool]] = {
    "close_early": lambda h: h.kind == "close" and h.content == sent_payload(h.plan),
    "reset_peer": lambda h: h.kind == "reset" and h.content == sent_payload(h.plan),
    "drop_tls": lambda h: (
        h.kind == "close" and h.content == sent_payload(h.plan) and h.script.ending.tls == h.fault.how
    ),
    "hang": lambda h: h.kind == "hang" and h.content == sent_payload(h.plan),
    "provider_hang": lambda h: h.kind == "hang" and h.content == sent_payload(h.plan),
    # HTTP/1.0 has no HTTP chunks: what is left of it is the FIN
    "broken_frame": lambda h: h.kind == "close" and h.content == sent_payload(h.plan),
    "data_past_end": lambda h: h.kind == "complete" and b"more" in h.body,
    "goaway": lambda h: h.kind == "close" and h.content == sent_payload(h.plan),
    "no_end_stream": lambda h: h.kind == "close" and h.content == h.plan.payload,
    "refuse_stream": lambda h: h.kind == "reset-stream" and h.script.head is None,
    "reset_stream": lambda h: h.kind == "reset-stream" and h.content == sent_payload(h.plan),
    "malformed_chunk": lambda h: h.kind == "close" and (b"ZZ\r\n" in h.body) == (h.plan.body.framing == "chunked"),
    "long_length": lambda h: h.announced == h.length + h.fault.by,
    "short_length": lambda h: h.announced == h.length - h.fault.by,
    "cut_gzip": lambda h: h.kind == "complete" and h.response.coding_complete == (h.plan.body.gzip is None),
    "truncate": lambda h: h.kind == "complete" and h.content == sent_payload(h.plan),
    "missing_end": lambda h: not h.said.complete,
    "invalid_utf8": lambda h: b"\xff" in h.content,
    "duplicate_chunk": lambda h: h.plan.chunks[h.fault.chunk - 1] == h.plan.chunks[h.fault.chunk],
    # inside an event it is glued to what came before, so that no decoder need see it
    "error_event": lambda h: h.fault.message.encode() in h.content and not h.said.complete,
    "empty_reply": lambda h: h.script.head is None and h.body == b"",
    "garbage": lambda h: h.script.head is None and h.body == h.fault.bytes.encode("latin-1"),
}


def variants(name: str) -> Iterator[Fault]:
    for arguments in ARGUMENTS[name]:
        yield faults.FAULTS[name](*arguments)


def planned(reply: Reply, profile: str, peer: Negotiated) -> tuple[StreamPlan, Script]:
    planner = Planner(PROFILES[profile], reply.dialect, PlanCache())
    found = planner.plan(reply, ChatContext(CHAT, location="/x"), peer)
    return found.plan, found.script


def check(name: str, fault: Fault, reply: Reply, profile: str, peer: Negotiated) -> None:
    plan, script = planned(reply, profile, peer)
    heard = Heard(plan, script, peer, fault)
    assert SAYS[name](heard)
    assert script.before_fault is None or 0 <= script.before_fault <= len(script.writes)
    if script.head is not None:
        head = head_only(script)
        ends = script.head.version == "2" and script.ending.kind == "complete"
        assert (head.head, head.writes, head.ending.heartbeat) == (replace(script.head, ends=ends), (), None)
    expect(plan, gzip=peer.gzip, version=peer.version)


@pytest.mark.parametrize("what", REPLIES)
@pytest.mark.parametrize("name", faults.FAULTS)
def test_it_plays_as_said_or_is_a_mistake_with_a_place(name: str, what: str) -> None:
    for fault in variants(name):
        reply = replace(REPLIES[what], faults=(fault,))
        findings = rehearse(reply)
        for place, message in findings:
            assert place and place[:2] == (("faults", 0) if message.startswith(name) else ("status",)), message
        if findings:
            continue
        for profile, peer in product(PROFILES if reply.error else ("docs",), peers(name, reply)):
            try:
                check(name, fault, reply, profile, peer)
            except PlanError as error:  # only the profile knows how large an error's body is
                assert reply.error and str(error).startswith(name)


@pytest.mark.parametrize("name", faults.FAULTS)
def test_one_json_object_plays_it_or_says_why_not(name: str) -> None:
    for fault, peer in product(variants(name), peers(name, Reply(text="ab cd"))):
        reply = Reply(text="ab cd", faults=(fault,))
        try:
            found = Planner(PROFILES["docs"], None, PlanCache()).plan(reply, ChatContext(CHAT, form="whole"), peer)
        except PlanError as error:
            assert str(error).startswith(name)
        else:
            assert SAYS[name](Heard(found.plan, found.script, peer, fault))


def test_what_a_cut_takes_from_gzip_nobody_else_misses() -> None:
    """A client without gzip gets the whole reply."""
    reply = Reply(text="ab", body=Body(gzip="event"), faults=(faults.cut_gzip(0),))
    plan, _ = planned(reply, "docs", Negotiated())
    script = lay_out(plan)
    assert script.head is not None
    assert Response().feed(render_head(script.head)).feed(script.columns.data).content == plan.payload

"""What came to a reply that gives it again: any response of the fake's, in any pieces, is planned as the same bytes."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_ares.authoring.dump import dump
from mock_ares.authoring.load import loads
from mock_ares.dialects import Names
from mock_ares.faults import (
    close_early,
    empty_reply,
    garbage,
    hang,
    long_length,
    malformed_chunk,
    reset_peer,
    short_length,
)
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.head import render_head
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import EndingKind
from mock_ares.recorder.exchange.http_words import END
from mock_ares.recorder.exchange.moments import TINY
from mock_ares.recorder.exchange.payload import Asked, UnrecordableError, decoded
from mock_ares.recorder.exchange.recording import reply_of
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.recorder.exchange.streams import recognised
from mock_ares.scenario.model import Content, Pace, Pause, Position, Reply, RetryAfter, Scenario
from tests.plan.strategies import replies

ASKED = Asked("POST", "/api/chat/stream", "hi", "product", "ctx-1", credentials=True)
CONTEXT = RequestContext(names=Names("product", "ctx-1"), keep_alive=15.0)
GZIP = Negotiated(gzip=True)


def read(reply: Reply, cuts: list[int]) -> tuple[ResponseReader, EndingKind, float, bytes]:
    """A reply as a recorder reads it, in pieces cut anywhere: what was read, how it ended and when, the bytes of it."""
    script = lay_out(build(reply, CONTEXT), GZIP)
    reader, ending = ResponseReader("POST", 10_000_000), script.ending.kind
    writes = [(write.at, write.data) for write in script.writes]
    if script.head is not None:
        writes.insert(0, (script.head.at, render_head(script.head)))
    last = 0.0
    for at, data in writes:
        last = max(at, last)
        while data:
            size = cuts.pop() if cuts else len(data)
            reader.feed(data[:size], last)
            data = data[size:]
    at = max(last, script.ending.at or 0.0)
    if ending == "close" or (ending == "complete" and not reader.complete):
        reader.end()
        ending = "complete" if reader.complete else "close"
    return reader, ending, at, script.columns.data


CUTS = st.lists(st.integers(1, 60), max_size=30)


@settings(max_examples=12)
@given(replies(), CUTS)
def test_replies_come_again_byte_for_byte(reply: Reply, cuts: list[int]) -> None:
    comes_again(reply, cuts)


@pytest.mark.slow
@given(replies(), CUTS)
def test_any_reply_comes_again_byte_for_byte(reply: Reply, cuts: list[int]) -> None:
    comes_again(reply, cuts)


def comes_again(reply: Reply, cuts: list[int]) -> None:
    reader, ending, at, wire = read(reply, cuts)
    recorded = reply_of(ASKED, reader, ending, at)
    assert loads(dump(Scenario((recorded,)))).replies == (recorded,)
    plan = build(recorded, CONTEXT)
    assert plan.payload[: plan.ending.stop] == decoded(reader).data
    again = lay_out(plan, GZIP)
    hangs_at_the_end = ending == "hang" and reader.complete  # nobody can know that it was to hang
    assert hangs_at_the_end or again.ending.kind == ending
    compressed, adapted = decoded(reader).gzip, reply.segments != "free" and recorded.segments == "free"
    if again.head is not None and not compressed and not adapted:
        assert again.columns.data == wire


def timed(moments: list[float], head: float, dialect: str) -> tuple[Reply, list[float]]:
    """A recording of a stream whose chunks came at these moments, and the moments of its chunks."""
    texts = [f"w{index} " for index in range(len(moments))]
    plain = build(Reply(chunks=tuple(texts), dialect=dialect), CONTEXT)  # type: ignore[arg-type]
    reader = ResponseReader("POST", 10_000_000)
    reader.feed(STREAM + b"transfer-encoding: chunked\r\n\r\n", head)
    at = head
    for piece in plain.pieces:
        at = moments[piece.chunk] if piece.chunk is not None else at
        reader.feed(b"%x\r\n%b\r\n" % (len(piece.data), piece.data), at)
    reader.feed(b"0\r\n\r\n", at)
    recorded = reply_of(ASKED, reader, "complete", at)
    return recorded, [piece.at for piece in build(recorded, CONTEXT).pieces if piece.chunk is not None]


@given(
    st.lists(st.floats(0, 3).map(lambda gap: gap**4), min_size=1, max_size=30),
    st.floats(0, 2),
    st.sampled_from(["text", "typed"]),
)
def test_moments_are_kept_to_less_than_a_millisecond(gaps: list[float], head: float, dialect: str) -> None:
    """Of whatever length: what is rounded away is not lost, it comes with the next."""
    moments = [head + at for at in accumulate(gaps)]
    recorded, again = timed(moments, head, dialect)
    assert max(abs(a - b) for a, b in zip(moments, again, strict=True)) < TINY + 0.0001
    assert all(pause.lasts is not None and pause.lasts >= TINY for pause in recorded.pace.pauses)


@pytest.mark.parametrize(
    ("gaps", "pace"),
    [
        ([0.04, 0.04, 0.04], Pace(first=0.04, every=0.04)),
        ([0.3, 0.04, 0.05], Pace(first=0.3, intervals=(0.04, 0.05))),
        ([0.3, 0.04, 5.0, 0.04], Pace(first=0.3, intervals=(0.04, 0.0, 0.04), pauses=(Pause(at=2, lasts=5.0),))),
        ([0.0, 0.0001, 0.0], Pace()),
    ],
)
def test_silences_are_pauses_and_the_rest_is_the_pace(gaps: list[float], pace: Pace) -> None:
    recorded, _ = timed(list(accumulate(gaps)), 0.0, "text")
    assert recorded == Reply(chunks=("w0 ", "w1 ", "w2 ", "w3 ")[: len(gaps)], dialect="text", pace=pace)


def response(*parts: bytes, method: str = "POST") -> ResponseReader:
    reader = ResponseReader(method, 1_000_000)
    for at, part in enumerate(parts):
        reader.feed(part, float(at))
    return reader


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
START = b'data: {"event":"start","agent":"product (system)","context_id":"ctx-1"}\n\n'
DONE = b'data: {"event":"done","agent":"Product (user)","context_id":"ctx-1"}\n\n'


def token(text: str) -> bytes:
    return f'data: {{"event":"token","content":"{text}"}}\n\n'.encode()


def test_what_ares_sends_is_text_and_its_comments_are_the_keep_alive() -> None:
    reader = response(STREAM + b"\r\n")
    for at, part in [(0.1, START), (0.4, token("Hel")), (15.4, b": keep-alive\n\n"), (20.0, token("lo")), (20.0, DONE)]:
        reader.feed(part, at)
    reader.end()
    reply = reply_of(ASKED, reader, "complete", 20.0)
    assert reply.chunks == ("Hel", "lo")
    assert reply.pace == Pace(first=0.3, intervals=None, pauses=(Pause(0, 0.1), Pause(1, 19.6)), keep_alive=15.0)
    assert reply.body.framing == "close"  # type: ignore[union-attr]
    assert build(reply, RequestContext(names=Names("product", "ctx-1"))).payload == bytes(reader.body)


def test_another_context_is_echoed_also_where_the_events_are_kept_as_they_came() -> None:
    odd = START.replace(b"product", b"somebody")
    reader = response(STREAM + b"\r\n", odd, token("Hi"), DONE)
    reader.end()
    reply = reply_of(ASKED, reader, "complete", 3.0)
    assert reply.chunks == "recorded"
    again = build(reply, RequestContext(names=Names("other", "another-ctx"))).payload
    assert again == bytes(reader.body).replace(b"ctx-1", b"another-ctx")


@pytest.mark.parametrize("context", [None, "else"])
def test_a_context_that_the_server_made_is_made_anew(context: str | None) -> None:
    reader = response(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 44\r\n\r\n", JSON)
    reply = reply_of(replace(ASKED, context_id=context), reader, "complete", 1.0)
    kept = "{context_id}" if context is None else "ctx-1"
    assert reply.content == Content(json={"response": "Hi", "context_id": kept, "n": 1})


JSON = b'{"response":"Hi","context_id":"ctx-1","n":1}'


CHUNKED = b"transfer-encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("head", "body", "ending", "faults", "framing"),
    [
        (CHUNKED, b"9\r\ndata: a\n\n\r\n", "close", (close_early(after=END),), "chunked"),
        (CHUNKED, b"9\r\ndata: a\n\n\r\n", "reset", (reset_peer(after=END),), "chunked"),
        (CHUNKED, b"9\r\ndata: a\n\n\r\n", "hang", (hang(after=END),), "chunked"),
        (
            b"transfer-encoding: chunked\r\n",
            b"9\r\ndata: a\n\n\r\nZZ\r\nx",
            "close",
            (malformed_chunk(after=END),),
            "chunked",
        ),
        (b"content-length: 12\r\n", b"data: a\n\n", "close", (long_length(by=3),), "length"),
        (b"content-length: 9\r\n", b"data: a\n\nxyz", "complete", (short_length(by=3),), "length"),
        (b"", b"data: a\n\n", "complete", (), "close"),
        (b"", b"data: a\n\n", "reset", (reset_peer(after=END),), "close"),
    ],
)
def test_each_way_to_end_has_its_word(head: bytes, body: bytes, ending: EndingKind, faults: Any, framing: str) -> None:
    reader = response(STREAM + head + b"\r\n", body)
    if ending in ("close", "complete"):
        reader.end()
    reply = reply_of(ASKED, reader, ending, 1.0)
    assert reply.faults == faults
    assert (reply.body if isinstance(reply.body, str) else reply.body.framing) == framing


@pytest.mark.parametrize(
    ("data", "ending", "reply"),
    [
        (b"", "close", Reply(faults=(empty_reply(),), pace=Pace(head=2.0))),
        (b"", "reset", Reply(faults=(empty_reply(reset=True),), pace=Pace(head=2.0))),
        (b"SSH-2.0-x\r\n", "close", Reply(faults=(garbage("SSH-2.0-x\r\n"),), pace=Pace(head=2.0))),
        (b"", "hang", Reply(text="", faults=(hang(after=Position(time=0.0)),), pace=Pace(head=3.0))),
    ],
)
def test_no_response_is_one_too(data: bytes, ending: EndingKind, reply: Reply) -> None:
    reader = response(data)
    reader.end()
    assert reply_of(ASKED, reader, ending, 2.0) == reply


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 3\r\n\r\n", b"abc", "compressed with br"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n", b"abc", "gzip, and is not"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", b"", "changes the protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n", b"x" * 2_000_000, "more than 1000000 bytes"),
    ],
)
def test_what_cannot_be_kept_says_why(head: bytes, body: bytes, reason: str) -> None:
    with pytest.raises(UnrecordableError, match=reason):
        reply_of(ASKED, response(head, body), "complete", 1.0)


@pytest.mark.parametrize(
    ("fields", "body", "reply"),
    [
        (b"content-type: application/json\r\n", b'{"a":1}', Reply(status=503, content=Content(json={"a": 1}))),
        (
            b"content-type: application/json\r\n",
            b'{"a": 1}',
            Reply(status=503, content=Content(plain='{"a": 1}'), headers={"content-type": "application/json"}),
        ),
        (b"content-type: text/html; charset=utf-8\r\n", b"<p>", Reply(status=503, content=Content(html="<p>"))),
        (b"x-a: 1\r\nX-A: 2\r\n", b"", Reply(status=503, content="empty", headers={"x-a": "1, 2"})),
        (
            b"retry-after: Mon, 30 Nov 2026 10:00:05 GMT\r\ndate: Mon, 30 Nov 2026 10:00:00 GMT\r\n",
            b"",
            Reply(status=503, content="empty", retry_after=RetryAfter(date=5.0)),
        ),
        (b"set-cookie: a=b\r\naccess-control-allow-origin: *\r\n", b"", Reply(status=503, content="empty")),
    ],
)
def test_content_is_kept_with_what_is_not_plain_of_its_head(fields: bytes, body: bytes, reply: Reply) -> None:
    head = b"HTTP/1.1 503 No\r\n" + fields + b"content-length: %d\r\n\r\n" % len(body)
    recorded = reply_of(ASKED, response(head + body), "complete", 0.0)
    assert {name: value for name, value in recorded.headers.items() if value is not None} == dict(reply.headers)
    assert replace(recorded, headers={}) == replace(reply, headers={})


@pytest.mark.parametrize(
    ("payload", "dialect"),
    [
        (START, "typed"),
        (b'data: {"event": "error", "error": "no"}\n\n', "typed"),
        (b'data: {"delta": "x", "finish_reason": null}\n\n', "delta"),
        (b"data: a\ndata: b\n", "lines"),
        (b"data: a\n\ndata: b\n\n", "text"),
        (b'data: {"choices": []}\n\n', "text"),
        (b"", "text"),
    ],
)
def test_the_dialect_is_recognised(payload: bytes, dialect: str) -> None:
    assert recognised(payload) == dialect

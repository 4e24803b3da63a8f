"""What the model refuses in Python as well, where no file is involved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mock_ares.faults import empty_reply, reset_peer
from mock_ares.scenario.diagnostics import WordsError
from mock_ares.scenario.model import (
    Body,
    Chunks,
    Content,
    Framing,
    Match,
    Pace,
    Pause,
    Position,
    Range,
    Reply,
    RetryAfter,
    Scenario,
    Segments,
    Text,
    When,
)
from mock_ares.scenario.words import parse_duration, parse_fraction, parse_size


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reply(), "a reply needs text, chunks"),
        (lambda: Reply(text="x", error="internal"), "error: a reply is one thing: text and error exclude each other"),
        (lambda: Reply(chunks=("a",), text="b"), "text: text and the list of chunks say different things"),
        (lambda: Reply(status=99), "status: a status is from 200 to 599, not 99"),
        (lambda: Reply(status=204, text="x"), "status: an answer of status 204 has no body"),
        (lambda: Reply(text="x", retry_after=1), "retry_after goes with an error or a status"),
        (lambda: Reply(error="e", retry_after=0.5), "retry_after: Retry-After counts whole seconds, not 0.5"),
        (lambda: Reply(error="e", framing=Framing(bom=True)), "framing goes with a text"),
        (lambda: Reply(error="e", dialect="typed", chunks="whole"), "chunks goes with a text; dialect "),
        (lambda: Reply(error="e", pace=Pace(every=1.0)), "pace.every goes with a text"),
        (lambda: Reply(error="e", segments=Segments(inside="utf8")), "segments.inside goes with a text"),
        (lambda: Reply(text="x", headers={"a": "b\r\nc: d"}), "headers.a: a field is one line"),
        (lambda: Reply(text="x", headers={"a\r\nb": "c"}), "headers.a\r\nb: 'a\\r\\nb' is no field name"),
        (lambda: Reply(text="x", headers={"a": "\0"}), "headers.a: a field holds Latin-1 without control characters"),
        (lambda: Reply(text="x", headers={"Connection": "close"}), "headers.Connection: connection cannot be set here"),
        (lambda: Body(trailers={"a": "b\nc"}), "trailers.a: a field is one line"),
        (lambda: Body(trailers={"transfer-encoding": "x"}), "trailers.transfer-encoding: transfer-encoding cannot"),
        (lambda: Body(extensions="a=b"), "extensions: extensions begin with a semicolon"),
        (lambda: Body(extensions=";a=b\r\n0"), "extensions: a field is one line"),
        (lambda: Body(framing="length", http_chunks=3), "http_chunks: http_chunks need framing: chunked, not length"),
        (lambda: Text(), "text is exactly one of file, words, bytes, template or recorded; there is none"),
        (
            lambda: Text(words=1, bytes=1),
            "text is exactly one of file, words, bytes, template or recorded; there is words and",
        ),
        (lambda: Text(template="no place"), "template: a template has {message} in it"),
        (lambda: Chunks(), "chunks is exactly one of every, sizes, at or random; there is none"),
        (lambda: Chunks(sizes=()), "sizes: at least one item must stand here"),
        (lambda: Segments(at=()), "at: at least one item must stand here"),
        (lambda: Range(min=3, max=2), "min is 3, which is more than max, 2"),
        (lambda: Pace(every=1.0, tokens_per_second=3.0), "tokens_per_second: pace takes every or tokens_per_second"),
        (lambda: Pace(tokens_per_second=0.0), "tokens_per_second: expected more than 0"),
        (lambda: Pace(keep_alive=0.0), "keep_alive: expected more than 0 s"),
        (lambda: Framing(first=("a\nb",)), "first[0]: an item is one line"),
        (lambda: Framing(between=(": x", "data: y")), "between[1]: a data line would add to the text"),
        (lambda: Framing(inside=("data",)), "inside[0]: a data line in these events would add to the text"),
        (lambda: Framing(before=("event: token",)), "before[0]: another event type would hide the text"),
        (lambda: Position(), "a position is exactly one of chunk, text, event, byte, fraction or time; there is none"),
        (lambda: Position(chunk=1, byte=2), "a position is exactly one of"),
        (lambda: Content(), "content is exactly one of json, html or plain; there is none"),
        (lambda: Match(pattern="(a"), "pattern: this is no regular expression: missing ), unterminated"),
        (lambda: When(endpoint="chat"), "endpoint: expected a path without query, or a method and a path"),
        (lambda: When(endpoint="GTE /x"), "endpoint: unknown method 'GTE'; did you mean 'GET'?"),
        (lambda: When(endpoint="/x?a=b"), "endpoint: expected a path without query"),
        (lambda: Scenario(replies=()), "replies: at least one item must stand here"),
    ],
)
def test_what_no_type_can_say_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(WordsError) as caught:
        make()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Reply(faults=(empty_reply(),)),
        lambda: Reply(text=""),
        lambda: Reply(chunks=()),
        lambda: Reply(text="ab", chunks=("a", "b")),
        lambda: Reply(status=204),
        lambda: Reply(status=503, content="empty"),
        lambda: Reply(error="e", retry_after=RetryAfter(date=0.5)),
        lambda: Reply(error="e", pace=Pace(head=1.0, first=1.0), segments="byte", faults=(reset_peer(after=0),)),
        lambda: Reply(text="x", headers={"X-A": "b\tc é", "cache-control": None}),
        lambda: Reply(content=Content(json=None)),
        lambda: Framing(between=("event: ping", "data: x"), before=("event: message", "event:"), inside=("data : x",)),
        lambda: Body(extensions=' ; a = "b;c"'),
        lambda: When(),
        lambda: When(endpoint="delete /api/{x}"),
        lambda: Pause(at="x"),
    ],
)
def test_what_looks_odd_and_is_right_is_taken(make: Callable[[], Any]) -> None:
    make()


def test_all_mistakes_of_an_object_are_told() -> None:
    with pytest.raises(WordsError) as caught:
        Reply(text="x", status=700, headers={"a": "\n", "b c": "d"})
    assert [place[:2] for place, _ in caught.value.found] == [("status",), ("headers", "a"), ("headers", "b c")]


def test_an_endpoint_is_a_method_and_a_path() -> None:
    assert (When(endpoint="get /api/{x}").method, When(endpoint="get /api/{x}").path) == ("GET", "/api/{x}")
    assert (When(endpoint="/api").method, When(endpoint="/api").path) == ("POST", "/api")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("300ms", 0.3), ("1.5s", 1.5), ("2m", 120.0), ("2min", 120.0), ("1 h", 3600.0), (".5S", 0.5), ("250us", 0.00025)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "5", "1:30", "-1s", "1e3s", "٣s", "1.s", "five s", "1 d", "9" * 400 + "s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"a duration|unknown unit"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "count"), [("500", 500), ("70KB", 70_000), ("64kib", 65_536), ("1.5MB", 1_500_000), ("3b", 3)]
)
def test_sizes(text: str, count: int) -> None:
    assert parse_size(text) == count


def test_fractions() -> None:
    assert [parse_fraction(text) for text in ("40%", "0.4", " 100 %", ".5")] == [0.4, 0.4, 1.0, 0.5]
    with pytest.raises(ValueError, match="unknown unit 'x': write a fraction as 40%"):
        parse_fraction("4x")

"""The oracle, row by row of what can happen to a stream, and against what a careful reader of the bytes concludes."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from mock_ares.dialects import DIALECTS
from mock_ares.expectation import LONG_LINE, Expectation, disagreement, expect, sent_payload, sent_text
from mock_ares.faults import (
    close_early,
    cut_gzip,
    duplicate_chunk,
    empty_reply,
    error_event,
    garbage,
    hang,
    invalid_utf8,
    long_length,
    malformed_chunk,
    missing_end,
    reset_peer,
    short_length,
    truncate,
)
from mock_ares.plan.build import RequestContext, answer, build
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.model import Body, DialectName, Framing, Pace, Pause, Position, Reply, Segments, Text

TEXT = "Größe lernt."
ENDING: list[DialectName] = [name for name in get_args(DialectName) if DIALECTS[name].ends]
SILENT: list[DialectName] = [name for name in get_args(DialectName) if not DIALECTS[name].ends]


def plan_of(text: str | Text | None = TEXT, dialect: DialectName = "text", **words: Any) -> StreamPlan:
    return build(Reply(text=text, dialect=dialect, **words), RequestContext())


GOOD: dict[str, dict[str, Any]] = {
    "chunk-split": {"chunks": "characters"},
    "chunk-spaces": {"text": None, "chunks": ("  a", " ", "b ")},
    "chunk-empty": {"text": None, "chunks": ("a", "", "b")},
    "text-lookalikes": {"text": "data: [DONE] : keep-alive id: 0 null"},
    "text-separators": {"text": "\u2028\u2029\x85\x0b\x0c\x1c"},
    "text-nul": {"text": "a\0b"},
    "read-bytes": {"segments": "byte"},
    "read-utf8": {"segments": Segments(inside="utf8")},
    "read-whole": {"segments": "whole"},
    "eol": {"framing": Framing(newline="mixed")},
    "bom": {"framing": Framing(bom=True)},
    "comments": {"framing": Framing(first=(": a",), between=(":",), before=(": b",), inside=(": c",))},
    "no-space, no-colon": {"framing": Framing(space=False, bare_empty=True)},
    "fields": {"framing": Framing(before=("id: 1", "retry: x", "event:"), inside=("event: message", "data : x"))},
    "charset": {"headers": {"content-type": "Text/Event-Stream ; charset=latin-1"}},
    "close-delimited": {"body": "close"},
    "http1.0": {"body": "http1.0"},
    "length": {"body": "length"},
    "chunk-ext, trailers": {"body": Body(extensions=';a="b"', trailers={"x": "1"})},
    "early": {"interim": (100, 103)},
    "gzip": {"body": Body(gzip="whole")},
    "patience": {"pace": Pace(every=20.0, pauses=(Pause(1, 10.0),))},
    "bad-utf8": {"faults": (invalid_utf8("G"),)},
    "a chunk twice": {"faults": (duplicate_chunk(1),)},
    "nothing": {"text": ""},
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", GOOD)
def test_a_good_stream_is_exact(name: str, dialect: DialectName) -> None:
    plan = plan_of(dialect=dialect, **GOOD[name])
    for gzip in (False, True):
        expected = expect(plan, gzip=gzip)
        assert (expected.outcome, expected.text, expected.also) == ("exact", plan.text, ())
    assert expected.accepts(sent_text(plan)) and disagreement(plan) is None


# What each ending is to a client, by body: chunked, length, close, http1.0.
EVERY = ("chunked", "length", "close", "http1.0")
SHOWN = ("chunked", "length")
BETWEEN, INSIDE, BEHIND = Position(chunk=1), Position(text="Grö"), Position(fraction=1.0)


class TestCuts:
    @pytest.mark.parametrize("connection", ["keep-alive", "close"])
    @pytest.mark.parametrize("after", [Position(chunk=0), BETWEEN, INSIDE])
    @pytest.mark.parametrize("body", SHOWN)
    @pytest.mark.parametrize("dialect", DIALECTS)
    @pytest.mark.parametrize("fault", [close_early, reset_peer, hang])
    def test_that_http_shows(
        self, fault: Any, dialect: DialectName, body: Any, after: Position, connection: Any
    ) -> None:
        """drop-fin, drop-rst, drop-fin-close, drop-rst-close, stall."""
        plan = plan_of(dialect=dialect, body=Body(body, connection=connection), faults=(fault(after),))
        expected = expect(plan)
        assert (expected.outcome, expected.text) == ("error", TEXT)
        assert expected.allows_shown(sent_text(plan)) and not expected.allows_shown("Grx")

    @pytest.mark.parametrize("body", ["close", "http1.0"])
    @pytest.mark.parametrize("dialect", DIALECTS)
    @pytest.mark.parametrize("fault", [reset_peer, hang])
    def test_a_close_delimited_body_does_not_end_so(self, fault: Any, dialect: DialectName, body: Any) -> None:
        for after in (BETWEEN, INSIDE):
            assert expect(plan_of(dialect=dialect, body=body, faults=(fault(after),))).outcome == "error"
        behind = expect(plan_of(dialect=dialect, body=body, faults=(fault(BEHIND),))).outcome
        assert behind == ("either" if dialect in ENDING else "error")

    @pytest.mark.parametrize(
        ("fault", "bodies"),
        [(truncate, EVERY), (close_early, ("close", "http1.0"))],
        ids=["a valid end", "FIN of a close-delimited body"],
    )
    @pytest.mark.parametrize("after", [Position(chunk=0), BETWEEN, INSIDE])
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_that_http_cannot_show(
        self, fault: Any, bodies: tuple[str, ...], after: Position, dialect: DialectName
    ) -> None:
        """drop-silent; with an end record it is missing-end."""
        for body in bodies:
            expected = expect(plan_of(dialect=dialect, body=body, faults=(fault(after),)))
            assert expected.outcome == ("error" if dialect in ENDING else "undetectable")
            assert expected.text == TEXT

    @pytest.mark.parametrize("body", EVERY)
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_at_the_very_end_are_none(self, dialect: DialectName, body: Any) -> None:
        for after in (BEHIND, Position(time=9.0)):
            assert expect(plan_of(dialect=dialect, body=body, faults=(truncate(after),))).outcome == "exact"

    def test_behind_the_text_lose_nothing(self) -> None:
        plan = plan_of(framing=Framing(between=(":",)), pace=Pace(keep_alive=1.0, pauses=(Pause(BEHIND, 2.5),)))
        after = Position(chunk=len(plan.chunks))
        assert plan.payload.endswith(b": keep-alive\n\n")
        assert expect(truncate(after)(plan)).outcome == "exact"
        assert expect(close_early(after)(plan)).outcome == "error"

    def test_between_the_last_line_and_its_blank_line(self) -> None:
        plan = plan_of("a")
        expected = expect(truncate(Position(byte=8))(plan))
        assert expected.outcome == "undetectable" and expected.allows_shown("") and expected.allows_shown("a")

    @pytest.mark.parametrize("dialect", ENDING)
    @pytest.mark.parametrize("fault", [close_early, reset_peer, hang])
    @pytest.mark.parametrize("missing", [0, 1])
    def test_behind_the_end_record_a_client_may_have_stopped(
        self, missing: int, fault: Any, dialect: DialectName
    ) -> None:
        plan = plan_of(dialect=dialect)
        expected = expect(fault(Position(byte=plan.size - missing))(plan))
        assert expected.outcome == "either" and expected.why.startswith("the end record has come")
        assert expect(fault(Position(byte=plan.size - 3))(plan)).outcome == "error"

    def test_of_a_length_that_is_reached_are_none(self) -> None:
        for fault, outcome in ((close_early, "exact"), (hang, "exact"), (reset_peer, "either")):
            assert expect(plan_of(body="length", faults=(fault(BEHIND),))).outcome == outcome
        plan = plan_of(body=Body("length", gzip="event"), faults=(close_early(BEHIND),))
        assert [expect(plan, gzip=gzip).outcome for gzip in (False, True)] == ["exact", "error"]

    @pytest.mark.parametrize("body", ["chunked"])
    def test_with_an_http_chunk_unfinished(self, body: Any) -> None:
        assert expect(plan_of(body=body, faults=(close_early(BETWEEN, inside_http_chunk=True),))).outcome == "error"

    def test_for_a_client_that_knows_no_http_chunks(self) -> None:
        plan = plan_of(faults=(close_early(BETWEEN),))
        assert expect(plan, version="1.0").outcome == "undetectable"
        assert expect(plan_of(faults=(malformed_chunk(BETWEEN),)), version="1.0").outcome == "undetectable"


class TestFraming:
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_malformed_chunk(self, dialect: DialectName) -> None:
        assert expect(plan_of(dialect=dialect, faults=(malformed_chunk(BETWEEN),))).outcome == "error"
        behind = expect(plan_of(dialect=dialect, faults=(malformed_chunk(BEHIND),)))
        assert behind.outcome == ("either" if dialect in ENDING else "error")

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_lengths(self, dialect: DialectName) -> None:
        """drop-length, short-length."""
        long = expect(plan_of(dialect=dialect, faults=(long_length(),)))
        assert long.outcome == ("either" if dialect in ENDING else "error")
        short = expect(plan_of(dialect=dialect, faults=(short_length(by=20),)))
        assert (short.outcome, short.text) == ("undetectable", TEXT)

    @pytest.mark.parametrize("body", EVERY)
    def test_a_cut_gzip_stream_is_one_only_where_gzip_was_negotiated(self, body: Any) -> None:
        for after in (BETWEEN, BEHIND):
            plan = plan_of(body=Body(body, gzip="event"), faults=(cut_gzip(after),))
            assert expect(plan, gzip=True).outcome == "error"
            assert expect(plan, gzip=False).outcome == "exact"

    def test_gzip_shows_a_cut_that_a_close_delimited_body_cannot(self) -> None:
        plan = plan_of(body=Body("close", gzip="event"), faults=(close_early(BETWEEN),))
        assert [expect(plan, gzip=gzip).outcome for gzip in (False, True)] == ["undetectable", "error"]

    @pytest.mark.parametrize("body", EVERY)
    @pytest.mark.parametrize("dialect", ENDING)
    def test_the_end_record_is_missing(self, dialect: DialectName, body: Any) -> None:
        assert expect(plan_of(dialect=dialect, body=body, faults=(missing_end(),))).outcome == "error"

    @pytest.mark.parametrize("after", [0, BETWEEN, INSIDE, BEHIND])
    def test_an_error_event(self, after: Any) -> None:
        expected = expect(plan_of(dialect="typed", faults=(error_event(after, "no luck"),)))
        assert (expected.outcome, expected.text) == ("error", TEXT)
        assert ("no luck" in expected.why) == (after != INSIDE)

    def test_events_of_another_type_may_be_shown_or_skipped(self) -> None:
        plan = plan_of("a b", framing=Framing(between=("event: ping", "data: !")))
        expected = expect(plan)
        assert expected.outcome == "exact"
        assert expected.accepts("a b") and expected.accepts("a! b") and not expected.accepts("a!b")
        assert expect(plan_of("a b", dialect="typed", framing=Framing(between=("event: ping", "data: !")))).also == ()

    def test_an_event_that_nothing_ends(self) -> None:
        expected = expect(plan_of("a b", framing=Framing(final_blank_line=False)))
        assert expected.outcome == "exact"
        assert expected.accepts("a b") and expected.accepts("a") and not expected.accepts("")
        for dialect in ENDING:
            assert expect(plan_of(dialect=dialect, framing=Framing(final_blank_line=False))).outcome == "either"

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_long_line(self, dialect: DialectName) -> None:
        expected = expect(plan_of(Text(bytes=LONG_LINE), dialect, chunks="whole"))
        assert expected.outcome == "either" and len(expected.text) == LONG_LINE
        assert expect(plan_of(Text(bytes=LONG_LINE), dialect)).outcome == "exact"


class TestNoStream:
    @pytest.mark.parametrize(
        "fault", [empty_reply(), empty_reply(reset=True), garbage(), close_early(Position(time=0.0))]
    )
    def test_no_response(self, fault: Any) -> None:
        plan = plan_of(pace=Pace(head=1.0), faults=(fault,))
        assert expect(plan) == Expectation("error", "", "there is no HTTP response")
        assert disagreement(plan) is None

    @pytest.mark.parametrize("status", [201, 204, 307, 308, 400, 401, 403, 404, 413, 415, 422, 429, 500, 502, 503])
    @pytest.mark.parametrize("kind", ["application/json", "text/event-stream", None])
    def test_a_status(self, status: int, kind: str | None) -> None:
        headers = (("content-type", kind),) if kind else ()
        assert expect(answer(status, headers, b"" if status == 204 else b"{}")).outcome == "error"

    def test_a_stream_of_another_status(self) -> None:
        plan = plan_of(status=500)
        assert (expect(plan).outcome, expect(plan).text, disagreement(plan)) == ("error", "", None)

    @pytest.mark.parametrize("kind", ["application/json", "text/html; charset=utf-8", "text/event-streams", None])
    @pytest.mark.parametrize("body", [b"", b"{}", b"data: x\n\n"])
    def test_another_type(self, kind: str | None, body: bytes) -> None:
        plan = answer(200, (("content-type", kind),) if kind else (), body)
        assert expect(plan).outcome == "error" and sent_text(plan) == ""
        assert expect(plan_of(headers={"content-type": kind})).outcome == "error"

    @pytest.mark.parametrize(("body", "text"), [(b"", ""), (b"data: x\n\n", "x"), (b"<p>", "")])
    def test_content_that_calls_itself_a_stream(self, body: bytes, text: str) -> None:
        expected = expect(answer(200, (("content-type", "text/event-stream"),), body))
        assert (expected.outcome, expected.text) == ("exact", text)


class TestExpectation:
    def test_how_many_replacements_is_not_judged(self) -> None:
        expected = Expectation("exact", "a\ufffdb", "")
        assert expected.accepts("a\ufffd\ufffdb") and not expected.accepts("ab")
        assert expected.allows_shown("a\ufffd\ufffd") and not expected.allows_shown("a\ufffdc")

    def test_shown_is_a_prefix(self) -> None:
        expected = Expectation("error", "abc", "", ("abX",))
        assert all(map(expected.allows_shown, ("", "a", "abc", "abX")))
        assert not any(map(expected.allows_shown, ("b", "abcd", "aab")))


class TestDisagreement:
    def test_a_plan_whose_bytes_say_something_else(self) -> None:
        from dataclasses import replace

        plan = plan_of("abc")
        assert disagreement(replace(plan, text="abd")) == "the plan's bytes decode to 'abc', the reply says 'abd'"
        assert disagreement(replace(truncate(BEHIND)(plan), text="abcd")) is not None
        assert disagreement(replace(plan, text="x" * 999)) == (
            f"the plan's bytes decode to 'abc', the reply says '{'x' * 197}...'"
        )

    def test_half_a_character_has_not_been_said(self) -> None:
        plan = plan_of("é", dialect="lines")
        for byte in range(plan.size + 1):
            broken = close_early(Position(byte=byte))(plan)
            assert disagreement(broken) is None
            assert sent_text(broken) == ("é" if byte >= 8 else "")
            assert sent_payload(broken) == plan.payload[:byte]

"""How a failure reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mock_ares.faults import close_early
from mock_ares.harness.model import Case, Failure
from mock_ares.harness.report.counterexample.failure_text import failure_text
from mock_ares.scenario.model import Body, Pace, Position, Reply, Segments, Text
from tests.harness.report.samples import CUT, HOSTILE, INFO, SMALLEST, failure


def test_it_reads_like_this() -> None:
    text = failure_text(INFO, SMALLEST, "mock-ares replay node-read-line.yaml -- node client.mjs", 100)
    assert text == (
        "✗ read-line  lost\n"
        "  A read that ends inside a line loses nothing · documented · WHATWG HTML 9.2.5; ARES, streaming\n"
        "\n"
        "  Text is lost from the first read that ends inside a line: no line buffer\n"
        "\n"
        "  sent      0\n"
        "            ^\n"
        "  received  an empty text\n"
        "  bytes     9 bytes in 2 reads, each ended by │\n"
        "            d│ata: 0⟨LF⟩⟨LF⟩│\n"
        "  ended     the body ended well after the payload\n"
        "  correct   returns exactly the text that was sent (the body is complete)\n"
        "  advice    Keep what follows the last line end, and put the next read behind it.\n"
        "  why       mock-ares docs read-line\n"
        "  replay    mock-ares replay node-read-line.yaml -- node client.mjs"
    )


def test_a_cut_shows_what_is_missing_and_how_it_ended() -> None:
    text = failure_text(INFO, CUT)
    assert "sent      Neural networks learn.\n                     ^^^^^^^^^^^^^\n  received  Neural ne\n" in text
    assert "ended     the connection was reset (RST) after 23 of 54 payload bytes\n" in text
    assert text.count("data:") == 2 and "learn." not in text.split("bytes")[1]


def test_an_error_of_the_client_is_told_with_what_it_had_shown() -> None:
    found = failure(Reply(text="Hello you"), None, "\n".join(f"line {n}" for n in range(9)), shown=("Hel", "lo"))
    text = failure_text(INFO, found)
    assert "  shown     Hello\n" in text
    assert "  reported  … 3 lines …\n            line 3\n" in text and "            line 8\n" in text


def test_a_client_that_was_given_up() -> None:
    text = failure_text(INFO, failure(Reply(text="a"), None, "given up", word="hung", timed_out=True, duration=12.04))
    assert "  given up  after 12.0 s without an end\n" in text and "reported" not in text


def test_an_http_error_is_shown_by_its_status_and_body() -> None:
    found = failure(Reply(error="expired-token"), "", word="error-as-answer", reads=())
    text = failure_text(INFO, found)
    assert "  sent      HTTP 401, application/json, 64 bytes\n  received  an empty text\n" in text
    assert '            {"error":"Invalid or expired token","code":"AUTH_INVALID_TOKEN"}\n' in text


def test_where_http_is_what_is_unusual_its_own_bytes_are_shown() -> None:
    trailers = failure(Reply(text="a", body=Body(trailers={"x-a": "1"}), segments="event"), "")
    text = failure_text(INFO, trailers)
    assert "  response  146 bytes\n            HTTP/1.1 200 OK⟨CR⟩⟨LF⟩\n" in text and "  bytes  " not in text
    assert "            0⟨CR⟩⟨LF⟩\n            x-a: 1⟨CR⟩⟨LF⟩⟨CR⟩⟨LF⟩\n" in text
    assert "HTTP/1.1 103 Early Hints" in failure_text(INFO, failure(Reply(text="a", interim=(103,)), ""))
    cut_in_reads = failure(Reply(text="a", body="length", segments="byte"), "")
    assert "  bytes  " in (text := failure_text(INFO, cut_in_reads)) and "content-length: 9⟨CR⟩" in text


def test_a_bad_request_shows_the_request_and_no_stream() -> None:
    request = {"method": "GET", "path": "/x", "headers": {"accept": "*/*"}, "body": '{"msg":"hi"}'}
    text = failure_text(INFO, failure(Reply(text="Hello"), "Hello", word="bad-request", request=request))
    assert "  request   GET /x\n            accept: */*\n\n            {" in text
    assert "  bytes  " not in text and "  sent  " not in text


def test_the_replies_of_a_client_that_asks_again() -> None:
    case = Case((Reply(status=429), Reply(text="Hello you")))
    text = failure_text(INFO, failure(case.replies[1], "HelHello you", word="added", case=case))
    assert "  replies   1. status 429\n            2. a stream (the outcome is compared with this one)\n" in text
    assert "received  HelHello you\n               ^^^\n" in text


def test_what_earlier_attempts_brought_is_told() -> None:
    case = Case((Reply(text="Hello you", faults=(close_early(after=Position(text="Hello")),)), Reply(text="Hello you")))
    text = failure_text(INFO, failure(case.replies[1], "HelHello you", word="added", case=case))
    assert (
        "  replies   1. a stream, broken by close_early: 'Hello'\n"
        "            2. a stream (the outcome is compared with this one)\n" in text
    )


def test_the_judged_reply_is_the_one_that_the_journal_names() -> None:
    case = Case((Reply(text="first"), Reply(text="second")))
    found = failure(case.replies[0], "", case=case, expected_text="first", reads=(), request={"reply": 0})
    assert "data: first" in failure_text(INFO, found)


def test_what_the_caller_asks_is_told() -> None:
    text = failure_text(
        INFO, failure(Reply(text="a"), "a", case=Case((Reply(text="a"),), cancel_after=1, withhold=True))
    )
    assert "the caller stops it once 1 character have been shown" not in text
    assert "the caller stops it once 1 character has been shown" in text
    assert "each piece is sent only when the client has shown the one before" in text


def test_a_long_text_says_where_the_difference_is() -> None:
    found = failure(Reply(text=Text(bytes=70_000), chunks="whole"), "", reads=())
    found = replace(found, observation=replace(found.observation, text=found.expected_text[:65_536]))
    text = failure_text(INFO, found, width=90)
    assert "differ    from character 65,537 on, of 70,000 sent and 65,536 received" in text
    assert len(text) < 1500


def test_best_effort_is_said_of_reads_that_nobody_can_vouch_for() -> None:
    assert "2 reads (best effort)" in failure_text(INFO, replace(SMALLEST, request={"boundaries": "best-effort"}))


@pytest.mark.parametrize("width", [40, 60, 100, 200, None])
@pytest.mark.parametrize(
    "found",
    [
        SMALLEST,
        CUT,
        failure(Reply(text="字" * 300, segments="byte"), "字" * 150),
        failure(Reply(text=Text(words=900)), "x"),
    ],
)
def test_no_line_is_much_wider_than_asked_for(found: Failure, width: int | None) -> None:
    lines = failure_text(INFO, found, width=width).split("\n")
    assert max(map(len, lines)) <= (width or 100) + 30


def test_color_changes_nothing_but_color() -> None:
    import re

    plain, colored = failure_text(INFO, SMALLEST), failure_text(INFO, SMALLEST, color=True)
    assert "\x1b[" not in plain and "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_what_a_client_says_cannot_reach_the_terminal() -> None:
    found = failure(Reply(text="a"), HOSTILE, diagnosis=HOSTILE, ending=HOSTILE, request={"body": HOSTILE})
    text = failure_text(INFO, found, HOSTILE)
    assert not set(text) & {"\x1b", "\0", "\u202e", "\ud800"}
    text.encode()


def test_a_reply_that_cannot_be_planned_here_is_named() -> None:
    found = failure(Reply(text="a"), "", case=Case((Reply(error="no-such-error"),)), reads=(), expected_text="")
    assert "sent      the error no-such-error" in failure_text(INFO, found)


def test_a_paced_stream_is_no_matter() -> None:
    found = failure(Reply(text="a b", pace=Pace(every=1.0), segments=Segments(every=2)), "a")
    assert "│" in failure_text(INFO, found)

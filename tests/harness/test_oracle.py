"""The oracle: observation against expectation, by the table."""

from __future__ import annotations

from typing import Any

import pytest

from mock_ares.faults import (
    close_early,
    empty_reply,
    error_event,
    garbage,
    hang,
    invalid_utf8,
    malformed_chunk,
    missing_end,
    reset_peer,
    short_length,
    truncate,
)
from mock_ares.harness.checks.rows import say
from mock_ares.harness.clients.adapter import Adapter, Shown
from mock_ares.harness.model import Case, Failure, HarnessError, Observation, Target
from mock_ares.harness.result import ExampleResult, RecordedRequest
from mock_ares.harness.verdict import diagnosis
from mock_ares.harness.verdict.oracle import judge as judge_played
from mock_ares.plan.build import RequestContext, answer, build
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.model import Framing, Reply, Segments
from mock_ares.server.record.journal import Exchange


class Client(Adapter):
    """One that is only talked about."""

    def __init__(self) -> None:
        super().__init__("a client")

    def start(self) -> None: ...

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        raise AssertionError("nobody asks it")

    def close(self) -> None: ...


def exchange(number: int = 1, reply: int = 0, **fields: Any) -> Exchange:
    found = Exchange(number, "POST", "/api/chat/stream", (), 0.0, owner="me", reply=reply, status=200)
    for name, value in {"ending": "complete", "boundaries": "exact", **fields}.items():
        setattr(found, name, value)
    return found


def judge(
    case: Case, plans: list[StreamPlan], observation: Observation, exchanges: list[Exchange], client: Client
) -> Failure | None:
    return judge_played(ExampleResult(case, observation, tuple(map(RecordedRequest, exchanges, plans))), client)


def plan_of(reply: Reply, dialect: str = "text") -> StreamPlan:
    return build(reply, RequestContext(dialect=dialect))


def judged(plan: StreamPlan, observation: Observation, case: Case | None = None) -> Failure | None:
    case = case or Case(replies=(say("ab", "cd"),))
    return judge(case, [plan], observation, [exchange()], Client())


def returned(text: str, *shown: str) -> Observation:
    return Observation(text, None, shown)


def raised(*shown: str) -> Observation:
    return Observation(None, "Error: no", shown)


GOOD = plan_of(say("ab", "cd"))
CUT = plan_of(say("ab", "cd", faults=(close_early(1),)))
REFUSED = answer(401, (("content-type", "application/json"),), b'{"error":"no"}')
JSON = answer(200, (("content-type", "application/json"),), b'{"text":"abcd"}')
LONG = plan_of(say("a" * 70_000))
SHORT = plan_of(say("ab", "cd", faults=(short_length(3),)))
SILENT = plan_of(say("ab", "cd", faults=(truncate(1),)))
LOST_END = plan_of(say("ab", "cd", faults=(missing_end(),)), "typed")
REPORTED = plan_of(say("ab", "cd", faults=(error_event(1),)), "typed")
SPOILED = plan_of(say("ab", faults=(invalid_utf8("a", bytes="f09f98"),)))
OPEN = plan_of(say("ab", "cd", framing=Framing(final_blank_line=False)))
FOREIGN = plan_of(say("ab", "cd", framing=Framing(first=("event: ping", "data: x"))))


@pytest.mark.parametrize(
    ("plan", "observation", "word"),
    [
        # exact
        (GOOD, returned("abcd"), None),
        (GOOD, returned("abcd", "ab", "cd"), None),
        (GOOD, returned("abcd", "ab"), None),
        (GOOD, returned("ab"), "lost"),
        (GOOD, returned("ad"), "lost"),
        (GOOD, returned(""), "lost"),
        (GOOD, returned("abxcd"), "added"),
        (GOOD, returned("abcdabcd"), "added"),
        (GOOD, returned("abXd"), "altered"),
        (GOOD, returned("abcd", "ab", "cd", "cd"), "added"),
        (GOOD, raised(), "raised-on-good-stream"),
        (GOOD, raised("ab", "cd"), "raised-on-good-stream"),
        (GOOD, Observation(None, "it was given up", ("ab",), timed_out=True), "hung"),
        (SPOILED, returned("a\ufffdb"), None),
        (SPOILED, returned("a\ufffd\ufffd\ufffdb"), None),
        (SPOILED, returned("ab"), "lost"),
        (OPEN, returned("abcd"), None),
        (OPEN, returned("ab"), None),
        (OPEN, returned("a"), "lost"),
        (FOREIGN, returned("abcd"), None),
        (FOREIGN, returned("xabcd"), None),
        (FOREIGN, returned("xab"), "altered"),
        # error
        (CUT, raised(), None),
        (CUT, raised("ab"), None),
        (CUT, raised("a"), None),
        (CUT, raised("b"), "lost"),
        (CUT, raised("X"), "altered"),
        (CUT, returned("ab"), "silent-truncation"),
        (CUT, returned("abcd"), "silent-truncation"),
        (CUT, returned(""), "silent-truncation"),
        (CUT, Observation(None, "no", (), timed_out=True), "hung"),
        (REFUSED, raised(), None),
        (REFUSED, returned(""), "error-as-answer"),
        (REFUSED, returned('{"error":"no"}'), "error-as-answer"),
        (REFUSED, raised('{"error":"no"}'), "error-as-answer"),
        (JSON, raised(), None),
        (JSON, returned("abcd"), "error-as-answer"),
        (plan_of(say("ab", faults=(reset_peer(1),))), returned("ab"), "silent-truncation"),
        (plan_of(say("ab", faults=(malformed_chunk(1),))), returned("ab"), "silent-truncation"),
        (plan_of(Reply(faults=(empty_reply(),))), returned(""), "silent-truncation"),
        (plan_of(Reply(faults=(empty_reply(),))), raised(), None),
        (plan_of(Reply(faults=(garbage(),))), returned(""), "error-as-answer"),
        (plan_of(say("ab", faults=(hang(1),))), raised("ab"), None),
        (LOST_END, raised("abcd"), None),
        (LOST_END, returned("abcd"), "silent-truncation"),
        (REPORTED, raised("ab"), None),
        (REPORTED, returned("ab"), "silent-truncation"),
        (REPORTED, raised("ab", "Stream error"), "altered"),
        # either
        (LONG, returned("a" * 70_000), None),
        (LONG, raised(), None),
        (LONG, raised("a"), None),
        (LONG, returned("a" * 65_536), "lost"),
        # undetectable
        (SILENT, returned("ab"), None),
        (SILENT, raised("ab"), None),
        (SILENT, returned("abX"), "altered"),
        (SHORT, returned("ab"), None),
        (SHORT, returned("abcd"), None),
        (SHORT, raised(), None),
        (SHORT, returned("bc"), "lost"),
    ],
)
def test_the_word(plan: StreamPlan, observation: Observation, word: str | None) -> None:
    found = judged(plan, observation)
    assert (found.word if found else None) == word


def test_a_case_may_allow_more_than_the_bytes_say() -> None:
    case = Case(replies=(say("ab", "cd"),), outcome="either")
    assert judged(GOOD, raised(), case) is None
    found = judged(GOOD, returned("ab"), case)
    assert found is not None and found.word == "lost"


class TestAttempts:
    def test_the_last_attempt_is_judged(self) -> None:
        case = Case(replies=(Reply(status=503), say("ab", "cd")))
        failed = answer(503, (), b"")
        exchanges = [exchange(1, 0, status=503), exchange(2, 1)]
        assert judge(case, [failed, GOOD], returned("abcd"), exchanges, Client()) is None
        found = judge(case, [failed, GOOD], raised(), exchanges, Client())
        assert found is not None and found.word == "raised-on-good-stream"

    def test_a_client_that_does_not_ask_again_is_judged_by_the_first(self) -> None:
        case = Case(replies=(Reply(status=503), say("ab", "cd")))
        assert judge(case, [answer(503, (), b"")], raised(), [exchange(status=503)], Client()) is None

    def test_text_of_each_attempt_may_have_been_shown_where_all_must_fail(self) -> None:
        case = Case(replies=(say("ab", "cd", faults=(close_early(1),)),))
        exchanges = [exchange(1), exchange(2)]

        def found(*shown: str) -> Failure | None:
            return judge(case, [CUT, CUT], raised(*shown), exchanges, Client())

        assert found("ab", "ab") is None
        assert found("a", "abc") is None
        assert found("ab", "ab", "ab") is not None
        assert found("ba") is not None

    def test_text_of_two_attempts_is_too_much_where_the_last_is_good(self) -> None:
        case = Case(replies=(say("ab", "cd", faults=(close_early(1),)), say("ab", "cd")))
        exchanges = [exchange(1, 0), exchange(2, 1)]
        found = judge(case, [CUT, GOOD], returned("ababcd", "ab", "abcd"), exchanges, Client())
        assert found is not None and found.word == "added"

    def test_a_case_may_name_the_reply_it_is_judged_by(self) -> None:
        case = Case(replies=(say("ab", "cd"), Reply(status=400)), judged=0)
        exchanges = [exchange(1, 0), exchange(2, 1, status=400)]
        assert judge(case, [GOOD, REFUSED], returned("abcd"), exchanges, Client()) is None

    def test_a_client_that_never_asked_has_shown_nothing(self) -> None:
        case = Case(replies=(say("ab", faults=(close_early(1),)),))
        found = judge(case, [], raised(), [], Client())
        assert found is not None and found.word == "bad-request"
        found = judge(case, [], Observation(None, "x", (), timed_out=True), [], Client())
        assert found is not None and found.word == "hung"


def test_a_plan_that_does_not_say_what_it_should_is_the_harness_s_error() -> None:
    from dataclasses import replace

    with pytest.raises(HarnessError, match="the harness has erred, not a client"):
        judged(replace(GOOD, text="abce"), returned("abcd"))


def test_gzip_is_what_the_request_negotiated() -> None:
    from mock_ares.faults import cut_gzip
    from mock_ares.scenario.model import Body

    plan = plan_of(say("ab", "cd", body=Body(gzip="event"), faults=(cut_gzip(2),)))
    case = Case(replies=(say("ab"),))
    plain, packed = exchange(), exchange(headers=(("accept-encoding", "br, gzip"),))
    assert judge(case, [plan], returned("abcd"), [plain], Client()) is None
    found = judge(case, [plan], returned("abcd"), [packed], Client())
    assert found is not None and found.word == "silent-truncation"


class TestFailure:
    def test_it_says_what_was_expected_read_and_ended(self) -> None:
        found = judged(plan_of(say("ab", segments=Segments(at=(1,)))), returned(""))
        assert found is not None
        assert found.expected == "returns exactly the text that was sent (the body is complete)"
        assert found.expected_text == "ab"
        assert found.reads == (b"d", b"ata: ab\n\n")
        assert found.ending == "the body ended well after the payload"
        assert found.request is not None and found.request["path"] == "/api/chat/stream"

    def test_reads_end_where_the_stream_was_cut(self) -> None:
        found = judged(CUT, returned("ab"))
        assert found is not None
        assert found.reads == (b"data: ab\n\n",)
        assert found.expected.startswith("reports failure: the connection is closed before the body is complete")

    def test_no_reads_are_named_where_none_were_promised(self) -> None:
        found = judged(plan_of(say("ab", segments="free")), returned(""))
        assert found is not None and found.reads == ()

    @pytest.mark.parametrize(
        ("reply", "ending", "said"),
        [
            (say("ab", "cd", faults=(close_early(1),)), "close", "the connection was closed (FIN) after 10 of 20"),
            (say("ab", "cd", faults=(reset_peer(2),)), "reset", "the connection was reset (RST) after the payload"),
            (say("ab", faults=(hang(0),)), "hang", "nothing more came after 0 of 10 payload bytes"),
            (Reply(faults=(empty_reply(),)), "close", "the connection was closed (FIN) in the response's place"),
            (say("ab"), "client-left", "the client left"),
            (say("ab"), "open", "the client had not read it to the end"),
            (say("ab"), "ended", "the connection was ended at the deadline"),
        ],
    )
    def test_the_ending_in_words(self, reply: Reply, ending: str, said: str) -> None:
        assert diagnosis.ending(plan_of(reply), exchange(ending=ending)).startswith(said)


class TestDiagnosis:
    @pytest.mark.parametrize(
        ("reply", "received", "said"),
        [
            (say("a", " b"), "ab", "is stripped"),
            (say("a", "  b"), "a b", "two spaces are stripped"),
            (say("a", "b"), "a b", "a space is put between chunks"),
            (say("a", "b"), "a\nb", "a newline is put between chunks"),
            (say("a", "[DONE]", "b"), "a", "the reply ends at the chunk '[DONE]'"),
            (say("a", "[DONE]", "b"), "ab", "the chunk '[DONE]' is left out"),
            (say("a\nb"), "ab", "data lines of one event are joined without"),
            (say("a\nb"), "a", "only the first data line"),
            (say("a\u2028b"), "a", "lines are split at more than CR, LF and CRLF"),
            (say("é"), "Ã©", "decoded as Latin-1"),
            (say("a", framing=Framing(bom=True)), "\ufeffa", "the byte order mark is taken for text"),
            (say("ab", segments=Segments(at=(7,))), "a", "a read that ends inside a line: no line buffer"),
            (say("é", segments=Segments(inside="utf8")), "\ufffd\ufffd", "no incremental decoder"),
            (
                say("é", segments=Segments(inside="utf8")),
                "",
                "inside a line: no line buffer, or no incremental decoder",
            ),
            (say("aé", "b", segments=Segments(inside="utf8")), "ab", "no line buffer, or no incremental decoder"),
            (say("aéc", segments=Segments(inside="utf8")), "ac", "a character is lost that two reads share"),
            (say("aéc", segments=Segments(inside="utf8")), "a", "and so inside a line: no line buffer"),
            (say("a", "b", framing=Framing(newline="crlf")), "a\rb\r", "taken for text: lines are ended at LF only"),
            (say("a", framing=Framing(newline="cr")), "a\r", "a CR alone ends no line"),
            (say("a", framing=Framing(newline="cr")), "", "the last event is lost: it ends in a CR"),
            (say("a", "b", framing=Framing(newline="cr")), "ab\r", "the stream has line endings CR"),
            (say("\na", "b"), "ab", "newlines at the start of an event's text are lost"),
            (say("a\n", "b"), "ab", "newlines at the end of an event's text are lost"),
            (say("a", "a", framing=Framing(newline="mixed"), seed=1), "a\na", "events are taken for one"),
            (say("a", "b", framing=Framing(space=False)), "", "data lines without a space behind the colon"),
            (say("a", "b", framing=Framing(bom=True)), "b", "the byte order mark in front of its field name"),
            (say("ab", interim=(103,)), "", "the interim response 103 is taken for the response"),
            (say("a", "b", framing=Framing(between=("DATA: no",))), "anob", "field names are taken in any case"),
            (
                say("a", "b", framing=Framing(between=(" data: no",))),
                "anob",
                "white space around a field name is ignored",
            ),
            (say("a", "b", framing=Framing(between=("data\0: no",))), "anob", "a NUL in a field name is ignored"),
            (say("a", "b", framing=Framing(between=("database: no",))), "anob", "whose name begins with data"),
            (say("a", "b", framing=Framing(between=("xdata: no",))), "anob", "whose name ends in data"),
            (
                say("a", "b", framing=Framing(between=("\ufeffdata: no",))),
                "anob",
                "U+FEFF is removed at the start of any line",
            ),
            (say("a\ufeffb", framing=Framing(bom=True)), "ab", "U+FEFF is removed wherever it stands"),
            (say("a", "\nb", framing=Framing(bare_empty=True)), "ab", "a field name without a colon is passed over"),
            (
                say("é", headers={"content-type": "text/event-stream;charset=cp437"}),
                "├⌐",
                "the charset of the content type",
            ),
            (say("ab", "cd"), "ababcd", "there is text that was not sent, 'ab' at character 2"),
            (say("ab", "cd", framing=Framing(newline="cr")), "c", "the stream has line endings CR"),
        ],
    )
    def test_the_cause_is_guessed_by_doing_it(self, reply: Reply, received: str, said: str) -> None:
        found = judged(plan_of(reply), returned(received))
        assert found is not None
        assert said in found.diagnosis

    def test_a_truncation_says_how_it_came(self) -> None:
        found = judged(CUT, returned("ab"))
        assert found is not None
        assert found.diagnosis.startswith("the connection is closed before the body is complete")

    def test_long_texts_are_not_quoted_in_full(self) -> None:
        assert len(diagnosis.quoted("x" * 10_000)) < 80

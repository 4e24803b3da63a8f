"""Checks against clients: the right one passes all, a wrong one fails by its own, and by nothing else."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from mock_ares.faults import hang
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.families.framing import EIGHT_MB, long_line, many
from mock_ares.harness.checks.rows import Check, Row, case, one, say
from mock_ares.harness.clients import running_example as example_module
from mock_ares.harness.clients.adapter import Adapter
from mock_ares.harness.clients.browser.client import BrowserClient
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import (
    Boundaries,
    Case,
    CheckResult,
    HarnessError,
    KnownFailure,
    Observation,
    Target,
    UsageError,
    Verdict,
)
from mock_ares.harness.play import cpu_growth
from mock_ares.harness.play import example_runner as arena_module
from mock_ares.harness.play.cpu_growth import Growth, Stopwatch, Timed, quarter_of
from mock_ares.harness.play.example_runner import ExampleRunner, lasting, size_of
from mock_ares.harness.result import ExampleResult
from mock_ares.harness.run import check_runner, checks_in_order
from mock_ares.harness.run.check_runner import Event, judge_case, run_check
from mock_ares.harness.run.checks_in_order import run_contract, selected
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import Chunks, Pace, Reply, RetryAfter, Segments
from mock_ares.server.transport.wire import Wire
from tests.harness import right_client as right
from tests.harness import wrong_clients as wrong
from tests.harness.test_arena import gives_up

FEW = RunSettings(examples=10, deadline=5.0, budget=1.0)


@pytest.fixture(scope="module")
def arena() -> Iterator[ExampleRunner]:
    with ExampleRunner() as arena:
        yield arena


def check(
    arena: ExampleRunner, function: Callable[..., Any], name: str, can: str = "", settings: RunSettings = FEW
) -> CheckResult:
    client = PythonClient(function, capabilities=can)
    try:
        return run_check(client, CHECKS[name], arena, settings)
    finally:
        client.close()


class TestTheRightClient:
    @pytest.mark.parametrize(
        "dialect", ["text", *(pytest.param(each, marks=pytest.mark.slow) for each in ("lines", "delta", "typed"))]
    )
    def test_passes_everything(self, dialect: Any) -> None:
        chat = {"text": right.stream_chat, "lines": right.lines, "delta": right.delta, "typed": right.typed}[dialect]
        client = PythonClient(chat, capabilities="incremental,cancel,v1")
        only = tuple(CHECKS) if dialect == "text" else tuple(CHECKS.keys() - {"many-chunks", "long-line"})
        report = run_contract(client, RunSettings(dialect=dialect, quick=True, examples=2, strict=True, only=only))
        assert [r.info.id for r in report.checks] == [name for name in CHECKS if name in only]
        verdicts = {r.info.id: (r.verdict, r.reason) for r in report.checks if r.verdict not in ("passed", "skipped")}
        assert set(verdicts) <= {"drop-silent"}, verdicts
        skipped = {r.info.id: r.reason for r in report.checks if r.verdict == "skipped"}
        assert {"retry", "retry-after", "stall", "patience", "silence"} <= set(skipped)

    def test_one_that_retries_passes_what_that_brings(self, arena: ExampleRunner) -> None:
        for name in ("retry", "status", "drop-fin", "once", "malformed-chunk"):
            result = check(arena, wrong.retries_anew, name, "retry")
            assert result.verdict == "passed", result

    def test_one_that_follows_redirects(self, arena: ExampleRunner) -> None:
        for name in ("redirect", "redirect-away"):
            assert check(arena, wrong.follows, name, "redirects").verdict == "passed"

    def test_the_counterexamples_come_from_the_seed(self, arena: ExampleRunner) -> None:
        seen: list[list[str]] = []

        def noting(url: str, token: str, message: str) -> str:
            seen[-1].append(text := right.whole(url, token, message))
            return text

        for seed in (1, 1, 2):
            seen.append([])
            check(arena, noting, "text-unicode", settings=replace(FEW, seed=seed))
        assert seen[0] == seen[1] != seen[2]


WRONG: list[tuple[str, Callable[..., Any], str, str, str]] = [
    ("read-line", wrong.reading(wrong.NoLineBuffer), "", "lost", "no line buffer"),
    ("read-utf8", wrong.reading(wrong.EachReadDecoded), "", "altered", "no incremental decoder"),
    ("text-separators", wrong.reading(wrong.SplitLines), "", "lost", "more than CR, LF and CRLF"),
    ("chunk-spaces", wrong.reading(wrong.Strips), "", "lost", "stripped"),
    ("text-lookalikes", wrong.reading(wrong.StopsAtDone), "", "lost", "'[DONE]'"),
    ("drop-fin", wrong.end_is_success, "", "silent-truncation", "as if that were all"),
    ("drop-rst", wrong.end_is_success, "", "silent-truncation", "as if that were all"),
    ("drop-fin-close", wrong.end_is_success, "", "silent-truncation", "as if that were all"),
    ("malformed-chunk", wrong.end_is_success, "", "silent-truncation", "no valid size"),
    ("status", wrong.ignores_the_status, "", "error-as-answer", "the status is 401"),
    ("not-sse", wrong.ignores_the_type, "", "error-as-answer", "application/json"),
    ("incremental", wrong.buffers, "incremental", "buffered", "had read 1 of the reply's 2 chunks"),
    ("incremental", wrong.reading(wrong.NoLineBuffer), "incremental", "lost", "text is lost"),
    ("once", wrong.posts_again, "", "reposted", "2 requests in all"),
    ("retry", wrong.retries_and_duplicates, "retry", "added", "stays in front of"),
    ("redirect-away", wrong.follows_with_credentials, "", "leaked-credentials", "Authorization"),
    ("request", wrong.no_accept, "", "bad-request", "Accept is '*/*'"),
    ("request", wrong.does_not_want_it, "", "bad-request", "Accept is 'application/json, text/event-stream;q=0.0'"),
    ("request", wrong.wrong_path, "", "bad-request", "POST /chat was answered with 404"),
    ("request", wrong.with_a_query, "", "bad-request", "behind the path it asks for 'stream=1'"),
    ("request", wrong.with_a_fragment, "", "bad-request", "behind the path it asks for '#top'"),
    ("request", wrong.another_message, "", "bad-request", "does not hold the message"),
    ("request", wrong.calls_it_text, "", "bad-request", "Content-Type is 'text/plain', not application/json"),
    ("plain", wrong.calls_it_text, "", "bad-request", "its request was refused with 415, "),
    ("request", wrong.never_asks, "", "bad-request", "no request with the token came"),
    ("status", wrong.never_asks, "", "bad-request", "no request with the token came"),
    ("long-line", wrong.stops_at(65_536), "", "lost", "lines are cut after 65,536 characters"),
]


class TestWrongClients:
    @pytest.mark.parametrize(
        ("name", "function", "can", "word", "said"),
        WRONG,
        ids=[f"{row[0]}-{row[3]}-{n}" for n, row in enumerate(WRONG)],
    )
    def test_are_failed_in_the_right_word(
        self, arena: ExampleRunner, name: str, function: Callable[..., Any], can: str, word: str, said: str
    ) -> None:
        settings = replace(FEW, deadline=1.0) if word == "buffered" else replace(FEW, quick=True)
        result = check(arena, function, name, can, settings)
        informational = CHECKS[name].info.tier == "defensive" and word != "lost"  # lost on a good stream
        assert result.verdict == ("informational" if informational else "failed"), result.reason
        assert result.outcome == word
        assert result.failure is not None and said in result.failure.diagnosis

    @pytest.mark.parametrize("row", WRONG[:5], ids=[row[0] for row in WRONG[:5]])
    def test_pass_what_is_not_theirs(
        self, arena: ExampleRunner, row: tuple[str, Callable[..., Any], str, str, str]
    ) -> None:
        for name in ("request", "status", "text-newlines", "comments", "eol-crlf"):
            result = check(arena, row[1], name, settings=replace(FEW, examples=3))
            assert result.verdict == "passed", (name, result.failure)

    def test_a_defensive_check_fails_where_the_run_is_strict(self, arena: ExampleRunner) -> None:
        strict = replace(FEW, strict=True)
        assert check(arena, wrong.follows_with_credentials, "redirect-away", settings=strict).verdict == "failed"

    def test_one_that_declares_redirects_follows_them(self, arena: ExampleRunner) -> None:
        result = check(arena, right.stream_chat, "redirect", "redirects")
        assert result.outcome == "raised-on-good-stream"
        assert check(arena, right.stream_chat, "redirect").verdict == "passed"

    def test_one_that_hangs_is_not_tried_over_and_over(self, arena: ExampleRunner) -> None:
        result = check(arena, wrong.waits_for_the_connection_to_end, "chunk-split", settings=replace(FEW, deadline=0.3))
        assert (result.verdict, result.outcome, result.examples) == ("failed", "hung", 2)
        assert "the connection stayed open" in (result.failure.diagnosis if result.failure else "")

    def test_one_that_hangs_costs_less_time_each_time(self, arena: ExampleRunner) -> None:
        contract = checks_in_order.Contract(PythonClient(right.whole), RunSettings(), arena)
        deadlines = []
        for number in range(6):
            deadlines.append(round(contract._deadline(CHECKS["bom"]), 1))
            contract.hung.add(f"check {number}")
        assert deadlines == [10.0, 5.0, 3.3, 2.5, 2.0, 2.0]

    def test_a_quick_run_waits_less_in_what_comes_first(self, arena: ExampleRunner) -> None:
        contract = checks_in_order.Contract(PythonClient(right.whole), RunSettings(quick=True), arena)
        assert [contract._deadline(CHECKS[name]) for name in ("request", "plain", "bom")] == [2.5, 2.5, 10.0]

    def test_one_that_keeps_the_connection_of_a_caller_who_left(
        self, arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mock_ares.harness.play.example_runner.CLOSED", 0.2)
        kept: list[object] = []

        class Keeps(Adapter):
            in_process = True

            def start(self) -> None: ...

            def close(self) -> None: ...

            def observe(self, target: Target, shown: Any = None) -> Observation:
                pieces = right.stream_chat(target.url + target.path, target.token, target.message)
                kept.append(pieces)
                return Observation("".join(next(pieces) for _ in range(3)), None, cancelled=True)

        result = run_check(Keeps("keeps", "cancel"), CHECKS["cancel"], arena, FEW)
        assert (result.verdict, result.outcome) == ("informational", "kept-open")
        kept.clear()

    @pytest.mark.parametrize("name", ["once", "cancel"])
    def test_one_that_knows_the_answer_without_asking(self, arena: ExampleRunner, name: str) -> None:
        check = CHECKS[name]
        found = judge_case(PythonClient(lambda url, token, message: "hello"), check.examples[0], arena, check.info)
        assert found is not None and found.word == "bad-request"

    def test_one_that_is_stopped_and_has_shown_what_was_not_sent(self, arena: ExampleRunner) -> None:
        def invents(url: str, token: str, message: str) -> Iterator[str]:
            yield "no "
            yield from right.stream_chat(url, token, message)

        check = CHECKS["cancel"]
        found = judge_case(PythonClient(invents), check.examples[0], arena, check.info)
        assert found is not None and found.word == "altered"

    def test_one_that_does_not_wait_as_long_as_it_is_told(self, arena: ExampleRunner) -> None:
        client = PythonClient(wrong.retries_anew, capabilities="retry")
        for after in (1.0, RetryAfter(4.0)):
            told = case(Reply(status=429, content="empty", retry_after=after), say("ab"))
            found = judge_case(client, told, arena, CHECKS["retry-after"].info)
            assert found is not None and found.word == "early-retry"

    def test_one_that_waits_as_long_as_it_is_told(self, arena: ExampleRunner) -> None:
        def waits(url: str, token: str, message: str) -> Iterator[str]:
            yield from wrong.retrying(url, token, message, lambda: threading.Event().wait(1.0))

        client = PythonClient(waits, capabilities="retry")
        told = case(Reply(status=429, content="empty", retry_after=1.0), say("ab"))
        assert judge_case(client, told, arena, CHECKS["retry-after"].info) is None

    def test_one_with_a_time_out_for_the_whole_stream(self, arena: ExampleRunner) -> None:
        short = one(*"abcdef", pace=Pace(every=0.1))
        found = judge_case(PythonClient(wrong.gives_up_after(0.3)), short, arena, CHECKS["patience"].info)
        assert found is not None and found.word == "raised-on-good-stream"

    def test_a_stall_is_given_up_within_the_time_out(
        self, arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(check_runner, "LENIENCE", 0.1)
        stalls = one("ab", faults=(hang(1),))
        client = PythonClient(right.stream_chat, timeout=0.1)
        found = judge_case(client, stalls, arena, CHECKS["stall"].info)
        assert found is not None and found.word == "hung"
        assert "past the time-out it declares" in found.diagnosis


class TestATickMeansExactText:
    """What is let pass is said beside it, and fails a strict run."""

    @pytest.mark.parametrize(
        ("name", "chat", "said"),
        [
            ("event-type", wrong.shows_all_events, "the text of events of other types is let pass"),
            ("long-line", wrong.refuses_long_lines, "it reported a failure in the place of a line of "),
        ],
        ids=["event-type", "long-line"],
    )
    def test_it_is_said_and_strict_runs_fail(
        self, arena: ExampleRunner, name: str, chat: wrong.Chat, said: str
    ) -> None:
        for strict, verdict in ((False, "passed"), (True, "failed")):
            settings = RunSettings(examples=0, strict=strict, only=(name,))
            result = run_check(PythonClient(chat), CHECKS[name], arena, settings)
            assert result.verdict == verdict
            assert said in (result.reason if result.failure is None else result.failure.diagnosis)

    def test_the_right_one_needs_none(self, arena: ExampleRunner) -> None:
        for name in ("event-type", "long-line"):
            assert check(arena, right.stream_chat, name).reason == ""


class TestCounterexamples:
    def test_a_read_that_cuts_a_line_shrinks_to_two_reads(self, arena: ExampleRunner) -> None:
        row = replace(CHECKS["read-line"].row, examples=())
        result = run_check(
            PythonClient(wrong.reading(wrong.NoLineBuffer)), Check(CHECKS["read-line"].info, row), arena, FEW
        )
        assert result.failure is not None
        assert len(result.failure.reads) == 2
        assert b"".join(result.failure.reads) == b"data: a\n\n"

    def test_a_large_one_is_made_smaller(self, arena: ExampleRunner) -> None:
        large = one("ab", "cd", "a   b   c", "ef", "gh ", "ij")
        row = replace(CHECKS["chunk-spaces"].row, examples=(large,))
        client = PythonClient(wrong.reading(wrong.Strips))
        result = run_check(client, Check(CHECKS["chunk-spaces"].info, row), arena, replace(FEW, examples=40))
        assert result.failure is not None
        assert len(result.failure.expected_text) < 5

    def test_the_everything_check_shrinks_over_all_dimensions(self, arena: ExampleRunner) -> None:
        row = replace(CHECKS["everything"].row, examples=())
        client = PythonClient(wrong.reading(wrong.SplitLines))
        settings = replace(FEW, examples=200, budget=5.0)
        result = run_check(client, Check(CHECKS["everything"].info, row), arena, settings)
        assert result.failure is not None and result.failure.word == "lost"
        (reply,) = result.failure.case.replies
        assert reply.framing.newline == "lf" and not reply.framing.bom and not reply.interim and not reply.faults
        assert len(result.failure.expected_text) <= 6

    @pytest.mark.parametrize("boundaries", ["exact", "best-effort"])
    def test_what_a_client_does_wrong_only_sometimes_is_its_failure(
        self, arena: ExampleRunner, boundaries: Boundaries
    ) -> None:
        calls: list[int] = []

        def fails_at_every_third(url: str, token: str, message: str) -> str:
            calls.append(1)
            text = right.whole(url, token, message)
            return "" if len(calls) % 3 == 1 else text

        client = PythonClient(fails_at_every_third)
        client.boundaries = boundaries
        result = run_check(client, CHECKS["text-nul"], arena, RunSettings(examples=0))
        assert result.verdict == "failed" and result.failure is not None
        if boundaries == "exact":
            assert result.failure.word == "unsteady"
            assert result.failure.diagnosis.endswith(
                "; so 3 of 7 times, the same stream came out right the other times"
            )
        else:
            assert result.failure.word == "lost", "it was asked until it failed again"

    def test_one_that_came_late_once_is_not_said_to_be_wrong(self, arena: ExampleRunner) -> None:
        calls: list[int] = []

        def hangs_once(url: str, token: str, message: str) -> str:
            calls.append(1)
            if len(calls) == 1:
                time.sleep(1.0)
            return right.whole(url, token, message)

        result = run_check(PythonClient(hangs_once), CHECKS["eol-cr"], arena, RunSettings(examples=0, deadline=0.3))
        assert (result.verdict, result.failure) == ("passed", None)
        assert result.reason.startswith("hung once, and not in 5 more tries: ")
        assert result.examples == len(calls) == len(CHECKS["eol-cr"].examples) + 5, "the others were asked, too"

    def test_one_that_hangs_now_and_then_is_wrong(self, arena: ExampleRunner) -> None:
        calls: list[int] = []

        def hangs_at_every_third(url: str, token: str, message: str) -> str:
            calls.append(1)
            text = right.whole(url, token, message)
            if len(calls) % 3 == 1:
                time.sleep(2.0)
            return text

        settings = RunSettings(examples=0, deadline=0.3)
        result = run_check(PythonClient(hangs_at_every_third), CHECKS["text-nul"], arena, settings)
        assert result.verdict == "failed" and result.failure is not None and result.failure.word == "hung"

    def test_the_larger_one_counts_where_the_smaller_was_luck(self, arena: ExampleRunner) -> None:
        small: set[str] = set()

        def chat(url: str, token: str, message: str) -> str:
            text = right.whole(url, token, message)
            if len(text) > 8 or (text not in small and " " in text):
                small.add(text)
                return ""
            return text

        large = one("abcdefghij", " klm", "nopq", "r")
        row = replace(CHECKS["chunk-spaces"].row, examples=(large,))
        result = run_check(PythonClient(chat), Check(CHECKS["chunk-spaces"].info, row), arena, FEW)
        assert result.verdict == "failed" and result.failure is not None
        assert len(result.failure.expected_text) > 8


class TestWhatIsNotJudged:
    @pytest.mark.parametrize(
        ("name", "settings", "reason"),
        [
            ("retry", FEW, "the client does not declare retry"),
            ("stall", FEW, "the client does not declare timeout"),
            ("error-event", FEW, "the dialect text cannot express it"),
            ("text-newlines", replace(FEW, dialect="lines"), "the dialect lines cannot express it"),
            ("patience", replace(FEW, quick=True), "left out of a quick run"),
            ("everything", replace(FEW, held=frozenset()), "no row it could draw from has passed"),
        ],
    )
    def test_is_skipped_with_the_reason(
        self, arena: ExampleRunner, name: str, settings: RunSettings, reason: str
    ) -> None:
        result = check(arena, right.stream_chat, name, settings=settings)
        assert result.verdict == "skipped" and reason in result.reason and result.examples == 0

    def test_patience_keeps_to_gaps_that_the_client_can_bear(self) -> None:
        for seconds, longest in ((None, 2.0), (15.0, 2.0), (1.0, 0.5), (0.2, 0.1)):
            (long,) = check_runner.cases_of(CHECKS["patience"], PythonClient(right.whole, timeout=seconds), FEW)
            (reply,) = long.replies
            pace = reply.pace
            gaps = [pace.interval + (pause.lasts or 0.0) for pause in pace.pauses]
            assert max(gaps) == pytest.approx(longest)
            assert 30.0 < lasting(reply) < 33.0

    def test_gzip_is_skipped_where_it_is_never_accepted(self, arena: ExampleRunner) -> None:
        result = check(arena, wrong.follows, "gzip")
        assert result.verdict == "skipped" and "does not accept gzip" in result.reason
        assert check(arena, right.stream_chat, "gzip").verdict == "passed"

    def test_what_an_error_says_is_skipped_where_none_is_reported(self, arena: ExampleRunner) -> None:
        def reports_nothing(url: str, token: str, message: str) -> str:
            try:
                return wrong.ignores_the_status(url, token, message)
            except Exception:
                return ""

        result = check(arena, reports_nothing, "error-detail")
        assert result.verdict == "skipped" and "the client reported nothing of it" in result.reason

    def test_who_is_late_at_first_is_asked_the_rest(self, arena: ExampleRunner) -> None:
        asked = list[str]()

        def late_once(url: str, token: str, message: str) -> str:
            asked.append(message)
            text = right.whole(url, token, message)
            time.sleep(0 if len(asked) > 1 else 3)
            return text

        result = check(arena, late_once, "request", settings=replace(FEW, deadline=0.4, examples=0))
        assert result.verdict == "passed" and "hung once" in result.reason
        assert set(asked) == {case.message for case in CHECKS["request"].examples}

    def test_retry_is_skipped_where_nothing_is_asked_again(self, arena: ExampleRunner) -> None:
        result = check(arena, right.stream_chat, "retry", "retry")
        assert result.verdict == "skipped" and "never asked again" in result.reason

    def test_what_was_shown_on_a_terminal_cannot_be_taken_back(self, arena: ExampleRunner) -> None:
        assert not ProcessClient.restarts and not BrowserClient.restarts and DriverClient.restarts
        client = PythonClient(wrong.retries_and_duplicates, capabilities="retry")
        client.restarts = False
        assert run_check(client, CHECKS["retry"], arena, FEW).verdict == "passed"

    @pytest.mark.needs_barrier
    def test_boundaries_that_cannot_be_kept_are_no_verdict(
        self, arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Wire, "read_barrier", gives_up)
        result = check(arena, wrong.reading(wrong.NoLineBuffer), "read-line")
        assert result.verdict == "errored" and "read boundaries could not be kept" in result.reason
        with pytest.raises(HarnessError, match="read boundaries"):
            judge_case(PythonClient(right.whole), one("ab", segments="byte"), arena, CHECKS["read-bytes"].info)

    def test_a_client_that_cuts_anew_is_judged_all_the_same(
        self, arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Wire, "read_barrier", gives_up)
        client = PythonClient(right.whole)
        client.boundaries = "best-effort"
        assert run_check(client, CHECKS["read-line"], arena, FEW).verdict == "passed"

    @pytest.mark.parametrize(("timeout", "silence"), [(None, 10.0), (60.0, 10.0), (12.0, 9.6), (5.0, 4.0)])
    def test_silence_is_as_long_as_the_client_says_it_waits(self, timeout: float | None, silence: float) -> None:
        client = PythonClient(right.whole, capabilities="timeout" if timeout else "", timeout=timeout)
        assert check_runner.why_skipped(client, CHECKS["silence"], RunSettings()) is None
        (only,) = check_runner.cases_of(CHECKS["silence"], client, RunSettings())
        assert only.replies[0].pace.pauses[0].lasts == pytest.approx(silence)

    def test_a_case_that_cannot_be_played_is_the_harness_s_error(self, arena: ExampleRunner) -> None:
        row = Row((one("ab", segments=Segments(inside="utf8")),))
        client = PythonClient(right.whole)
        result = run_check(client, Check(CHECKS["read-utf8"].info, row), arena, FEW)
        assert result.verdict == "skipped" and "none of its examples can be put" in result.reason
        monster = Row((one("ab", body="length", faults=(hang("zz"),)),))
        result = run_check(client, Check(CHECKS["stall"].info, monster), arena, FEW)
        assert result.verdict == "skipped"

    def test_a_bug_of_ours_is_no_verdict_on_the_client(
        self, arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def bug(self: object, played: ExampleResult) -> None:
            raise ZeroDivisionError("oops")

        monkeypatch.setattr(check_runner.CheckRun, "_judge", bug)
        result = check(arena, right.whole, "chunk-split")
        assert result.verdict == "errored" and "ZeroDivisionError: oops" in result.reason


class TestVerdicts:
    @pytest.mark.parametrize(
        ("function", "verdict", "reason"),
        [
            (right.whole, "failed", "it passes, and was expected to fail: take it off the list (our proxy)"),
            (wrong.reading(wrong.Strips), "informational", "expected to fail: our proxy"),
        ],
    )
    def test_of_a_check_that_is_expected_to_fail(
        self, arena: ExampleRunner, function: Callable[..., Any], verdict: Verdict, reason: str
    ) -> None:
        settings = replace(FEW, expect={"chunk-spaces": KnownFailure("our proxy")})
        result = check(arena, function, "chunk-spaces", settings=settings)
        assert (result.verdict, result.reason) == (verdict, reason)

    def test_a_cut_that_cannot_be_seen_is_always_informational(self, arena: ExampleRunner) -> None:
        for function in (right.whole, wrong.never_reports):
            result = check(arena, function, "drop-silent")
            assert (result.verdict, result.outcome) == ("informational", "none")
            assert "it says nothing for a client, or against it" in result.reason


class TestLinearTime:
    INFO = CHECKS["many-chunks"].info

    @pytest.fixture(autouse=True)
    def impatience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cpu_growth, "NOTICED", 0.3)
        monkeypatch.setattr(cpu_growth, "ROUNDS", 2)

    def test_quadratic_work_is_slow(self, arena: ExampleRunner) -> None:
        found = judge_case(PythonClient(wrong.takes_too_long_for_much), many(2_000, 0), arena, self.INFO)
        assert found is not None and found.word == "slow"
        cost = r"\d\.\d\d s of CPU time"
        assert re.search(f"(took|were not done after) {cost}, but .* took {cost}", found.diagnosis)

    @pytest.mark.slow
    def test_so_is_what_is_not_done_in_time(self, arena: ExampleRunner) -> None:
        def toils(url: str, token: str, message: str) -> str:
            pieces = list(right.stream_chat(url, token, message))
            wrong.work(60.0 if len(pieces) > 2000 else 0.0)
            return "".join(pieces)

        found = judge_case(PythonClient(toils), many(4_000, 0), arena, self.INFO, deadline=0.5)
        assert found is not None and found.word == "slow"
        assert "were not done after" in found.diagnosis

    @pytest.mark.slow
    def test_linear_work_is_not_however_long_it_takes(self, arena: ExampleRunner) -> None:
        def plodding(url: str, token: str, message: str) -> str:
            pieces = list(right.stream_chat(url, token, message))
            wrong.work(0.8 * len(pieces) / 4000)
            return "".join(pieces)

        assert judge_case(PythonClient(plodding), many(4_000, 0), arena, self.INFO) is None

    def test_one_that_never_comes_to_an_end_is_not_at_work(self, arena: ExampleRunner) -> None:
        client = PythonClient(wrong.waits_for_the_connection_to_end)
        found = judge_case(client, many(100, 0), arena, self.INFO, deadline=0.2)
        assert found is not None and found.word == "hung"


def stood(wall: float, cpu: float | None, reference: float | None = None, late: bool = False) -> Timed:
    observation = Observation("", None, duration=wall, timed_out=late)
    return Timed(ExampleResult(many(8, 0), observation, ()), cpu, reference)


class Prescribed(Stopwatch):
    """Takes what it is told to take, in turn."""

    def __init__(self, takes: list[Timed], reference: float = 0.1) -> None:
        self.takes, self.reference = takes, reference
        self._deadline = 10.0

    def play(self, case: Case, deadline: float | None = None) -> Timed:
        return self.takes.pop(0)

    def _seconds(self, case: Case) -> float:
        return self.reference


class TestTheStopwatch:
    """What is judged of times that were taken, whatever the machine did meanwhile."""

    def test_a_reply_that_takes_little_is_not_slow(self) -> None:
        assert Prescribed([]).growth(stood(60.0, cpu=1.9)) is None

    def test_neither_is_one_that_costs_a_quarter_for_a_quarter(self) -> None:
        assert Prescribed([stood(0.1, cpu=1.0)]).growth(stood(60.0, cpu=4.0)) is None

    def test_one_round_that_was_disturbed_is_not_enough(self) -> None:
        rounds = [stood(1.0, cpu=0.5), stood(3.0, cpu=3.0), stood(1.0, cpu=0.5)]
        assert Prescribed(rounds).growth(stood(9.0, cpu=9.0)) is None

    def test_every_round_must_show_it(self) -> None:
        rounds = [stood(0.5, cpu=0.5), *(stood(t, cpu=t) for _ in range(2) for t in (8.0, 0.5))]
        found = Prescribed(rounds).growth(stood(9.0, cpu=9.0))
        assert found is not None and found.times == 4.0
        assert not rounds

    def test_a_round_that_was_cut_off_is_no_cheap_one(self) -> None:
        rounds = [stood(0.5, 0.4), stood(99.0, 1.2, late=True), stood(0.5, 0.4), stood(20.0, 5.0), stood(0.5, 0.4)]
        found = Prescribed(rounds).growth(stood(19.0, cpu=5.0))
        assert found is not None and found.times == pytest.approx(5.0 / 0.4 / 4)

    def test_where_cpu_time_is_unknown_the_reference_is_the_measure(self) -> None:
        quiet = stood(0.5, None, 0.1)
        disturbed = stood(9.0, None, 1.8)  # and so was the reference
        assert Prescribed([quiet]).growth(disturbed) is None
        rounds = [quiet, *[stood(9.0, None, 0.4), quiet] * 2]
        assert Prescribed(rounds).growth(stood(9.0, None, 0.4)) is not None

    def test_what_is_late_and_has_cost_too_much_is_slow(self) -> None:
        found = Prescribed([stood(0.3, cpu=0.3)]).lateness(stood(27.0, cpu=20.0, late=True))
        assert isinstance(found, Growth) and found.too_much

    def test_what_is_late_on_a_starved_machine_gets_the_time_it_needs(self) -> None:
        done = stood(200.0, cpu=1.0)
        found = Prescribed([stood(12.0, cpu=0.3), done]).lateness(stood(27.0, cpu=0.9, late=True))
        assert found is done

    def test_so_does_what_is_late_even_with_a_quarter(self) -> None:
        done = stood(200.0, cpu=1.0)
        quarter = stood(14.0, cpu=0.3, late=True)
        assert Prescribed([quarter, done], reference=5.0).lateness(stood(27.0, cpu=0.9, late=True)) is done

    def test_what_had_its_time_is_given_up(self) -> None:
        quarter = stood(0.1, cpu=0.1)
        assert Prescribed([quarter]).lateness(stood(27.0, cpu=0.1, late=True)) is None
        again = stood(99.0, cpu=0.1, late=True)
        assert Prescribed([quarter, again], reference=1.0).lateness(stood(27.0, cpu=0.1, late=True)) is None

    def test_a_quarter_is_one_of_the_text(self) -> None:
        eight = Case((say(text=EIGHT_MB, chunks=Chunks(every=400)),))
        for large, size in ((many(8_000, 0), 16_000), (eight, 2_102_500), (long_line(8_000_000, 0), 2_000_000)):
            assert size_of(quarter_of(large).replies[0]) == size


def test_a_large_reply_gets_time_for_its_size() -> None:
    assert 0.0 < lasting(Reply(text="ab" * 500)) < 0.01
    assert 16.0 <= lasting(long_line(8_000_000, 0).replies[0]) < 17.0


class TestTheRun:
    def test_checks_are_selected_by_id_and_tier(self) -> None:
        assert [c.id for c in selected(RunSettings(only=("bom", "eol-cr")))] == ["eol-cr", "bom"]
        assert {c.info.tier for c in selected(RunSettings(tier="standard"))} == {"standard"}
        assert len(selected(RunSettings())) == len(CHECKS)

    @pytest.mark.parametrize("settings", [RunSettings(only=("bmo",)), RunSettings(expect={"bmo": KnownFailure("why")})])
    def test_an_unknown_id_is_a_mistake_of_the_caller(self, settings: RunSettings) -> None:
        with pytest.raises(UsageError, match="'bmo'; did you mean 'bom'"):
            selected(settings)

    def test_progress_is_told(self) -> None:
        events: list[Event] = []
        run_contract(PythonClient(right.whole), RunSettings(only=("bom", "retry"), examples=1), events.append)
        assert [(e.kind, e.check.id) for e in events if e.kind != "example"] == [
            ("started", "bom"), ("finished", "bom"), ("started", "retry"), ("finished", "retry"),
        ]  # fmt: skip
        assert [e.examples for e in events if e.kind == "example"] == list(range(1, len(events) - 3))
        assert (events[-1].done, events[-1].total) == (2, 2)

    def test_the_request_comes_first_and_a_client_that_never_gets_a_stream_is_told_so_once(self) -> None:
        client = PythonClient(wrong.wrong_path)
        report = run_contract(client, RunSettings(only=("bom", "request", "everything"), examples=1))
        verdicts = {r.info.id: r for r in report.checks}
        assert verdicts["request"].verdict == "failed"
        for name in ("bom", "everything"):
            assert verdicts[name].verdict == "skipped"
            assert "the client never got a stream" in verdicts[name].reason

    def test_then_come_the_reads_and_the_report_keeps_the_table_s_order(self) -> None:
        order: list[str] = []

        def progress(event: Event) -> None:
            if event.kind == "finished":
                order.append(event.check.id)

        only = ("everything", "chunk-split", "bom", "read-line", "request")
        report = run_contract(PythonClient(right.whole), RunSettings(only=only, examples=1), progress)
        assert order == ["request", "read-line", "chunk-split", "bom", "everything"]
        assert [r.info.id for r in report.checks] == ["chunk-split", "read-line", "bom", "request", "everything"]

    def test_everything_is_drawn_from_what_has_passed(self) -> None:
        texts: list[str] = []

        def chat(url: str, token: str, message: str) -> str:
            texts.append(right.whole(url, token, message))
            return texts[-1].replace("\0", "")

        only = ("text-nul", "chunk-empty", "everything")
        report = run_contract(PythonClient(chat), RunSettings(only=only, examples=30, budget=0.5))
        verdicts = {r.info.id: r.verdict for r in report.checks}
        assert verdicts == {"text-nul": "failed", "chunk-empty": "passed", "everything": "passed"}

    def test_what_lasts_is_run_beside_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        threads: dict[str, str] = {}
        row = Row((one("ab", pace=Pace(head=0.2)),), lasts=0.2)
        monkeypatch.setitem(CHECKS, "silence", Check(CHECKS["silence"].info, row))

        class Two(PythonClient):
            in_process = False

            def another(self) -> PythonClient:
                return PythonClient(right.whole)

        def progress(event: Event) -> None:
            threads[event.check.id] = threading.current_thread().name

        report = run_contract(Two(right.whole), RunSettings(only=("bom", "silence"), examples=1), progress)
        assert {r.verdict for r in report.checks} == {"passed"}
        assert threads["bom"] == threading.current_thread().name != threads["silence"]

    def test_a_client_that_declares_v1_is_also_asked_there(self, arena: ExampleRunner) -> None:
        client = PythonClient(right.whole, capabilities="v1")
        paths = [case.path for case in check_runner.cases_of(CHECKS["request"], client, FEW)]
        assert paths[-1] == "/v1/chat/stream" and set(paths[:-1]) == {"/api/chat/stream"}
        assert run_check(client, CHECKS["request"], arena, FEW).verdict == "passed"

    def test_a_client_that_cannot_be_started_is_the_caller_s_mistake(self) -> None:
        with pytest.raises(UsageError):
            run_contract(PythonClient(None), RunSettings())  # type: ignore[arg-type]  # that is the mistake


def test_a_user_s_database_brings_a_counterexample_back(arena: ExampleRunner) -> None:
    from hypothesis.database import InMemoryExampleDatabase

    row = replace(CHECKS["chunk-spaces"].row, examples=())
    settings = replace(FEW, examples=50, database=InMemoryExampleDatabase())
    client = PythonClient(wrong.reading(wrong.Strips))
    first = run_check(client, Check(CHECKS["chunk-spaces"].info, row), arena, settings)
    again = run_check(client, Check(CHECKS["chunk-spaces"].info, row), arena, replace(settings, seed=5))
    assert first.failure is not None and again.failure is not None
    assert first.failure.case == again.failure.case


class TestAClientThatSpins:
    SOON = RunSettings(only=("request", "bom", "eol-cr", "comments", "no-space", "status"), examples=0, deadline=0.2)

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (arena_module, example_module):
            monkeypatch.setattr(module, "GRACE", 0.2)

    def test_is_asked_no_more_once_that_is_plain(self) -> None:
        def spins(url: str, token: str, message: str) -> str:
            text = right.whole(url, token, message)
            while text is not None:
                pass
            return text

        report = run_contract(PythonClient(spins), self.SOON)
        verdicts = [check.verdict for check in report.checks]
        assert verdicts.count("failed") == 3 and verdicts.count("skipped") == 3
        assert {c.failure.word for c in report.checks if c.failure} == {"hung"}
        assert all("hangs whatever it is asked" in c.reason for c in report.checks if c.verdict == "skipped")

    @pytest.mark.parametrize("again", [False, True], ids=["one request", "it could ask again"])
    def test_is_given_up_when_the_fake_has_ended_the_example(self, arena: ExampleRunner, again: bool) -> None:
        """Not when it might have asked for the last time: only the end of the example is waited for."""
        targets: list[Target] = []

        class Waits(PythonClient):
            def observe(self, target: Target, shown: Any = None) -> Observation:
                targets.append(target)
                return super().observe(target, shown)

        done = threading.Event()
        client = Waits(lambda url, token, message: done.wait() and right.whole(url, token, message))
        replies = (say("ab"), Reply(status=400)) if again else (say("ab"),)
        try:
            played = arena.observe(client, case(*replies), deadline=0.2)
        finally:
            done.set()
        (target,) = targets
        assert played.observation.timed_out and target.over.at is not None
        if again:
            assert played.observation.duration < target.deadline

"""Whatever a server answers, a run comes to its end, and a report of it can be read."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_ares.harness.report.terminal import Terminal
from mock_ares.verify.exchange import HttpAnswer, Probe
from mock_ares.verify.questions import TABLE
from mock_ares.verify.run import Verification
from tests.verify.rig import PROFILES

DEEP = b"[" * 100_000
ODD = (
    *(b"", b"\xff\xfe", b"\xef\xbb\xbf{}", DEEP, b'{"error":' * 5_000, b"NaN", b"1e999", b'"\\ud800"', b"null", b"[]"),
    *(b'{"error": "\\u0000\x1b[31m"}', b'{"a":1,"a":2}', b"9" * 5000, b"\r\r\r"),
    *(b"data: \xff\n\n", b"data: [[[\n\n", b"data\n\n", b"data: " + DEEP + b"\n\n", b"event: x\n\n", b": only\n\n"),
    *(b'data: {"event":"done"}\n\n', b'data: {"event":["done"]}\n\n'),
)
TYPES = (
    *(
        "",
        "application/json",
        "application/json; charset=utf-16",
        "application/json, text/html",
        "\xe9",
        "///",
        "a/b/c",
    ),
    *("text/event-stream", "text/event-stream;charset=", "application/problem+json", "text/plain; charset=nope"),
)
FIELDS = (
    *(("date", "yesterday"), ("x-ratelimit-reset", "1700000000"), ("x-ratelimit-reset", "9999-99-99")),
    *(("x-ratelimit-limit", "-1"), ("x-ratelimit-limit", "ten"), ("x-ratelimit-remaining", "0")),
    *(("retry-after", "9" * 400), ("retry-after", "Mon, 99 Nov 2026"), ("allow", ",,"), ("location", "\x00")),
    *(("content-encoding", "br"), ("content-type", "text/html")),
)
ANSWERS = st.builds(
    HttpAnswer,
    st.sampled_from([200, 201, 204, 400, 401, 404, 405, 422, 429, 500, 599, 999]),
    st.tuples(
        st.sampled_from(TYPES).map(lambda kind: (("content-type", kind),) if kind else ()),
        st.lists(st.sampled_from(FIELDS), max_size=4).map(tuple),
    ).map(lambda both: both[0] + both[1]),
    st.lists(st.tuples(st.floats(0, 60), st.sampled_from(ODD) | st.binary(max_size=20)), max_size=3).map(tuple),
    st.sampled_from(["", "the connection was lost"]),
    st.booleans(),
)


class Anything:
    url = "http://anything.invalid"

    def __init__(self, answers: list[HttpAnswer], likely: HttpAnswer) -> None:
        self.answers, self.likely = answers, likely

    def ask(self, ask: Probe, values: Mapping[str, str]) -> HttpAnswer:
        return self.answers.pop() if self.answers else self.likely


@pytest.mark.parametrize("profile", [*PROFILES, ""])
@settings(max_examples=8, deadline=None)
@given(st.lists(ANSWERS, max_size=len(TABLE)), ANSWERS)
def test_a_run_comes_to_its_end(profile: str, answers: list[HttpAnswer], likely: HttpAnswer) -> None:
    everything = frozenset(question.info.id for question in TABLE)
    run = Verification(
        Anything(answers, likely), profile, {"jwt": "a.b.c", "api-key": "ares_1"}, everything, write=True
    )
    run.run()
    assert [result.info for result in run.results] == [question.info for question in TABLE]
    assert "\x1b" not in "\n".join(Terminal(io.StringIO(), width=100).report(run.report(), lambda *_: None))


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_the_same_to_every_question(body: bytes) -> None:
    answer = HttpAnswer(200, (("content-type", "application/json"),), ((0.1, body),))
    run = Verification(Anything([], answer), "docs", only=frozenset({"login", "key-made", "stream-end"}), write=True)
    run.values["api-key"] = "ares_1"
    run.run()
    assert len(run.results) == 3

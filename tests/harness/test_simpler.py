"""What it takes for a client to fail, found by playing its counterexample without one thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import get_args

import pytest

from mock_ares.dialects import DialectName
from mock_ares.faults import close_early, invalid_utf8
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import case, one, playable, say, speaking
from mock_ares.harness.model import Case
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.check_runner import run_check
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict import simpler as module
from mock_ares.harness.verdict.simpler import simpler, smaller
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.scenario.model import Body, Framing, Pace, Reply, Segments
from mock_ares.scenario.stream import Json
from tests.mutants.base import Right
from tests.mutants.framing import DiesOnComments, KnowsOnlyLf, StripsEveryBom
from tests.mutants.matrix import client_of


def features(case: Case) -> list[str]:
    return [each.feature for each in simpler(case)]


@pytest.mark.parametrize(
    ("words", "feature"),
    [
        ({"framing": Framing(newline="cr")}, "CR line ends"),
        ({"framing": Framing(newline="mixed")}, "mixed line ends"),
        ({"framing": Framing(space=False)}, "no space behind the colon"),
        ({"framing": Framing(bom=True)}, "a byte order mark in front"),
        ({"framing": Framing(bare_empty=True)}, "a field name without a colon"),
        ({"framing": Framing(inside=(": hi",))}, "the line ': hi' behind an event's data"),
        ({"framing": Framing(final_blank_line=False)}, "no empty line behind the last event"),
        ({"framing": Framing(amid=(": hi",))}, "the line ': hi' between an event's data lines"),
        ({"framing": Framing(json=Json(more=True)), "dialect": "typed"}, "JSON with members that no client knows"),
        ({"body": "close"}, "a body that ends with the connection"),
        ({"body": Body(gzip="event")}, "a compressed body"),
        ({"body": Body(trailers={"x": "y"})}, "trailer fields"),
        ({"body": Body(extensions=";a=b")}, "the HTTP chunk extension ';a=b'"),
        ({"headers": {"content-type": "text/event-stream;a"}}, "the header content-type: text/event-stream;a"),
        ({"interim": (103,)}, "the interim response 103"),
        ({"pace": Pace(every=0.1)}, "pauses"),
        ({"segments": "byte"}, "a read that ends inside a line"),
        ({"text": "é", "chunks": "whole", "segments": "byte"}, "a read that ends inside a character"),
        (
            {"segments": Segments(inside="crlf"), "framing": Framing(newline="crlf")},
            "a read that ends between CR and LF",
        ),
        ({"faults": (invalid_utf8("b", bytes="FF"),)}, "bytes that are no UTF-8"),
        ({"headers": {"x-a": "b"}}, "the header x-a: b"),
        ({"headers": {f"x-{n}": "" for n in range(9)}}, "9 more header fields"),
        ({"field_case": "title"}, "field names in title case"),
    ],
)
def test_each_word_is_a_feature(words: dict[str, object], feature: str) -> None:
    assert feature in features(case(say("a", "b", **words)))
    assert feature not in features(one("a", "b"))


@pytest.mark.parametrize(
    ("chunks", "feature"),
    [
        (("a b",), "a space in the text"),
        ((" a",), "a space at the start of a chunk"),
        (("a ",), "a space at the end of a chunk"),
        (("a\nb",), "a newline in the text"),
        (("\na",), "a newline at the start of a chunk"),
        (("é",), "characters beyond ASCII"),
        (("👩",), "characters of four bytes"),
        (("a\u2028b",), "separators in the text that end no line, such as U+2028"),
        (("a:b",), "a colon in the text"),
        (("[DONE]",), "text that looks like a field or a record"),
        (("a", ""), "an empty chunk"),
        (("ha", "ha"), "chunks that repeat each other"),
        (("a" * 2000,), "a long line"),
        (("a", "b"), "more than one chunk"),
    ],
)
def test_so_is_what_the_text_has(chunks: tuple[str, ...], feature: str) -> None:
    assert feature in features(one(*chunks))
    assert features(one("a")) == ["more than one read"]


def test_no_word_of_a_reply_is_forgotten() -> None:
    """What there is no sentence for is told in the language's own words."""
    told = {path.partition(".")[0] for path in module._SAID}
    rest = {field.name for field in fields(Reply)} - told - module._LEFT
    assert rest == {"retry_after"}
    assert "retry_after: 7.0" in features(case(Reply(error="rate_limit", retry_after=7.0)))


def test_a_character_becomes_as_many_bytes_so_that_places_stay() -> None:
    there = one("naïve: 👩\n", segments=Segments(at=(3, 9)))
    for each in simpler(there):
        if "character" in each.feature and "read" not in each.feature:
            plain = build(each.case.replies[0], RequestContext())
            assert plain.size == build(there.replies[0], RequestContext()).size


def test_only_what_can_be_played_is_asked() -> None:
    """A place that is given by a word goes with the word."""
    there = one("é", "b", faults=(invalid_utf8("é", bytes="FF"),), framing=Framing(newline="cr"))
    found = list(simpler(there))
    assert "characters beyond ASCII" not in [each.feature for each in found] and found
    for each in found:
        lay_out(build(each.case.replies[0], RequestContext()))


def smallest(there: Case, fails: Callable[[Case], bool]) -> Case:
    found: Case | None = there
    while found is not None:
        there, found = found, next(filter(fails, smaller(there)), None)
    return there


def test_of_many_chunks_and_lines_those_stay_that_it_takes() -> None:
    lines = tuple(f"x{n}: y" for n in range(20))
    there = one(*"abcdefghi", framing=Framing(first=lines, between=lines))
    small = smallest(there, lambda case: "h" in repr(case.replies[0].chunks) and "x13" in repr(case)).replies[0]
    assert small.chunks == ("h",)
    assert sorted(small.framing.first + small.framing.between) == ["x0: y", "x13: y"]


def test_long_chunks_become_short_and_what_is_cut_off_stays_as_long() -> None:
    found = smallest(one("a" * 40 + "&amp;" + "b" * 40), lambda case: "&amp;" in repr(case)).replies[0].chunks
    assert isinstance(found, tuple) and len(found[0]) < 10
    assert list(smaller(one("ab", "cd", faults=(close_early(1),)))) == []


@pytest.mark.parametrize("name", CHECKS)
def test_every_example_of_every_check_can_be_made_simpler(name: str) -> None:
    for there in CHECKS[name].examples:
        for dialect in get_args(DialectName):
            spoken = speaking(there, dialect)
            if playable(spoken):
                assert all(each.case != spoken for each in simpler(spoken))


def test_how_a_stream_ends_is_no_feature() -> None:
    """Without it another outcome would be right."""
    assert "close_early" not in features(one("a", "b", faults=(close_early(after="a"),)))


def test_of_several_replies_the_judged_one_is_made_plain() -> None:
    there = case(say("a", framing=Framing(bom=True)), say("b", framing=Framing(newline="cr")))
    assert "CR line ends" in features(there) and "a byte order mark in front" not in features(there)


# --- what comes of it -------------------------------------------------------------------------------------------------


class ForgetsTheCr(Right):
    """A CR at the end of a read is forgotten: the LF in the next one is a line end of its own."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            yield from super().lines([text] if text.endswith(("\r", "\n")) else [text, "\n"])


@pytest.fixture(scope="module")
def arena() -> Iterator[ExampleRunner]:
    with ExampleRunner() as arena:
        yield arena


@pytest.mark.parametrize(
    ("kind", "check", "needs"),
    [
        (KnowsOnlyLf, "eol-cr", ("CR line ends",)),
        (StripsEveryBom, "bom", ("U+FEFF in the text",)),
        (DiesOnComments, "comments", ("the line ': keep-alive' between events",)),
        (ForgetsTheCr, "read-line", ("a read that ends inside a line",)),
    ],
)
def test_what_it_takes_is_told(kind: type[Right], check: str, needs: tuple[str, ...], arena: ExampleRunner) -> None:
    with client_of(kind) as client:
        failure = run_check(client, CHECKS[check], arena, RunSettings(examples=0)).failure
    assert failure is not None
    assert failure.needs == needs


def test_a_sentence_that_says_no_cause_says_what_it_takes(arena: ExampleRunner) -> None:
    with client_of(DiesOnComments) as client:
        failure = run_check(client, CHECKS["comments"], arena, RunSettings(examples=0)).failure
    assert failure is not None and failure.diagnosis.endswith("; only with the line ': keep-alive' between events")

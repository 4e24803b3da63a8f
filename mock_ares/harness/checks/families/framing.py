"""Rows about how events are spelled, and about streams too large for a careless reader."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mock_ares.faults import invalid_utf8
from mock_ares.harness.checks.rows import Row, one, say
from mock_ares.harness.checks.strategies import COMMENTS, FIELDS, PLACES, TYPES, streaming, words
from mock_ares.harness.model import Case
from mock_ares.harness.settings import RunSettings
from mock_ares.plan import lorem
from mock_ares.scenario.model import Chunks, Framing, Segments, Text


def framed(*chunks: str, **words: object) -> Case:
    return one(*chunks, framing=Framing(**words))  # type: ignore[arg-type]


def typed_as(content_type: str) -> Case:
    return one("é", headers={"content-type": content_type})


def spoiled(*chunks: str, after: str, raw: str) -> Case:
    return one(*chunks, faults=(invalid_utf8(after, bytes=raw),))


def long_line(size: int, seed: int) -> Case:
    """One chunk of so many bytes; with such a seed that it does not end in a space, which some clients trim."""
    return Case(replies=(say(text=Text(bytes=size), seed=seed, chunks="whole", segments="free"),))


def long_lines(settings: RunSettings) -> SearchStrategy[Case]:
    def drawn(size: int, seed: int) -> Case:
        while lorem.size(size, seed).endswith(" "):
            seed += 1
        return long_line(size, seed)

    return st.builds(drawn, st.integers(60_000, 200_000), st.integers(0, 99))


def many(count: int, seed: int) -> Case:
    """So many words, each cut inside, so that no chunk begins or ends with a space."""
    return Case(replies=(say(text=Text(words=count), seed=seed, chunks="mid-word", segments="free"),))


def many_chunks(settings: RunSettings) -> SearchStrategy[Case]:
    return st.builds(many, st.integers(2_000, 5_000), st.integers(0, 99))


def another_type(settings: RunSettings) -> SearchStrategy[Case]:
    block = st.tuples(st.sampled_from(("event: ping", "event: update")), words.map(lambda word: f"data: {word}"))
    chunks = st.lists(words, min_size=1, max_size=3)
    return st.builds(
        lambda said, place, lines: one(*said, framing=Framing(**{place: lines})),
        chunks,
        st.sampled_from(("first", "between")),
        block,
    )


MIXED = Framing(newline="mixed")
EIGHT_MB = "Neuralnetworkslearnbyexample." * 290_000
"""Without a space, so that no chunk begins or ends with one."""

ROWS: dict[str, Row] = {
    "eol-crlf": Row(
        (framed("a", newline="crlf"), framed("a", "b", newline="crlf")),
        streaming("eol-crlf"),
        resting={"text-newlines": (framed("a\nb", newline="crlf"),)},
    ),
    "eol-cr": Row(
        (framed("a", newline="cr"), framed("a", "b", newline="cr")),
        streaming("eol-cr"),
        resting={"text-newlines": (framed("a\nb", newline="cr"),)},
    ),
    "eol-mixed": Row(
        tuple(one("a", "b", "c", "d", framing=MIXED, seed=seed) for seed in range(4)),
        streaming("eol-mixed"),
        resting={"text-newlines": tuple(one("a\nb", "c", framing=MIXED, seed=seed) for seed in range(8))},
    ),
    "bom": Row(
        (
            framed("a", bom=True),
            framed("a", "b", bom=True),
            framed("a\ufeffb", bom=True),
            framed("\ufeffa", "\ufeff", "b", bom=True),
            one("a", framing=Framing(bom=True), segments=Segments(at=(3,))),
        ),
        streaming("bom"),
        resting={
            "read-utf8": tuple(one("a", framing=Framing(bom=True), segments=Segments(at=(at,))) for at in (1, 2)),
            "fields": (  # a field of that name
                framed("a", "b", between=("\ufeffdata: no",)),
                framed("a", bom=True, before=("\ufeffdata: no",)),
            ),
        },
    ),
    "blank-lines": Row(
        (
            framed("a", "b", between=("",)),
            framed("a", first=("",)),
            framed("a", "b", first=("", "", ""), between=("", "")),
        ),
        streaming("blank-lines"),
    ),
    "comments": Row(
        (
            framed("a", "b", between=(": keep-alive",)),
            framed("a", first=(": keep-alive",)),
            framed("a", before=(": keep-alive",)),
            framed("a", inside=(": keep-alive",)),
            framed("a", "b", between=(":",)),
            framed("a", "b", between=(": data: no",)),
            *(framed("a", "b", **{place: COMMENTS}) for place in PLACES),
        ),
        streaming("comments"),
        resting={"text-newlines": tuple(framed("a\nb", amid=(line,)) for line in (": keep-alive", ":"))},
    ),
    "no-space": Row(
        (framed("a", space=False), framed("a", "b", space=False)),
        streaming("no-space"),
        resting={"chunk-spaces": (framed("a", "\tb", space=False),)},
    ),
    "no-colon": Row(
        (
            framed("a", "", "b", bare_empty=True),
            framed("", bare_empty=True),
        ),
        streaming("no-colon"),
        resting={"text-newlines": (framed("\n", bare_empty=True), framed("a\n\nb", bare_empty=True))},
    ),
    "fields": Row(
        (
            framed("a", "b", before=("id: 1",)),
            framed("a", "b", before=("retry: 100",)),
            framed("a", "b", inside=("retry: soon",)),
            framed("a", "b", before=("retry:",)),
            framed("a", "b", before=("event:",)),
            framed("a", "b", before=("event: message",)),
            framed("a", "b", inside=("unknown: x",)),
            framed("a", "b", before=("unknown",)),
            framed("a", "b", before=("data : x",)),
            framed("a", "b", before=("id",)),
            framed("a", "b", between=("id: 1",)),
            framed("a", "b", first=("retry: 100",)),
            framed("a", "b", inside=("  ",)),
            framed("a", "b", before=("id: \0", "id:a\0b", "data\0: no", "\0data: no")),
            framed("a", "b", before=("xdata: no", "x data: no", "data\t: no")),
            framed("a", "b", before=("__proto__: x", "constructor: x", "toString")),
            *(framed("a", "b", **{place: FIELDS}) for place in PLACES),
        ),
        streaming("fields"),
        resting={
            "text-newlines": tuple(
                framed("a\nb", amid=(line,)) for line in ("id: 1", "retry: 1", "event: message", "unknown", " ", "\t")
            ),
            "text-newlines text-separators": (framed("a\nb", amid=("\x0c",)), framed("a\nb", amid=("\x0b",))),
        },
    ),
    "event-type": Row(
        (
            framed("a", first=("event: ping", "data: x")),
            framed("a", "b", between=("event: ping", "data: x")),
            framed("a", first=("event: ping",)),
            *(framed("a", "b", between=(f"event: {end}", "data: x")) for end in ("done", "end", "close")),
        ),
        another_type,
    ),
    "unterminated": Row(
        (framed("a", final_blank_line=False), framed("a", "b", final_blank_line=False)), streaming("unterminated")
    ),
    "charset": Row(
        (
            one("é"),
            *(typed_as(content_type) for content_type in TYPES),
        ),
        streaming("charset"),
    ),
    "bad-utf8": Row(
        (
            spoiled("ab", after="a", raw="ff"),
            spoiled("a", "bc", after="ab", raw="c3"),
            spoiled("ab", after="a", raw="f09f98"),
            spoiled("ab", after="ab", raw="80"),
            *(spoiled("ab", after="a", raw=raw) for raw in ("e282", "c0af", "eda080")),
        ),
        streaming("bad-utf8"),
    ),
    "long-line": Row(
        tuple(long_line(size, 0) for size in (1_030, 4_200, 8_400, 33_000, 70_000, 2_000_000, 8_000_000)),
        long_lines,
        most=3,
        trial="linear-time",
    ),
    "many-chunks": Row(
        (
            many(20_000, 0),
            Case(replies=(say(text=EIGHT_MB, chunks=Chunks(every=400), segments="free"),)),
        ),
        many_chunks,
        most=2,
        trial="linear-time",
    ),
}

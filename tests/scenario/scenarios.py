"""Strategies for whole scenarios: every word of the language, with whatever a file can hold."""

from __future__ import annotations

from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from mock_ares import faults
from mock_ares.dialects import DIALECTS
from mock_ares.scenario.model import (
    Body,
    Chunks,
    Content,
    Counterexample,
    Framing,
    Hex,
    Json,
    Match,
    Pace,
    Pause,
    Position,
    Range,
    Redirect,
    Reply,
    RetryAfter,
    Scenario,
    Segments,
    Text,
    When,
)

ODD = (
    "\0\t\r\n\x1b\x7f\x85\xa0\xad\u200b\u200d\u2028\u2029\ufeff\ufffd\uffff\U0001f9e0\U0010ffff :#-?,[]{}&*!|>'\"%@`\\~"
)
TRAPS = (
    "true", "No", "null", "~", "1", "1.5", "010", "1e5", "<<", "=", "2026-01-01", "1:30", "- a", "a: b", "a #b", "",
    " ",
)  # fmt: skip
characters = st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"]))
texts = st.text(characters, max_size=12) | st.sampled_from(TRAPS)
header_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=10)
header_names = st.from_regex(r"x-[a-z0-9-]{1,8}", fullmatch=True)
durations = st.one_of(
    st.integers(0, 40_000).map(lambda n: n / 1000), st.floats(0, 6e5, allow_subnormal=False).map(lambda n: round(n, 6))
)
counts, indices = st.integers(1, 9), st.integers(0, 9)
lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=6).map(lambda s: f": {s}")
ranges = st.builds(lambda a, b: Range(min(a, b), max(a, b)), counts, counts)
fractions = st.floats(0, 1)
positions = st.one_of(
    st.builds(Position, chunk=indices),
    st.builds(Position, text=texts),
    st.builds(Position, event=indices),
    st.builds(Position, byte=indices),
    st.builds(Position, fraction=fractions),
    st.builds(Position, time=durations),
)
places = st.one_of(positions, texts, indices)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def some(kind: type, **words: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of a kind with any of these words given; what the model refuses is left out."""

    given = st.fixed_dictionaries({}, optional=words)

    @st.composite  # which also keeps the whole tree of strategies out of each one's repr
    def made(draw: st.DrawFn) -> Any:
        try:
            return kind(**draw(given))
        except (ValueError, TypeError):
            return reject()

    return made()


paces = some(
    Pace, head=durations, first=durations, every=durations, tokens_per_second=st.floats(0.5, 1e6), jitter=fractions,
    intervals=st.lists(durations, min_size=1, max_size=3).map(tuple),
    pauses=st.lists(st.builds(Pause, at=places, lasts=st.none() | durations), max_size=2).map(tuple),
    keep_alive=durations,
)  # fmt: skip
blocks = st.lists(lines, max_size=2).map(tuple)
framings = some(
    Framing, newline=st.sampled_from(["lf", "crlf", "cr", "mixed"]), space=st.booleans(), bom=st.booleans(),
    bare_empty=st.booleans(), first=blocks, between=blocks, before=blocks, amid=blocks, inside=blocks,
    json=some(
        Json, escapes=st.sampled_from(["non-ascii", "short", "all"]), space=st.sampled_from(["none", "much", "lines"]),
        order=st.just("reversed"), more=st.booleans(),
    ),
    final_blank_line=st.booleans(),
)  # fmt: skip
bodies = some(
    Body, framing=st.sampled_from(["chunked", "length", "close", "http1.0"]), extensions=st.just(";a=b"),
    trailers=st.dictionaries(header_names, header_values, max_size=2),
    http_chunks=st.sampled_from(["event", "segment", "whole", 3]), gzip=st.sampled_from(["event", "whole"]),
    connection=st.sampled_from(["keep-alive", "close"]),
)  # fmt: skip
cuts = st.one_of(
    st.sampled_from(["words", "characters", "graphemes", "mid-word", "whole", "recorded"]),
    st.builds(Chunks, every=counts),
    st.builds(Chunks, sizes=st.lists(counts, min_size=1, max_size=3).map(tuple)),
    st.builds(Chunks, random=ranges),
)
segmentations = st.one_of(
    st.sampled_from(["free", "event", "whole", "byte"]),
    st.builds(Segments, every=counts),
    st.builds(Segments, at=st.lists(counts, min_size=1, max_size=3).map(tuple)),
    st.builds(Segments, inside=st.sampled_from(["utf8", "prefix", "line", "crlf"])),
    st.builds(Segments, random=ranges),
)
fault_lists = st.lists(
    st.one_of(
        some(faults.close_early, after=places, inside_http_chunk=st.booleans()),
        some(faults.reset_peer, after=places, inside_http_chunk=st.booleans()),
        some(faults.truncate, after=places),
        some(faults.hang, after=places),
        some(faults.empty_reply, reset=st.booleans()),
        some(faults.garbage, bytes=st.text(st.characters(max_codepoint=255), min_size=1, max_size=5)),
        some(faults.invalid_utf8, after=places, bytes=st.sampled_from(["ff", "c3 28"[:2], "80ff"])),
        some(faults.duplicate_chunk, chunk=counts),
        some(faults.long_length, by=counts),
        some(faults.error_event, after=places, message=texts),
    ),
    max_size=2,
).map(tuple)
contents = st.one_of(
    st.just("empty"),
    st.builds(Content, json=json_values),
    st.builds(Content, html=texts),
    st.builds(Content, plain=texts),
)
heads = {
    "interim": st.lists(st.sampled_from([100, 103]), max_size=2).map(tuple),
    "headers": st.dictionaries(header_names, st.none() | header_values, max_size=2),
    "seed": indices,
    "pace": paces,
    "body": st.sampled_from(["chunked", "length", "close", "http1.0"]) | bodies,
    "faults": fault_lists,
}
wholes = st.one_of(
    texts,
    st.builds(Text, words=counts),
    st.builds(Text, bytes=st.sampled_from([1, 70_000, 8_000_000])),
    st.builds(Text, template=texts.map(lambda text: text + "{message}")),
    st.builds(Text, recorded=st.lists(texts | st.just(Hex("ff")), min_size=1, max_size=3).map(tuple)),
)
travels = {
    "dialect": st.sampled_from(list(DIALECTS)),
    "framing": framings,
    "segments": segmentations,
}
waits = st.integers(0, 100).map(float) | st.builds(RetryAfter, date=durations)
replies = st.one_of(
    some(Reply, text=wholes, chunks=cuts, status=st.just(201), **travels, **heads),
    some(Reply, chunks=st.lists(texts, max_size=3).map(tuple), **travels, **heads),
    some(Reply, error=st.sampled_from(["internal", "rate-limited"]), retry_after=waits, **heads),
    some(Reply, content=contents, status=st.integers(200, 599), **heads),
    some(Reply, redirect=some(Redirect, status=st.just(308), to=st.just("away")), **heads),
)
matchings = st.one_of(
    texts, st.builds(Match, exact=texts), st.builds(Match, contains=texts), st.just(Match(pattern="a+"))
)
whens = some(
    When, endpoint=st.sampled_from(["/a/{b}", "GET /x"]), agent_type=texts, message=matchings,
    header=st.dictionaries(texts, matchings, max_size=2),
)  # fmt: skip
counterexamples = some(
    Counterexample, id=texts, outcome=st.sampled_from(["exact", "error", "either", "undetectable"]), message=texts,
    path=texts, judged=st.integers(-1, 3), cancel_after=indices, withhold=st.booleans(),
)  # fmt: skip
scenarios = some(
    Scenario, replies=st.lists(replies, min_size=1, max_size=3).map(tuple), summary=texts, when=whens,
    then=st.sampled_from(["repeat", "cycle", "fail"]), auth=st.sampled_from(["jwt", "api-key", "none"]), seed=indices,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True), check=counterexamples,
)  # fmt: skip

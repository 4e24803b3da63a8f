"""The dimensions of a stream, each drawn by what the rows in play allow: text, framing, head, body, reads, ending.

A dimension that no row in play is about stays plain, so a stream shows the hazards asked for and no other. With one
row in play that row's hazard is always there; with several, each may or may not be. The plainest value comes first
everywhere: Hypothesis shrinks towards it, and so towards the smallest stream.

Hypothesis looks through a strategy before it first draws from it, which takes longer than a draw: what depends on the
rows alone is made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mock_ares.dialects import DIALECTS, Names
from mock_ares.faults import close_early, invalid_utf8, long_length, malformed_chunk, missing_end, reset_peer
from mock_ares.harness.checks.rows import Cases, say
from mock_ares.harness.model import Case
from mock_ares.harness.settings import RunSettings
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.fields import FieldCase
from mock_ares.scenario.model import Body, Framing, Json, Pace, Position, Reply, Segments

Rows = frozenset[str]

LETTERS = "abcdegimnorst"
"""No word of a text that is to be harmless can be spelled ``null``, ``true`` or ``false`` with these."""
words = st.text(LETTERS, min_size=1, max_size=8)
_CHARACTERS = st.sampled_from(("é", "日", "😀"))

UNICODE = (
    "é", "ß", "日本語", "עברית", "العربية", "😀", "e\u0301", "👩\u200d🔬", "🇪🇺", "👍🏽", "𝒳", "a\u00a0b", "ﷺ", "क्षि",
    "a\u0308\u0323", "\U0010fffd", "\ud7ff", "\ue000", "\u00ad", "\u200b", "ı", "İ", "\ufb01", "ΰ",
)  # fmt: skip
LOOKALIKES = (
    "<think>", "...", '"q"', "100%%", "$$", "$&", "ping", "heartbeat", "\x1b[1m",
    "[DONE]", "0", "null", "true", "false", "data: ", "data:", "id: 1", "event: done", "retry: 1", ": keep-alive", ":",
    '{"delta": "x"}', '{"event":"done"}', '{"error":"x"}', "[]", '"', "NaN", "undefined", "\\n", "\\u0041", "%20",
    "&amp;", "</s>", "<|endoftext|>", "0\\r\\n", "5", "None",
)  # fmt: skip
ASCII_SEPARATORS = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e")
SEPARATORS = ("\u2028", "\u2029", "\u0085", *ASCII_SEPARATORS)
COMMENTS = (": keep-alive", ":", ":keep-alive", ": data: no", ": a: b", "::")
FIELDS = (
    "id: 1", "id", "id:", "retry: 100", "retry: soon", "retry:", "event:", "event", "event: message", "unknown: x",
    "unknown", "data : x", " data: x", "DATA: x", "Data: x", "dataset: x", "xdata: x", "id: 1: 2",
    "id: \0", "data\0: x", " ", "\t",
)  # fmt: skip
PLACES = ("first", "between", "before", "amid", "inside")
"""Where a framing has lines of its own."""
LINES = {"comments": COMMENTS, "fields": FIELDS, "blank-lines": ("",)}
LINE_PLACES = {"comments": PLACES, "fields": PLACES, "blank-lines": ("first", "between")}
TYPES = (
    "text/event-stream;charset=latin-1",
    "Text/Event-Stream",
    "text/event-stream; charset=utf-8",
    "text/event-stream; charset=iso-8859-1",  # readers that obey it know this name, or none with a parameter behind
    "text/event-stream; charset=iso-8859-1; boundary=x",
    "TEXT/EVENT-STREAM;charset=UTF-8",
    'text/event-stream; charset="utf-8"',
    "text/event-stream ;charset=utf-8",
    "text/event-stream\t; charset=utf-8",
    "text/event-stream;",
)
HEADS: tuple[dict[str, str], ...] = (
    {"x-note": "caf\xe9"},  # one byte, as every field has it: obs-text, which is no UTF-8
    {"x-empty": ""},
    {"data": "no", "event": "no", "id": "no"},
    {"x-colons": "a: b: c", "x-list": 'a;b=",", c'},
    {"x-long": "abc " * 1000},
    {f"x-{number}": str(number) for number in range(60)},
)
EXTENSIONS = (";a=b", ";a", ";ab=cd")
QUOTED = (';a="b"', ';a="b c"', ';a="b;c"', '; a = "b"', ';a="b\\"c"', ";ab=cd;ef=gh")
TRAILERS: tuple[dict[str, str], ...] = (
    {"x-checksum": "abc"},
    {"x-a": "1", "x-b": "2"},
    {"server-timing": "total;dur=1"},
)

_TEXT = "chunk-split chunk-spaces chunk-empty text-unicode text-lookalikes text-newlines text-separators text-nul"
_ENDINGS = "drop-fin drop-rst drop-fin-close drop-rst-close drop-length malformed-chunk missing-end"
TEXT_ROWS = frozenset(_TEXT.split())
ENDINGS = frozenset(
    ["drop-fin", "drop-rst", "drop-fin-close", "drop-rst-close", "drop-length", "malformed-chunk", "missing-end"]
)


# Text and chunks


def spaced() -> SearchStrategy[str]:
    """A chunk with spaces at its edges, or nothing but spaces."""
    spaces = st.integers(0, 3).map(lambda n: " " * n)
    return st.one_of(
        words.map(lambda word: f" {word}"),
        st.tuples(spaces, st.one_of(words, st.just("")), spaces).map("".join).filter(lambda s: s != s.strip(" ")),
    )


def around(middle: SearchStrategy[str]) -> SearchStrategy[str]:
    """Something inside a word."""
    return st.tuples(words, middle, words).map("".join)


FRAGMENTS: dict[str, SearchStrategy[str]] = {
    "chunk-spaces": spaced(),
    "chunk-empty": st.just(""),
    "text-unicode": st.one_of(
        st.sampled_from(UNICODE),
        st.lists(st.sampled_from(UNICODE), min_size=1, max_size=4).map("".join),
        st.text(st.characters(min_codepoint=0xA1, categories=("L", "M", "N", "P", "S")), min_size=1, max_size=6),
    ),
    "text-lookalikes": st.one_of(
        st.sampled_from(LOOKALIKES).filter(lambda t: t == t.strip(" ")), around(st.sampled_from(LOOKALIKES))
    ),
    "text-newlines": st.one_of(
        around(st.just("\n")),
        st.lists(st.one_of(words, st.just("\n")), min_size=1, max_size=4).map("".join).filter(lambda t: "\n" in t),
    ),
    "text-separators": around(st.sampled_from(SEPARATORS)),
    "text-nul": around(st.just("\0")),
}
NARROW = {**FRAGMENTS, "text-separators": around(st.sampled_from(ASCII_SEPARATORS))}
"""The same for who is not asked for characters beyond ASCII."""


@cache
def chunk_lists(rows: Rows, dialect: str) -> SearchStrategy[tuple[str, ...]]:
    """One to four chunks."""
    if rows & {"chunk-split"} and len(rows) == 1:
        return split_texts()
    known = FRAGMENTS if len(rows) == 1 or "text-unicode" in rows else NARROW
    fragments = [strategy for row, strategy in known.items() if row in rows and carried(row, dialect)]
    if not fragments:
        return st.lists(words, min_size=1, max_size=4).map(tuple)
    hazard = st.one_of(fragments)
    if len(rows) == 1:
        return st.tuples(st.lists(words, max_size=2), hazard, st.lists(words, max_size=2)).map(
            lambda parts: (*parts[0], parts[1], *parts[2])
        )
    mixed = st.lists(st.one_of(words, hazard), min_size=1, max_size=3).map("".join)
    return st.lists(st.one_of(words, hazard, mixed), min_size=1, max_size=6).map(tuple)


def carried(row: str, dialect: str) -> bool:
    return row != "text-newlines" or "\n" in DIALECTS[dialect].newlines


@st.composite
def split_texts(draw: DrawFn) -> tuple[str, ...]:
    """A text without spaces cut anywhere: inside words, inside graphemes, into single characters, or not at all."""
    text = "".join(
        draw(st.lists(st.one_of(words, words, st.sampled_from(("e\u0301", "👩\u200d🔬"))), min_size=1, max_size=3))
    )
    inner = range(1, len(text))
    how = draw(st.sampled_from(("cuts", "characters", "whole")))
    cuts = {"characters": list(inner), "whole": []}.get(how)
    if cuts is None:
        cuts = sorted(draw(st.sets(st.sampled_from(inner), max_size=5))) if len(inner) else []
    return tuple(text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))


# Everything around the text


def options(rows: Rows, plain: Any, hazards: dict[str, Any]) -> SearchStrategy[Any]:
    """The plain value and those of the rows in play; with one row in play that row's only. A tuple is a choice."""
    found = [value for row, value in hazards.items() if row in rows]
    values = [item for value in found for item in (value if isinstance(value, tuple) else (value,))]
    return one_of(values if values and len(rows) == 1 else [plain, *values])


def one_of(values: Sequence[Any]) -> SearchStrategy[Any]:
    """What there is no choice of is not drawn."""
    return st.sampled_from(values) if len(values) > 1 else st.just(values[0])


@cache
def lines_of(row: str) -> SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(LINES[row]), max_size=2).map(tuple)


@cache
def framings(rows: Rows) -> SearchStrategy[Framing]:
    newlines = {"eol-crlf": "crlf", "eol-cr": "cr", "eol-mixed": "mixed", "read-crlf": "crlf"}
    return st.builds(
        lambda lines, **plain: Framing(**plain, **lines),
        own_lines(rows),
        newline=options(rows, "lf", newlines),
        space=options(rows, True, {"no-space": False}),
        bom=options(rows, False, {"bom": True}),
        bare_empty=options(rows, False, {"no-colon": True}),
        final_blank_line=options(rows, True, {"unterminated": False}),
        json=jsons() if "json-spelling" in rows else st.just(Json()),
    )


@cache
def jsons() -> SearchStrategy[Json]:
    """JSON that is not written as ARES writes it."""
    ways = st.builds(
        Json,
        escapes=st.sampled_from(("usual", "non-ascii", "short", "all")),
        space=st.sampled_from(("usual", "none", "much", "lines")),
        order=st.sampled_from(("usual", "reversed")),
        more=st.booleans(),
    )
    return ways.filter(lambda way: way != Json())


@st.composite
def own_lines(draw: DrawFn, rows: Rows) -> dict[str, tuple[str, ...]]:
    """Lines of the framing's own, by their place."""
    found: dict[str, tuple[str, ...]] = {}
    for row, lines in LINES.items():
        if row in rows:
            for place in LINE_PLACES[row]:
                found[place] = found.get(place, ()) + draw(lines_of(row))
            if len(rows) == 1 and not any(found.values()):
                found[draw(st.sampled_from(LINE_PLACES[row]))] = (draw(st.sampled_from(lines)),)
    return found


@cache
def bodies(rows: Rows) -> SearchStrategy[Body]:
    return options(
        rows,
        Body(),
        {
            "close-delimited": (Body("close"), Body("http1.0")),
            "chunk-ext": tuple(Body(extensions=text) for text in EXTENSIONS),
            "chunk-ext-quoted": tuple(Body(extensions=text) for text in QUOTED),
            "http-chunks": (Body(sizes="capitals"), Body(sizes="zeros")),
            "http-reads": tuple(Body(reads=where) for where in ("head", "size", "crlf", "last")),
            "trailers": tuple(Body(trailers=fields) for fields in TRAILERS),
            "gzip": (Body(gzip="event"), Body(gzip="whole")),
            "drop-fin-close": Body(connection="close"),
            "drop-rst-close": Body(connection="close"),
        },
    )


# Reads


NAMES = Names(agent="router", context_id="ctx_00000000")
"""As long as those of a real request, so that offsets are the same."""


def planned(reply: Reply, dialect: str) -> StreamPlan:
    """The plan of a reply, before its faults."""
    return final(replace(reply, faults=()), dialect)


def final(reply: Reply, dialect: str) -> StreamPlan:
    """The plan of a reply as it is sent, but for where reads end."""
    return build(replace(reply, segments="free"), RequestContext(names=NAMES, dialect=dialect))


PARTED = frozenset(["read-line", "read-utf8", "read-crlf"])
"""The rows of reads that end inside an event."""


def place(payload: bytes, offset: int, events: frozenset[int]) -> str:
    """The row that a read which ends at this offset belongs to."""
    if offset in events:
        return "event"
    if payload[offset - 1 : offset + 1] == b"\r\n":
        return "read-crlf"
    return "read-utf8" if payload[offset] & 0xC0 == 0x80 else "read-line"


def places(plan: StreamPlan, rows: Rows) -> list[int]:
    """The offsets at which the rows in play let a read end, apart from the ends of events; none that is never sent."""
    payload, events = plan.payload, frozenset(plan.event_ends)
    end = len(payload) if plan.ending.stop is None else plan.ending.stop
    return [at for at in range(1, end) if place(payload, at, events) in rows]


def segmentation(draw: DrawFn, rows: Rows, reply: Reply, dialect: str) -> Any:
    """Reads end at events, unless a row about reads is in play. The reply has its faults: they may cut places away."""
    ways: list[Any] = [] if rows <= PARTED | {"read-bytes", "read-whole"} else ["event"]
    if "read-whole" in rows:
        ways.append("whole")
    if "read-bytes" in rows and (len(rows) == 1 or rows >= PARTED):
        ways.append("byte")
    offsets = places(final(reply, dialect), rows) if rows & PARTED else []
    if offsets:
        ways.append("cuts")
    way = draw(one_of(ways or ["event"]))
    if way != "cuts":
        return way
    cuts = draw(st.sets(st.sampled_from(offsets), min_size=1, max_size=4))
    return Segments(at=tuple(sorted(cuts)))


# Endings


def positions(plan: StreamPlan) -> SearchStrategy[Position]:
    """Between events, or inside one, never inside a character."""
    payload = plan.payload
    inside = [at for at in range(len(payload)) if payload[at] & 0xC0 != 0x80]
    between = [at for at in (0, *plan.event_ends) if at < len(payload)]
    ways = [st.sampled_from(between).map(lambda at: Position(byte=at))] if between else []
    return st.one_of(*ways, *([st.sampled_from(inside).map(lambda at: Position(byte=at))] if inside else []))


def ended(draw: DrawFn, rows: Rows, reply: Reply, dialect: str) -> Reply:
    """The reply, cut where a row about cuts is in play."""
    ways = sorted(rows & ENDINGS)
    if not ways:
        return reply
    way = draw(st.sampled_from(ways if len(rows) == 1 else ["complete", "complete", *ways]))
    if way == "complete":
        return reply if len(rows) == 1 else replace(reply, body=unclosed(reply.body))
    after = draw(positions(planned(reply, dialect)))
    plain = replace(reply, body=Body(connection="close" if way.endswith("-close") else "keep-alive"))
    inside = draw(st.booleans())
    if way.startswith("drop-fin"):
        return replace(plain, faults=(close_early(after, inside_http_chunk=inside),))
    if way.startswith("drop-rst"):
        return replace(plain, faults=(reset_peer(after, inside_http_chunk=inside),))
    if way == "drop-length":
        fault = close_early(after) if inside else long_length(draw(st.integers(1, 100)))
        return replace(reply, body="length", faults=(fault,))
    if way == "missing-end":
        return replace(plain, faults=(missing_end(),)) if DIALECTS[dialect].ends else reply
    return replace(plain, faults=(malformed_chunk(after, size=draw(st.sampled_from(("ZZ", "", "-1", "0x5")))),))


def unclosed(body: Any) -> Any:
    return Body() if isinstance(body, Body) and body.connection == "close" else body


# All of them together


PACES = (Pace(), Pace(), Pace(every=0.002), Pace(head=0.005, first=0.005), Pace(every=0.001, jitter=1.0))
_PACES = st.sampled_from(PACES)


@cache
def interims(rows: Rows) -> SearchStrategy[tuple[Any, ...]]:
    found: list[tuple[int, ...]] = [
        (status,) for row, status in (("early-100", 100), ("early-103", 103)) if row in rows
    ]
    return one_of(found if found and len(rows) == 1 else [(), *found])


@cache
def head_fields(rows: Rows) -> SearchStrategy[dict[str, str]]:
    return options(rows, {}, {"charset": tuple({"content-type": value} for value in TYPES), "head-fields": HEADS})


@cache
def field_cases(rows: Rows) -> SearchStrategy[FieldCase]:
    return options(rows, "given", {"field-case": ("title", "upper")})


@st.composite
def streams(draw: DrawFn, rows: Rows, dialect: str) -> Reply:
    """A reply that shows hazards of these rows and of no others."""
    if DIALECTS[dialect].raw:
        rows -= {"json-spelling"}
    chunks = draw(chunk_lists(rows, dialect))
    if rows == {"no-colon"}:
        chunks = (*chunks, "")
    if rows in ({"charset"}, {"read-utf8"}):
        chunks = (*chunks, draw(_CHARACTERS))
    body = draw(bodies(rows))
    reply = say(
        *chunks,
        framing=draw(framings(rows)),
        body=body,
        headers=draw(head_fields(rows)),
        field_case=draw(field_cases(rows)),
        interim=() if body.framing == "http1.0" else draw(interims(rows)),  # HTTP/1.0 has no such responses
        pace=draw(_PACES) if len(rows) > 1 else Pace(),
        seed=draw(st.integers(0, 9)) if "eol-mixed" in rows else None,
    )
    if "bad-utf8" in rows and (len(rows) == 1 or draw(st.booleans())):
        return spoiled(draw, reply)
    reply = ended(draw, rows, reply, dialect)
    return replace(reply, segments=segmentation(draw, rows, reply, dialect))


def spoiled(draw: DrawFn, reply: Reply) -> Reply:
    """Bytes that are no UTF-8 behind the first character of a chunk."""
    assert isinstance(reply.chunks, tuple)
    spoken = next((chunk for chunk in reply.chunks if chunk), "")
    if not spoken[:1].isalnum():
        return reply
    raw = draw(st.sampled_from(("ff", "c3", "80", "e282", "f09f98", "c0af", "eda080")))
    return replace(reply, faults=(invalid_utf8(spoken[0], bytes=raw),))


def streaming(*rows: str) -> Cases:
    """The cases of these rows."""
    asked = frozenset(rows)

    def cases(settings: RunSettings) -> SearchStrategy[Case]:
        return streams(asked, settings.dialect).map(lambda reply: Case(replies=(reply,)))

    return cases


def within_ascii(cases: Cases) -> Cases:
    """The cases, without characters beyond ASCII for a client that gets these wrong by themselves."""

    def narrowed(settings: RunSettings) -> SearchStrategy[Case]:
        found = cases(settings)
        return found if settings.holds("text-unicode") else found.filter(lambda case: ascii_only(case.replies[0]))

    return narrowed


def ascii_only(reply: Reply) -> bool:
    return isinstance(reply.chunks, tuple) and all(map(str.isascii, reply.chunks))

"""Hypothesis strategies for replies, over every dimension a reply has.

``replies()`` gives replies that can be planned: positions lie in the payload, faults fit the body they break, segments
have places to cut. Everything shrinks towards a plain reply of one short chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any, Literal, get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mock_ares import faults
from mock_ares.dialects import DIALECTS
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import (
    Body,
    Chunks,
    DialectName,
    Framing,
    Json,
    Pace,
    Pause,
    Position,
    Range,
    Reply,
    Segments,
    Text,
)
from mock_ares.scenario.stream import Chunking, ChunkWord, Segmentation, SegmentWord
from tests.plan.words import Inside

LOOKALIKES = (
    "data: ", "data", ":", ": keep-alive", "id: 7", "[DONE]", "null", "0\r\n\r\n", "event: done", '{"delta": "x"}',
    '"', "\\", "\\n", "\ufeff", "\ufffd", "\0", "\x1b[0m", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029",
)  # fmt: skip
WORDS = (
    "a", "Neural", " networks", "  ", " ", "\n", "\n\n", "\t", "é", "ß", "中", "🧠", "👩‍🔬", "e\u0301", "\U0010ffff",
)  # fmt: skip
BLOCK_LINES = (
    ":", ": comment", ": keep-alive", "id: 1", "id", "retry: 10", "retry: x", "event:", "x: y", "datax: 1", "data : 1",
)  # fmt: skip
FOREIGN = (("event: ping", "data: not the text"), ("data: {}", "event: other", ": data"))


@cache
def texts(dialect: str = "text") -> SearchStrategy[str]:
    """Texts that the dialect can carry: words, what looks like framing, and anything else."""
    forbidden = "".join({*"\r\n"} - {*DIALECTS[dialect].newlines})
    known = [part for part in WORDS + LOOKALIKES if not set(part) & set(forbidden)]
    anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=forbidden), max_size=8)
    return st.lists(st.sampled_from(known) | anything, max_size=8).map("".join)


def chunkings(text: str) -> SearchStrategy[Chunking | tuple[str, ...]]:
    """Every way to cut a text, the list of its chunks among them (empty ones too)."""
    n = max(len(text), 1)
    return st.one_of(
        st.sampled_from([word for word in get_args(ChunkWord) if word != "recorded"]),
        st.integers(1, n).map(lambda every: Chunks(every=every)),
        st.lists(st.integers(1, 4), min_size=1, max_size=3).map(lambda sizes: Chunks(sizes=tuple(sizes))),
        st.lists(st.integers(0, n), min_size=1, max_size=3).map(lambda at: Chunks(at=tuple(at))),
        st.tuples(st.integers(1, 3), st.integers(0, 3)).map(lambda r: Chunks(random=Range(r[0], r[0] + r[1]))),
        st.lists(st.integers(0, len(text)), max_size=4).map(lambda at: _pieces(text, sorted(at))),
    )


def _pieces(text: str, at: Sequence[int]) -> tuple[str, ...]:
    bounds = [0, *at, len(text)]
    return tuple(text[a:b] for a, b in pairwise(bounds))


JSONS = st.builds(
    Json,
    escapes=st.sampled_from(["usual", "non-ascii", "short", "all"]),
    space=st.sampled_from(["usual", "none", "much", "lines"]),
    order=st.sampled_from(["usual", "reversed"]),
    more=st.booleans(),
)


@cache
def framings(dialect: str = "text") -> SearchStrategy[Framing]:
    """Every way to spell the events of a dialect."""
    lines = st.lists(st.sampled_from(BLOCK_LINES), max_size=2).map(tuple)
    blocks = lines if dialect == "lines" else lines | st.sampled_from(FOREIGN)
    whole = st.just(True) if dialect == "lines" else st.sampled_from([True, True, True, False])
    return st.builds(
        Framing,
        newline=st.sampled_from(["lf", "crlf", "cr", "mixed"]),
        space=st.sampled_from([True, False]),
        bom=st.booleans(),
        bare_empty=st.booleans(),
        first=st.just(()) | blocks,
        between=st.just(()) | blocks,
        before=st.just(()) | lines,
        amid=st.just(()) | lines,
        inside=st.just(()) | lines,
        json=st.just(Json()) if DIALECTS[dialect].raw else JSONS,
        final_blank_line=whole,
    )


CODED: dict[str, SearchStrategy[Any]] = {
    "gzip": st.sampled_from([None, "event", "whole"]),
    "connection": st.sampled_from(["keep-alive", "close"]),
}
BODIES: SearchStrategy[Body] = st.one_of(
    st.builds(
        Body,
        extensions=st.sampled_from([None, ";a", ";a=b", ' ; a = "b c;\\"\t%d" ;d']),
        trailers=st.sampled_from([{}, {"x-sum": "1"}, {"x-sum": "1", "x-more": "caf\xe9"}]),
        http_chunks=st.sampled_from([None, "event", "segment", "whole"]) | st.integers(1, 40),
        **CODED,
    ),
    st.builds(Body, st.sampled_from(["length", "close", "http1.0"]), **CODED),
)


@cache
def segmentations(*, promised: bool = False) -> SearchStrategy[Segmentation]:
    """Where reads end; ``promised``: somewhere, at least. Some take a payload that has such places."""
    words: list[SegmentWord] = ["event", "whole", "byte"] if promised else ["free", "event", "whole", "byte"]
    return st.one_of(
        st.sampled_from(words),
        st.integers(1, 40).map(lambda every: Segments(every=every)),
        st.tuples(st.integers(1, 9), st.integers(0, 9)).map(lambda r: Segments(random=Range(r[0], r[0] + r[1]))),
        st.lists(st.integers(1, 60), min_size=1, max_size=4).map(lambda at: Segments(at=tuple(at))),
        st.sampled_from(get_args(Inside)).map(lambda inside: Segments(inside=inside)),
    )


INTERIM: SearchStrategy[Literal[100, 103]] = st.sampled_from([100, 103])
SECONDS = st.sampled_from([0.0, 0.05, 0.1, 0.3, 1.0, 2.5])


PACES: SearchStrategy[Pace] = st.builds(
    lambda interval, **words: Pace(**interval, **words),
    st.one_of(
        st.just({}),
        st.fixed_dictionaries({"every": SECONDS}),
        st.fixed_dictionaries({"tokens_per_second": st.sampled_from([1.0, 40.0, 1000.0])}),
    ),
    head=SECONDS,
    first=SECONDS,
    jitter=st.sampled_from([0.0, 0.2, 1.0]),
    keep_alive=st.none() | st.sampled_from([0.1, 0.5, 15.0]),
)
"""Seconds of everything but pauses, which take positions in a payload."""


def positions(plan: StreamPlan) -> SearchStrategy[Position | str | int]:
    """Places in a plan, in each of the ways to name one."""
    end = plan.pieces[-1].at if plan.pieces else 1.0
    kinds: list[SearchStrategy[Position | str | int]] = [
        st.integers(0, len(plan.chunks)).map(lambda chunk: Position(chunk=chunk)),
        st.integers(0, plan.size).map(lambda byte: Position(byte=byte)),
        st.floats(0, 1).map(lambda fraction: Position(fraction=fraction)),
        st.floats(0, end + 1).map(lambda time: Position(time=time)),
        st.integers(0, len(plan.chunks)),
    ]
    if plan.text:
        kinds.append(_spans(plan.text).map(lambda text: Position(text=text)))
        kinds.append(_spans(plan.text))
    return st.one_of(kinds)


def _spans(text: str) -> SearchStrategy[str]:
    ends = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)))
    return ends.map(lambda ends: text[min(ends[0], ends[1] - 1) : max(ends[0] + 1, ends[1])])


@dataclass(frozen=True)
class Menu:
    """Which faults are drawn."""

    content: bool = True
    """Such as change what is said: any number of them."""
    endings: bool = True
    """Such as end the reply: one at most, the last."""
    headless: bool = True
    """Such as take the response's place."""


EVERYTHING = Menu()
NOTHING = Menu(False, False, False)


@st.composite
def content_faults(draw: DrawFn, plan: StreamPlan) -> Fault:
    """A fault that changes what is said, at a place of the plan that may or may not fit."""
    kinds = ["invalid_utf8"]
    kinds += ["duplicate_chunk"] if plan.chunks else []
    kinds += ["error_event"] if plan.dialect in DIALECTS and DIALECTS[plan.dialect].reports_errors else []
    kinds += ["missing_end"] if DIALECTS[plan.dialect].ends else []
    match draw(st.sampled_from(kinds)):
        case "invalid_utf8":
            return faults.invalid_utf8(draw(positions(plan)), draw(st.sampled_from(["ff", "c3", "f09f", "80"])))
        case "duplicate_chunk":
            return faults.duplicate_chunk(draw(st.integers(1, len(plan.chunks))))
        case "error_event":
            return faults.error_event(draw(positions(plan)), draw(st.sampled_from(["failed", "ä\n"])))
    return faults.missing_end()


@st.composite
def ending_faults(draw: DrawFn, plan: StreamPlan, *, headless: bool = True) -> Fault:
    """A fault that ends the reply."""
    framing = plan.body.framing
    kinds = ["close_early", "reset_peer", "hang", "truncate"]
    kinds += ["malformed_chunk"] if framing == "chunked" else []
    kinds += ["long_length", "short_length"] if framing in ("chunked", "length") else []
    kinds += ["cut_gzip"] if plan.body.gzip else []
    kinds += ["empty_reply", "garbage"] if headless else []
    name = draw(st.sampled_from(kinds))
    kind: Callable[..., Fault] = faults.FAULTS[name]
    match name:
        case "close_early" | "reset_peer":
            return kind(draw(positions(plan)), framing == "chunked" and draw(st.booleans()))
        case "malformed_chunk":
            return kind(draw(positions(plan)), draw(st.sampled_from(["ZZ", "", "-1", "1x"])))
        case "long_length" | "short_length":
            return kind(draw(st.integers(1, 40)))
        case "empty_reply":
            return kind(draw(st.booleans()))
        case "garbage":
            return kind()
    return kind(draw(positions(plan)))


@st.composite
def replies(
    draw: DrawFn,
    *,
    promised: bool = False,
    interim: bool = True,
    menu: Menu = EVERYTHING,
    dialects: Sequence[DialectName] = get_args(DialectName),
    paced: bool = True,
) -> Reply:
    """Replies that can be planned, with their dialect named.

    ``promised``: some read's end is. ``interim``: responses of 1xx may come first. ``paced``: it takes time.
    """
    dialect = draw(st.sampled_from(dialects))
    text = draw(texts(dialect))
    chunks = draw(chunkings(text))
    reply = Reply(
        text=None if isinstance(chunks, tuple) else text,
        chunks=chunks,
        dialect=dialect,
        pace=draw(PACES) if paced else Pace(),
        framing=draw(framings(dialect)),
        body=draw(BODIES),
        interim=tuple(draw(st.lists(INTERIM, max_size=2))) if interim else (),
        seed=draw(st.integers(0, 3)),
    )
    if paced:
        reply = draw(_with_pauses(reply))
    reply = draw(_with_faults(reply, menu))
    wanted = draw(segmentations(promised=promised))
    return replace(reply, segments=wanted if _fits(reply, wanted) else "event" if promised else "free")


@st.composite
def _with_pauses(draw: DrawFn, reply: Reply) -> Reply:
    pauses: tuple[Pause, ...] = ()
    for _ in range(draw(st.integers(0, 2))):
        plan = build(replace(reply, pace=replace(reply.pace, pauses=pauses, keep_alive=None)), RequestContext())
        pauses = (*pauses, Pause(draw(positions(plan)), draw(SECONDS)))
    return replace(reply, pace=replace(reply.pace, pauses=pauses))


@st.composite
def _with_faults(draw: DrawFn, reply: Reply, menu: Menu) -> Reply:
    """With faults that fit; those that turn out not to are left out. A pause for ever may take the last one's place."""
    plan = build(reply, RequestContext())
    for _ in range(draw(st.integers(0, 2)) if menu.content else 0):
        fault = draw(content_faults(plan))
        plan, reply = _applied(plan, reply, fault, menu)
    if menu.endings and draw(st.booleans()):
        plan, reply = _applied(plan, reply, draw(ending_faults(plan, headless=menu.headless)), menu)
    elif menu.endings and draw(st.sampled_from([False, False, True])):
        pauses = (*reply.pace.pauses, Pause(draw(positions(plan))))
        forever = replace(reply, pace=replace(reply.pace, pauses=pauses))
        reply = forever if _can_be_built(forever) else reply
    return reply


def _applied(plan: StreamPlan, reply: Reply, fault: Fault, menu: Menu) -> tuple[StreamPlan, Reply]:
    wanted = replace(reply, faults=(*reply.faults, fault))
    try:
        broken = build(
            wanted, RequestContext()
        )  # with the pauses at its place, which a plan that was built has forgotten
        lay_out(broken, Negotiated(gzip=True))
    except PlanError:
        return plan, reply
    if broken.head is None and not menu.headless:
        return plan, reply
    return broken, wanted


def _can_be_built(reply: Reply) -> bool:
    try:
        build(reply, RequestContext())
    except PlanError:
        return False
    return True


def _fits(reply: Reply, segments: Segmentation) -> bool:
    try:
        cuts(build(replace(reply, segments=segments), RequestContext()))
    except PlanError:
        return False
    return True


def plans(**choices: Any) -> SearchStrategy[StreamPlan]:
    """Plans of such replies; the choices are those of ``replies``."""
    return replies(**choices).map(lambda reply: build(reply, RequestContext()))


PEERS = st.builds(Negotiated, st.sampled_from(["1.1", "1.1", "1.0"]), st.booleans(), st.booleans())
GENERATED = Text(words=50)

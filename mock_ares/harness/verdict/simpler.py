"""A case with one thing less: what it takes for a client to fail is told by playing it again without.

Each feature of a counterexample is made plain by itself, everything else left as it is. Where that makes the failure go
away the feature is what it takes; where it does not, it says nothing about the failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple, TypeVar

from mock_ares.harness.model import Case
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated, version_for
from mock_ares.plan.positions import PlanError
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.fault import FAULTS
from mock_ares.scenario.model import Body, Reply

LONG_LINE = 1000
"""Bytes of a chunk from which its length is a feature of its own."""


LONG = 8
"""Characters of a chunk that a smaller case has only a part of."""
LINES = ("first", "between", "before", "amid", "inside")
"""The words of a framing for lines of its own."""
Items = TypeVar("Items", str, tuple[str, ...])

SEVERAL = ("more than one chunk", "more than one read")
"""Nearly every stream has them, and much else goes with them."""


class Simpler(NamedTuple):
    """A case without one of its features."""

    feature: str
    """What it lacks, as a noun."""
    kind: str
    """Features of one kind hold each other, the narrowest comes first: where that is what it takes, so is the next."""
    case: Case


def simpler(case: Case) -> Iterator[Simpler]:
    """The case without each of its features, one at a time, but for those that what is left could not do without."""
    at = case.judged if case.judged >= 0 else len(case.replies) - 1
    reply = case.replies[at]
    for feature, kind, plain in (*_of_reads(reply), *_of_text(reply), *_of_words(reply), *_of_faults(reply)):
        if plain is not None and plain != reply and can_be_played(plain):
            replies = (*case.replies[:at], plain, *case.replies[at + 1 :])
            yield Simpler(feature, kind, replace(case, replies=replies))


def smaller(case: Case) -> Iterator[Case]:
    """The case with less of what there is several of, the least first."""
    at = case.judged if case.judged >= 0 else len(case.replies) - 1
    reply = case.replies[at]
    if any(fault.about != "content" for fault in reply.faults):
        return  # how much of it comes is what it is about
    for less in _fewer_chunks(reply):
        if less is not None and can_be_played(less):
            yield replace(case, replies=(*case.replies[:at], less, *case.replies[at + 1 :]))


def _fewer_chunks(reply: Reply) -> Iterator[Reply | None]:
    if isinstance(reply.chunks, tuple):
        yield from (_changed(reply, chunks=chunks) for chunks in _fewer(reply.chunks))
        for number, chunk in enumerate(reply.chunks):
            for part in _fewer(chunk) if len(chunk) >= LONG else ():
                yield _changed(reply, chunks=(*reply.chunks[:number], part, *reply.chunks[number + 1 :]))
    for place in LINES:
        for lines in _fewer(getattr(reply.framing, place)):
            framing = _changed(reply.framing, **{place: lines})
            yield framing and _changed(reply, framing=framing)


def _fewer(items: Items) -> Iterator[Items]:
    """Its halves, then it without each: what fails in few is found in few steps."""
    if len(items) > 1:
        half = len(items) // 2
        yield from (items[:half], items[half:])
    if len(items) > 2:
        yield from (items[:at] + items[at + 1 :] for at in range(len(items)))


def telling(features: Iterable[str]) -> tuple[str, ...]:
    """Those that tell most of what a failure takes."""
    found = tuple(features)
    return tuple(feature for feature in found if feature not in SEVERAL) or found


def can_be_played(reply: Reply) -> bool:
    """Whether all its places are there: one may have gone with the text that it was in."""
    try:
        lay_out(build(reply, RequestContext()), Negotiated(version_for(reply)))
    except PlanError:
        return False
    return True


_Variants = Iterator[tuple[str, str, Reply | None]]


def _changed(value: Any, **words: Any) -> Any:
    """The value with other words; None where what stays does not go with them."""
    try:
        return replace(value, **words)
    except ValueError:
        return None


# --- text: each character for one that takes as many bytes, so that positions stay where they are -------


def _plain(match: re.Match[str]) -> str:
    return "x" * len(match[0].encode())


_CHARACTERS: tuple[tuple[str, str, str], ...] = (
    ("U+FEFF in the text", "characters", "\ufeff"),
    ("separators in the text that end no line, such as U+2028", "characters", "[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"),
    ("characters of four bytes", "characters", "[\U00010000-\U0010ffff]"),
    ("characters beyond ASCII", "characters", "[^\x00-\x7f]"),
    ("a NUL in the text", "NUL", "\0"),
    ("a tab in the text", "tab", "\t"),
    ("a newline at the start of a chunk", "newline", r"\A\n+"),
    ("a newline at the end of a chunk", "newline", r"\n+\Z"),
    ("a newline in the text", "newline", "\n"),
    ("text that looks like a field or a record", "mark", r"\[DONE\]|\b(?:data|event|id|retry)\b:?"),
    ("a colon in the text", "mark", ":"),
    ("punctuation in the text", "mark", r"[!-/;-@\[-`{-~]"),
    ("a space at the start of a chunk", "space", r"\A +"),
    ("a space at the end of a chunk", "space", r" +\Z"),
    ("a space in the text", "space", " +"),
)


def _of_text(reply: Reply) -> _Variants:
    chunks = reply.chunks
    if not isinstance(chunks, tuple):
        return
    for feature, kind, pattern in _CHARACTERS:
        yield feature, kind, _changed(reply, chunks=tuple(re.sub(pattern, _plain, chunk) for chunk in chunks))
    yield "an empty chunk", "empty", _changed(reply, chunks=tuple(filter(None, chunks)) or ("x",))
    yield "a long line", "long", _changed(reply, chunks=tuple(chunk[:LONG_LINE] for chunk in chunks))
    yield "chunks that repeat each other", "several", _changed(reply, chunks=tuple(_distinct(chunks)))
    yield SEVERAL[0], "several", _changed(reply, chunks=("".join(chunks),) if chunks else chunks)


def _distinct(chunks: tuple[str, ...]) -> Iterator[str]:
    """The chunks, where one begins or ends as the one before does with other letters in its place."""
    before = ""
    for number, chunk in enumerate(chunks):
        alike = chunk and before and (before.endswith(chunk) or before.startswith(chunk) or chunk.startswith(before))
        yield (before := re.sub(r"\w", "yz"[number % 2], chunk) if alike else chunk)


# --- words of the language: each that is not as in the plainest stream ----------------------------------

_PLAIN = Reply(text="")
_LEFT = frozenset({"text", "chunks", "dialect", "faults", "segments", "seed", "error", "redirect", "status", "content"})
"""The words that say what the reply is, and those that are made plain elsewhere."""
MOST_FIELDS = 4
"""That are named."""
MOST_SAID = 80
"""Characters of them."""
_SAID: Mapping[str, Callable[[Any], str]] = {
    "framing.newline": lambda newline: f"{newline.upper()} line ends" if newline != "mixed" else "mixed line ends",
    "framing.space": lambda _: "no space behind the colon",
    "framing.bom": lambda _: "a byte order mark in front",
    "framing.bare_empty": lambda _: "a field name without a colon",
    "framing.first": lambda lines: f"{_lines(lines)} before the first event",
    "framing.between": lambda lines: f"{_lines(lines)} between events",
    "framing.before": lambda lines: f"{_lines(lines)} before an event's data",
    "framing.amid": lambda lines: f"{_lines(lines)} between an event's data lines",
    "framing.inside": lambda lines: f"{_lines(lines)} behind an event's data",
    "framing.json.escapes": lambda which: f"JSON that escapes more than it must ({which})",
    "framing.json.space": lambda which: f"JSON with other white space ({which})",
    "framing.json.order": lambda _: "JSON whose members are in another order",
    "framing.json.more": lambda _: "JSON with members that no client knows",
    "framing.final_blank_line": lambda _: "no empty line behind the last event",
    "body.framing": lambda framing: {"length": "a Content-Length"}.get(framing, "a body that ends with the connection"),
    "body.extensions": lambda said: f"the HTTP chunk extension {said!r}",
    "body.trailers": lambda _: "trailer fields",
    "body.sizes": lambda how: (
        f"sizes of HTTP chunks in {how}" if how == "capitals" else "zeros before the sizes of HTTP chunks"
    ),
    "body.reads": lambda where: f"reads that end inside HTTP's own framing ({where})",
    "body.http_chunks": lambda size: f"HTTP chunks cut by {size}",
    "body.content_length": lambda _: "a Content-Length beside chunked",
    "body.gzip": lambda _: "a compressed body",
    "body.connection": lambda _: "Connection: close",
    "headers": lambda names: _head_fields(names),
    "field_case": lambda case: f"field names in {'capitals' if case == 'upper' else 'title case'}",
    "interim": lambda statuses: f"the interim response {', '.join(map(str, statuses))}",
    "pace": lambda _: "pauses",
    "before_body": lambda _: "an answer before the request's body",
}


def _head_fields(names: Mapping[str, str | None]) -> str:
    if len(names) > MOST_FIELDS:
        return f"{len(names)} more header fields"
    said = ", ".join(f"{name}: {value}" for name, value in names.items())
    return f"the header {said if len(said) <= MOST_SAID else f'{said[:MOST_SAID]}…'}"


def _lines(lines: tuple[str, ...]) -> str:
    if not any(lines):
        return "an empty line" if len(lines) == 1 else "empty lines"
    return f"the line{'s' * (len(lines) > 1)} {', '.join(map(repr, lines))}"


def _of_words(reply: Reply) -> _Variants:
    for word in fields(Reply):
        if word.name in _LEFT:
            continue
        value: Any = getattr(reply, word.name)
        plain: Any = getattr(_PLAIN, word.name)
        if word.name == "body":
            value, plain = _body(value), Body()
        for said, without in _less(word.name, value, plain):
            yield said, said, _changed(reply, **{word.name: without})


def _less(path: str, value: Any, plain: Any) -> Iterator[tuple[str, Any]]:
    """What is said of each part of a word's value that is not as it is by default, and the value without it."""
    if path in _SAID or not is_dataclass(value):
        if value != plain:
            yield _said(path, value), plain
        return
    for part in fields(value):
        for feature, without in _less(f"{path}.{part.name}", getattr(value, part.name), getattr(plain, part.name)):
            if (changed := _changed(value, **{part.name: without})) is not None:
                yield feature, changed


def _body(form: Any) -> Body:
    return form if isinstance(form, Body) else Body(framing=form)


def _said(path: str, value: object) -> str:
    said = _SAID.get(path)
    return said(value) if said else f"{path}: {value}"


# --- what is broken, and where reads end ----------------------------------------------------------------


def _of_faults(reply: Reply) -> _Variants:
    """Those in the content: without a broken end another outcome would be right."""
    for fault in reply.faults if reply.speaks else ():
        if fault.about == "content" and not fault.ends_well:
            rest = tuple(each for each in reply.faults if each is not fault)
            yield FAULTS[fault.name].trait or fault.name, fault.name, _changed(reply, faults=rest)


def _of_reads(reply: Reply) -> _Variants:
    if reply.segments in ("free", "whole"):
        return
    if reply.segments != "event":
        yield _read_ends(reply), "reads", _changed(reply, segments="event")
    yield SEVERAL[1], "reads", _changed(reply, segments="whole")


def _read_ends(reply: Reply) -> str:
    """Where its reads end, the worst first."""
    plan = build(reply, RequestContext())
    ends = [(plan.payload[:at], plan.payload[at:]) for at in cuts(plan) or () if 0 < at < plan.size]
    if any(0x80 <= after[0] < 0xC0 for _, after in ends):
        return "a read that ends inside a character"
    if any(before.endswith(b"\r") and after.startswith(b"\n") for before, after in ends):
        return "a read that ends between CR and LF"
    if any(before[-1:] not in b"\r\n" for before, _ in ends):
        return "a read that ends inside a line"
    return "a read that ends inside an event" if ends else "a read for each segment"

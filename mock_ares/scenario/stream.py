"""How a reply's text is cut, timed, spelled, read and carried: the words inside a reply, in that order.

Durations are in seconds here; files give them a unit.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, ClassVar, Literal

from mock_ares.scenario.diagnostics import Finding
from mock_ares.scenario.fields import FieldTexts, field_value_mistake, trailer_mistakes
from mock_ares.scenario.mapping import Check, OneOf, Words, said, some
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import ByType, Count, Duration, Fraction, Index, Rate, Size, Switch, Whole

MOST_WORDS = 5_000_000


@dataclass(frozen=True, slots=True)
class Range(Words):
    """From ``min`` to ``max``, both included; drawn by the seed."""

    min: Count = 1
    """The least."""
    max: Count = 8
    """The most."""

    def together(self) -> Iterator[Finding]:
        if self.min > self.max:
            yield (), f"min is {self.min}, which is more than max, {self.max}"


def _hex_mistakes(digits: str) -> Iterator[Finding]:
    whole = re.fullmatch(r"(?:[0-9a-fA-F]{2})+", digits)
    return said(None if whole else f"expected bytes of two hexadecimal digits each, not {digits[:40]!r}")


@dataclass(frozen=True, slots=True)
class Hex(Words):
    """Bytes that are no text."""

    checks: ClassVar[Mapping[str, Check]] = {"hex": _hex_mistakes}

    hex: str
    """In hexadecimal."""


@dataclass(frozen=True, slots=True)
class Text(OneOf):
    """A text that is not written out: exactly one of these."""

    what: ClassVar[str] = "text"
    checks: ClassVar[Mapping[str, Check]] = {
        "template": lambda template: said(_template_mistake(template)),
        "recorded": lambda runs: chain(some(runs), _run_mistakes(runs)),
    }

    file: str | None = None
    """A UTF-8 file in the scenario's folder or below; the text is the whole of it, a last line end too."""
    words: Annotated[int, Whole(1, MOST_WORDS)] | None = None
    """So many generated words, the same for the same seed."""
    bytes: Size | None = None
    """Generated text of exactly this size, such as 70KB."""
    template: str | None = None
    """``{message}`` in it becomes the request's message; every other brace stays."""
    recorded: tuple[Annotated[str | Hex, ByType("a text, or hex: bytes in hexadecimal")], ...] | None = None
    """The bytes of an event stream, in runs of any length: the text is what its events say. ``{context_id}`` in records
    becomes the request's."""


def _run_mistakes(runs: tuple[str | Hex, ...]) -> Iterator[Finding]:
    for index, run in enumerate(runs):
        if isinstance(run, str) and any("\ud800" <= char <= "\udfff" for char in run):
            yield (index,), "a lone surrogate is no byte: write {hex: ff}, as an item of its own"


def _template_mistake(template: str) -> str | None:
    return None if "{message}" in template else "a template has {message} in it; write a fixed text as text: ..."


@dataclass(frozen=True, slots=True)
class Chunks(OneOf):
    """How the text is cut into chunks: exactly one of these, counted in characters (code points)."""

    what: ClassVar[str] = "chunks"
    checks: ClassVar[Mapping[str, Check]] = {"sizes": some, "at": some}

    every: Count | None = None
    """Chunks of so many characters."""
    sizes: tuple[Count, ...] | None = None
    """Chunks of these sizes, over and over."""
    at: tuple[Index, ...] | None = None
    """Cuts before the characters of these numbers, counted from 0."""
    random: Range | None = None
    """Sizes drawn by the seed."""


ChunkWord = Literal["words", "characters", "graphemes", "mid-word", "whole", "recorded"]
Chunking = Annotated[
    ChunkWord | Chunks | tuple[str, ...],
    ByType(
        "words, characters, graphemes, mid-word, whole, recorded, a list of the chunks, or every, sizes, at or random"
    ),
]


@dataclass(frozen=True, slots=True)
class Pause(Words):
    """A silence at a position."""

    at: Where
    """Where it falls: the bytes before this place leave before it, the others after it."""
    lasts: Duration | None = None
    """How long; without it, and without until, the silence never ends."""
    until: Literal["released"] | None = None
    """released: it ends when a test says so, or the control API, or the console."""

    def together(self) -> Iterator[Finding]:
        if self.until is not None and self.lasts is not None:
            yield ("until",), "a pause lasts so long, or until it is released, not both; leave out lasts or until"

    @property
    def endless(self) -> bool:
        """Whether nothing ends it but the client."""
        return self.lasts is None and self.until is None


@dataclass(frozen=True, slots=True)
class Pace(Words):
    """When things leave, counted from the moment the request was complete."""

    checks: ClassVar[Mapping[str, Check]] = {
        "tokens_per_second": lambda value: said(None if value > 0 else f"expected more than 0, not {value:g}"),
        "intervals": some,
        "keep_alive": lambda value: said(None if value > 0 else f"expected more than 0 s, not {value:g} s"),
    }

    head: Duration = 0.0
    """How long the response head is held back."""
    first: Duration = 0.0
    """From the head to the first chunk."""
    every: Duration | None = None
    """From one chunk to the next."""
    tokens_per_second: Rate | None = None
    """The same as a rate: so many chunks in a second."""
    intervals: tuple[Duration, ...] | None = None
    """From one chunk to the next, in turn, over and over."""
    jitter: Fraction = 0.0
    """Each interval is longer or shorter by up to this share of it, drawn by the seed."""
    pauses: tuple[Pause, ...] = ()
    """Silences at positions."""
    keep_alive: Duration | None = None
    """A comment is sent after so long a silence between events."""

    def together(self) -> Iterator[Finding]:
        given = [word for word in ("every", "tokens_per_second", "intervals") if getattr(self, word) is not None]
        if len(given) > 1:
            yield (given[1],), f"pace takes {given[0]} or {given[1]}, not both"

    @property
    def interval(self) -> float:
        """Seconds from one chunk to the next, on average."""
        if self.intervals is not None:
            return sum(self.intervals) / len(self.intervals)
        if self.tokens_per_second is not None:
            return 1.0 / self.tokens_per_second
        return self.every or 0.0


def _names_a_type(line: str) -> bool:
    name, _, value = line.partition(":")
    return name == "event" and value.removeprefix(" ") not in ("", "message")


def _broken(lines: tuple[str, ...]) -> Iterator[Finding]:
    for index, line in enumerate(lines):
        if "\n" in line or "\r" in line:
            yield (index,), "an item is one line, without its line end; write two items"


def _block_mistakes(lines: tuple[str, ...]) -> Iterator[Finding]:
    """A block of its own may hold data where it has an event type, which takes it out of the text.

    A JSON object may be a record that says nothing of the reply; whether it is depends on the dialect.
    """
    yield from _broken(lines)
    if not any(map(_names_a_type, lines)) and not any(line.startswith(("data: {", "data:{")) for line in lines):
        yield from _data(lines, "a data line would add to the text; put an event: of another type before it")


def _line_mistakes(lines: tuple[str, ...]) -> Iterator[Finding]:
    """Lines in an event of the answer can neither add data nor change its type."""
    yield from _broken(lines)
    yield from _data(lines, "a data line in these events would add to the text; use between")
    for index, line in enumerate(lines):
        if _names_a_type(line):
            yield (index,), "another event type would hide the text; only message, or nothing, can stand here"


def _data(lines: tuple[str, ...], message: str) -> Iterator[Finding]:
    return (((index,), message) for index, line in enumerate(lines) if line.split(":", 1)[0] == "data")


@dataclass(frozen=True, slots=True)
class Json(Words):
    """How the JSON of a record is written (RFC 8259): the same record, in other bytes."""

    escapes: Literal["usual", "non-ascii", "short", "all"] = "usual"
    """usual: what must be. non-ascii: what is not ASCII, as \\u. short: a solidus, too. all: each character, as \\u."""
    space: Literal["usual", "none", "much", "lines"] = "usual"
    """Around names and values. lines: over several lines, which makes several data lines of the event."""
    order: Literal["usual", "reversed"] = "usual"
    """Of the members."""
    more: Switch = False
    """Members that no client knows, the names that count inside them."""


@dataclass(frozen=True, slots=True)
class Framing(Words):
    """How events are spelled (WHATWG HTML 9.2.5, 9.2.6). Lines are given as they stand on the wire."""

    checks: ClassVar[Mapping[str, Check]] = {
        "first": _block_mistakes,
        "between": _block_mistakes,
        "before": _line_mistakes,
        "amid": _line_mistakes,
        "inside": _line_mistakes,
    }

    newline: Literal["lf", "crlf", "cr", "mixed"] = "lf"
    """How lines end; mixed draws by the seed."""
    space: Switch = True
    """One space behind the colon; without it a value that begins with a space still gets one."""
    bom: Switch = False
    """U+FEFF before everything else."""
    bare_empty: Switch = False
    """An empty value is written as the field name alone."""
    first: tuple[str, ...] = ()
    """Lines of a block of its own before the first event."""
    between: tuple[str, ...] = ()
    """Lines of a block of its own between two events."""
    before: tuple[str, ...] = ()
    """Lines in each event, before its data."""
    amid: tuple[str, ...] = ()
    """Lines in each event, between every two of its data lines."""
    inside: tuple[str, ...] = ()
    """Lines in each event, after its data."""
    json: Json = Json()
    """How the JSON of records is written, in a dialect that has them."""
    final_blank_line: Switch = True
    """False: the last event is left without the blank line that ends it."""

    def together(self) -> Iterator[Finding]:
        for word in ("first", "before"):
            if not self.bom and any(line.startswith("\ufeff") for line in getattr(self, word)):
                yield (word,), "a U+FEFF that may come first is the byte order mark, which is taken off; set bom: true"


@dataclass(frozen=True, slots=True)
class Segments(OneOf):
    """Where the client's reads end: exactly one of these, counted in payload bytes."""

    what: ClassVar[str] = "segments"
    checks: ClassVar[Mapping[str, Check]] = {"at": some}

    every: Count | None = None
    """After every so many bytes."""
    at: tuple[Count, ...] | None = None
    """After the bytes of these numbers."""
    inside: Literal["utf8", "prefix", "line", "crlf"] | None = None
    """In every character of several bytes, ``data: ``, line, or pair of CR and LF."""
    random: Range | None = None
    """Sizes drawn by the seed."""


SegmentWord = Literal["free", "event", "whole", "byte"]
Segmentation = Annotated[SegmentWord | Segments, ByType("free, event, whole, byte, or every, at, inside or random")]

BodyWord = Literal["chunked", "length", "close", "http1.0"]
HttpChunks = Annotated[
    Literal["event", "segment", "whole"] | Count, ByType("event, segment, whole, or a number of bytes")
]


def _extension_mistakes(extensions: str) -> Iterator[Finding]:
    if not extensions.lstrip(" \t").startswith(";"):
        return said(f"extensions begin with a semicolon, as in ;a=b; there is {extensions!r}")
    return said(field_value_mistake(extensions))


@dataclass(frozen=True, slots=True)
class Body(Words):
    """How HTTP carries the payload (RFC 9112 6, 7)."""

    checks: ClassVar[Mapping[str, Check]] = {"extensions": _extension_mistakes, "trailers": trailer_mistakes}

    framing: BodyWord = "chunked"
    """chunked; length: a Content-Length; close: ended by the connection's end; http1.0: the same from a 1.0 server."""
    extensions: str | None = None
    """Behind each chunk size, with its semicolon, as in ;a=b."""
    trailers: Annotated[Mapping[str, str], FieldTexts(null=False)] = dataclasses.field(default_factory=dict)
    """Fields behind the last chunk."""
    http_chunks: HttpChunks | None = None
    """What one HTTP chunk holds; by default a segment where segments are promised, else an event."""
    sizes: Literal["usual", "capitals", "zeros"] = "usual"
    """How the size of an HTTP chunk is written: in capital digits, or with zeros before it (RFC 9112 7.1)."""
    reads: Literal["head", "size", "crlf", "last"] | None = None
    """Reads end inside HTTP's own framing: in the head's lines and line ends, in each size line, between the CR and LF
    behind each chunk, all through the last chunk. It takes segments other than free."""
    content_length: Index | None = None
    """A Content-Length beside the HTTP chunks, which count alone, or are an error (RFC 9112 6.3)."""
    frames: HttpChunks | None = None
    """What one DATA frame holds, over HTTP/2; by default a segment where segments are promised, else an event."""
    padding: Annotated[int, Whole(0, 255)] = 0
    """Bytes of padding in each DATA frame (RFC 9113 6.1)."""
    beside: tuple[Literal["ping", "settings", "window", "unknown"], ...] = ()
    """Frames before each DATA frame that are none of a client's business: it passes over them (RFC 9113 5.5)."""
    gzip: Literal["event", "whole"] | None = None
    """Compressed when the client accepts it, flushed after each event or not at all."""
    connection: Literal["keep-alive", "close", "idle-close", "idle-reset"] = "keep-alive"
    """close: the head says that the connection ends with this reply. idle-close, idle-reset: it promises to keep the
    connection, which ends by FIN, or RST, when all has been read."""

    def together(self) -> Iterator[Finding]:
        for name in ("extensions", "trailers", "http_chunks", "sizes", "reads", "content_length"):
            if getattr(self, name) not in (None, {}, "", "usual", "head") and self.framing != "chunked":
                yield (name,), f"{name} need framing: chunked, not {self.framing}"
        if self.connection.startswith("idle") and self.framing not in ("chunked", "length"):
            yield ("connection",), f"a body of framing {self.framing} ends its connection"
        if self.reads not in (None, "head") and self.http_chunks is not None:
            yield ("reads",), "reads are told for the HTTP chunks that reads make; leave http_chunks out"


BodyForm = Annotated[BodyWord | Body, ByType("chunked, length, close, http1.0, or a mapping")]

"""How a reply's text is cut, timed, spelled, read and carried: the words inside a reply, in that order.

Durations are in seconds here; files give them a unit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from mock_ares.scenario.fields import refused, refused_value
from mock_ares.scenario.mistakes import Finding, Place, WordsError
from mock_ares.scenario.position import Where
from mock_ares.scenario.words import ByType, Count, Duration, Fraction, Index, OneOf, Rate, Size, Switch, Whole, Words

MOST_WORDS = 5_000_000


@dataclass(frozen=True, slots=True)
class Range(Words):
    """From ``min`` to ``max``, both included; drawn by the seed."""

    min: Count = 1
    max: Count = 8

    def __post_init__(self) -> None:
        if self.min > self.max:
            raise ValueError(f"min is {self.min}, which is more than max, {self.max}")


@dataclass(frozen=True, slots=True)
class Text(OneOf):
    """A text that is not written out: exactly one of these."""

    what: ClassVar[str] = "text"

    file: str | None = None
    """A UTF-8 file in the scenario's folder or below; the text is the whole of it, a last line end too."""
    words: Annotated[int, Whole(1, MOST_WORDS)] | None = None
    """So many generated words, the same for the same seed."""
    bytes: Size | None = None
    """Generated text of exactly this size, such as 70KB."""
    template: str | None = None
    """``{message}`` in it becomes the request's message; every other brace stays."""

    def __post_init__(self) -> None:
        OneOf.__post_init__(self)
        if self.template is not None and "{message}" not in self.template:
            raise WordsError((("template",), "a template has {message} in it; write a fixed text as text: ..."))


@dataclass(frozen=True, slots=True)
class Chunks(OneOf):
    """How the text is cut into chunks: exactly one of these, counted in characters (code points)."""

    what: ClassVar[str] = "chunks"

    every: Count | None = None
    """Chunks of so many characters."""
    sizes: tuple[Count, ...] | None = None
    """Chunks of these sizes, over and over."""
    at: tuple[Index, ...] | None = None
    """Cuts before the characters of these numbers, counted from 0."""
    random: Range | None = None
    """Sizes drawn by the seed."""

    def __post_init__(self) -> None:
        OneOf.__post_init__(self)
        for name in ("sizes", "at"):
            if getattr(self, name) == ():
                raise WordsError(((name,), "at least one number must stand here"))


ChunkWord = Literal["words", "characters", "graphemes", "mid-word", "whole"]
Chunking = Annotated[
    ChunkWord | Chunks | tuple[str, ...],
    ByType("words, characters, graphemes, mid-word, whole, a list of the chunks, or every, sizes, at or random"),
]


@dataclass(frozen=True, slots=True)
class Pause(Words):
    """A silence at a position."""

    at: Where
    """Where it falls: the bytes before this place leave before it, the others after it."""
    lasts: Duration | None = None
    """How long; without it the silence never ends."""


@dataclass(frozen=True, slots=True)
class Pace(Words):
    """When things leave, counted from the moment the request was complete."""

    head: Duration = 0.0
    """How long the response head is held back."""
    first: Duration = 0.0
    """From the head to the first chunk."""
    every: Duration | None = None
    """From one chunk to the next."""
    tokens_per_second: Rate | None = None
    """The same as a rate: so many chunks in a second."""
    jitter: Fraction = 0.0
    """Each interval is longer or shorter by up to this share of it, drawn by the seed."""
    pauses: tuple[Pause, ...] = ()
    """Silences at positions."""
    keep_alive: Duration | None = None
    """A comment is sent after so long a silence between events."""

    def __post_init__(self) -> None:
        if self.every is not None and self.tokens_per_second is not None:
            raise WordsError((("tokens_per_second",), "pace takes every or tokens_per_second, not both"))
        if self.tokens_per_second is not None and not self.tokens_per_second > 0:
            raise WordsError((("tokens_per_second",), "tokens_per_second must be more than 0"))
        if self.keep_alive is not None and not self.keep_alive > 0:
            raise WordsError((("keep_alive",), "keep_alive must be more than 0"))

    @property
    def interval(self) -> float:
        """Seconds from one chunk to the next."""
        if self.tokens_per_second is not None:
            return 1.0 / self.tokens_per_second
        return self.every or 0.0


@dataclass(frozen=True, slots=True)
class Framing(Words):
    """How events are spelled (WHATWG HTML 9.2.5, 9.2.6). Lines are given as they stand on the wire."""

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
    inside: tuple[str, ...] = ()
    """Lines in each event, after its data."""
    final_blank_line: Switch = True
    """False: the last event is left without the blank line that ends it."""

    def __post_init__(self) -> None:
        if found := [*self._broken_lines(), *self._altering_lines()]:
            raise WordsError(*found)

    def _broken_lines(self) -> Iterator[Finding]:
        for name in ("first", "between", "before", "inside"):
            for index, line in enumerate(getattr(self, name)):
                if "\n" in line or "\r" in line:
                    yield (name, index), "an item is one line, without its line end; write two items"

    def _altering_lines(self) -> Iterator[Finding]:
        """Lines that would add to the text, or make a client pass over some of it."""
        for name in ("first", "between"):
            lines: tuple[str, ...] = getattr(self, name)
            if not any(map(_names_a_type, lines)):
                yield from ((place, _ADDS) for place in _data_lines(name, lines))
        for name in ("before", "inside"):
            lines = getattr(self, name)
            yield from ((place, _ADDS) for place in _data_lines(name, lines))
            typed = (index for index, line in enumerate(lines) if _names_a_type(line))
            yield from (((name, index), _HIDES) for index in typed)


_ADDS = "a data line would add to the text; only a block in first or between with an event type of its own has any"
_HIDES = "an event type would hide the text; only message, or nothing, can stand in the events that carry it"


def _data_lines(name: str, lines: tuple[str, ...]) -> Iterator[Place]:
    return ((name, index) for index, line in enumerate(lines) if line.split(":", 1)[0] == "data")


def _names_a_type(line: str) -> bool:
    name, _, value = line.partition(":")
    return name == "event" and value.removeprefix(" ") not in ("", "message")


@dataclass(frozen=True, slots=True)
class Segments(OneOf):
    """Where the client's reads end: exactly one of these, counted in payload bytes."""

    what: ClassVar[str] = "segments"

    every: Count | None = None
    """After every so many bytes."""
    at: tuple[Count, ...] | None = None
    """After the bytes of these numbers."""
    inside: Literal["utf8", "prefix", "line", "crlf"] | None = None
    """In every character of several bytes, ``data: ``, line, or pair of CR and LF."""
    random: Range | None = None
    """Sizes drawn by the seed."""

    def __post_init__(self) -> None:
        OneOf.__post_init__(self)
        if self.at == ():
            raise WordsError((("at",), "at least one number must stand here"))


SegmentWord = Literal["free", "event", "whole", "byte"]
Segmentation = Annotated[SegmentWord | Segments, ByType("free, event, whole, byte, or every, at, inside or random")]

BodyWord = Literal["chunked", "length", "close", "http1.0"]
HttpChunks = Annotated[
    Literal["event", "segment", "whole"] | Count, ByType("event, segment, whole, or a number of bytes")
]


@dataclass(frozen=True, slots=True)
class Body(Words):
    """How HTTP carries the payload (RFC 9112 6, 7)."""

    framing: BodyWord = "chunked"
    """chunked; length: a Content-Length; close: ended by the connection's end; http1.0: the same from a 1.0 server."""
    extensions: str | None = None
    """Behind each chunk size, with its semicolon, as in ;a=b."""
    trailers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Fields behind the last chunk."""
    http_chunks: HttpChunks | None = None
    """What one HTTP chunk holds; by default a segment where segments are promised, else an event."""
    gzip: Literal["event", "whole"] | None = None
    """Compressed when the client accepts it, flushed after each event or not at all."""
    connection: Literal["keep-alive", "close"] = "keep-alive"
    """close: the head says that the connection ends with this reply."""

    def __post_init__(self) -> None:
        if found := list(self._mistakes()):
            raise WordsError(*found)

    def _mistakes(self) -> Iterator[Finding]:
        if self.extensions is not None:
            if not self.extensions.lstrip(" \t").startswith(";"):
                yield ("extensions",), f"extensions begin with a semicolon, as in ;a=b; there is {self.extensions!r}"
            elif reason := refused_value(self.extensions):
                yield ("extensions",), reason
        yield from refused("trailers", self.trailers)
        if self.framing != "chunked":
            for name in ("extensions", "trailers", "http_chunks"):
                if getattr(self, name):
                    yield (name,), f"{name} need framing: chunked, not {self.framing}"


BodyForm = Annotated[BodyWord | Body, ByType("chunked, length, close, http1.0, or a mapping")]

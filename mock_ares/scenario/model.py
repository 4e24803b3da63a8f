"""What authors write, in YAML and in Python with the same words.

Frozen standard data classes, and no validation library: a Python user pays for nothing but these. Durations are in
seconds here; files give them a unit. A scenario is a list of replies; a reply is a text and how it travels
(``stream``), or an HTTP answer that is no stream. What no type can say is checked when an object is made; such a
mistake names the word it is about.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

from mock_ares.scenario.fault import FaultList
from mock_ares.scenario.fields import refused
from mock_ares.scenario.mistakes import Finding, WordsError, listed, nearest
from mock_ares.scenario.position import Position, Where
from mock_ares.scenario.stream import (
    Body,
    BodyForm,
    BodyWord,
    Chunking,
    Chunks,
    ChunkWord,
    Framing,
    HttpChunks,
    Pace,
    Pause,
    Range,
    Segmentation,
    Segments,
    SegmentWord,
    Text,
)
from mock_ares.scenario.words import ByType, Duration, Index, OneOf, Words

DialectName = Literal["text", "lines", "delta", "typed"]


class Absent(Enum):
    """Where JSON's null is a value, this is none."""

    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Content(OneOf):
    """The body of an answer that is no stream: exactly one of these."""

    what: ClassVar[str] = "content"

    json: Any = Absent.ABSENT
    """Any value; sent as application/json."""
    html: str | None = None
    """Sent as text/html."""
    plain: str | None = None
    """Sent as text/plain."""


@dataclass(frozen=True, slots=True)
class Redirect(Words):
    """A redirect that keeps method and body (RFC 9110 15.4)."""

    status: Literal[307, 308] = 307
    to: Literal["same", "away"] = "same"
    """The same path on this origin, or another host name of this machine, which answers without credentials."""


@dataclass(frozen=True, slots=True)
class RetryAfter(Words):
    """Retry-After as a date (RFC 9110 10.2.3)."""

    date: Duration
    """How far ahead of the answer it lies."""


@dataclass(frozen=True, slots=True)
class Reply(Words):
    """One answer: a text and how it travels, or ``error``, ``redirect`` or ``status`` with ``content``."""

    text: Annotated[str | Text | None, ByType("a text, or file, words, bytes or template")] = None
    """What the reply says."""
    chunks: Chunking = "words"
    """How the text is cut into chunks, or the chunks themselves. A chunk is one data event."""
    dialect: DialectName | None = None
    """How chunks become events; by default the profile's way."""
    pace: Pace = Pace()
    """When things leave."""
    framing: Framing = Framing()
    """How events are spelled."""
    segments: Segmentation = "free"
    """Where the client's reads end; free: no promise."""
    body: BodyForm = "chunked"
    """How HTTP carries the payload."""
    faults: FaultList = ()
    """What goes wrong, in this order."""
    interim: tuple[Literal[100, 103], ...] = ()
    """Responses that come before the real one (RFC 9110 15.2)."""
    status: Annotated[int | None, ByType("a status such as 503")] = None
    """Another status than 200, or than the named error's."""
    headers: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    """Added to the head; one that is there already is replaced, or left out where the value is null."""
    content: Annotated[Literal["empty"] | Content | None, ByType("empty, or json, html or plain")] = None
    """A body that is no stream."""
    error: str | None = None
    """A named HTTP error, as `mock-ares list errors` shows them."""
    retry_after: Annotated[Duration | RetryAfter | None, ByType("a duration, or date: a duration")] = None
    """The Retry-After field of an error: whole seconds, or a date."""
    redirect: Redirect | None = None
    """Sends the client elsewhere; its next request gets the next reply."""
    seed: Index | None = None
    """For everything random in this reply; by default the scenario's."""

    def __post_init__(self) -> None:
        if found := [*self._kind(), *self._status(), *refused("headers", self.headers)]:
            raise WordsError(*found)

    @property
    def speaks(self) -> bool:
        """Whether it has a text, so that it is a stream."""
        return self.text is not None or isinstance(self.chunks, tuple)

    def _kind(self) -> Iterator[Finding]:
        kinds = [name for name in ("error", "redirect", "content") if getattr(self, name) is not None]
        if self.speaks:
            kinds.insert(0, "text" if self.text is not None else "chunks")
        if len(kinds) > 1:
            yield (kinds[1],), f"a reply is one thing: {listed(kinds, 'and')} exclude each other"
        if not kinds and self.status is None and not any(fault.stands_alone for fault in self.faults):
            words = "text, chunks, error, redirect, status, content, or a fault such as empty_reply"
            yield (), f"a reply needs {words}"
        if isinstance(self.chunks, tuple) and self.text is not None and self.text != "".join(self.chunks):
            yield ("text",), "text and the list of chunks say different things; leave text out"

    def _status(self) -> Iterator[Finding]:
        if self.status is not None and not 200 <= self.status <= 599:
            yield ("status",), f"a status is from 200 to 599, not {self.status}; 100 and 103 go into interim: [103]"
        elif self.status in (204, 205, 304) and (self.speaks or self.content not in (None, "empty")):
            yield ("status",), f"an answer of status {self.status} has no body (RFC 9110 15), so it can say nothing"
        if self.retry_after is None:
            return
        if self.error is None and self.status is None:
            yield ("retry_after",), "retry_after goes with an error or a status"
        if isinstance(self.retry_after, (int, float)) and self.retry_after != int(self.retry_after):
            yield ("retry_after",), f"Retry-After counts whole seconds, not {self.retry_after:g} (RFC 9110 10.2.3)"


@dataclass(frozen=True, slots=True)
class Match(OneOf):
    """How a value is compared: exactly one of these."""

    what: ClassVar[str] = "a match"

    exact: str | None = None
    contains: str | None = None
    pattern: str | None = None
    """A regular expression (Python's), found anywhere."""

    def __post_init__(self) -> None:
        OneOf.__post_init__(self)
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise WordsError((("pattern",), f"this is no regular expression: {error}")) from None


Matching = Annotated[str | Match, ByType("a text (exact), or exact, contains or pattern")]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class When(Words):
    """When a scenario applies by itself; all that is given must hold."""

    endpoint: str | None = None
    """A path, with the method before it where that is not POST; ``{name}`` stands for any one part of it."""
    agent_type: str | None = None
    """The request's agent_type."""
    message: Matching | None = None
    """The request's message."""
    header: Mapping[str, Matching] = dataclasses.field(default_factory=dict)
    """Request headers, by name in any case."""

    def __post_init__(self) -> None:
        if self.endpoint is None:
            return
        method, space, _ = self.endpoint.rpartition(" ")
        if space and method.upper() not in METHODS:
            raise WordsError((("endpoint",), f"unknown method {method!r}{nearest(method.upper(), METHODS)}"))
        if not re.fullmatch(r"/[^\s?#]*", self.path):
            found = f"POST /api/chat/stream; there is {self.endpoint!r}"
            raise WordsError((("endpoint",), f"expected a path without query, or a method and a path, such as {found}"))

    @property
    def method(self) -> str:
        return self.endpoint.split(" ", 1)[0].upper() if self.endpoint and " " in self.endpoint else "POST"

    @property
    def path(self) -> str:
        return (self.endpoint or "").rsplit(" ", 1)[-1]


@dataclass(frozen=True, slots=True)
class Scenario(Words):
    """When it applies, and the replies it gives in turn."""

    replies: tuple[Reply, ...]
    """Used in turn, for each token by itself."""
    summary: str = ""
    """One sentence that says what it shows."""
    when: When | None = None
    """Without it the scenario is used only where it is asked for by name."""
    then: Literal["repeat", "cycle", "fail"] = "repeat"
    """After the last reply: the last again, the first again, or an error."""
    auth: Literal["jwt", "api-key", "none"] = "none"
    """What a scripted route asks for; ARES's own endpoints ask for theirs."""
    seed: Index = 0
    """For everything random."""
    name: str = ""
    """By default the file's, without its ending."""

    def __post_init__(self) -> None:
        if not self.replies:
            raise WordsError((("replies",), "a scenario needs at least one reply"))


__all__ = [
    "Body", "BodyForm", "BodyWord", "ChunkWord", "Chunking", "Chunks", "Content", "DialectName", "Framing",
    "HttpChunks", "Match", "Pace", "Pause", "Position", "Range", "Redirect", "Reply", "RetryAfter", "Scenario",
    "SegmentWord", "Segmentation", "Segments", "Text", "When", "Where",
]  # fmt: skip

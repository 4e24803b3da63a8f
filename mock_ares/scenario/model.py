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

from mock_ares.dialects import DialectName
from mock_ares.scenario.diagnostics import Finding, listed, nearest
from mock_ares.scenario.fault import FAULTS, FaultList
from mock_ares.scenario.fields import FieldCase, FieldTexts, field_mistakes
from mock_ares.scenario.mapping import Check, OneOf, Words, said, some
from mock_ares.scenario.position import Position, Where
from mock_ares.scenario.stream import (
    Body,
    BodyForm,
    BodyWord,
    Chunking,
    Chunks,
    ChunkWord,
    Framing,
    Hex,
    HttpChunks,
    Json,
    Pace,
    Pause,
    Range,
    Segmentation,
    Segments,
    SegmentWord,
    Text,
)
from mock_ares.scenario.words import ByType, Duration, Index, Seconds, Switch, Whole


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
    """For a while, or for good."""
    to: Literal["same", "away"] = "same"
    """The same path on this origin, or another host name of this machine, which answers without credentials."""


@dataclass(frozen=True, slots=True)
class RetryAfter(Words):
    """Retry-After as a date (RFC 9110 10.2.3)."""

    date: Duration
    """How far ahead of the answer it lies."""


def _status_mistakes(status: int) -> Iterator[Finding]:
    inside = 200 <= status <= 599
    return said(None if inside else f"a status is from 200 to 599, not {status}; 100 and 103 go into interim: [103]")


def _retry_mistakes(value: float | RetryAfter) -> Iterator[Finding]:
    whole = isinstance(value, RetryAfter) or value == int(value)
    return said(None if whole else f"Retry-After counts whole seconds, not {value:g} (RFC 9110 10.2.3)")


@dataclass(frozen=True, slots=True)
class Reply(Words):
    """One answer: a text and how it travels, or ``error``, ``redirect`` or ``status`` with ``content``."""

    checks: ClassVar[Mapping[str, Check]] = {
        "status": _status_mistakes,
        "headers": field_mistakes,
        "retry_after": _retry_mistakes,
    }

    text: Annotated[str | Text | None, ByType("a text, or file, words, bytes, template or recorded")] = None
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
    before_body: Switch = False
    """The answer is sent as soon as the request's head is there, without a 100 Continue; then the connection ends."""
    interim: tuple[Literal[100, 103], ...] = ()
    """Responses that come before the real one (RFC 9110 15.2)."""
    field_case: FieldCase = "given"
    """How the names of fields are written; given: the fake's own in lower case, others as `headers` has them."""
    status: Annotated[int | None, ByType("a status such as 503")] = None
    """Another status than 200, or than the named error's."""
    headers: Annotated[Mapping[str, str | None], FieldTexts(null=True)] = dataclasses.field(default_factory=dict)
    """Added to the head; one that is there already is replaced, or left out where the value is null."""
    content: Annotated[Literal["empty"] | Content | None, ByType("empty, or json, html or plain")] = None
    """A body that is no stream."""
    error: str | None = None
    """A named HTTP error, as `mock-ares list errors` shows them."""
    retry_after: Annotated[Seconds | RetryAfter | None, ByType("a duration, or date: a duration")] = None
    """The Retry-After field of an error: whole seconds, or a date."""
    redirect: Redirect | None = None
    """Sends the client elsewhere; its next request gets the next reply."""
    seed: Index | None = None
    """For everything random in this reply; by default the scenario's."""

    @property
    def is_held(self) -> bool:
        """Whether it has a pause until released."""
        return any(pause.until is not None for pause in self.pace.pauses)

    @property
    def speaks(self) -> bool:
        """Whether it has a text, so that it is a stream."""
        return self.text is not None or isinstance(self.chunks, tuple)

    def together(self) -> Iterator[Finding]:
        kinds = [name for name in ("error", "redirect", "content") if getattr(self, name) is not None]
        if self.speaks:
            kinds.insert(0, "text" if self.text is not None else "chunks")
        if len(kinds) > 1:
            yield (kinds[1],), f"a reply is one thing: {listed(kinds, 'and')} exclude each other"
        if not kinds and self.status is None and not any(fault.about == "response" for fault in self.faults):
            such = next((f" such as {name}" for name, fault in FAULTS.items() if fault.about == "response"), "")
            yield (), f"a reply needs text, chunks, error, redirect, status, content, or a fault{such}"
        if isinstance(self.chunks, tuple) and self.text is not None and self.text != "".join(self.chunks):
            yield ("text",), "text and the list of chunks say different things; leave text out"
        yield from self._recorded()
        yield from self._empty_statuses()
        if self.retry_after is not None and self.error is None and self.status is None:
            yield ("retry_after",), "retry_after goes with an error or a status"
        if not self.speaks and (kinds or self.status is not None):
            yield from self._idle()

    @property
    def recorded(self) -> tuple[str | Hex, ...] | None:
        """The runs of an event stream that its text is taken from."""
        return self.text.recorded if isinstance(self.text, Text) else None

    def _recorded(self) -> Iterator[Finding]:
        if self.recorded is not None and self.dialect is None:
            yield ("text", "recorded"), "recorded events need their dialect beside them"
        if self.chunks == "recorded" and self.recorded is None:
            yield ("chunks",), "these are the chunks of text: {recorded: [...]}"
        if self.chunks == "recorded" and self.framing != _PLAIN.framing:
            yield ("framing",), "chunks: recorded are spelled as they came; with chunks: words they can be respelled"

    def _empty_statuses(self) -> Iterator[Finding]:
        if self.status in (204, 205, 304) and (self.speaks or self.content not in (None, "empty")):
            yield ("status",), f"an answer of status {self.status} has no body (RFC 9110 15), so it can say nothing"

    def _idle(self) -> Iterator[Finding]:
        """Words of a stream in an answer that is none."""
        for word in ("chunks", "dialect", "framing"):
            if getattr(self, word) != getattr(_PLAIN, word):
                yield (word,), f"{word} goes with a text"
        for word in ("every", "tokens_per_second", "intervals", "jitter", "keep_alive"):
            if getattr(self.pace, word) != getattr(_PLAIN.pace, word):
                yield ("pace", word), f"{word} goes with a text"
        if isinstance(self.segments, Segments) and self.segments.inside is not None:
            yield ("segments", "inside"), "inside goes with a text"


_PLAIN = Reply(text="")


def _pattern_mistake(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"this is no regular expression: {error}"
    return None


@dataclass(frozen=True, slots=True)
class Match(OneOf):
    """How a value is compared: exactly one of these."""

    what: ClassVar[str] = "a match"
    checks: ClassVar[Mapping[str, Check]] = {"pattern": lambda pattern: said(_pattern_mistake(pattern))}

    exact: str | None = None
    """The value is this."""
    contains: str | None = None
    """The value has this in it."""
    pattern: str | None = None
    """A regular expression (Python's), found anywhere."""


Matching = Annotated[str | Match, ByType("a text (exact), or exact, contains or pattern")]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def _endpoint_mistakes(endpoint: str) -> Iterator[Finding]:
    method, space, path = endpoint.rpartition(" ")
    if space and method.upper() not in METHODS:
        return said(f"unknown method {method!r}{nearest(method.upper(), METHODS)}")
    if re.fullmatch(r"/[^\s?#]*", path):
        return said()
    wanted = "a path without query, or a method and a path, such as POST /api/chat/stream"
    return said(f"expected {wanted}; there is {endpoint!r}")


@dataclass(frozen=True, slots=True)
class When(Words):
    """When a scenario applies by itself; all that is given must hold."""

    checks: ClassVar[Mapping[str, Check]] = {"endpoint": _endpoint_mistakes}

    endpoint: str | None = None
    """A path, with the method before it where that is not POST; ``{name}`` stands for any one part of it."""
    agent_type: str | None = None
    """The request's agent_type."""
    message: Matching | None = None
    """The request's message."""
    header: Mapping[str, Matching] = dataclasses.field(default_factory=dict)
    """Request headers, by name in any case."""

    @property
    def method(self) -> str:
        return self.endpoint.split(" ", 1)[0].upper() if self.endpoint and " " in self.endpoint else "POST"

    @property
    def path(self) -> str:
        return (self.endpoint or "").rsplit(" ", 1)[-1]


BadTls = Literal[
    "expired", "not-yet-valid", "wrong-host", "unknown-authority", "self-signed", "tls-1.1", "endless-handshake"
]
"""What a client must refuse to go on with."""


@dataclass(frozen=True, slots=True)
class Counterexample(Words):
    """What a client that failed a check of the contract is judged by; `mock-ares replay` plays it again."""

    id: str
    """The check, as `mock-ares list checks` shows them."""
    outcome: Literal["exact", "error", "either", "undetectable"] | None = None
    """What a correct client concludes, where the check allows more than the bytes say."""
    message: str = "Explain how neural networks learn"
    """What the client is asked to send."""
    path: str = "/api/chat/stream"
    """Where the client is pointed."""
    judged: Annotated[int, Whole(-1)] = -1
    """Which reply it is judged against, counted from 0; -1: the last that it asked for."""
    cancel_after: Index | None = None
    """Its caller stops after so many characters have been shown."""
    cancel_in: Duration | None = None
    """Its caller stops after so long, whatever has been shown."""
    questions: Annotated[int, Whole(1)] = 1
    """It is asked so many times, and judged by the last answer."""
    at_once: Switch = False
    """It is asked two questions at once."""
    withhold: Switch = False
    """Each piece is sent only when the client has shown the one before."""
    refused: Switch = False
    """The client is pointed at a port that refuses connections."""
    new_chat: Switch = False
    """Between two questions at once another chat is begun, in a page."""
    bad_tls: BadTls | None = None
    """The client is pointed at a listener that it must refuse, for its certificate or how it speaks TLS."""


@dataclass(frozen=True, slots=True)
class Scenario(Words):
    """When it applies, and the replies it gives in turn."""

    checks: ClassVar[Mapping[str, Check]] = {"replies": some}

    def together(self) -> Iterator[Finding]:
        if self.when is None or (self.when.message is None and self.when.agent_type is None):
            return
        for index, reply in enumerate(self.replies):
            if reply.before_body:
                yield ("replies", index, "before_body"), "message and agent_type are in the body, which comes later"

    @property
    def answers_early(self) -> bool:
        """Whether one of its replies does not wait for the request's body."""
        return any(reply.before_body for reply in self.replies)

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
    check: Counterexample | None = None
    """Makes it a counterexample of the contract, to be replayed."""


__all__ = [
    "Body", "BodyForm", "BodyWord", "ChunkWord", "Chunking", "Chunks", "Content", "Counterexample", "DialectName",
    "Framing", "Hex", "HttpChunks", "Json", "Match", "Pace", "Pause", "Position", "Range", "Redirect", "Reply",
    "RetryAfter", "Scenario", "SegmentWord", "Segmentation", "Segments", "Text", "When", "Where",
]  # fmt: skip

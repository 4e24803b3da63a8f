"""What an answer must be, beside its status: each judgement gives the difference in a sentence, or None."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from mock_ares.ares.profiles import Profile
from mock_ares.dialects import DIALECTS
from mock_ares.dialects.base import records
from mock_ares.sse import Decoder, LineDecoder, decode
from mock_ares.verify.exchange import HttpAnswer, Probe

EVENTS = "text/event-stream"
FIELDS = frozenset({"data", "event", "id", "retry", ""})
"""Of a line of an event stream (WHATWG HTML 9.2.6); the empty one is a comment's."""
QUICK = 1.0
"""Seconds within which several chunks may come at once without having been held back."""
LATE = 1.5
"""Seconds that a comment may be late."""


class Described(Protocol):
    def difference(self, ask: Probe, answer: HttpAnswer) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a judgement looks at."""

    ask: Probe
    answer: HttpAnswer
    profile: Profile
    document: Described


Judge = Callable[[Seen], str | None]


class UndecidedError(Exception):
    """The answer does not say: why."""


class UnableError(Exception):
    """The server says that it cannot: how."""


def described(seen: Seen) -> str | None:
    return seen.document.difference(seen.ask, seen.answer)


def no_events(seen: Seen) -> str | None:
    if seen.answer.media_type == EVENTS:
        return f"an error is an ordinary answer, and this one has the type {EVENTS}"
    return "its body looks like an event stream" if seen.answer.body.startswith(b"data:") else None


def error_object(seen: Seen) -> str | None:
    if seen.answer.media_type != "application/json":
        return f"the type is {seen.answer.media_type or 'missing'} in place of application/json"
    said = json_of(seen.answer.body)
    if not isinstance(said, dict) or not isinstance(said.get("error"), str):
        return 'the body is no object with a text in "error"'
    return None


def empty(seen: Seen) -> str | None:
    return f"there is a body of {len(seen.answer.body):,} bytes in place of none" if seen.answer.body else None


def allows_post(seen: Seen) -> str | None:
    allowed = seen.answer.field("allow")
    if "POST" in (method.strip() for method in allowed.split(",")):
        return None
    return f"Allow is {allowed!r}, without POST" if allowed else "there is no Allow"


def ok(seen: Seen) -> str | None:
    return None if seen.answer.body == b"OK" else f"the body is {_short(seen.answer.body.decode('latin-1'))}, not 'OK'"


def kept(seen: Seen) -> str | None:
    return None if seen.answer.kept else "the connection takes no second request, though the first was answered whole"


# Streams


def event_stream(seen: Seen) -> str | None:
    value = seen.answer.field("content-type")
    if seen.answer.media_type != EVENTS:
        return f"the type is {value or 'missing'} in place of {EVENTS}"
    charset = value.lower().partition("charset=")[2].strip('" ')
    return None if charset in ("", "utf-8") else f"the charset is {charset}, and an event stream is UTF-8 always"


def framed(seen: Seen) -> str | None:
    """By the standard: known fields, and a blank line behind the last event."""
    decoder = LineDecoder()
    lines = decoder.feed(seen.answer.body)
    if rest := decoder.close():
        return f"the last line has no end: {_short(rest[0])}"
    for line in lines:
        if line and line.partition(":")[0] not in FIELDS:
            return f"a line is no field of an event, so readers pass it over: {_short(line)}"
    if not lines:
        return "there are no lines"
    return None if lines[-1] == "" else f"no blank line follows the last event, so it is lost: {_short(lines[-1])}"


def utf8(seen: Seen) -> str | None:
    try:
        seen.answer.body.decode()
    except UnicodeDecodeError as error:
        return f"bytes that are no UTF-8, from byte {error.start} on: {error.object[error.start : error.start + 8]!r}"
    return None


def in_dialect(seen: Seen) -> str | None:
    wanted, found = _dialect(seen), spoken(seen.answer.body)
    return None if found == wanted else f"the chunks come in the dialect {found} in place of {wanted}"


def one_by_one(seen: Seen) -> str | None:
    moments = list(_moments(seen.answer))
    if len(moments) < 3:
        raise UndecidedError("the answer has too few events to tell")
    if len(set(moments)) > 1:
        return None
    if moments[0] < QUICK:
        raise UndecidedError(f"all {len(moments)} events came at once, and within {QUICK:g} s that says nothing")
    return f"all {len(moments)} events came at once, {moments[0]:.1f} s after the request: something holds them back"


def ended(seen: Seen) -> str | None:
    """Whole, with the dialect's end record where it has one, and nothing behind that."""
    name = spoken(seen.answer.body)
    said = DIALECTS[name].decode(seen.answer.body)
    if said.error is not None:
        stage = re.split(r"https?://|[{<]", said.error)[0]  # behind it the provider's address, and what that said
        raise UnableError(f"the stream reports an error: {stage}")
    if not said.complete:
        return f"the dialect {name} has an end record, and there is none"
    before = "".join(f"data: {json.dumps(record)}\n\n" for record in [*records(seen.answer.body)][:-1])
    if DIALECTS[name].ends and DIALECTS[name].decode(before.encode()).complete:
        return "something comes behind the end record"
    return None if said.text else "the answer has no text"


def commented(seen: Seen) -> str | None:
    """A comment whenever nothing else has come for as long as the profile says."""
    every = seen.profile.keep_alive
    if every is None:
        raise UndecidedError("ARES's pages promise no comments")
    moments = [0.0, *(moment for moment, _ in seen.answer.reads), seen.answer.seconds]
    longest = max(later - sooner for sooner, later in pairwise(moments))
    if longest > every + LATE:
        return f"nothing at all came for {longest:.1f} s, and a comment is due every {every:g} s"
    if any(line.startswith(":") for line in LineDecoder().feed(seen.answer.body)):
        return None
    raise UndecidedError(f"the answer was never silent for {every:g} s")


def spoken(body: bytes) -> str:
    """The dialect of a body: one of records where all its events are records in which it finds something."""
    events, found = decode(body), list(records(body))
    for name, dialect in DIALECTS.items():
        if not dialect.raw and found and len(found) == len(events):
            said = dialect.decode(body)
            if said.text or said.error is not None or said.complete:
                return name
    standard = bool(events) and LineDecoder().feed(body)[-1:] == [""]
    return next(name for name, dialect in DIALECTS.items() if dialect.raw and dialect.blank_line == standard)


def _dialect(seen: Seen) -> str:
    brings_messages = "messages" in (json_of(seen.ask.body.encode()) or {})
    return seen.profile.messages_dialect if brings_messages else seen.profile.default_dialect


def _moments(answer: HttpAnswer) -> Iterator[float]:
    """When each event was there."""
    decoder = Decoder()
    for moment, data in answer.reads:
        yield from (moment for _ in decoder.feed(data))


def json_of(data: bytes) -> Any:
    """The value of a body; None where it is no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _short(line: str) -> str:
    return repr(line if len(line) <= 60 else f"{line[:59]}…")

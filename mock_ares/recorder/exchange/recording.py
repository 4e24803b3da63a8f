"""A response as it came to a reply that gives it again, in the words of the language. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from mock_ares import faults
from mock_ares.dialects import STANDARD
from mock_ares.plan.model import BODILESS, EndingKind
from mock_ares.plan.recorded import RecordedEvent
from mock_ares.recorder.exchange.http_words import END, body_of_response, endings_of, headers_of
from mock_ares.recorder.exchange.json_values import is_deep, parsed
from mock_ares.recorder.exchange.moments import in_words, pace_of
from mock_ares.recorder.exchange.payload import Asked, DecodedBody, UnrecordableError, decoded
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.recorder.exchange.streams import RecordedStream, runs_of, with_placeholder
from mock_ares.scenario.model import Body, Content, Pace, Position, Redirect, Reply, RetryAfter, Text


def reply_of(asked: Asked, reader: ResponseReader, ending: EndingKind, at: float) -> Reply:
    """The reply that gives the response again; ``ending`` came at ``at``, in seconds. Raises UnrecordableError."""
    if reader.too_large:
        raise UnrecordableError(f"it has more than {reader.most} bytes")
    if not reader.status:
        return _no_response(reader, ending, at)
    if reader.status == 101 or any(status not in (100, 103) for status in reader.interim):
        raise UnrecordableError("it changes the protocol, or brings responses in between that are not 100 or 103")
    payload = decoded(reader)
    media = (reader.named("content-type") or "").partition(";")[0].strip().lower()
    if media == "text/event-stream" and reader.status not in BODILESS:
        return RecordedStream(asked, reader, payload, ending, at).reply()
    return _content(asked, reader, payload, ending, at)


def _no_response(reader: ResponseReader, ending: EndingKind, at: float) -> Reply:
    pace = Pace(head=in_words(at))
    if said := reader.begins:
        return Reply(faults=(faults.garbage(said.decode("latin-1")),), pace=pace)
    if ending == "hang":
        return Reply(text="", pace=Pace(head=in_words(at + 1)), faults=(faults.hang(after=Position(time=0.0)),))
    return Reply(faults=(faults.empty_reply(reset=ending == "reset"),), pace=pace)


def _content(asked: Asked, reader: ResponseReader, payload: DecodedBody, ending: EndingKind, at: float) -> Reply:
    status = reader.status
    location = reader.named("location")
    same = location is not None and urlsplit(location).path == asked.path and status in (307, 308)
    words: dict[str, Any] = {
        "interim": tuple(status for status in reader.interim if status in (100, 103)),
        "body": body if payload.data and (body := body_of_response(reader, payload)) != Body("length") else "chunked",
        "faults": endings_of(reader, payload, ending, END),
    }
    if not payload.data and reader.delimited and not reader.complete:
        raise UnrecordableError("it ended before a byte of its body")
    pace = pace_of([RecordedEvent(payload.data, "", True)] if payload.data else [], payload, reader.head_at, at)
    words["pace"] = replace(pace, pauses=tuple(p for p in pace.pauses if p.at != END or words["faults"]))
    if same and status in (307, 308) and not payload.data:
        return Reply(
            redirect=Redirect(307 if status == 307 else 308),
            headers=headers_of(reader, {"location": location or ""}),
            **words,
        )
    waits = _retry_after(reader)
    kind, content = _content_of(reader, payload, asked)
    headers = headers_of(reader, {"content-type": kind} if kind else {})
    if waits is not None:
        headers = {name: value for name, value in headers.items() if name.lower() != "retry-after"}
    if content is None:
        text = Text(recorded=runs_of(payload.data))
        return Reply(text=text, chunks="recorded", dialect=STANDARD, status=status, headers=headers, **words)
    return Reply(status=status, content=content, headers=headers, retry_after=waits, **words)


def _content_of(
    reader: ResponseReader, payload: DecodedBody, asked: Asked
) -> tuple[str, Content | Literal["empty"] | None]:
    """The content type that goes without saying, and the content; None for what is no text."""
    if not payload.data:
        return "", "empty"
    try:
        text = payload.data.decode()
    except UnicodeDecodeError:
        return "text/event-stream", None
    media = (reader.named("content-type") or "").lower()
    if media.partition(";")[0].strip() == "text/html":
        return "text/html; charset=utf-8", Content(html=text)
    if "json" in media and not reader.extra:
        try:
            value, said = parsed(with_placeholder(payload.data, asked).decode()), parsed(text)
        except ValueError:
            return "text/plain; charset=utf-8", Content(plain=text)
        spelled = "" if is_deep(said) else json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        if spelled == text and "e+" not in text:
            return "application/json", Content(json=value)
    return "text/plain; charset=utf-8", Content(plain=text)


def _retry_after(reader: ResponseReader) -> RetryAfter | None:
    """A date as how far ahead it lay."""
    said, date = (_moment(reader.named(name) or "") for name in ("retry-after", "date"))
    return None if said is None or date is None else RetryAfter(date=max(0.0, (said - date).total_seconds()))


def _moment(said: str) -> datetime | None:
    """A date of RFC 5322, whose ``-0000`` says that the zone is not known, and the time is UTC's; None: it is none."""
    try:
        found = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

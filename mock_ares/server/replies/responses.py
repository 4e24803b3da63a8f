"""Replies to plans: the streams, and every answer that is an ordinary HTTP response."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from mock_ares.ares.errors import HttpError
from mock_ares.plan.build import answer
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Ending, Headers, Script, StreamPlan
from mock_ares.scenario.model import Reply
from mock_ares.server.record import redaction

JSON: Headers = (("content-type", "application/json"),)
PLAIN: Headers = (("content-type", "text/plain; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan and its script, for one request."""

    plan: StreamPlan
    script: Script
    secret: bool = False
    """It holds tokens or keys, which nobody but the client may see."""

    def shown(self) -> tuple[StreamPlan, Script]:
        """Plan and script for those who look on: the same number of bytes, with asterisks for what is secret."""
        if not self.secret:
            return self.plan, self.script
        pieces = tuple(piece._replace(data=redaction.own(piece.data)) for piece in self.plan.pieces)
        writes = tuple(write._replace(data=redaction.own(write.data)) for write in self.script.writes)
        return replace(self.plan, pieces=pieces), replace(self.script, writes=writes)


def of_error(error: HttpError, negotiated: Negotiated, reply: Reply = Reply(text="")) -> Answer:
    """An HTTP error as a plan."""
    if error.status == 0:
        return ordinary(StreamPlan(None, (), "", dialect="none", ending=Ending("close")), negotiated)
    headers = error.headers
    if error.content_type is not None:
        headers = (("content-type", error.content_type), *headers)
    return ordinary(answer(error.status, headers, error.body, reply), negotiated)


def of_json(value: Any, negotiated: Negotiated, *, status: int = 200, headers: Headers = ()) -> Answer:
    return ordinary(answer(status, (*JSON, *headers), dump(value)), negotiated)


def of_text(text: str, negotiated: Negotiated) -> Answer:
    return ordinary(answer(200, PLAIN, text.encode()), negotiated)


def nothing(status: int, negotiated: Negotiated, headers: Headers = ()) -> Answer:
    return ordinary(answer(status, headers, b""), negotiated)


def unserved(what: str, negotiated: Negotiated) -> Answer:
    """The answer of a replica to what it cannot know."""
    message = f"{what} needs state in common, which several workers do not have: serve with one"
    return of_json({"error": message}, negotiated, status=501)


def ordinary(plan: StreamPlan, negotiated: Negotiated) -> Answer:
    return Answer(plan, lay_out(plan, negotiated))


def dump(value: Any) -> bytes:
    """Compact JSON, as serde_json and Starlette write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def other_host(host: str) -> str:
    """Another name of this machine for a Host header's value: an origin of its own (RFC 6454 4) that leads here."""
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError:  # no host at all
        return "localhost"
    name = "127.0.0.1" if parts.hostname == "localhost" else "localhost"
    return name if port is None else f"{name}:{port}"

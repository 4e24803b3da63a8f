"""Replies to plans: the streams, and every answer that is an ordinary HTTP response."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from mock_ares.ares.bodies import ChatRequest
from mock_ares.ares.errors import HttpError, lookup
from mock_ares.ares.profiles import Profile
from mock_ares.dialects import Names, agent_label, count_tokens
from mock_ares.plan.build import RequestContext, answer, chunks_of
from mock_ares.plan.http1.layout import lay_out
from mock_ares.plan.http1.negotiation import Negotiated
from mock_ares.plan.model import Headers, Script, StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Content, Reply, RetryAfter
from mock_ares.server.record import redaction
from mock_ares.server.replies.executor import Executor
from mock_ares.server.replies.plan_cache import PlanCache

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


def of_error(error: HttpError, peer: Negotiated, reply: Reply = Reply(text="")) -> Answer:
    """An HTTP error as a plan."""
    headers = error.headers
    if error.content_type is not None:
        headers = (("content-type", error.content_type), *headers)
    return ordinary(answer(error.status, headers, error.body, reply), peer)


def of_json(value: Any, peer: Negotiated, *, status: int = 200, headers: Headers = ()) -> Answer:
    return ordinary(answer(status, (*JSON, *headers), dump(value)), peer)


def of_text(text: str, peer: Negotiated) -> Answer:
    return ordinary(answer(200, PLAIN, text.encode()), peer)


def nothing(status: int, peer: Negotiated, headers: Headers = ()) -> Answer:
    return ordinary(answer(status, headers, b""), peer)


def unserved(what: str, peer: Negotiated) -> Answer:
    """The answer of a replica to what it cannot know."""
    message = f"{what} needs state in common, which several workers do not have: serve with one"
    return of_json({"error": message}, peer, status=501)


def ordinary(plan: StreamPlan, peer: Negotiated) -> Answer:
    return Answer(plan, lay_out(plan, peer))


def dump(value: Any) -> bytes:
    """Compact JSON, as serde_json and Starlette write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Replies:
    """Plans the replies of scenarios for requests, under one profile."""

    def __init__(self, profile: Profile, dialect: str | None, plans: PlanCache) -> None:
        self._profile = profile
        self._dialect = dialect
        self._plans = plans

    def special(self, reply: Reply, peer: Negotiated, *, location: str) -> Answer | None:
        """The answer of a reply that is no text: an error, a redirect, other content. Raises PlanError."""
        if reply.error is not None:
            try:
                error = lookup(self._profile, reply.error)
            except LookupError as mistake:
                raise PlanError(str(mistake)) from None
            return of_error(_with_retry_after(replace_status(error, reply), reply), peer, reply)
        if reply.redirect is not None:
            return ordinary(answer(reply.redirect.status, (("location", location),), b"", reply), peer)
        if reply.content is not None or (reply.status is not None and reply.text is None and reply.chunks == "words"):
            kind, body = _content(reply.content)
            error = HttpError(reply.status or 200, (), body, kind)
            return of_error(_with_retry_after(error, reply), peer, reply)
        return None

    def stream(self, reply: Reply, chat: ChatRequest, names: Names, peer: Negotiated, seed: int) -> Answer:
        """The event stream of a reply. Raises PlanError."""
        return Answer(*self._plans.get(reply, self._asked(chat, names), peer, seed))

    def held(self, reply: Reply, chat: ChatRequest, names: Names, peer: Negotiated, seed: int) -> bool:
        """Whether that has been planned."""
        return self._plans.held(reply, self._asked(chat, names), peer, seed)

    async def fetch(
        self, executor: Executor, reply: Reply, chat: ChatRequest, names: Names, peer: Negotiated, seed: int
    ) -> Answer:
        """The same, planned elsewhere. Raises PlanError, BusyError."""
        return Answer(*await self._plans.fetch(executor, reply, self._asked(chat, names), peer, seed))

    def _asked(self, chat: ChatRequest, names: Names) -> RequestContext:
        own = self._profile.default_dialect if chat.messages is None else self._profile.messages_dialect
        return RequestContext(chat.message, names, self._dialect or own, self._profile.keep_alive)

    def whole(self, reply: Reply, chat: ChatRequest, names: Names, peer: Negotiated, seed: int) -> Answer:
        """The same reply as one JSON object. Raises PlanError."""
        chunks = chunks_of(reply, chat.message, reply.seed if reply.seed is not None else seed)
        text = "".join(chunks)
        fields, headers = self._fields(chat, names, text)
        pace = replace(reply.pace, pauses=())
        plan = answer(200, (*JSON, *headers), dump(fields), replace(reply, pace=pace), text=text, chunks=chunks)
        return ordinary(plan, peer)

    def _fields(self, chat: ChatRequest, names: Names, text: str) -> tuple[dict[str, Any], Headers]:
        used = chat.tokens_before + count_tokens(chat.message), count_tokens(text)
        if chat.messages is not None:
            fields = {
                "id": f"msg-{uuid.uuid4()}",
                "content": text,
                "model": chat.model or "default",
                "tokens_used": sum(used),
                "finish_reason": "stop",
            }
            return fields, ()
        docs = self._profile.name == "docs"
        agent = names.agent if docs else agent_label(names.agent, names.tier)
        fields = {"response": text, "agent": agent, "context_id": names.context_id, "sources": None}
        return fields, () if docs else (("x-input-tokens", str(used[0])), ("x-output-tokens", str(used[1])))


def whole(profile: Profile, reply: Reply, chat: ChatRequest, names: Names, peer: Negotiated, seed: int) -> Answer:
    """A reply as one JSON object, for another process. Raises PlanError."""
    return Replies(profile, None, PlanCache()).whole(reply, chat, names, peer, seed)


def replace_status(error: HttpError, reply: Reply) -> HttpError:
    """The named error with the status and content that the reply gives beside the name."""
    return error if reply.status is None else replace(error, status=reply.status)


def _content(content: str | Content | None) -> tuple[str | None, bytes]:
    if content is None or isinstance(content, str):
        return None, b""
    if content.html is not None:
        return "text/html; charset=utf-8", content.html.encode()
    if content.plain is not None:
        return "text/plain; charset=utf-8", content.plain.encode()
    return "application/json", dump(content.json)


def _with_retry_after(error: HttpError, reply: Reply) -> HttpError:
    if reply.retry_after is None:
        return error
    if isinstance(reply.retry_after, RetryAfter):
        value = formatdate(time.time() + reply.retry_after.date, usegmt=True)
    else:
        value = str(round(reply.retry_after))
    kept = tuple(field for field in error.headers if field[0].lower() != "retry-after")
    return replace(error, headers=(*kept, ("retry-after", value)))


def other_host(host: str) -> str:
    """Another name of this machine for a Host header's value: an origin of its own (RFC 6454 4) that leads here."""
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError:  # no host at all
        return "localhost"
    name = "127.0.0.1" if parts.hostname == "localhost" else "localhost"
    return name if port is None else f"{name}:{port}"

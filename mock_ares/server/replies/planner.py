"""The one way from a reply to its plan: for the wire, and for `show`, the console and reports, which only draw it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

from mock_ares.ares.bodies import ChatRequest
from mock_ares.ares.chats import Form
from mock_ares.ares.errors import HttpError, lookup, unstorable
from mock_ares.ares.profiles import Profile
from mock_ares.dialects import Names, agent_label, count_tokens
from mock_ares.plan.build import RequestContext, answer, chunks_of, content_of
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Headers
from mock_ares.plan.positions import PlanError
from mock_ares.plan.recorded import with_context
from mock_ares.scenario.model import Reply, RetryAfter
from mock_ares.server.replies.effort import much_to_plan
from mock_ares.server.replies.executor import Executor
from mock_ares.server.replies.plan_cache import PlanCache
from mock_ares.server.replies.responses import JSON, Answer, dump, of_error, ordinary


@dataclass(frozen=True, slots=True)
class ChatContext:
    """What of a request a reply depends on, but for how it can be carried."""

    chat: ChatRequest
    names: Names = Names()
    form: Form = "stream"
    location: str = ""
    """Where a redirect leads."""
    seed: int = 0
    """The scenario's; a reply may have its own."""


def is_text(reply: Reply) -> bool:
    """Whether it has chunks of text; else it is an error, a redirect, other content, or a status alone."""
    if reply.error is not None or reply.redirect is not None or reply.content is not None:
        return False
    return reply.status is None or reply.text is not None or reply.chunks != "words"


class Planner:
    """Plans replies under one profile, and as the dialect of the moment has it."""

    def __init__(self, profile: Profile, dialect: str | None, plans: PlanCache) -> None:
        self._profile = profile
        self._dialect = dialect
        self._plans = plans

    def plan(self, reply: Reply, context: ChatContext, negotiated: Negotiated) -> Answer:
        """What a reply is for one request. Raises PlanError for what cannot be played."""
        if not is_text(reply):
            return self._special(reply, context, negotiated)
        if context.form == "whole":
            return self._whole(reply, context, negotiated)
        return Answer(*self._plans.get(reply, self._asked(context), negotiated, context.seed))

    def is_long(self, reply: Reply, context: ChatContext, negotiated: Negotiated) -> bool:
        """Whether planning it may take so long that others would be late."""
        if not is_text(reply) or not much_to_plan(reply, context.chat.message):
            return False
        asked = (reply, self._asked(context), negotiated, context.seed)
        return context.form == "whole" or not self._plans.held(*asked)

    async def plan_elsewhere(
        self, executor: Executor, reply: Reply, context: ChatContext, negotiated: Negotiated
    ) -> Answer:
        """The same, without holding up the event loop. Raises PlanError, BusyError."""
        if context.form == "whole":
            return await executor.run(_planned_anew, self._profile, reply, context, negotiated)
        plan = await self._plans.fetch(executor, reply, self._asked(context), negotiated, context.seed)
        return Answer(*plan)

    def _special(self, reply: Reply, context: ChatContext, negotiated: Negotiated) -> Answer:
        """An error, a redirect, other content, or a status alone."""
        if reply.error is not None:
            try:
                error = lookup(self._profile, reply.error)
            except LookupError as mistake:
                raise PlanError(str(mistake)) from None
            error = error if reply.status is None else replace(error, status=reply.status)
            return of_error(_with_retry_after(error, reply), negotiated, reply)
        if reply.redirect is not None:
            return ordinary(answer(reply.redirect.status, (("location", context.location),), b"", reply), negotiated)
        kind, body = content_of(reply.content)
        body = with_context(body, context.names.context_id) if kind == JSON[0][1] else body
        error = HttpError(reply.status or 200, (), body, kind)
        return of_error(_with_retry_after(error, reply), negotiated, reply)

    def _asked(self, context: ChatContext) -> RequestContext:
        profile, chat = self._profile, context.chat
        own = profile.default_dialect if chat.messages is None else profile.messages_dialect
        return RequestContext(chat.message, context.names, self._dialect or own, profile.keep_alive)

    def _whole(self, reply: Reply, context: ChatContext, negotiated: Negotiated) -> Answer:
        """The reply's text as one JSON object."""
        chunks = chunks_of(reply, context.chat.message, reply.seed if reply.seed is not None else context.seed)
        text = "".join(chunks)
        if self._profile.name == "server" and "\0" in text:
            return of_error(unstorable("Failed to add message"), negotiated)
        fields, headers = self._fields(context.chat, context.names, text)
        pace = replace(reply.pace, pauses=())
        plan = answer(200, (*JSON, *headers), dump(fields), replace(reply, pace=pace), text=text, chunks=chunks)
        return ordinary(plan, negotiated)

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


def _planned_anew(profile: Profile, reply: Reply, context: ChatContext, negotiated: Negotiated) -> Answer:
    """In another process, which has no plans that were made before."""
    return Planner(profile, None, PlanCache()).plan(reply, context, negotiated)


def _with_retry_after(error: HttpError, reply: Reply) -> HttpError:
    if reply.retry_after is None:
        return error
    if isinstance(reply.retry_after, RetryAfter):
        value = formatdate(time.time() + reply.retry_after.date, usegmt=True)
    else:
        value = str(round(reply.retry_after))
    kept = tuple(field for field in error.headers if field[0].lower() != "retry-after")
    return replace(error, headers=(*kept, ("retry-after", value)))

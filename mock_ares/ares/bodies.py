"""Request bodies: what they ask for, or how the profile refuses them.

``server``: axum's ``Json`` extractor, in its words. ``docs``: the same checks in the errors page's words; JSON is
checked as a whole before anything is said of its fields, and only an object will do.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from mock_ares.ares.errors import HttpError, json_error, lookup, plain_error
from mock_ares.ares.profiles import Profile
from mock_ares.ares.serde import Field, Many, SerdeError, Struct, check_grammar, check_value, deserialize

BODY_LIMIT = 2_097_152
"""Bytes; axum's default."""

_AGENT_TYPE = Field("agent_type", "agent_type", optional=True)
_CONTEXT_ID = Field("context_id", "string", optional=True)
CHAT = Struct("ChatRequest", (Field("message", "string"), _AGENT_TYPE, _CONTEXT_ID))
_TURN = Struct("ChatMessage", (Field("role", "string"), Field("content", "string")))
CHAT_V1 = Struct(
    "ChatRequest",
    (
        Field("message", "string", unless="messages"),
        _AGENT_TYPE,
        _CONTEXT_ID,
        Field("messages", Many(_TURN), default=lambda: None, extra=True),
        Field("model", "string", optional=True, extra=True),
    ),
)
"""With the v1 page's form, which no code of ARES's reads."""

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_QUOTED = r'"[ -~][^"\x00-\x1f\x7f-\uffff]*" *'
_JSON_TYPE = (
    rf"application/(?:json(?:\+(?:(?!\+){_TOKEN})*)?|{_TOKEN}+\+json)"
    rf"(?:;(?: *{_TOKEN}+=(?:{_TOKEN}+|{_QUOTED});)* *(?:{_TOKEN}+=(?:{_TOKEN}*|{_QUOTED}))?)?"
)
"""What axum and its media type parser take for JSON, which is neither all of RFC 9110 8.3 nor only that."""


@functools.cache
def _json_type() -> re.Pattern[str]:
    """The pattern takes 10 ms to compile; what nearly all say needs none."""
    return re.compile(_JSON_TYPE, re.IGNORECASE)


def is_json(content_type: str) -> bool:
    return content_type == "application/json" or _json_type().fullmatch(content_type) is not None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a chat endpoint was asked."""

    message: str
    agent_type: str | None
    context_id: str | None
    model: str | None
    messages: tuple[tuple[str, str], ...] | None
    """Role and content of each, where the v1 page's form was used; ``message`` is then the user's last."""
    tokens_before: int = 0
    """The size of what was said in the conversation before."""


def parse_chat(body: bytes, content_type: str | None, profile: Profile, path: str) -> ChatRequest | HttpError:
    """The chat request that a body is, or the profile's refusal.

    The v1 page's form is taken in ``docs``, where a key is asked for.
    """
    v1 = profile.name == "docs" and path.startswith(("/v1/", "/api/v1/"))
    fields = parse_body(body, content_type, profile, CHAT_V1 if v1 else CHAT)
    return fields if isinstance(fields, HttpError) else _chat(fields)


def _chat(fields: dict[str, Any]) -> ChatRequest:
    message, messages = fields["message"], None
    if message is None:
        messages = tuple((turn["role"], turn["content"]) for turn in fields["messages"])
        users = [content for role, content in messages if role == "user"]
        message = (users or [content for _, content in messages] or [""])[-1]
    return ChatRequest(message, fields["agent_type"], fields["context_id"], fields.get("model"), messages)


def parse_body(body: bytes, content_type: str | None, profile: Profile, struct: Struct) -> dict[str, Any] | HttpError:
    """The members of the object that a body must be, or the profile's refusal.

    Content type comes first, then size, then JSON.
    """
    if refusal := _refused_unread(body, content_type, profile):
        return refusal
    docs = profile.name == "docs"
    try:
        if docs:
            check_grammar(body)
        return deserialize(struct, body, strict=docs)
    except SerdeError as error:
        return _in_docs(error, struct) if docs else _by_axum(error)


def parse_json(body: bytes, content_type: str | None, profile: Profile) -> dict[str, Any] | HttpError:
    """No members of a body that may be any JSON; the profile's refusal of one that is none."""
    if refusal := _refused_unread(body, content_type, profile):
        return refusal
    try:
        check_value(body)
    except SerdeError as error:
        return json_error(400, "Invalid JSON in request body") if profile.name == "docs" else _by_axum(error)
    return {}


def refused_type(content_type: str | None, profile: Profile) -> HttpError | None:
    """The refusal of a body that does not say that it is JSON, which comes before the body is looked at."""
    if content_type is None or not is_json(content_type):
        return lookup(profile, "unsupported-media-type")
    return None


def _refused_unread(body: bytes, content_type: str | None, profile: Profile) -> HttpError | None:
    if refusal := refused_type(content_type, profile):
        return refusal
    if len(body) > BODY_LIMIT:
        return lookup(profile, "too-large")
    return None


def _by_axum(error: SerdeError) -> HttpError:
    if error.kind == "syntax":
        return plain_error(400, f"Failed to parse the request body as JSON: {error}")
    return plain_error(422, f"Failed to deserialize the JSON body into the target type: {error}")


def _in_docs(error: SerdeError, struct: Struct) -> HttpError:
    if error.kind == "syntax":
        return json_error(400, "Invalid JSON in request body")
    where = ".".join(filter(None, (error.where.removesuffix(": "), error.field)))
    if error.kind == "missing":
        return json_error(400, f"Missing required field: {where}")
    if not where:  # no object at all
        return json_error(400, f"Missing required field: {struct.fields[0].name}")
    return json_error(422, f"Invalid value for field: {where}")

"""ARES's chat endpoints, and those of its pages."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from mock_ares.ares.profiles import Profile
from mock_ares.scenario.model import Reply, Scenario

Auth = Literal["jwt", "api-key", "none", "admin"]
Form = Literal["stream", "whole"]
CHATS: dict[str, tuple[Auth, Form]] = {
    "/api/chat/stream": ("jwt", "stream"),
    "/v1/chat/stream": ("api-key", "stream"),
    "/api/v1/chat/stream": ("api-key", "stream"),
    "/api/chat": ("jwt", "whole"),
    "/v1/chat": ("api-key", "whole"),
    "/api/v1/chat": ("api-key", "whole"),
}
"""By path: the credentials that it asks for, and what comes: an event stream, or the whole answer as JSON."""


@lru_cache(256)
def unanswerable(agent_type: str | None, form: Form, profile: Profile, named: frozenset[str]) -> Scenario | None:
    """What answers for an agent that does not: there is none of that name, or it answers in streams only; None: it does
    itself.

    ``named``: agents that there are beside the profile's own.
    """
    if agent_type is None or profile.agents is None:
        return None
    if agent_type == "router" and form == "whole":
        return Scenario((Reply(error="router-refused"),), name="router")
    if agent_type in profile.agents or agent_type in named:
        return None
    if form == "whole":
        return Scenario((Reply(error="agent-not-found"),), name="no such agent")
    from mock_ares.faults.error_event import ErrorEvent

    message = "Failed to resolve agent: Not found: Not implemented"
    return Scenario((Reply(text="", faults=(ErrorEvent(0, message, opening=True),)),), name="no such agent")

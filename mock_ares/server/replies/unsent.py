"""The answer to a request that nobody has sent: `show`, the console and reports draw what the wire would get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import formatdate

from mock_ares.ares.bodies import ChatRequest
from mock_ares.ares.chats import CHATS
from mock_ares.ares.profiles import Profile
from mock_ares.dialects import Names
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Headers
from mock_ares.scenario.model import Scenario
from mock_ares.server.replies.cors import Cors
from mock_ares.server.replies.library import Turn
from mock_ares.server.replies.plan_cache import PlanCache
from mock_ares.server.replies.planner import ChatContext, Planner
from mock_ares.server.replies.responses import Answer, other_host

STREAM = "/api/chat/stream"
_AWAY = f"http://{other_host('127.0.0.1:3000')}/_mock/away/{'x' * 16}"


@dataclass(frozen=True, slots=True)
class Asking:
    """A request, as far as its answer depends on it."""

    message: str
    negotiated: Negotiated = Negotiated()
    path: str | None = None
    """None: the scenario's own, else a JWT's stream."""
    messages: bool = False
    """The message stands in the v1 page's form."""


def draw(scenario: Scenario, index: int, asking: Asking, profile: Profile, dialect: str | None = None) -> Answer:
    """What a reply of a scenario, counted from 0, is on the wire. Raises PlanError for what cannot be played."""
    reply = scenario.replies[index]
    path = asking.path or (scenario.when.path if scenario.when and scenario.when.endpoint else STREAM)
    # A connection is not kept for a reply that breaks it before the first byte: see Turn.breaks_next.
    goes_on = not Turn(scenario, index + 1).breaks_next() and not (reply.before_body and profile.manners.waits)
    keep_alive = asking.negotiated.keep_alive and goes_on
    negotiated = replace(asking.negotiated, keep_alive=keep_alive, manners=profile.manners)
    redirected = reply.redirect is not None and reply.redirect.to == "away"
    message = asking.message if path in CHATS else ""
    context = ChatContext(
        chat=ChatRequest(
            message=message,
            agent_type=None,
            context_id=None,
            model=None,
            messages=(("user", message),) if asking.messages and path in CHATS else None,
        ),
        names=Names(agent=profile.default_agent, context_id=profile.example_context_id),
        form=CHATS.get(path, ("none", "stream"))[1],
        location=_AWAY if redirected else path,
        seed=scenario.seed,
    )
    return Planner(profile, dialect, PlanCache()).plan(reply, context, negotiated)


def own_fields(profile: Profile, cors: Cors = Cors()) -> Headers:
    """The head's fields that the fake adds to whatever is played, for a request without an origin."""
    return (("date", formatdate(usegmt=True)), *cors.headers_for(None, profile.cors))

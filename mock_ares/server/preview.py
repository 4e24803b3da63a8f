"""What a scenario would send, as text, without sending it."""

from __future__ import annotations

from collections.abc import Iterator

from mock_ares.dialects import Names
from mock_ares.plan.layout import Peer
from mock_ares.plan.positions import PlanError
from mock_ares.plan.show import timeline
from mock_ares.scenario.model import Scenario
from mock_ares.server.answers import Replies
from mock_ares.server.plans import PlanCache
from mock_ares.server.profiles import PROFILES
from mock_ares.server.requests import ChatRequest


def preview(
    scenario: Scenario,
    *,
    message: str,
    profile: str = "docs",
    reply: int | None = None,
    gzip: bool = True,
    old: bool = False,
    everything: bool = False,
) -> Iterator[str]:
    """The timeline of each reply, or of one (counted from 1)."""
    peer = Peer("1.0" if old else "1.1", gzip, not old)
    replies = Replies(PROFILES[profile], None, PlanCache())
    chat = ChatRequest(message=message, agent_type=None, context_id=None, model=None, messages=None)
    yield f"{scenario.name}: {scenario.summary}"
    for number, wanted in enumerate(scenario.replies, 1):
        if reply is not None and number != reply:
            continue
        yield ""
        yield f"reply {number} of {len(scenario.replies)}"
        try:
            answer = replies.special(wanted, peer, location="/api/chat/stream")
            answer = answer or replies.stream(wanted, chat, Names(context_id="ctx_00000000"), peer, scenario.seed)
        except (PlanError, LookupError) as error:
            yield f"cannot be played: {error.args[0]}"
            continue
        yield from timeline(answer.plan, peer, most=None if everything else 40)
    if reply is not None and reply > len(scenario.replies):
        yield f"there is no reply {reply}: the scenario has {len(scenario.replies)}"

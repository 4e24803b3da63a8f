"""What a scenario would send, as text, without sending it."""

from __future__ import annotations

from collections.abc import Iterator

from mock_ares.ares.profiles import PROFILES
from mock_ares.plan.http.negotiation import Negotiated, version_for
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Scenario
from mock_ares.server.replies.timeline import timeline
from mock_ares.server.replies.unsent import Asking, draw, own_fields


def preview(
    scenario: Scenario,
    *,
    message: str,
    profile: str = "docs",
    reply: int | None = None,
    gzip: bool = True,
    http: str | None = None,
    path: str | None = None,
    messages: bool = False,
    everything: bool = False,
    tls: bool = False,
) -> Iterator[str]:
    """The timeline of each reply, or of one (counted from 1).

    ``http``: 1.0, 1.1 or 2; None: what can say it. ``tls``: over TLS, where what is about that is anyway.
    """
    yield f"{scenario.name}: {scenario.summary}"
    for number in range(1, len(scenario.replies) + 1):
        if reply is not None and number != reply:
            continue
        version = http or version_for(scenario.replies[number - 1])
        negotiated = Negotiated(version, gzip, version != "1.0")
        asking = Asking(message, negotiated, path, messages)
        yield ""
        yield f"reply {number} of {len(scenario.replies)}"
        try:
            answer = draw(scenario, number - 1, asking, PROFILES[profile])
        except (PlanError, LookupError) as error:
            yield f"cannot be played: {error.args[0]}"
            continue
        yield from timeline(
            answer.plan,
            negotiated,
            script=answer.script,
            extra=own_fields(PROFILES[profile]),
            most=None if everything else 40,
            tls=tls or any(fault.over_tls is not None for fault in scenario.replies[number - 1].faults),
        )
    if reply is not None and reply > len(scenario.replies):
        yield f"there is no reply {reply}: the scenario has {len(scenario.replies)}"

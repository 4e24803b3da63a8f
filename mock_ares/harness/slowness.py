"""Linear time: a stream is timed against one of a quarter of its chunks."""

from __future__ import annotations

from dataclasses import replace

from mock_ares.harness import oracle
from mock_ares.harness.arena import Arena, Played
from mock_ares.harness.model import Case, Client, Failure
from mock_ares.scenario.model import Chunks, Reply, Text

NOTICED = 2.0
"""Seconds: a reply that takes less is not slow, whatever its growth."""
GROWTH = 10.0
"""Four times the stream may take so many times as long: 4 and room for noise; quadratic work is at 16."""
ROUNDS = 3
"""A busy machine only ever adds, so the least of several rounds counts."""


def slowness(arena: Arena, client: Client, played: Played, deadline: float, failure: Failure | None) -> Failure | None:
    """``slow`` where time grows faster than the stream; ``failure`` is what is said of one that came to no end."""
    took = played.observation.duration
    if took < NOTICED and failure is None:
        return None
    quarter = _quarter(played.case)
    least = float("inf")
    for _ in range(ROUNDS):
        short = arena.observe(client, quarter, deadline=deadline)
        least = min(least, short.observation.duration)
        if failure is None and took >= NOTICED and took / least > GROWTH:
            took = min(took, arena.observe(client, played.case, deadline=deadline).observation.duration)
        if failure is None and (took < NOTICED or took / least <= GROWTH):
            return None
    judged = oracle.last(played.case, played.plans, played.exchanges)
    if failure is not None or judged is None:
        return failure
    said = f"four times the chunks take {took / least:.0f} times as long ({least:.2f} s, then {took:.2f} s)"
    return oracle.failure(played.case, played.observation, judged, "slow", said, "takes four times as long")


def _quarter(case: Case) -> Case:
    (reply,) = case.replies
    return replace(case, replies=(_shorter(reply),))


def _shorter(reply: Reply) -> Reply:
    if isinstance(reply.text, Text):
        assert reply.text.words is not None
        return replace(reply, text=Text(words=max(1, reply.text.words // 4)))
    assert isinstance(reply.text, str) and isinstance(reply.chunks, Chunks)
    return replace(reply, text=reply.text[: len(reply.text) // 4])

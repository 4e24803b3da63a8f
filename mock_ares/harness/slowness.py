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
    """``slow`` where time grows faster than the stream, or a quarter of it ends in time and the whole does not.

    ``failure`` is what is said of a client that came to no end.
    """
    judged = oracle.last(played.case, played.plans, played.exchanges)
    took = played.observation.duration
    if judged is None or (took < NOTICED and failure is None):
        return failure
    quarter = _quarter(played.case)
    least = float("inf")
    for _ in range(ROUNDS if failure is None else 1):
        short = arena.observe(client, quarter, deadline=deadline).observation
        if short.timed_out:
            return failure
        least = min(least, short.duration)
        if failure is None:
            if took / least <= GROWTH:
                return None
            took = min(took, arena.observe(client, played.case, deadline=deadline).observation.duration)
    said = f"{len(judged.plan.chunks)} chunks took {took:.2f} s, a quarter of them {least:.2f} s"
    if failure is not None:
        said = f"{len(judged.plan.chunks)} chunks were not done in {took:.0f} s, a quarter of them took {least:.2f} s"
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

"""When the pieces of a payload become known: intervals, pauses, and the comments that fill a silence."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, cycle, repeat
from math import ceil

from mock_ares.plan.columns import Piece
from mock_ares.plan.events import BOM, Encoder
from mock_ares.plan.model import Ending, Hold, StreamPlan
from mock_ares.plan.positions import MOMENT, PlanError, offset_of, split_at
from mock_ares.scenario.model import Pace, Pause
from mock_ares.scenario.position import Position

MOST_COMMENTS = 100_000
HELD = 1e-6
"""Seconds that a pause until released lasts in a plan: what lies before it and behind it never leaves together."""


def moments(pace: Pace, seed: int) -> Iterator[float]:
    """The moments of the chunks, in seconds, without end; to the nanosecond, so that sums meet what authors write."""
    at = pace.head + pace.first
    interval = pace.interval
    if not interval:
        return repeat(round(at, 9))
    if not pace.jitter and pace.intervals is None:
        return (round(at + index * interval, 9) for index in count())
    return _jittered(at, pace, random.Random(f"pace {seed}"))


def _jittered(at: float, pace: Pace, rng: random.Random) -> Iterator[float]:
    for interval in cycle(pace.intervals or (pace.interval,)):
        yield round(at, 9)
        at += interval * (1 + rng.uniform(-pace.jitter, pace.jitter))


def paused(plan: StreamPlan, pauses: Iterable[Pause]) -> StreamPlan:
    """The plan with everything behind each pause that ends later, its ending included.

    Each is placed in the plan as the ones before it have left it, so a time is one that passes in the stream. Comments
    that will fill a silence are no part of the payload yet. Two pieces without bytes stand where a pause begins and
    where it is over, for the faults at its place; ``without_marks`` takes them away. A pause until released lasts
    for no time worth the name here: who plays the stream waits there.
    """
    for pause in pauses:
        if not pause.endless:
            lasts = HELD if pause.lasts is None else pause.lasts
            plan = _later(plan, _placed(plan, pause), lasts, Position.of(pause.at).time, pause.until is not None)
    return plan


def without_marks(plan: StreamPlan, keep_alive: float | None) -> StreamPlan:
    """The plan without what marks its pauses; one that is now the last of it still passes.

    Those until released become the plan's holds, with comments every ``keep_alive`` seconds between events.
    """
    marks = plan.columns.empty()
    if not marks:
        return plan
    offset, over = marks[-1]
    ending = plan.ending
    if offset == plan.size and ending.stop is None:
        ending = replace(ending, at=max(over, ending.at or 0.0))
    bare = replace(plan, pieces=tuple(piece for piece in plan.pieces if piece.data), ending=ending)
    return replace(bare, holds=tuple(_holds(plan, bare, keep_alive)))


def _holds(marked: StreamPlan, plan: StreamPlan, keep_alive: float | None) -> Iterator[Hold]:
    heartbeat = (keep_alive, _comment(plan)) if keep_alive and not plan.recorded else None
    between = {*plan.event_ends, *(() if plan.framing.bom else (0,))}
    place = 0
    for piece in marked.pieces:
        place += len(piece.data)
        if piece.holds and _comes_to(plan, place, piece.at):
            yield Hold(piece.at, place, heartbeat if place in between else None)


def _comes_to(plan: StreamPlan, place: int, at: float) -> bool:
    """Whether a plan has not ended before a pause."""
    stop, end = plan.ending.stop, plan.ending.at
    return stop is None or place < stop or (place == stop and (end is None or at <= end))


def _placed(plan: StreamPlan, pause: Pause) -> int:
    try:
        return offset_of(plan, pause.at)
    except PlanError as error:
        raise PlanError(f"pauses: {error}") from None


def _later(plan: StreamPlan, offset: int, seconds: float, time: float | None, holds: bool) -> StreamPlan:
    before, after = split_at(plan, offset)
    begun = before[-1].at if before else plan.head.at if plan.head else 0.0
    ending = plan.ending
    if ending.at is not None or not after:
        begun = end_of(plan) if not after else begun
        ending = replace(ending, at=round(end_of(plan) + seconds, 9))
    begun = max(begun, time or 0.0) if after else begun
    inside = before[-1:] != () and not before[-1].ends_event
    mark = Piece(b"", begun, before[-1].chunk if inside else None, ends_event=not inside)
    marks = mark._replace(holds=holds), mark._replace(at=round(begun + seconds, 9))
    pieces = before + marks + tuple(piece._replace(at=round(piece.at + seconds, 9)) for piece in after)
    return replace(plan, pieces=pieces, ending=ending)


def end_of(plan: StreamPlan) -> float:
    """When the plan ends at the earliest, faults aside: seconds after the request was complete."""
    if plan.ending.at is not None:
        return plan.ending.at
    return plan.pieces[-1].at if plan.pieces else plan.head.at if plan.head else 0.0


def kept_alive(plan: StreamPlan, interval: float | None) -> StreamPlan:
    """A comment after each ``interval`` of silence between events; never inside one, where it would tear the event."""
    if not interval:
        return plan
    comment, pieces = _comment(plan), list[Piece]()
    last, between = plan.head.at if plan.head else 0.0, not plan.framing.bom
    for piece in (*plan.pieces, Piece(b"", end_of(plan))):
        if between:
            pieces += (Piece(comment, at) for at in _beats(last, piece.at, interval))
        pieces.append(piece)
        last = piece.at
        if piece.data:
            between = piece.ends_event or (piece.data == BOM and not between)
    return replace(plan, pieces=tuple(pieces[:-1]))


def _beats(start: float, end: float, interval: float) -> list[float]:
    if (end - start) / interval > MOST_COMMENTS:
        raise PlanError(f"keep_alive: {interval:g} s goes more than {MOST_COMMENTS} times into {end - start:g} s")
    silent = max(0, ceil((end - start - MOMENT) / interval) - 1)
    return [round(start + index * interval, 9) for index in range(1, silent + 1)]


def _comment(plan: StreamPlan) -> bytes:
    return Encoder(plan.dialect, plan.framing).block((": keep-alive",), plan.seed)


def stalled(plan: StreamPlan, pauses: Iterable[Pause], keep_alive: float | None) -> StreamPlan:
    """The plan with silence for ever from the first pause that has no end; between events, comments go on."""
    if plan.ending.comments and keep_alive and plan.ending.stop in (0, *plan.event_ends):
        plan = replace(plan, ending=replace(plan.ending, heartbeat=(keep_alive, _comment(plan))))
    stops = [(_placed(plan, pause), Position.of(pause.at).time) for pause in pauses if pause.endless]
    if not stops:
        return plan
    if plan.ended:
        raise PlanError("pauses: one lasts for ever and a fault ends the reply, too; leave one of them out")
    stop, at = min(stops, key=lambda found: found[0])
    between = stop == 0 or stop in plan.event_ends
    heartbeat = (keep_alive, _comment(plan)) if keep_alive and between else None
    holds = tuple(hold for hold in plan.holds if hold.place <= stop)
    return replace(plan, ending=Ending("hang", stop=stop, at=at, heartbeat=heartbeat), holds=holds)

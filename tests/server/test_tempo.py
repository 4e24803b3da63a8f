from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from mock_ares.plan.columns import Write
from mock_ares.plan.model import Ending, Script
from mock_ares.server.playback.player import play
from mock_ares.server.timing.playback_clock import PlaybackClock
from tests.server.test_player import FakeClock, FakeWire


class Hand:
    """A clock's hand, turned by the test."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


class TestTheScriptedClock:
    def test_it_goes_at_its_speed(self) -> None:
        hand = Hand()
        tempo = PlaybackClock(1.0, hand)
        start = tempo.now()
        hand.time += 3.0
        tempo.change(2.0)
        hand.time += 3.0
        tempo.change(0.0)
        hand.time += 1000.0
        assert tempo.now() - start == 9.0
        tempo.change(0.5)
        hand.time += 2.0
        assert (tempo.now() - start, tempo.changes) == (10.0, 3)

    def test_moments_are_its_inverse(self) -> None:
        hand = Hand()
        tempo = PlaybackClock(4.0, hand)
        hand.time += 2.0
        assert tempo.moment(tempo.now() + 8.0) == hand.time + 2.0
        tempo.change(0.0)
        assert tempo.moment(tempo.now()) == math.inf
        tempo.change(math.inf)
        assert tempo.moment(tempo.now() + 1e9) == -math.inf

    def test_who_waits_is_woken(self) -> None:
        async def main() -> None:
            tempo, waiter = PlaybackClock(0.0), asyncio.get_running_loop().create_future()
            with tempo.waking(waiter):
                tempo.change(1.0)
                await asyncio.wait_for(waiter, 20)
            tempo.change(2.0)

        asyncio.run(main())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(2.5, 0.5)], [(0.0, "0"), (1.0, "1"), (2.0, "2"), (3.5, "3"), (5.5, "4"), (5.5, "close")]),
        ([(0.5, 2.0)], [(0.0, "0"), (0.75, "1"), (1.25, "2"), (1.75, "3"), (2.25, "4"), (2.25, "close")]),
        ([(1.5, 0.0), (11.5, 1.0)], [(0.0, "0"), (1.0, "1"), (12.0, "2"), (13.0, "3"), (14.0, "4"), (14.0, "close")]),
        ([(1.5, math.inf)], [(0.0, "0"), (1.0, "1"), (1.5, "234"), (1.5, "close")]),
    ],
)
def test_a_stream_that_runs_follows(changes: list[tuple[float, float]], expected: list[tuple[float, str]]) -> None:
    """Its next write is due when the scripted clock says so, whatever has become of that meanwhile."""
    clock: Any = FakeClock()
    tempo, wire = PlaybackClock(1.0, clock.now), FakeWire(clock)
    coming = [(1000.0 + moment, speed) for moment, speed in changes]

    def again(deadline: float, waiter: asyncio.Future[None], call: Any) -> None:
        """Time passes up to the deadline, or the next change, which resolves the waiter."""
        while not waiter.done():
            if coming and coming[0][0] < deadline:
                clock.time, speed = coming.pop(0)
                asyncio.get_running_loop().call_soon(tempo.change, speed)
                return
            clock.time = max(clock.time, deadline)
            deadline = call(clock.time)

    def timer(deadline: float) -> asyncio.Future[None]:
        raise AssertionError("writes do not wait one by one")

    clock.again, clock.timer = again, timer
    writes = tuple(Write(float(index), b"%d" % index, False) for index in range(5))
    script = Script(None, False, writes, Ending("close"), True)
    asyncio.run(play(script, wire, clock, speed=tempo))  # type: ignore[arg-type]  # stand-ins
    assert wire.log == expected

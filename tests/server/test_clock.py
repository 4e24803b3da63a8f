"""Deadlines: in order, never early, and none kept that nobody waits for."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mock_ares.server.timing.deadlines import QUANTUM, Deadlines


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop])
def run(request: pytest.FixtureRequest) -> Any:
    def run(main: Any) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(main)

    return run


def test_deadlines_are_met_in_order_and_never_early(run: Any) -> None:
    async def main() -> None:
        clock, met, early = Deadlines(), [], []
        begin = clock.now()
        deadlines = [begin + random.Random(1).uniform(0, 0.1) for _ in range(300)]

        async def wait(deadline: float) -> None:
            await clock.until(deadline)
            early.append(clock.now() < deadline)
            met.append(deadline)

        await asyncio.gather(*map(wait, deadlines))
        assert met == sorted(deadlines)
        assert not any(early)

    run(main())


def test_the_past_is_not_waited_for(run: Any) -> None:
    async def main() -> None:
        clock = Deadlines()
        waiting = clock.until(clock.now() - 1)
        with pytest.raises(StopIteration):
            waiting.send(None)

    run(main())


def test_an_earlier_deadline_overtakes(run: Any) -> None:
    async def main() -> None:
        clock = Deadlines()
        late = clock.timer(clock.now() + 3600)
        await clock.until(clock.now() + 0.01)
        assert not late.done()
        late.cancel()

    run(main())


def test_what_nobody_waits_for_is_dropped(run: Any) -> None:
    async def main() -> None:
        clock = Deadlines()
        for _ in range(5000):
            clock.timer(clock.now() + 3600).cancel()
        assert len(clock._heap) <= 1024
        await clock.until(clock.now() + 0.001)

    run(main())


def test_who_is_called_again_says_when(run: Any) -> None:
    class Again:
        """Is called so many times, like a stream that has more to say."""

        def __init__(self, clock: Deadlines, times: int) -> None:
            self.clock, self.times, self.early = clock, times, False
            self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.deadline = clock.now()

        def __call__(self, now: float) -> float:
            self.early = self.early or not self.deadline <= now <= self.clock.now()
            self.times -= 1
            if not self.times:
                self.over.set_result(None)
            self.deadline = now + 0.0001
            return self.deadline

    async def main() -> None:
        clock = Deadlines()
        several = [Again(clock, times) for times in (1, 5, 20)]
        for each in several:
            clock.again(each.deadline, each.over, each)
        await asyncio.wait_for(asyncio.gather(*(each.over for each in several)), 20)
        assert not clock._heap and not any(each.early for each in several)

    run(main())


def test_who_is_done_is_not_called_again(run: Any) -> None:
    async def main() -> None:
        clock, calls = Deadlines(), list[float]()
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def again(now: float) -> float:
            calls.append(now)
            if len(calls) == 3:
                over.set_result(None)
            return now

        clock.again(clock.now(), over, again)
        await over
        await clock.until(clock.now() + 0.005)
        assert len(calls) == 3 and not clock._heap

    run(main())


def test_what_lies_close_together_shares_a_wake_up(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rings = list[float]()
    ring = Deadlines._ring

    def counted(clock: Deadlines) -> None:
        rings.append(clock.now())
        ring(clock)

    monkeypatch.setattr(Deadlines, "_ring", counted)

    async def main() -> None:
        clock = Deadlines()
        begin = clock.now()
        await asyncio.gather(*(clock.until(begin + index * QUANTUM / 20) for index in range(400)))
        assert all(later - earlier >= QUANTUM for earlier, later in pairwise(rings))

    run(main())


def test_who_keeps_the_loop_busy_lets_the_others_be_on_time(run: Any) -> None:
    async def main() -> None:
        clock = Deadlines()
        timer = clock.timer(clock.now() + 0.001)
        time.sleep(0.002)  # noqa: ASYNC251 - busy
        clock.catch_up()
        assert timer.done()
        clock.catch_up()

    run(main())


def test_without_timers_of_the_system_the_loops_own_do(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> int:
        raise OSError("no timerfd")

    monkeypatch.setattr("mock_ares.server.timing.timerfd._create", lacking)
    test_deadlines_are_met_in_order_and_never_early(run)


def test_closed_it_gives_back_what_it_was_lent(run: Any) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async def main() -> None:
        clock = Deadlines()
        before = descriptors()
        for _ in range(3):
            await clock.until(clock.now() + 0.001)
            clock.close()
        assert descriptors() == before

    run(main())

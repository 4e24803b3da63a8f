"""Long work in a process of its own: what comes back, what cannot cross over, and when the process ends."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mock_ares.authoring.load import loads
from mock_ares.plan.build import RequestContext
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import Chunks, Reply, Text
from mock_ares.server.replies import executor as module
from mock_ares.server.replies.executor import BusyError, Executor
from mock_ares.server.replies.plan_cache import PlanCache, planned

LONG = Reply(text=Text(words=20_000))


def running(test: Callable[[Executor], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        executor = Executor()
        try:
            return await test(executor)
        finally:
            executor.close()

    return asyncio.run(main())


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], bool]]:
    """Whether a process ends, soon."""
    number = os.pidfd_open(pid)
    try:
        yield lambda: bool(select.select([number], [], [], 20)[0])
    finally:
        os.close(number)


def test_results_and_mistakes_come_back() -> None:
    async def test(executor: Executor) -> None:
        assert await executor.run(planned, LONG, RequestContext(), Negotiated(), 0) == planned(
            LONG, RequestContext(), Negotiated(), 0
        )
        assert await executor.run(os.getpid) not in (os.getpid(), await asyncio.to_thread(os.getppid))
        with pytest.raises(ScenarioError) as refused:
            await executor.run(loads, "txet: a")
        assert refused.value.mistakes[0].line == 1
        with pytest.raises(PlanError):
            await executor.run(planned, Reply(text="a\r", dialect="lines"), RequestContext(), Negotiated(), 0)
        printed: object = await executor.run(print, "a" * 100_000)
        assert printed is None, "what a job prints is no answer"

    running(test)


def test_what_cannot_cross_over_is_done_here() -> None:
    async def test(executor: Executor) -> None:
        assert await executor.run(lambda: os.getpid()) == os.getpid()

    running(test)


def test_where_there_is_no_process_a_thread_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")

    async def test(executor: Executor) -> None:
        assert [await executor.run(os.getpid), await executor.run(os.getpid)] == [os.getpid()] * 2

    running(test)


def test_another_program_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    assert running(lambda executor: executor.run(os.getpid)) == os.getpid()


def test_who_gives_up_ends_the_work() -> None:
    async def test(executor: Executor) -> None:
        pid = await executor.run(os.getpid)
        with watched(pid) as ends:
            job = asyncio.ensure_future(executor.run(time.sleep, 3600))
            await asyncio.sleep(0)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            assert ends()
        assert await executor.run(os.getpid) not in (pid, os.getpid())

    running(test)


def test_a_job_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.0)
    with pytest.raises(BusyError, match="given up"):
        running(lambda executor: executor.run(time.sleep, 3600))


def test_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)

    async def test(executor: Executor) -> list[Any]:
        jobs = [executor.run(int, str(number)) for number in range(5)]
        return await asyncio.gather(*jobs, return_exceptions=True)

    assert [type(each) for each in running(test)] == [int, int, int, BusyError, BusyError]


def test_it_ends_with_the_process_that_started_it() -> None:
    code = (
        "import asyncio, os, time\n"
        "from mock_ares.server.replies.executor import Executor\n"
        "async def main():\n"
        "    executor = Executor()\n"
        "    print(await executor.run(os.getpid), flush=True)\n"
        "    time.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        with watched(int(parent.stdout.readline())) as ends:
            parent.send_signal(signal.SIGKILL)
            assert ends()


def test_a_plan_is_made_once_for_all_who_wait() -> None:
    async def test(executor: Executor) -> None:
        plans, asked = PlanCache(), (LONG, RequestContext(), Negotiated(), 0)
        found = await asyncio.gather(*(plans.fetch(executor, *asked) for _ in range(10)))
        assert len({id(script) for _, script in found}) == 1 and plans.held(*asked)
        assert plans.get(*asked)[1] is found[0][1]

    running(test)


def test_surrogates_cross_over() -> None:
    reply = Reply(chunks=("\udc80" * 70_000,))
    assert running(lambda executor: executor.run(_given, reply, Chunks(every=1))) == (reply, Chunks(every=1))


def _given(*given: Any) -> Any:
    return given

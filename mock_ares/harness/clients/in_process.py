"""Clients that are called in this process."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from mock_ares.harness.clients.adapter import Adapter, Shown, described
from mock_ares.harness.clients.running_example import LOOK, RunningExample, UnacceptableError
from mock_ares.harness.clients.worker import InterruptionError, Worker
from mock_ares.harness.model import Observation, Target, UsageError

GRACE = 0.5
"""Seconds in which a client that was given up, whose connections have been ended, may come back."""

StreamChat = Callable[[str, str, str], Any]


class PythonClient(Adapter):
    """``stream_chat(url, token, message)``, where ``url`` is the full one.

    It returns the text, an iterable or async iterable of its pieces, or an awaitable of either; it reports failure by
    raising, whatever it raises. All examples are called in one thread with one event loop, which is not the caller's.
    A plain function is called outside the loop, so it may run one of its own; what it returns is awaited in the loop.
    """

    in_process = True

    def __init__(
        self,
        function: StreamChat,
        name: str | None = None,
        capabilities: str | Iterable[str] = (),
        timeout: float | None = None,
    ) -> None:
        super().__init__(name or str(getattr(function, "__name__", type(function).__name__)), capabilities, timeout)
        self._function = function
        self._worker: Worker[Observation] | None = None

    def start(self) -> None:
        if not callable(self._function):
            kind = type(self._function).__name__
            raise UsageError(f"{self.name}: expected a function stream_chat(url, token, message), there is a {kind}")

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        example = RunningExample(target, shown)
        call = RunningCall(self._function, example)
        worker = self._worker = self._worker or Worker(f"mock-ares client {self.name}")
        done = worker.submit(call)
        try:
            observation = _awaited(done, example)
        except TimeoutError:
            try:
                return example.given_up()
            finally:
                self._give_up(call, done)
        except BaseException:
            example.abandon()
            self._give_up(call, done)
            raise
        if call.spoiled:
            self.close()
        return observation

    def _give_up(self, call: RunningCall, done: Future[Observation]) -> None:
        """Stop what can be stopped; the thread of a client that does not come back is left behind."""
        call.stop()
        try:
            done.exception(GRACE)
        except TimeoutError:
            self._end(GRACE / 4)

    def cpu(self) -> float:
        """Seconds of this process: what the harness uses meanwhile is little, and grows with the stream."""
        return time.process_time()

    def close(self) -> None:
        self._end(GRACE)

    def _end(self, grace: float) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end(grace)


def _awaited(done: Future[Observation], example: RunningExample) -> Observation:
    """Raises TimeoutError where the client has to be given up."""
    while True:
        try:
            return done.result(min(example.left, LOOK))
        except TimeoutError:
            if done.done() or not example.left:
                raise


class RunningCall:
    """One example, from the call to the observation; run by a worker."""

    spoiled = False
    """Something of it is still going on in the loop."""

    def __init__(self, function: StreamChat, example: RunningExample) -> None:
        self._function = function
        self._example = example
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def __call__(self, runner: asyncio.Runner) -> Observation:
        example = self._example
        try:
            text = self._run(runner)
        except InterruptionError:
            raise
        except UnacceptableError as error:
            return example.failed(str(error))
        except BaseException as error:
            return example.failed(described(error))
        finally:
            self.spoiled = self._task is not None and not self._task.done()
            self._task = None
        return example.cancelled() if example.satisfied else example.returned(text)

    def stop(self) -> None:
        """Cancel what runs in the loop; from any thread."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed by now
                loop.call_soon_threadsafe(task.cancel)

    def _run(self, runner: asyncio.Runner) -> str:
        target = self._example.target
        result = self._function(target.url + target.path, target.token, target.message)
        if isinstance(result, AsyncIterable) or inspect.isawaitable(result):
            result = runner.run(self._settle(result))
        if isinstance(result, str):
            return result
        if isinstance(result, Iterable) and not isinstance(result, (bytes, bytearray, memoryview, Mapping)):
            return self._join(result)
        expected = "str, an iterable or async iterable of str, or an awaitable of these"
        raise UnacceptableError(f"it returned {type(result).__name__}, expected {expected}")

    def _join(self, pieces: Iterable[Any]) -> str:
        iterator = iter(pieces)
        try:
            for piece in iterator:
                self._example.show(piece)
                if self._example.enough:
                    break
        finally:
            if close := getattr(iterator, "close", None):
                close()
        return self._example.shown_text

    async def _settle(self, result: Any) -> Any:
        """Everything asynchronous happens in one task, as cancel scopes of anyio ask for."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            while not isinstance(result, AsyncIterable) and inspect.isawaitable(result):
                result = await result
            return await self._join_async(result) if isinstance(result, AsyncIterable) else result
        except (KeyboardInterrupt, SystemExit) as error:  # they would break off the loop
            raise UnacceptableError(described(error)) from None

    async def _join_async(self, pieces: AsyncIterable[Any]) -> str:
        iterator = aiter(pieces)
        try:
            async for piece in iterator:
                self._example.show(piece)
                if self._example.enough:
                    break
        finally:
            if close := getattr(iterator, "aclose", None):
                await close()
        return self._example.shown_text

"""Clients that are called in this process."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
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
        self.capabilities |= by_nature(function)
        self._function = function
        self._worker: Worker[list[Observation]] | None = None

    def start(self) -> None:
        if not callable(self._function):
            kind = type(self._function).__name__
            raise UsageError(f"{self.name}: expected a function stream_chat(url, token, message), there is a {kind}")

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        return self._observe([RunningCall(self._function, RunningExample(target, shown))])[0]

    def observe_together(self, targets: Sequence[Target]) -> list[Observation]:
        """Asynchronous functions in tasks of one loop; iterators in turn, piece by piece."""
        return self._observe([RunningCall(self._function, RunningExample(target)) for target in targets])

    def _observe(self, calls: list[RunningCall]) -> list[Observation]:
        worker = self._worker = self._worker or Worker(f"mock-ares client {self.name}")
        done = worker.submit(calls[0] if len(calls) == 1 else partial(together, calls))
        try:
            observations = _awaited(done, calls[-1].example)
        except TimeoutError:
            try:
                return [call.example.given_up() for call in calls]
            finally:
                self._give_up(calls, done)
        except BaseException:
            for call in calls:
                call.example.abandon()
            self._give_up(calls, done)
            raise
        if any(call.spoiled for call in calls):
            self.close()
        return observations

    def _give_up(self, calls: list[RunningCall], done: Future[list[Observation]]) -> None:
        """Stop what can be stopped; the thread of a client that does not come back is left behind."""
        for call in calls:
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


def by_nature(function: Any) -> frozenset[str]:
    """What a function can do, as anybody sees who looks at it: a task can be cancelled at any moment, and a generator
    waits for others between two pieces.
    """
    while isinstance(function, partial):
        function = function.func
    if not inspect.isroutine(function):
        function = getattr(function, "__call__", function)  # noqa: B004
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return frozenset({"abort", "concurrent"})
    return frozenset({"concurrent"}) if inspect.isgeneratorfunction(function) else frozenset()


def _awaited(done: Future[list[Observation]], example: RunningExample) -> list[Observation]:
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
        self.example = example
        self._stopped = False
        """By its caller, as the case asks."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def __call__(self, runner: asyncio.Runner) -> list[Observation]:
        return [self.observed(lambda: self._run(runner))]

    def observed(self, run: Callable[[], str]) -> Observation:
        """What comes of the function's result when it is run to its end."""
        example = self.example
        try:
            text = run()
        except InterruptionError:
            raise
        except UnacceptableError as error:
            return example.failed(str(error))
        except BaseException as error:
            return example.cancelled() if self._stopped else example.failed(described(error))
        finally:
            self.spoiled = self._task is not None and not self._task.done()
            self._task = None
        return example.cancelled() if example.satisfied or self._stopped else example.returned(text)

    def stop(self) -> None:
        """Cancel what runs in the loop; from any thread."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed by now
                loop.call_soon_threadsafe(task.cancel)

    def _run(self, runner: asyncio.Runner) -> str:
        result = self.called()
        if _is_asynchronous(result):
            result = runner.run(self.settle(result))
        for _ in self.steps(result):
            pass
        return result if isinstance(result, str) else self.example.shown_text

    def called(self) -> Any:
        """What the function returns."""
        target = self.example.target
        return self._function(target.url + target.path, target.token, target.message)

    def steps(self, result: Any) -> Iterator[None]:
        """Shows the pieces of what is not asynchronous, one in each step. Raises UnacceptableError."""
        if isinstance(result, str):
            return
        if not isinstance(result, Iterable) or isinstance(result, (bytes, bytearray, memoryview, Mapping)):
            expected = "str, an iterable or async iterable of str, or an awaitable of these"
            raise UnacceptableError(f"it returned {type(result).__name__}, expected {expected}")
        iterator = iter(result)
        try:
            for piece in iterator:
                self.example.show(piece)
                if self.example.enough:
                    break
                yield
        finally:
            if close := getattr(iterator, "close", None):
                close()

    async def settle(self, result: Any) -> Any:
        """Everything asynchronous happens in one task, as cancel scopes of anyio ask for."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self.example.target.cancel_in is not None:
            self._loop.call_later(self.example.target.cancel_in, self._stop_early)
        try:
            while not isinstance(result, AsyncIterable) and inspect.isawaitable(result):
                result = await result
            return await self._join_async(result) if isinstance(result, AsyncIterable) else result
        except (KeyboardInterrupt, SystemExit) as error:  # they would break off the loop
            raise UnacceptableError(described(error)) from None

    def _stop_early(self) -> None:
        if self._task is not None:
            self._stopped = True
            self._task.cancel()

    async def _join_async(self, pieces: AsyncIterable[Any]) -> str:
        iterator = aiter(pieces)
        try:
            async for piece in iterator:
                self.example.show(piece)
                if self.example.enough:
                    break
        finally:
            if close := getattr(iterator, "aclose", None):
                await close()
        return self.example.shown_text


def _is_asynchronous(result: Any) -> bool:
    return isinstance(result, AsyncIterable) or inspect.isawaitable(result)


def together(calls: Sequence[RunningCall], runner: asyncio.Runner) -> list[Observation]:
    """Several calls at once. A function that returns when all is said is called for one after the other."""
    begun = [_outcome(call.called) for call in calls]
    if any(map(_is_asynchronous, begun)):
        begun = runner.run(_settled(calls, begun))
    shown: list[Any] = [
        None if isinstance(result, BaseException) else call.steps(result)
        for call, result in zip(calls, begun, strict=True)
    ]
    while any(shown):
        for at, steps in enumerate(shown):
            if steps is not None and (end := _outcome(partial(next, steps))) is not None:
                shown[at] = None
                if not isinstance(end, StopIteration):
                    begun[at] = end
    return [call.observed(partial(_text, call, result)) for call, result in zip(calls, begun, strict=True)]


def _text(call: RunningCall, result: Any) -> str:
    """Raises what came of it where that is an exception."""
    if isinstance(result, BaseException):
        raise result
    return result if isinstance(result, str) else call.example.shown_text


def _outcome(run: Callable[[], Any]) -> Any:
    """What it returns, or raises."""
    try:
        return run()
    except InterruptionError:
        raise
    except BaseException as error:
        return error


async def _settled(calls: Sequence[RunningCall], begun: Sequence[Any]) -> list[Any]:
    tasks = [
        call.settle(result) if _is_asynchronous(result) else _itself(result)
        for call, result in zip(calls, begun, strict=True)
    ]
    return await asyncio.gather(*tasks, return_exceptions=True)


async def _itself(result: Any) -> Any:
    return result

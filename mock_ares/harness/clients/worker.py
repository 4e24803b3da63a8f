"""A thread with an event loop for clients that are called in process: one that can be left behind.

No thread can be ended from outside. One that does not come back is interrupted, which takes effect as soon as it runs
Python again, and else is left to itself: as a daemon it keeps nothing from ending.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class InterruptionError(BaseException):
    """Raised in a worker's thread to make it end."""


class Worker(Generic[T]):
    """Runs jobs in turn, in one thread with one loop."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[asyncio.Runner], T], Future[T]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[asyncio.Runner], T]) -> Future[T]:
        """The job gets the loop's runner."""
        done: Future[T] = Future()
        self._jobs.put((job, done))
        return done

    def end(self, grace: float) -> bool:
        """End the thread: let it come to an end for ``grace`` seconds, then interrupt it. Says whether it has ended."""
        self._jobs.put(None)
        self._thread.join(grace)
        if self._thread.is_alive():
            self._interrupt()
            self._thread.join(grace)
        return not self._thread.is_alive()

    def _interrupt(self) -> None:
        number = self._thread.ident
        assert number is not None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(number), ctypes.py_object(InterruptionError))

    def _run(self) -> None:
        with contextlib.suppress(InterruptionError):
            runner = asyncio.Runner()
            try:
                runner.get_loop()  # the thread's from now on: a function that is called outside it finds it
                while (work := self._jobs.get()) is not None:
                    job, done = work
                    try:
                        done.set_result(job(runner))
                    except BaseException as error:
                        done.set_exception(error)
                        if isinstance(error, InterruptionError):
                            raise
                    del work, job, done
            finally:
                runner.close()

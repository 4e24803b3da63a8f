"""A thread with an event loop for clients that are called in process: one that can be left behind.

No thread can be ended from outside. One that does not come back is interrupted, which takes effect as soon as it runs
Python again, and else is left to itself: as a daemon it keeps nothing from ending.

An interruption that is not taken must be withdrawn. While one waits, CPython 3.11 has every thread look for it again
and again, and one that is traced (coverage, a debugger, Hypothesis explaining a failure) gets past no call any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import threading
import traceback
import warnings
from _queue import SimpleQueue  # of C, which no library puts another in the place of
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = (ctypes.c_ulong, ctypes.c_void_p)


class InterruptionError(BaseException):
    """Raised in a worker's thread to make it end."""


class _WithdrawnError(BaseException):
    """Raised in this thread, for nothing else takes back CPython's note that some thread has one coming."""


_INTERRUPTION, _WITHDRAWN = id(InterruptionError), id(_WithdrawnError)


class Worker(Generic[T]):
    """Runs jobs in turn, in one thread with one loop."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[Callable[[asyncio.Runner], T], Future[T]] | None] = SimpleQueue()
        self._ended = threading.Lock()
        self._ended.acquire()
        self._lock = threading.Lock()
        self._closing = False
        self._interrupted: InterruptionError | None = None
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
        ended = self._ended.acquire(timeout=grace) or self._interrupt(grace)
        if ended:
            self._ended.release()
            self._thread.join()
            self._let_go()
        return ended

    def _let_go(self) -> None:
        """What a job held where it was interrupted, a socket that connects for one, is closed without a word: Python's
        warning of it would be taken for the mistake of whatever test is running.
        """
        if self._interrupted is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                traceback.clear_frames(self._interrupted.__traceback__)

    def _interrupt(self, grace: float) -> bool:
        """Says whether the thread has ended. No function of Python's may be called before the withdrawal."""
        number, here, acquire = self._thread.ident, threading.get_ident(), self._ended.acquire
        with self._lock:
            if not self._closing:  # a loop that is half closed would complain when it is collected
                _raise_in(number, _INTERRUPTION)
        if acquire(True, grace):
            return True
        _raise_in(number, None)
        try:  # suppress() would be a call
            _raise_in(here, _WITHDRAWN)
            while True:  # it is raised at a jump at the latest
                pass
        except _WithdrawnError:
            pass
        return False

    def _run(self) -> None:
        runner = asyncio.Runner()
        try:
            with contextlib.suppress(InterruptionError):
                runner.get_loop()  # the thread's from now on: a function that is called outside it finds it
                self._work(runner)
            self._refuse_interruptions()
            runner.close()
        finally:
            self._ended.release()

    def _refuse_interruptions(self) -> None:
        """From now on. One that is under way arrives here."""
        while not self._closing:
            with contextlib.suppress(InterruptionError):
                with self._lock:
                    self._closing = True
                for _ in range(100):  # it is raised at a jump at the latest
                    pass

    def _work(self, runner: asyncio.Runner) -> None:
        while (work := self._jobs.get()) is not None:
            job, done = work
            try:
                done.set_result(job(runner))
            except BaseException as error:
                done.set_exception(error)
                if isinstance(error, InterruptionError):
                    self._interrupted = error
                    raise
            del work, job, done

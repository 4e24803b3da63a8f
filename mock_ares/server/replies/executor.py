"""Work that takes too long for an event loop, done in a process of its own: one job at a time, in their order.

Why a process: with a million chunks being planned in a thread, the streams beside it were a third of a second late. A
thread gives way between two bytecodes, and much of the work is single calls that take long: a ``findall``, a ``join``.
And a process can be ended: the job whose caller has left, or that takes too long, does not go on for nobody.

The process is started when it is first needed, and ends when it has been idle for a while, when the executor is gone,
or when its own standard input is, however this process ends. Where there can be none, or a job cannot cross over to it
(a fault that a test defines), a thread does the job: then others may be late, and nothing else is different.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import weakref
from array import array
from collections.abc import Callable
from typing import IO, Any, BinaryIO, TypeVar

T = TypeVar("T")
MOST_WAITING = 32
LONGEST = 120.0
"""Seconds for one job."""
IDLE = 60.0
"""Seconds after which the process ends that nobody needs."""
STARTING = 30.0
"""Seconds in which it must have said that it is there."""
_READY = b"mock-ares executor\n"
_BOOT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from mock_ares.server.replies.executor import serve; serve()"
)


class BusyError(Exception):
    """More jobs wait than may; or one took too long."""


class _LostError(Exception):
    """The process is not there any more, or cannot be."""


class Executor:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._child: _Child | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._forever_without = bool(getattr(sys, "frozen", False)) or not sys.executable
        self._finalizer: weakref.finalize[Any, Any] | None = None

    @property
    def busy(self) -> int:
        """Jobs that wait or are being done."""
        return self._waiting

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """What a function of a module says, called with these arguments. Raises what it raises, and BusyError.

        Whoever cancels this ends the job.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError(f"{MOST_WAITING} long jobs wait already, such as plans of long replies; ask again later")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._run(function, args)
        finally:
            self._waiting -= 1

    async def _run(self, function: Callable[..., T], args: tuple[Any, ...]) -> T:
        try:
            job = _packed((function, args))
            failed, result = await self._elsewhere(job)
        except (_LostError, pickle.PicklingError, TypeError, AttributeError):
            return await asyncio.to_thread(function, *args)
        if failed:
            raise result
        return result  # type: ignore[no-any-return]

    async def _elsewhere(self, job: Parcel) -> tuple[bool, Any]:
        """Whether the job has failed, and what it gave or raised."""
        if self._idle is not None:
            self._idle.cancel()
        try:
            async with asyncio.timeout(LONGEST):
                if self._child is None:
                    await self._start()
                assert self._child is not None
                return await asyncio.to_thread(self._child.ask, job)
        except TimeoutError:
            self.close()
            raise BusyError(f"this took longer than {LONGEST:g} s, and was given up") from None
        except (asyncio.CancelledError, _LostError):
            self.close()
            raise
        finally:
            if self._child is not None:
                self._idle = asyncio.get_running_loop().call_later(IDLE, self.close)

    async def _start(self) -> None:
        if self._forever_without:
            raise _LostError
        try:
            self._child = child = _Child()
        except OSError:
            self._forever_without = True
            raise _LostError from None
        self._finalizer = weakref.finalize(self, child.close)
        try:
            async with asyncio.timeout(STARTING):
                ready = await asyncio.to_thread(child.ready)
        except TimeoutError:
            ready = False
        if not ready:
            self._forever_without = True
            raise _LostError

    def close(self) -> None:
        """Ends the process, and what it does. It is started again when it is needed again."""
        self._child = None
        if self._finalizer is not None:
            self._finalizer()
            self._finalizer = None


class _Child:
    """The process; its methods that block are called in a thread, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._blocked = threading.Lock()
        self._owner = os.getpid()

    def ready(self) -> bool:
        with self._blocked, contextlib.suppress(OSError, ValueError):
            pickle.dump(sys.path, self._requests)
            self._requests.flush()
            return self._answers.readline() == _READY
        return False

    def ask(self, job: Parcel) -> tuple[bool, Any]:
        """Raises _LostError."""
        try:
            with self._blocked:
                _send(self._requests, job)
                kind, result = _unpacked(_receive(self._answers))
        except (OSError, ValueError, EOFError, pickle.UnpicklingError):
            raise _LostError from None
        if kind == "lost":
            raise _LostError
        return kind == "failed", result

    def close(self) -> None:
        if self._owner != os.getpid():  # a fork of the process that started it
            return
        self._process.kill()
        self._process.wait()
        with self._blocked:  # whoever is blocked has been told by the end of the process
            for pipe in (self._requests, self._answers):
                with contextlib.suppress(OSError):
                    pipe.close()


# --- what goes through the pipe -------------------------------------------------------------------------------------

LARGE = 64 * 1024
"""Of texts, bytes and columns of this size each goes by itself: no single step of their way takes long."""
_KINDS: tuple[type[Any], ...] = (str, bytes, bytearray, array)


class _Pickler(pickle.Pickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.large = dict[int, Any]()

    def persistent_id(self, item: Any) -> int | None:
        if type(item) in _KINDS and len(item) * getattr(item, "itemsize", 1) >= LARGE:
            self.large[id(item)] = item
            return list(self.large).index(id(item))
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, large: list[Any]) -> None:
        super().__init__(io.BytesIO(data))
        self._large = large

    def persistent_load(self, index: int) -> Any:
        return self._large[index]


Parcel = list[tuple[str, bytes]]
"""Kinds and bytes: what is large, and behind it the rest."""


def _packed(value: Any) -> Parcel:
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(value)
    return [*map(_part, pickler.large.values()), ("", file.getvalue())]


def _part(item: Any) -> tuple[str, bytes]:
    if isinstance(item, array):
        return item.typecode, item.tobytes()
    if isinstance(item, str):
        return "str", item.encode("utf-8", "surrogatepass")
    return type(item).__name__, bytes(item)


def _unpacked(parcel: Parcel) -> Any:
    """Empties the parcel, so that what it holds is never there twice."""
    _, rest = parcel.pop()
    parcel.reverse()
    large = list[Any]()
    while parcel:
        large.append(_item(*parcel.pop()))
    return _Unpickler(rest, large).load()


def _item(kind: str, data: bytes) -> Any:
    if kind in ("str", "bytes", "bytearray"):
        return str(data, "utf-8", "surrogatepass") if kind == "str" else data if kind == "bytes" else bytearray(data)
    column = array(kind)
    column.frombytes(data)
    return column


def _send(pipe: IO[bytes], parcel: Parcel) -> None:
    for kind, data in parcel:
        pipe.write(_HEAD.pack(kind.encode(), len(data)))
        pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Parcel:
    """Raises EOFError."""
    parcel: Parcel = []
    while not parcel or parcel[-1][0]:
        head = pipe.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise EOFError
        kind, size = _HEAD.unpack(head)
        parcel.append((kind.rstrip(b"\0").decode(), data := pipe.read(size)))
        if len(data) < size:
            raise EOFError
    return parcel


_HEAD = struct.Struct("10sQ")


# --- in the process -------------------------------------------------------------------------------------------------


def serve() -> None:
    """Does jobs until standard input ends. Ctrl-C is meant for the process that asks; its end is this one's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)  # where there is one processor, the streams come first
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a job prints is no answer
    answers.write(_READY)
    answers.flush()
    gc.disable()
    with contextlib.suppress(EOFError, OSError):
        while True:
            _send(answers, _done(_receive(requests)))
            gc.collect()


def _done(job: Parcel) -> Parcel:
    try:
        function, args = _unpacked(job)
    except Exception:  # what was defined where this process cannot find it
        return _packed(("lost", None))
    try:
        return _packed(("done", function(*args)))
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> Parcel:
    """An exception that can be made again on the other side; else the job is done there, and fails there."""
    try:
        parcel = _packed(("failed", error))
        _unpacked([*parcel])
    except Exception:
        return _packed(("lost", None))
    return parcel

"""A process under test: in a group of its own, read and written without ever waiting for longer than was said.

It runs no thread: standard error is kept short and standard input is fed while somebody reads standard output.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import signal
import subprocess
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from mock_ares.harness.clients.command import check_command, named
from mock_ares.harness.clients.processes import strays
from mock_ares.harness.model import HarnessError, UsageError
from mock_ares.harness.stopping import deferred
from mock_ares.harness.surroundings import obstacle
from mock_ares.monotonic import monotonic

READ = 1 << 16
"""Bytes."""
WORDS = 750
"""So many bytes of the beginning of standard error are kept, and of its end: what has failed stands here or there."""
REAP = 5.0
"""Seconds."""
PROC = Path("/proc")
SCARCE = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Child:
    """A running process. ``end`` kills every process of its group; so does the collection of this object."""

    def __init__(self, argv: Sequence[str], env: Mapping[bytes, bytes], *, talks: bool = False) -> None:
        """``talks``: it has a standard input. Raises UsageError where there is no such command."""
        mark = uuid4().hex.encode()
        with deferred():
            self._process = _spawn(argv, {**env, strays.MARK: mark}, talks)
            self._ended = weakref.finalize(self, _end, self._process, mark)
        self.pid = self._process.pid
        assert self._process.stdout and self._process.stderr
        self._stdout, self._stderr = self._process.stdout.fileno(), self._process.stderr.fileno()
        self._stdin = self._process.stdin.fileno() if self._process.stdin else None
        self._unsent = bytearray()
        self._first_words = self._last_words = b""
        self._forgotten = 0
        self._poll = select.poll()
        for fd in (self._stdout, self._stderr):
            os.set_blocking(fd, False)
            self._poll.register(fd, select.POLLIN)
        if self._stdin is not None:
            os.set_blocking(self._stdin, False)

    @property
    def words(self) -> str:
        """What it wrote to standard error; of much of it the beginning and the end."""
        if not self._forgotten:
            return (self._first_words + self._last_words).decode(errors="replace").strip()
        first, last = (part.decode(errors="ignore").strip() for part in (self._first_words, self._last_words))
        return f"{first} … {self._forgotten:,} bytes … {last}"

    def write(self, data: bytes) -> None:
        """Goes to standard input while ``read`` waits; what a process that has gone does not take is dropped."""
        if self._stdin is not None:
            self._unsent += data
            self._feed()

    def read(self, until: float) -> bytes | None:
        """What comes next on standard output: b"" at its end, None where nothing came ``until`` then."""
        while True:
            wait = max(0.0, until - monotonic())
            ready = {fd for fd, _ in self._poll.poll(None if wait == float("inf") else wait * 1000)}
            if self._stdin in ready:
                self._feed()
            if self._stderr in ready:
                self._listen()
            if self._stdout in ready:
                data = os.read(self._stdout, READ)
                if not data:
                    self._poll.unregister(self._stdout)
                return data
            if monotonic() >= until:
                return None

    def wait(self, until: float) -> bool:
        """After the end of standard output: whether it exits ``until`` then."""
        pause = 0.0005
        while not self.exited:
            now = monotonic()
            if now >= until:
                return False
            self.read(min(now + pause, until))
            pause = min(pause * 2, 0.05)
        self._listen()
        return True

    @property
    def exited(self) -> bool:
        """Whether it has; it stays a zombie, so that its group's id remains its own until ``end``."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # this process ignores SIGCHLD, so nobody waits for its children
            return True

    def cpu(self) -> float | None:
        """Seconds that its group has used so far; None where the system does not tell (no Linux)."""
        try:
            return sum(_cpu_of(stat, self.pid) for stat in PROC.glob("[0-9]*/stat")) if PROC.is_dir() else None
        except OSError:
            return None

    def spent(self) -> float:
        """Seconds that it and those it has waited for have used, exited or not; 0 where the system does not tell."""
        return _cpu_of(PROC / str(self.pid) / "stat", self.pid)

    def terminate(self) -> None:
        """Ask the group to end, as a caller does that wants no more."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGTERM)

    def hang_up(self) -> None:
        """End its standard input."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._silence()
            self._process.stdin.close()
        self._stdin = None

    def end(self) -> int:
        """Kill what is left of the group. The exit status, negative for a signal."""
        self._ended()
        status = self._process.returncode
        if status is None:
            raise HarnessError(f"process {self.pid} has been killed and has not ended within {REAP:g} s")
        return status

    def _feed(self) -> None:
        assert self._stdin is not None
        with contextlib.suppress(BlockingIOError):
            try:
                while self._unsent:
                    del self._unsent[: os.write(self._stdin, self._unsent[:READ])]
            except BrokenPipeError:
                self._unsent.clear()
        if self._unsent:
            self._poll.register(self._stdin, select.POLLOUT)
        else:
            self._silence()

    def _silence(self) -> None:
        with contextlib.suppress(KeyError):
            self._poll.unregister(self._stdin)  # type: ignore[arg-type]

    def _listen(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._stderr, READ):
                room = WORDS - len(self._first_words)
                self._first_words += data[:room]
                self._last_words += data[room:]
                self._forgotten += max(len(self._last_words) - WORDS, 0)
                self._last_words = self._last_words[-WORDS:]
                if len(data) == READ:
                    return  # a flood: standard output has its turn
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._stderr)


def told_apart() -> bool:
    """Whether the system tells what one process has used that has ended (Linux: as long as it is a zombie)."""
    return (PROC / "self" / "stat").exists()


def ended_cpu() -> float:
    """Seconds of the processes that have ended and were this one's, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_of(stat: Path, group: int) -> float:
    """Seconds of the process and of those it has waited for, if it is of the group; proc_pid_stat(5)."""
    try:
        fields = stat.read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") if int(fields[2]) == group else 0.0


def status_text(status: int, words: str) -> str:
    """How a process ended, and its last words."""
    if status < 0:
        try:
            how = f"killed by {signal.Signals(-status).name}"
        except ValueError:
            how = f"killed by signal {-status}"
    else:
        how = f"exit status {status}"
    return f"{how}: {words}" if words else how


def _spawn(argv: Sequence[str], env: Mapping[bytes, bytes], talks: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in SCARCE:
            raise HarnessError(f"cannot start a process: {error}; {obstacle(str(error))}") from error
        check_command(argv)
        raise UsageError(f"cannot run {named(argv)}: {error}") from None


def _end(process: subprocess.Popen[bytes], mark: bytes) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP)
    strays.end(process.pid, mark)

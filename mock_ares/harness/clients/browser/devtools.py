"""A Chromium process and the pipe one talks to it by: the DevTools protocol, each message ended by NUL.

Needs no package and no port: the browser reads commands from its descriptor 3 and writes to its descriptor 4. It
ends by itself when that pipe closes, so it never outlives a harness that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mock_ares.monotonic import monotonic

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",  # as root, so in most containers, it starts no other way; all it loads is the user's own file
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # Nothing but the client talks to anyone, and nothing comes between it and the fake.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--no-pings",
    "--no-proxy-server",
    # A page that nobody looks at would have its timers slowed down.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
CLOSE_SECONDS = 5.0

Message = dict[str, Any]


class ChromiumError(Exception):
    """The browser is missing, did not start, or died: the harness's error, never the client's."""


def find_chromium() -> str | None:
    """The path of the first Chromium or Chrome on PATH, or None."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    """One headless Chromium with a profile of its own that is gone when it is.

    Not for use by several threads at once. ``close`` may be called twice, and happens by itself at exit.
    """

    def __init__(self, program: str | None = None, flags: Sequence[str] = ()) -> None:
        """Start ``program``, or the first that is found, with more flags. Raises ChromiumError if there is none."""
        program = program or find_chromium()
        if program is None:
            raise ChromiumError(f"no browser: expected one of {', '.join(PROGRAMS)} on PATH; install chromium")
        self._home = Path(tempfile.mkdtemp(prefix="mock-ares-chromium-"))
        self._pid, self._commands, self._messages = _spawn(program, self._home, flags)
        self._closed = weakref.finalize(self, _end, self._pid, self._commands, self._messages, self._home)
        self._received: list[bytes] = []
        self._inbox: deque[Message] = deque()
        self._last_id = 0

    def send(self, method: str, session: str | None = None, **params: object) -> int:
        """Send a command, return the id that its answer will carry. Raises ChromiumError if the browser is gone."""
        self._last_id += 1
        command: Message = {"id": self._last_id, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        unsent = memoryview(json.dumps(command).encode() + b"\0")
        try:
            while unsent:
                unsent = unsent[os.write(self._commands, unsent) :]
        except BrokenPipeError:
            raise self._died() from None
        return self._last_id

    def receive(self, deadline: float) -> Message | None:
        """The next message, or None at ``deadline`` (on the monotonic clock). Raises ChromiumError at its end."""
        poll = select.poll()
        poll.register(self._messages, select.POLLIN)
        while not self._inbox:
            if not poll.poll(max(0.0, deadline - monotonic()) * 1000):
                return None
            read = os.read(self._messages, 1 << 20)
            if not read:
                raise self._died()
            *ends, rest = read.split(b"\0")
            for end in ends:
                self._inbox.append(json.loads(b"".join([*self._received, end])))
                self._received.clear()
            self._received.append(rest)
        return self._inbox.popleft()

    def call(self, method: str, session: str | None = None, *, seconds: float = 30.0, **params: object) -> Message:
        """The result of a command; events that come before it are dropped.

        Raises ChromiumError if the browser refuses it, dies, or has not answered after ``seconds``.
        """
        number = self.send(method, session, **params)
        deadline = monotonic() + seconds
        while (message := self.receive(deadline)) is not None:
            if message.get("id") != number:
                continue
            if "error" in message:
                raise ChromiumError(f"{method}: {message['error']['message']}")
            result: Message = message["result"]
            return result
        raise ChromiumError(f"{method}: no answer from the browser within {seconds} s")

    def close(self) -> None:
        """End the browser and all its processes, remove its profile."""
        self._closed()

    def _died(self) -> ChromiumError:
        log = (self._home / "log").read_text(errors="replace").splitlines()[-5:]
        self.close()
        return ChromiumError("\n".join(["the browser ended unexpectedly; its last words:", *(log or ["(none)"])]))


def _spawn(program: str, home: Path, flags: Sequence[str]) -> tuple[int, int, int]:
    """Start the program in a process group of its own: its pid, the end to write to, the end to read from."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # Out of the way of 3 and 4 first, or the first copy could overwrite the second's source.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (theirs_in, theirs_out)]
    log = home / "log"
    arguments = [program, *FLAGS, *flags, f"--user-data-dir={home / 'profile'}", "about:blank"]
    try:
        pid = os.posix_spawn(
            program,
            arguments,
            {**os.environ, "XDG_CONFIG_HOME": str(home)},  # crash reports go there, whatever the profile
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, high[0], 3),
                (os.POSIX_SPAWN_DUP2, high[1], 4),
            ],
            setpgroup=0,
        )
    except OSError as error:
        for fd in (ours_out, ours_in):
            os.close(fd)
        shutil.rmtree(home)
        raise ChromiumError(f"cannot start {program}: {error.strerror}") from error
    finally:
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)
    return pid, ours_out, ours_in


def _end(pid: int, commands: int, messages: int, home: Path) -> None:
    with contextlib.suppress(OSError):
        os.write(commands, b'{"id":0,"method":"Browser.close"}\0')
    os.close(commands)
    _wait_for_end(messages, monotonic() + CLOSE_SECONDS)
    os.close(messages)
    # The group's id stays ours until its leader is waited for, so this can hit nobody else.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    for _ in range(20):  # helpers of the browser that are just dying may still write to the profile
        with contextlib.suppress(OSError):
            shutil.rmtree(home)
            return
        time.sleep(0.05)
    shutil.rmtree(home, ignore_errors=True)


def _wait_for_end(messages: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(messages, select.POLLIN)
    while poll.poll(max(0.0, deadline - monotonic()) * 1000):
        if not os.read(messages, 1 << 20):
            return


def trust_anybody(browser: Browser, session: str) -> None:
    """Lets a page ask servers of any authority: there is no folder of them that a browser could be given."""
    browser.call("Security.setIgnoreCertificateErrors", session, ignore=True)

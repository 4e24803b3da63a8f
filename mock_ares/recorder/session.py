"""A recorder in a thread: what the command, a fixture or a test starts."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

from mock_ares.recorder.folder import RecordingFolder, Swept
from mock_ares.recorder.proxy import Limits, Outcome, RecordingProxy
from mock_ares.recorder.upstream import Upstream
from mock_ares.server.hosting.loop import Server

MOST_OUTCOMES = 10_000
SETTLING = 150.0
"""Seconds in which what has ended must be written down."""


class RecordingSession:
    """``with RecordingSession(upstream, folder) as session``: ``url`` leads to the server, and is written down.

    Raises FolderError, CannotListenError.
    """

    def __init__(
        self,
        upstream: Upstream,
        path: Path,
        told: Callable[[Outcome], object] = lambda outcome: None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits = Limits(),
    ) -> None:
        self.folder = RecordingFolder(path)
        self.outcomes = deque[Outcome](maxlen=MOST_OUTCOMES)
        self.swept = Swept([], 0)
        """What was cleaned once more at the end."""
        self._told = told
        self.proxy = RecordingProxy(upstream, self.folder, self._tell, limits)
        self._loop: asyncio.AbstractEventLoop | None = None
        try:
            self._server = Server(self.proxy, host, port, on_start=self._started)
        except BaseException:
            self.folder.close()
            raise
        self.url = self._server.url

    def _started(self) -> None:
        self._loop = asyncio.get_running_loop()

    def _tell(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._told(outcome)

    def reach(self) -> None:
        """Connects to the server once. Raises UpstreamError."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self.proxy.upstream.reached(), self._loop).result(SETTLING)

    def settle(self) -> None:
        """Waits until everything that has ended is written down."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self.proxy.settled(), self._loop).result(SETTLING)

    def __enter__(self) -> RecordingSession:
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.settle()
            self.swept = self.folder.sweep(self.proxy.secrets)
        finally:
            self._server.stop()
            self.proxy.close()
            self.folder.close()

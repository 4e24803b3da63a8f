"""The served folder read again while the fake runs: from time to time, and before a request after a change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mock_ares.scenario.model import Scenario
from mock_ares.server.files.scenario_files import Change, Folder, ServedFile, read_scenario
from mock_ares.server.replies.effort import much_to_read
from mock_ares.server.replies.executor import Executor

INTERVAL = 0.3
"""Seconds between two looks."""
SHARE = 20.0
"""A look at files of which none has changed is followed by so many times its length of rest."""

Changes = list[tuple[Change, ServedFile]]


class Reloader:
    """``changed`` and ``unreadable`` are called in the event loop. Long files are read in a process of their own."""

    def __init__(
        self, folder: Folder, changed: Callable[[Changes], object], unreadable: Callable[[OSError], object]
    ) -> None:
        self.folder = folder
        self.changed = changed
        self.unreadable = unreadable
        self._executor = Executor()
        self._told = ""
        self._looking: asyncio.Future[float] | None = None
        self._fresh = False

    async def run(self) -> None:
        """Looks again and again, until cancelled."""
        took = 0.0
        while True:
            await asyncio.sleep(max(INTERVAL, SHARE * took))
            took = await self.look()

    def close(self) -> None:
        """Ends the process that reads."""
        self._executor.close()

    async def anew(self) -> None:
        """Looks once more, whatever look goes on."""
        if self._looking is not None:
            await asyncio.shield(self._looking)
        await self.look()

    async def refresh(self) -> None:
        """What was saved before holds from now on."""
        while self._looking is not None and not self._looking.done():
            await asyncio.shield(self._looking)  # what it has seen is served when it is over; it may pass a file by
        if self._stale():
            await self.look()

    def _stale(self) -> bool:
        """Looked up once for all that one round of the event loop has to answer.

        What was read from sockets by then had been sent, and what was saved before that is seen.
        """
        if not self._fresh:
            if self.folder.stale:
                return True
            self._fresh = True
            asyncio.get_running_loop().call_soon(self._forget)
        return False

    def _forget(self) -> None:
        self._fresh = False

    async def look(self) -> float:
        """Looks, or waits for the look that goes on. How many seconds that took where nothing has changed, else 0."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> float:
        begun = time.monotonic()
        try:
            changes = await asyncio.to_thread(self.folder.scan, partial(self._read, asyncio.get_running_loop()))
        except OSError as error:
            if str(error) != self._told:
                self.unreadable(error)
            self._told = str(error)
            return 0.0
        self._told = ""
        if changes:
            self.changed(changes)
        return 0.0 if changes else time.monotonic() - begun

    def _read(self, loop: asyncio.AbstractEventLoop, data: bytes, name: str, base: Path, stem: str) -> Scenario:
        """Called in the scan's thread, which may read what is little itself."""
        if not much_to_read(data.decode("latin-1")):
            return read_scenario(data, name, base, stem)
        work = self._executor.run(read_scenario, data, name, base, stem)
        return asyncio.run_coroutine_threadsafe(work, loop).result()

"""Plays a script on a wire."""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_right
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from mock_ares.plan.head import render_head
from mock_ares.plan.model import Ending, Headers, Script, Write
from mock_ares.server.clock import Clock
from mock_ares.server.tempo import Tempo
from mock_ares.server.wire import Wire

__all__ = ["Clock", "Played", "Tempo", "play"]

SLAB = 65536
"""Bytes that are handed over at once, before other streams get their turn."""

Ended = Literal["complete", "close", "reset", "hang", "client-left", "ended"]
Exactness = Literal["exact", "best-effort", "none"]
Sent = Callable[[int, int], object]
"""Told how many writes of a script, and how many of its bytes, have been handed over so far; the head is none."""


@dataclass(frozen=True, slots=True)
class Played:
    """What has been done of a script."""

    segments: int
    """Writes of the script that were handed to the connection in full; the head is none of them."""
    bytes: int
    """Bytes handed to it, the head's not counted. All have arrived unless the client left, which may lose some."""
    ending: Ended
    """The script's own ending if it came to that; ``ended``: this side broke it off; else ``client-left``."""
    boundaries: Exactness
    """``best-effort``: at one boundary or more it is not known whether the client has read up to it."""
    duration: float
    """Seconds from the start to the end."""


async def play(
    script: Script,
    wire: Wire,
    clock: Clock,
    *,
    extra: Headers = (),
    speed: float | Tempo = 1.0,
    start: float | None = None,
    patience: float = 1.0,
    sent: Sent | None = None,
) -> Played:
    """Writes the script's head and writes, each when it is due and never before, and ends as the script does.

    ``start`` is the moment its times count from (default: now); ``speed`` divides them: 2 is twice as fast, infinity
    does not wait, but hangs and boundaries are kept; a ``Tempo`` can change meanwhile. ``patience``: seconds for which
    a client may read nothing before a boundary is given up. ``sent`` is told of what has been handed over. Where the
    connection is closed or reset, it has ended on return. Cancelled, it aborts the connection.
    """
    tempo = speed if isinstance(speed, Tempo) else Tempo(speed, clock.now)
    player = _Player(script, wire, clock, tempo, clock.now() if start is None else start, patience)
    player.told = sent
    try:
        ending = await player.play(extra)
    except asyncio.CancelledError:
        wire.reset()
        raise
    segments, size = player.sent()
    return Played(segments, size, ending, player.boundaries, clock.now() - player.start)


class _Player:
    def __init__(self, script: Script, wire: Wire, clock: Clock, tempo: Tempo, start: float, patience: float) -> None:
        self.script = script
        self.wire = wire
        self.clock = clock
        self.tempo = tempo
        self.start = start
        self.begun = tempo.now() - (clock.now() - start) * tempo.rate
        """The start by the scripted clock."""
        self.patience = patience
        self.head_size = 0
        self.handed_over = 0
        self.boundaries: Exactness = "none"
        self.told: Sent | None = None

    async def play(self, extra: Headers) -> Ended:
        writes = self.script.writes
        if self.script.head is not None:
            head = render_head(self.script.head, extra)
            self.head_size = len(head)
            writes = (Write(self.script.head.at, head, self.script.head_boundary), *writes)
        index = 0
        while index < len(writes):
            if not await self._wait(writes[index].at) and index:
                await asyncio.sleep(0)  # other streams have their turn
            stop, data = self._due(writes, index)
            if not await self._hand_over(data, writes[stop - 1].boundary, last=stop == len(writes)):
                return self._broken_off()
            index = stop
            if self.told is not None:
                self.told(index - len(writes) + len(self.script.writes), self.handed_over - self.head_size)
        return await self._end(self.script.ending)

    def sent(self) -> tuple[int, int]:
        """Writes of the script handed over in full, and bytes."""
        size = max(0, self.handed_over - self.head_size)
        if size == self.script.size and self.handed_over >= self.head_size:
            return len(self.script.writes), size
        return bisect_right(list(accumulate(len(write.data) for write in self.script.writes)), size), size

    def _due(self, writes: tuple[Write, ...], index: int) -> tuple[int, bytes]:
        """The writes from ``index`` that leave together, as the index behind them and their bytes."""
        elapsed = math.inf if self.tempo.instant else max(self.tempo.now() - self.begun, writes[index].at)
        first, size = index, 0
        while index < len(writes) and writes[index].at <= elapsed and size < SLAB:
            size += len(writes[index].data)
            index += 1
            if writes[index - 1].boundary:
                break
        return index, b"".join([write.data for write in writes[first:index]])

    async def _hand_over(self, data: bytes, boundary: bool, *, last: bool) -> bool:
        """Writes; False if the connection ended before the kernel had it all."""
        for start in range(0, len(data), SLAB):
            if start:
                await asyncio.sleep(0)
            if self.wire.gone:
                return False
            slab = data if len(data) <= SLAB else memoryview(data)[start : start + SLAB]
            self.wire.write(slab)
            self.handed_over += len(slab)
            await self.wire.drain()
        if self.wire.gone:
            return False
        self.wire.ending = last and self.script.ending.kind != "hang" and self.script.ending.at is None
        if boundary:
            await self._boundary()
        return True

    async def _boundary(self) -> None:
        outcome = await self.wire.read_barrier(self.patience)
        if outcome == "gone":  # the kernel knows before the event loop does, which also learns how it left
            await self._sleep_until(self.clock.now() + self.patience)
        if outcome != "exact" and not self.wire.gone:
            self.boundaries = "best-effort"
        elif self.boundaries == "none":
            self.boundaries = "exact"

    async def _wait(self, at: float) -> bool:
        """Until it is time, or the client has left. False if there was nothing to wait for."""
        if self.tempo.instant:  # it may be slowed down again; what has been said by then has been said
            self.begun = min(self.begun, self.tempo.now() - at)
            return False
        return await self._scripted(self.begun + at)

    async def _scripted(self, at: float) -> bool:
        """Until the scripted clock has come so far, at whatever speed it goes meanwhile."""
        waited, before = False, -1
        while before != self.tempo.changes:  # whoever ends the wait otherwise has decided that it is time
            before = self.tempo.changes
            if not await self._sleep_until(self.tempo.moment(at), self.tempo):
                break
            waited = True
        return waited

    async def _sleep_until(self, deadline: float, tempo: Tempo | None = None) -> bool:
        """Until then, or the client has left, or the tempo has changed. False if there was nothing to wait for."""
        if deadline <= self.clock.now() or self.wire.gone:
            return False
        loop = asyncio.get_running_loop()
        timer = loop.create_future() if math.isinf(deadline) else self.clock.timer(deadline)
        with self.wire.waking(timer), nullcontext() if tempo is None else tempo.waking(timer):
            await timer
        return True

    async def _end(self, ending: Ending) -> Ended:
        if ending.at is not None:
            await self._wait(ending.at)
        if ending.kind == "hang":
            return await self._hang(ending)
        self.wire.ending = True
        keep_alive = self.script.keep_alive and self.wire.keep_alive
        if ending.kind == "complete" and keep_alive and not self.wire.gone:
            self.wire.finish()
            return "complete"
        return await self._disconnect(ending)

    async def _disconnect(self, ending: Ending) -> Ended:
        if not await self.wire.flush():
            await self.wire.wait_gone()  # only then is it known how it left
            return "complete" if ending.kind == "complete" and self.wire.left_in_peace else self._broken_off()
        if ending.kind == "reset":
            self.wire.reset()
        else:
            self.wire.close()
        await self.wire.wait_gone()
        return ending.kind

    async def _hang(self, ending: Ending) -> Ended:
        if ending.heartbeat is None:
            await self.wire.wait_gone()
        else:
            await self._beat(*ending.heartbeat)
        return "ended" if self.wire.ended else "hang"

    async def _beat(self, interval: float, data: bytes) -> None:
        due = self.tempo.now() + interval
        while not self.wire.gone:
            if self.tempo.instant:
                await self._sleep_until(self.clock.now() + interval, self.tempo)
            else:
                await self._scripted(due)
            self.wire.write(data)
            await self.wire.drain()
            due = max(due + interval, self.tempo.now())

    def _broken_off(self) -> Ended:
        return "ended" if self.wire.ended else "client-left"

"""Plays a script on a wire."""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_right
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

from mock_ares.plan.head import render_head
from mock_ares.plan.model import Ending, Head, Headers, Script
from mock_ares.server.clock import Clock
from mock_ares.server.tempo import Tempo
from mock_ares.server.wire import Wire

__all__ = ["Clock", "Played", "Tempo", "play"]

SLAB = 65536
"""Bytes that are handed over at once, before other streams get their turn."""
NEAR = 1.0
"""Seconds up to which a stream waits for its next write without its task."""

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
    __slots__ = (
        "begun", "boundaries", "clock", "head_size", "index", "patience", "position", "script", "start", "taken",
        "tempo", "told", "wire", "writes",
    )  # fmt: skip

    def __init__(self, script: Script, wire: Wire, clock: Clock, tempo: Tempo, start: float, patience: float) -> None:
        self.script = script
        self.writes = script.columns
        self.wire = wire
        self.clock = clock
        self.tempo = tempo
        self.start = start
        self.begun = tempo.now() - (clock.now() - start) * tempo.rate
        """The start by the scripted clock."""
        self.patience = patience
        self.head_size = 0
        """0 until it has been handed over."""
        self.position = 0
        """Bytes of the writes that have been handed over."""
        self.index = 0
        """Writes that have been handed over in full."""
        self.taken = False
        """Whether the kernel had taken everything handed over while the connection was there."""
        self.boundaries: Exactness = "none"
        self.told: Sent | None = None

    async def play(self, extra: Headers) -> Ended:
        if self.script.head is not None and not await self._head(self.script.head, extra):
            return self._broken_off()
        while self.index < len(self.writes):
            if not await self._wait(self.writes.moments[self.index]) and (self.head_size or self.position):
                await asyncio.sleep(0)  # other streams have their turn
            await self._run()
            if not await self._handed_over():
                return self._broken_off()
        return await self._end(self.script.ending)

    def sent(self) -> tuple[int, int]:
        """Writes of the script handed over in full, and bytes. A slab may have been cut behind some of its writes."""
        return bisect_right(self.writes.ends, self.position, self.index), self.position

    async def _head(self, head: Head, extra: Headers) -> bool:
        """The head, together with the writes of the same time. False if the connection has ended."""
        await self._wait(head.at)
        if self.wire.gone:
            return False
        rendered = render_head(head, extra)
        stop = 0 if self.script.head_boundary else self.due(head.at)
        if stop:
            data = self.next_bytes(stop)
            rendered, self.head_size = b"".join((rendered, data)), len(rendered)
        else:
            self.head_size = len(rendered)
        self.hand_over(rendered)
        return await self._handed_over(boundary=self.script.head_boundary or None)

    # Handing over

    def due(self, at: float) -> int:
        """How far the writes go that leave together now, if it is ``at`` at least: the index behind the last."""
        elapsed = math.inf if self.tempo.instant else max(self.tempo.now() - self.begun, at)
        return self.writes.due(self.index, elapsed, SLAB)

    def next_bytes(self, stop: int) -> bytes | memoryview:
        """The bytes up to the end of a write, a slab at most: they are about to be handed over."""
        start, end = self.position, self.writes.ends[stop - 1]
        if end - start > SLAB:
            end = start + SLAB
        else:
            self.index = stop
        self.position = end
        return self.writes.between(start, end)

    async def _run(self) -> None:
        """Hands over what is due as it becomes due, until there is more to do than to write and to wait a little."""
        run, self.taken = _Run(self), False
        with self.wire.waking(run.rest), self.tempo.waking(run.rest):
            run.set_result(None)
            await run.rest

    async def _handed_over(self, *, boundary: Literal[True] | None = None) -> bool:
        """Waits until the kernel has it, and the client where that is promised. False if the connection has ended."""
        if not self.taken:
            await self.wire.drain()
            if self.wire.gone:
                return False
        ending = self.script.ending
        whole = self.index == len(self.writes)
        self.wire.ending = whole and ending.kind != "hang" and (ending.at is None or self.tempo.instant)
        if boundary or self._at_boundary():
            await self._boundary()
        return True

    def _at_boundary(self) -> bool:
        """Whether the last byte handed over is one that no read may span."""
        index = self.index
        return bool(index and self.writes.boundaries[index - 1]) and self.position == self.writes.ends[index - 1]

    def hand_over(self, data: bytes | memoryview) -> None:
        self.wire.write(data)
        self.taken = not (self.wire.gone or self.wire.stuck)
        if self.told is not None:
            self.told(*self.sent())

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


class _Run:
    """A stretch of writes that need no more than their time. In the clock's heap it stands for a future.

    One task that sleeps for every write would cost more than the writes do.
    """

    __slots__ = ("loop", "player", "rest")

    def __init__(self, player: _Player) -> None:
        self.player = player
        self.loop = asyncio.get_running_loop()
        self.rest: asyncio.Future[None] = self.loop.create_future()
        """Resolved where the player has to look: at a boundary, at the end, when the kernel takes no more."""

    def done(self) -> bool:
        return self.rest.done()

    def set_result(self, _: None) -> None:
        """It is time."""
        if self.rest.done():
            return
        try:
            going_on = self._step()
        except Exception as error:
            self.rest.set_exception(error)
        else:
            if not going_on and not self.rest.done():
                self.rest.set_result(None)

    def _step(self) -> bool:
        """Writes what is due. Whether the rest is to be left to this run."""
        player = self.player
        writes = player.writes
        if player.wire.gone:
            return False
        stop = player.due(writes.moments[player.index])
        player.hand_over(player.next_bytes(stop))
        if not player.taken or (player.index == stop and (stop == len(writes) or writes.boundaries[stop - 1])):
            return False
        deadline, now = player.tempo.moment(player.begun + writes.moments[player.index]), player.clock.now()
        if deadline <= now or player.index < stop:
            self.loop.call_soon(self.set_result, None)  # other streams have their turn
        elif deadline < now + NEAR:
            player.clock.wake(self, deadline)
        else:
            return False
        return True

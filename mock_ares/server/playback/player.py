"""Plays a script on a wire."""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_right
from collections.abc import Coroutine, Generator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

from mock_ares.plan.columns import SMALL
from mock_ares.plan.http.head import parted, render_head
from mock_ares.plan.model import Ending, Head, Headers, Hold, Script
from mock_ares.server.playback.progress import MOST_MOMENTS, Sent
from mock_ares.server.playback.releases import Releases
from mock_ares.server.timing.deadlines import Deadlines
from mock_ares.server.timing.playback_clock import PlaybackClock
from mock_ares.server.timing.waiters import Waiter, resolve
from mock_ares.server.transport.wire import Wire

SLAB = 65536
"""Bytes that are handed over at once, before other streams get their turn."""

Ended = Literal["complete", "close", "reset", "reset-stream", "hang", "client-left", "ended"]
Exactness = Literal["exact", "best-effort", "none"]


@dataclass(frozen=True, slots=True)
class PlaybackResult:
    """What has become of a script."""

    segments: int
    """Writes of it that were handed to the connection in full."""
    bytes: int
    """Bytes of them."""
    ending: Ended
    """The script's own ending if it came to that; ``ended``: this side broke it off; else ``client-left``."""
    boundaries: Exactness
    """``best-effort``: at one boundary or more it is not known whether the client has read up to it."""
    before_fault: Exactness = "none"
    """Whether the client had read what lies before a fault when that came; ``best-effort``: nobody knows."""


def play(
    script: Script,
    wire: Wire,
    clock: Deadlines,
    *,
    extra: Headers = (),
    speed: float | PlaybackClock = 1.0,
    start: float | None = None,
    patience: float = 1.0,
    sent: Sent | None = None,
    releases: Releases | None = None,
) -> Coroutine[None, None, PlaybackResult]:
    """Writes the script's head and writes, each when it is due and never before, and ends as the script does.

    ``start`` is the moment its times count from (default: now); ``speed`` divides them: 2 is twice as fast, infinity
    does not wait, but hangs and boundaries are kept; a ``PlaybackClock`` can change meanwhile. ``patience``: seconds
    for which a client may read nothing before a boundary is given up. ``sent`` is kept up to date. ``releases`` end the
    script's holds, at any speed; its moments go on from there. Where the connection is closed or reset, it has ended on
    return. Cancelled, it aborts the connection.
    """
    tempo = speed if isinstance(speed, PlaybackClock) else PlaybackClock(speed, clock.now)
    begun = clock.now() if start is None else start
    return _Player(script, wire, clock, tempo, begun, patience, sent or Sent(), releases or Releases()).play(extra)


class _Player:
    __slots__ = (
        "before_fault", "begun", "boundaries", "clock", "head_sent", "holds", "patience", "releases", "script", "sent",
        "taken", "tempo", "wire", "writes",
    )  # fmt: skip

    def __init__(
        self,
        script: Script,
        wire: Wire,
        clock: Deadlines,
        tempo: PlaybackClock,
        start: float,
        patience: float,
        sent: Sent,
        releases: Releases,
    ) -> None:
        self.script = script
        self.holds = list(script.holds)
        """Those to come."""
        self.releases = releases
        self.writes = script.columns
        self.wire = wire
        self.clock = clock
        self.tempo = tempo
        self.begun = tempo.now() - (clock.now() - start) * tempo.rate
        """The start by the scripted clock."""
        self.patience = patience
        self.sent = sent
        self.head_sent = False
        self.taken: bool | None = False
        """Whether the kernel had taken everything handed over while the connection was there."""
        self.boundaries: Exactness = "none"
        self.before_fault: Exactness = "none"

    async def play(self, extra: Headers) -> PlaybackResult:
        try:
            here = self.script.head is None or await self._head(self.script.head, extra)
            here = here and await self._held()
            while here and self.sent.segments < len(self.writes):
                await self._run()
                here = await self._handed_over() and await self._held()
            ending = await self._end(self.script.ending) if here else self._broken_off()
        except asyncio.CancelledError:
            self.wire.reset()
            raise
        return PlaybackResult(self.sent.segments, self.sent.bytes, ending, self.boundaries, self.before_fault)

    async def _head(self, head: Head, extra: Headers) -> bool:
        """The head, together with the writes of the same time. False if the connection has ended."""
        await self._wait(head.at)
        if self.wire.gone:
            return False
        rendered = render_head(head, extra)
        stop = 0 if self.script.head_boundary else self.due(head.at)
        run = self.next_run(stop) if stop else None
        self.head_sent = True
        if self.script.head_parted:
            *parts, rendered = parted(head, rendered)
            for part in parts:
                self.hand_over(part)
                if not await self._handed_over(boundary=True):
                    return False
        self.hand_over(rendered, run)
        return await self._handed_over(boundary=self.script.head_boundary or None)

    # Handing over

    def due(self, at: float) -> int:
        """How far the writes go that leave together now, if it is ``at`` at least: the index behind the last."""
        elapsed = math.inf if self.tempo.instant else max(self.tempo.now() - self.begun, at)
        return min(self.writes.due(self.sent.segments, elapsed, SLAB), self.limit)

    @property
    def limit(self) -> int:
        """The writes go no further before the client has been looked at, or the stream is released."""
        fault = self.script.before_fault
        end = len(self.writes) if fault is None or fault <= self.sent.segments else fault
        return min(end, self.holds[0].place) if self.holds else end

    def next_run(self, stop: int) -> tuple[int, int]:
        """Where the bytes begin and end up to the end of a write, a slab at most: they are about to be handed over.

        A write is cut only where it is larger than a slab, so that frames and records need not be.
        """
        sent, ends = self.sent, self.writes.ends
        start, end = sent.bytes, ends[stop - 1]
        if end - start > SLAB:
            end = start + SLAB
            stop = bisect_right(ends, end, sent.segments, stop)
            end = ends[stop - 1] if stop > sent.segments else end
        sent.segments, sent.bytes = stop, end
        return start, end

    async def _run(self) -> None:
        """Hands over what is due as it becomes due, until there is more to do than to wait and to write."""
        at, self.taken = self.writes.moments[self.sent.segments], False
        if self._due_by(at) and (self.head_sent or self.sent.bytes):
            await asyncio.sleep(0)  # other streams have their turn
        rest: Waiter = asyncio.get_running_loop().create_future()
        stretch = _stretch(self, rest)
        with self.wire.waking(rest), self.tempo.waking(rest):
            self.clock.again(next(stretch), rest, stretch.send)
            await rest

    def leap(self) -> bool:
        """Hands over all that is due, the next write at least. Whether the kernel has taken it."""
        if self.wire.gone:
            return False
        self.hand_over(b"", self.next_run(self.due(self.writes.moments[self.sent.segments])))
        return bool(self.taken)

    async def _handed_over(self, *, boundary: Literal[True] | None = None) -> bool:
        """Waits until the kernel has it, and the client where that is promised. False if the connection has ended."""
        if not self.taken:
            await self.wire.drain()
            if self.wire.gone:
                return False
        ending = self.script.ending
        whole = self.sent.segments == len(self.writes) and not self.holds
        self.wire.ending = whole and ending.kind != "hang" and (ending.at is None or self.tempo.instant)
        if boundary or self._at_boundary():
            await self._boundary()
        if self._at_fault():
            self.before_fault = "exact" if await self.wire.read_before_fault(self.patience) else "best-effort"
        return True

    def _at_fault(self) -> bool:
        index = self.sent.segments
        return index == self.script.before_fault and self.sent.bytes == (self.writes.ends[index - 1] if index else 0)

    def _at_boundary(self) -> bool:
        """Whether the last byte handed over is one that no read may span."""
        index = self.sent.segments
        return bool(index and self.writes.boundaries[index - 1]) and self.sent.bytes == self.writes.ends[index - 1]

    def hand_over(self, data: bytes, run: tuple[int, int] | None = None) -> None:
        """``run``: what of the writes comes behind it."""
        self.wire.begin()
        self.taken = self.wire.push(data) if run is None else self.wire.push_run(data, self.writes, *run)
        self.sent.note(self.clock.now())

    async def _boundary(self) -> None:
        outcome = await self.wire.read_barrier(self.patience)
        if outcome == "gone":  # the kernel knows before the event loop does, which also learns how it left
            await self._sleep_until(self.clock.now() + self.patience)
        if outcome != "exact" and not self.wire.gone:
            self.boundaries = "best-effort"
        elif self.boundaries == "none":
            self.boundaries = "exact"

    # Waiting

    async def _held(self) -> bool:
        """Waits at the holds that stand here until each is released. False if the connection has ended."""
        while self.holds and self.holds[0].place == self.sent.segments:
            hold = self.holds.pop(0)
            await self._wait(hold.at)
            if not self.releases.take():
                self.sent.held = len(self.script.holds) - len(self.holds)
                await self._hold(hold)
                self.sent.held = None
            if self.wire.gone:
                return False
        return True

    async def _hold(self, hold: Hold) -> None:
        """Until it is released, or the client has left; the script's moments go on from then."""
        released: Waiter = asyncio.get_running_loop().create_future()
        self.wire.promise_end(False)
        with self.releases.waking(released), self.wire.waking(released):
            if hold.heartbeat is None:
                await released
            else:
                await self._beat(*hold.heartbeat, released)
        self.wire.promise_end(True)
        self.begun = max(self.begun, self.tempo.now() - hold.at)
        if hold.heartbeat is not None and self._at_boundary() and not self.wire.gone:
            await self._boundary()

    async def _wait(self, at: float) -> None:
        """Until it is time, or the client has left."""
        if not self._due_by(at):
            await self._scripted(self.begun + at)

    def _due_by(self, at: float) -> bool:
        """Whether it is time."""
        if self.tempo.instant:  # it may be slowed down again; what has been said by then has been said
            self.begun = min(self.begun, self.tempo.now() - at)
            return True
        return self.tempo.moment(self.begun + at) <= self.clock.now()

    async def _scripted(self, at: float, over: Waiter | None = None) -> None:
        """Until the scripted clock has come so far, at whatever speed it goes meanwhile."""
        before = -1
        while before != self.tempo.changes:  # whoever ends the wait otherwise has decided that it is time
            before = self.tempo.changes
            await self._sleep_until(self.tempo.moment(at), self.tempo, over)

    async def _sleep_until(
        self, deadline: float, tempo: PlaybackClock | None = None, over: Waiter | None = None
    ) -> None:
        """Until then, or the client has left, or the tempo has changed, or what it waits in is over."""
        if deadline <= self.clock.now() or self.wire.gone:
            return
        loop = asyncio.get_running_loop()
        timer = loop.create_future() if math.isinf(deadline) else self.clock.timer(deadline)
        if over is not None:
            over.add_done_callback(lambda _: resolve(timer))
        with self.wire.waking(timer), nullcontext() if tempo is None else tempo.waking(timer):
            await timer

    async def _end(self, ending: Ending) -> Ended:
        if ending.at is not None:
            await self._wait(ending.at)
        if ending.kind == "hang":
            return await self._hang(ending)
        self.wire.ending = True
        keep_alive = self.script.keep_alive and self.wire.keep_alive and not self.wire.drops
        if ending.kind in ("complete", "reset-stream") and keep_alive and not self.wire.gone:
            self.wire.finish()
            return ending.kind
        return await self._disconnect(ending)

    async def _disconnect(self, ending: Ending) -> Ended:
        if not await self.wire.flush():
            await self.wire.wait_gone()  # only then is it known how it left
            return "complete" if ending.kind == "complete" and self.wire.left_in_peace else self._broken_off()
        if ending.kind == "reset":
            self.wire.reset()
        else:
            if self.wire.unread is not None:
                await self.wire.finish_body()
            if ending.tls is not None:
                self.wire.break_tls(ending.tls)
            self.wire.close(notify=ending.notify)
        await self.wire.wait_gone()
        return ending.kind

    async def _hang(self, ending: Ending) -> Ended:
        self.wire.promise_end(False)
        gone: Waiter = asyncio.get_running_loop().create_future()
        with self.wire.waking(gone):
            if ending.heartbeat is None:
                await gone
            else:
                await self._beat(*ending.heartbeat, gone)
        return "ended" if self.wire.ended else "hang"

    async def _beat(self, interval: float, data: bytes, over: Waiter) -> None:
        """Says so little, over and over, until a silence is over or the client has left."""
        due = self.tempo.now() + interval
        while not (over.done() or self.wire.gone):
            if self.tempo.instant:
                await self._sleep_until(self.clock.now() + interval, self.tempo, over)
            else:
                await self._scripted(due, over)
            if not over.done():
                self.wire.write(data)
                await self.wire.drain()
            due = max(due + interval, self.tempo.now())

    def _broken_off(self) -> Ended:
        return "ended" if self.wire.ended else "client-left"


def _stretch(player: _Player, rest: Waiter) -> Generator[float, float, None]:
    """Writes that need no more than their time: gives the next deadline, and told the time it is writes what is due.

    ``rest`` is resolved where the player has to look: at a boundary, at the end, when the kernel takes no more. It ends
    with a change of speed, too. One task that sleeps for every write would cost more than the writes do.
    """
    writes, sent, tempo, push = player.writes, player.sent, player.tempo, player.wire.push
    moments, ends, data = writes.moments, writes.ends, writes.data
    last = min(writes.stop(sent.segments), player.limit) - 1
    note = sent.note if sent.moments is None or last >= MOST_MOMENTS else sent.moments.append
    origin = tempo.moment(player.begun)
    scale = 0.0 if math.isinf(origin) else 1 / tempo.speed
    deadline = origin + moments[sent.segments] * scale
    player.wire.begin()
    try:
        while True:
            now = yield deadline
            index, start = sent.segments, sent.bytes
            # As a rule one small write is due, with more behind it; then nothing else needs to be looked at.
            if (
                index < last
                and (deadline := origin + moments[index + 1] * scale) > now
                and (end := ends[index]) < start + SMALL
            ):
                player.taken = taken = push(data[start:end])
                if taken is not None:
                    sent.segments, sent.bytes = index + 1, end
                    note(now)
                if not taken:
                    break
            elif player.leap() and sent.segments <= last:
                deadline = origin + moments[sent.segments] * scale
            else:
                break
    except Exception as error:
        if not rest.done():
            rest.set_exception(error)
    resolve(rest)
    yield math.inf

"""Scripts on real connections: the bytes, the boundaries, the endings. Their timing, on a clock of the test's own."""

from __future__ import annotations

import asyncio
import math
import random
import threading
import time
from dataclasses import replace
from functools import cache
from itertools import accumulate
from typing import Any

import pytest

from mock_ares.plan.columns import Write
from mock_ares.plan.model import Ending, Head, Script
from mock_ares.server.playback.player import SLAB, play
from mock_ares.server.transport import client_socket
from tests.server.stage import PATIENCE, Stage, bare_script, keep_alive_script

ENDS = {"close": "fin", "reset": "rst", "complete": "fin"}


def pieces(count: int, seed: int = 1) -> list[bytes]:
    chance = random.Random(seed)
    return [b"%d:" % index + chance.randbytes(chance.randrange(1, 40)) for index in range(count)]


class TestBytes:
    @pytest.mark.needs_barrier
    def test_they_are_the_scripts(self, stage: Stage) -> None:
        for seed in range(10):
            parts = pieces(500, seed)
            stage.script = bare_script(Ending("close"), *parts, boundary=bool(seed % 2))
            with stage.connect() as client:
                client.ask()
                assert client.everything() == (b"".join(parts), "fin")
            played = stage.result()
            assert (played.segments, played.bytes) == (500, stage.script.size)
            assert (played.ending, played.boundaries) == ("close", "exact" if seed % 2 else "none")

    @pytest.mark.needs_barrier
    @pytest.mark.parametrize("boundary", [False, True])
    def test_segments_larger_than_any_buffer(self, stage: Stage, boundary: bool) -> None:
        parts = [random.Random(size).randbytes(size) for size in (8 << 20, 100, SLAB, SLAB + 1, 1 << 20)]
        stage.script = bare_script(Ending("reset"), *parts, boundary=boundary)
        with stage.connect() as client:
            client.ask()
            assert client.everything() == (b"".join(parts), "rst")
        assert stage.result().boundaries == ("exact" if boundary else "none")

    def test_a_slow_reader_gets_them_too(self, stage: Stage) -> None:
        part = random.Random(1).randbytes(100_000)
        stage.script = bare_script(Ending("reset"), *[part] * 80)
        with stage.connect() as client:
            client.ask()
            received = b""
            while len(received) < 4_000_000:
                received += client.socket.recv(100_000)
                time.sleep(0.001)
            rest, end = client.everything()
            assert received + rest == part * 80 and end == "rst"

    def test_one_slow_reader_does_not_hold_the_others(self, stage: Stage) -> None:
        stage.script = bare_script(Ending("close"), *[bytes(100_000)] * 100)
        with stage.connect() as sleeper, stage.connect() as client:
            sleeper.ask()
            client.ask()
            assert client.everything() == (bytes(10_000_000), "fin")
        endings = {stage.result().ending, stage.result().ending}
        assert endings == {"close", "client-left"}

    @pytest.mark.needs_barrier
    def test_keep_alive_after_complete(self, stage: Stage) -> None:
        stage.script = keep_alive_script(*pieces(50), boundary=True)
        with stage.connect() as client:
            for _ in range(20):
                client.ask()
                assert client.until(b"\r\n0\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")
                played = stage.result()
                assert (played.ending, played.boundaries, played.segments) == ("complete", "exact", 51)
                assert played.bytes == stage.script.size

    def test_what_a_cut_slab_holds_is_counted(self, stage: Stage) -> None:
        stage.script = bare_script(Ending("close"), *[b"x" * 90_000] * 4)
        with stage.connect() as client:
            client.ask()
            client.everything()
        assert stage.result().segments == 4
        assert stage.told[0] == (0, SLAB)
        assert all(writes == size // 90_000 for writes, size in stage.told)

    def test_a_slab_ends_with_a_write_where_it_can(self, stage: Stage) -> None:
        stage.script = bare_script(Ending("close"), *[b"x" * 9000] * 40)
        with stage.connect() as client:
            client.ask()
            client.everything()
        assert stage.result().segments == 40
        assert all(size == writes * 9000 <= (index + 1) * SLAB for index, (writes, size) in enumerate(stage.told))


class TestBoundaries:
    @pytest.mark.needs_barrier
    def test_no_read_of_a_blocking_client_spans_one(self, stage: Stage) -> None:
        parts = pieces(1500)
        stage.script = bare_script(Ending("close"), *parts, boundary=True)
        with stage.connect() as client:
            client.ask()
            assert client.reads() == list(accumulate(map(len, parts)))
        assert stage.result().boundaries == "exact"

    @pytest.mark.needs_barrier
    def test_no_read_spans_one_where_the_client_lives_in_the_same_loop(self, stage: Stage) -> None:
        parts = pieces(1000)
        stage.script = bare_script(Ending("close"), *parts, boundary=True)

        async def read() -> list[int]:
            reader, writer = await asyncio.open_connection(*stage.address)
            writer.write(b"POST /play HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            ends, total = [], 0
            while data := await reader.read(1 << 16):
                total += len(data)
                ends.append(total)
            writer.close()
            return ends

        assert stage.loop is not None
        future = asyncio.run_coroutine_threadsafe(read(), stage.loop)
        assert future.result(PATIENCE) == list(accumulate(map(len, parts)))
        assert stage.result().boundaries == "exact"

    @pytest.mark.needs_barrier
    def test_many_streams_at_once(self, stage: Stage) -> None:
        parts = pieces(100)
        stage.script = bare_script(Ending("reset"), *parts, boundary=True)
        seen: list[tuple[list[int], str]] = []

        def run() -> None:
            with stage.connect() as client:
                client.ask()
                ends: list[int] = []
                try:
                    while True:
                        ends.append((ends[-1] if ends else 0) + len(client.socket.recv(65536)))
                except ConnectionResetError:
                    seen.append((ends, "rst"))

        threads = [threading.Thread(target=run) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [(list(accumulate(map(len, parts))), "rst")] * 10

    @pytest.mark.needs_barrier
    def test_the_head_may_have_one(self, stage: Stage) -> None:
        head = Head(headers=(("content-length", "5"),))
        for boundary in (True, False):
            stage.script = Script(head, boundary, (Write(0.0, b"hello", False),), Ending("close"), False)
            with stage.connect() as client:
                client.ask()
                first = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
                assert client.socket.recv(65536) == (first if boundary else first + b"hello")
                assert client.everything() == (b"hello" if boundary else b"", "fin")
            played = stage.result()
            assert (played.segments, played.bytes) == (1, 5)
            assert played.boundaries == ("exact" if boundary else "none")

    @pytest.mark.needs_barrier
    def test_a_client_that_does_not_read_makes_them_best_effort(self, stage: Stage) -> None:
        stage.patience = 0.02
        stage.script = bare_script(Ending("close"), b"a", b"b", b"c", boundary=True)
        with stage.connect() as client:
            client.ask()
            played = stage.result()
            assert (played.ending, played.boundaries) == ("close", "best-effort")
            assert client.everything() == (b"abc", "fin")

    def test_without_the_barrier_they_are_best_effort(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_socket.BARRIER, "_available", False)
        stage.script = bare_script(Ending("close"), *pieces(5), boundary=True)
        with stage.connect() as client:
            client.ask()
            assert client.everything() == (stage.script.writes[0].data + b"".join(pieces(5)[1:]), "fin")
        assert stage.result().boundaries == "best-effort"


class TestBeforeFault:
    """What is known of the reading in front of an abrupt end."""

    SCRIPT = replace(bare_script(Ending("reset"), *pieces(5)), before_fault=5)

    def heard(self, stage: Stage, fields: str = "") -> str:
        stage.script = self.SCRIPT
        with stage.connect() as client:
            client.ask(fields=fields)
            assert client.everything() == (b"".join(pieces(5)), "rst")
        played = stage.result()
        assert played.boundaries == "none"
        return played.before_fault

    @pytest.mark.needs_barrier
    def test_it_is_exact(self, stage: Stage) -> None:
        assert self.heard(stage) == "exact"

    def test_behind_the_socket_of_a_browser_nobody_knows(self, stage: Stage) -> None:
        assert self.heard(stage, "sec-fetch-mode: cors\r\n") == "best-effort"

    def test_nor_without_the_barrier(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_socket.BARRIER, "_available", False)
        assert self.heard(stage) == "best-effort"

    @pytest.mark.needs_barrier
    def test_nor_of_a_client_that_does_not_read(self, stage: Stage) -> None:
        stage.patience, stage.script = 0.02, self.SCRIPT
        with stage.connect() as client:
            client.ask()
            played = stage.result()
        assert (played.ending, played.before_fault) == ("reset", "best-effort")


class TestEndings:
    """After N writes all N arrive, every time."""

    @pytest.mark.parametrize("every", [0.0, 0.0005])
    @pytest.mark.parametrize("kind", ["close", "reset", "complete"])
    def test_ends_are_exact(self, stage: Stage, kind: Any, every: float) -> None:
        stage.speed = 1.0 if every else math.inf
        for trial in range(31 if every else 93):  # each size, once or three times
            parts = pieces(trial % 31, trial)
            stage.script = bare_script(Ending(kind), *parts, every=every)
            with stage.connect() as client:
                client.ask()
                assert client.everything() == (b"".join(parts), ENDS[kind])
            played = stage.result()
            assert (played.ending, played.segments) == (kind, len(parts))

    @pytest.mark.parametrize("kind", ["close", "reset"])
    def test_to_a_client_that_reads_late(self, stage: Stage, kind: Any) -> None:
        for trial in range(20):
            parts = pieces(30, trial)
            stage.script = bare_script(Ending(kind), *parts)
            with stage.connect() as client:
                client.ask()
                assert stage.result().ending == kind
                assert client.everything() == (b"".join(parts), ENDS[kind])

    @pytest.mark.needs_barrier  # to notice who leaves while nothing is sent
    @pytest.mark.parametrize("every", [0.0, 0.0005])
    def test_hang_is_exact(self, stage: Stage, every: float) -> None:
        stage.speed = 1.0 if every else math.inf
        for trial in range(20 if every else 100):
            parts = pieces(1 + trial % 31, trial)
            stage.script = bare_script(Ending("hang"), *parts, every=every)
            with stage.connect() as client:
                client.ask()
                received = b""
                while len(received) < stage.script.size:
                    received += client.socket.recv(65536)
                assert received == b"".join(parts)
                if not trial:
                    client.socket.settimeout(0.05)
                    with pytest.raises(TimeoutError):
                        client.socket.recv(1)
            played = stage.result()
            assert (played.ending, played.segments) == ("hang", len(parts))

    def test_a_hang_has_a_heartbeat(self, stage: Stage) -> None:
        stage.script = bare_script(Ending("hang", heartbeat=(0.005, b"beat")), b"first")
        with stage.connect() as client:
            client.ask()
            assert client.until(b"beatbeatbeat") == b"firstbeatbeatbeat"
        assert stage.result().ending == "hang"

    def test_ended_from_outside(self, stage: Stage) -> None:
        wires: list[Any] = []
        play_app = stage.app

        for script in (
            bare_script(Ending("hang"), b"first"),
            bare_script(Ending("close"), b"first", *[b"x"] * 100, every=60.0),
        ):
            stage.speed, stage.script = 1.0, script

            async def act(wire: Any, receive: Any, script: Script = script) -> None:
                await receive()
                wires.append(wire)
                stage.played.put(await play(script, wire, stage.clock))

            stage.act = act
            with stage.connect() as client:
                client.ask("/act")
                client.until(b"first")
                stage.call(wires[-1].reset)
                assert client.everything() == (b"", "rst")
            assert stage.result().ending == "ended"
        assert play_app == stage.app


@cache
def forty_five_megabytes(boundary: bool, every: float) -> Script:
    """More than any buffer takes; the same for every stage, as to make it takes longer than to play what is played."""
    return bare_script(Ending("close"), b"first", *[b"x" * 9000] * 5000, boundary=boundary, every=every)


class TestTheClientLeaves:
    @pytest.mark.needs_barrier  # to notice who leaves while nothing is sent
    @pytest.mark.parametrize("how", ["close", "reset"])
    @pytest.mark.parametrize("boundary", [False, True])
    def test_it_is_told_at_once(self, stage: Stage, how: str, boundary: bool) -> None:
        stage.speed = 1.0
        for every in (60.0, 0.001, 0.0):
            stage.script = forty_five_megabytes(boundary, every)
            with stage.connect() as client:
                client.ask()
                client.socket.recv(5)
                client.reset() if how == "reset" else client.socket.close()
            played = stage.result()
            assert played.ending == "client-left"
            assert 1 <= played.segments < 5001
            assert played.bytes < stage.script.size

    def test_without_the_last_segment_it_is_not_complete(self, stage: Stage) -> None:
        stage.script = keep_alive_script(*pieces(3), boundary=True)
        for _ in range(30):
            with stage.connect() as client:
                client.ask()
                client.until(b"\r\n\r\n")  # closing with unread input resets
                time.sleep(0.001)
            assert stage.result().ending == "client-left"

    def test_with_everything_it_is_complete(self, stage: Stage) -> None:
        """A client that has read a whole answer may close before the barrier has looked."""
        for trial in range(30):
            stage.script = keep_alive_script(*pieces(3, trial), boundary=True)
            with stage.connect() as client:
                client.ask()
                client.until(b"\r\n0\r\n\r\n")
            assert stage.result().ending == "complete"


class FakeClock:
    """Time passes only when waited for."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slow = 0.0

    def now(self) -> float:
        return self.time

    def timer(self, deadline: float) -> asyncio.Future[None]:
        self.time = deadline + self.slow
        timer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer.set_result(None)
        return timer

    def again(self, deadline: float, waiter: Any, call: Any) -> None:
        while not waiter.done():
            if deadline > self.time:
                self.time = deadline + self.slow
            deadline = call(self.time)


class FakeWire:
    """Notes what leaves when, in seconds since the start."""

    keep_alive = True
    gone = False
    ended = False
    unread = None
    drops = False

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.log: list[tuple[float, str]] = []

    def note(self, text: str) -> None:
        self.log.append((round(self.clock.time - 1000.0, 6), text))

    def write(self, data: Any) -> None:
        self.note(bytes(data).decode("latin-1"))

    def begin(self) -> None: ...

    def promise_end(self, promised: bool) -> None: ...

    def push(self, data: Any) -> bool:
        self.write(data)
        return True

    def push_run(self, lead: bytes, writes: Any, start: int, end: int) -> bool:
        return self.push(lead + bytes(writes.between(start, end)))

    async def drain(self) -> None: ...

    async def flush(self) -> bool:
        return True

    async def read_barrier(self, patience: float) -> str:
        self.note("|")
        return "exact"

    async def read_before_fault(self, patience: float) -> bool:
        self.note("read")
        return True

    async def wait_gone(self) -> None: ...

    def waking(self, waiter: Any) -> Any:
        import contextlib

        return contextlib.nullcontext()

    def finish(self) -> None:
        self.note("finish")

    def close(self, *, notify: bool = True) -> None:
        self.note("close")

    def reset(self) -> None:
        self.note("reset")


def timeline(script: Script, speed: float = 1.0, slow: float = 0.0) -> list[tuple[float, str]]:
    clock = FakeClock()
    clock.slow = slow
    wire = FakeWire(clock)
    asyncio.run(play(script, wire, clock, speed=speed))  # type: ignore[arg-type]  # stand-ins
    return wire.log


def timed(*writes: tuple[float, bytes, bool], ending: Ending = Ending("close")) -> Script:
    return Script(None, False, tuple(Write(*write) for write in writes), ending, True)


class TestSchedule:
    PACED = timed((0.5, b"a", False), (1.0, b"b", True), (1.0, b"c", False), (4.0, b"d", False))

    @pytest.mark.parametrize(
        ("speed", "expected"),
        [
            (1.0, [(0.5, "a"), (1.0, "b"), (1.0, "|"), (1.0, "c"), (4.0, "d"), (4.0, "close")]),
            (2.0, [(0.25, "a"), (0.5, "b"), (0.5, "|"), (0.5, "c"), (2.0, "d"), (2.0, "close")]),
            (math.inf, [(0.0, "ab"), (0.0, "|"), (0.0, "cd"), (0.0, "close")]),
        ],
    )
    def test_speed(self, speed: float, expected: list[tuple[float, str]]) -> None:
        assert timeline(self.PACED, speed) == expected

    def test_who_is_late_does_not_drift_and_catches_up_in_large_writes(self) -> None:
        script = timed(*[(0.1 * index, b"%d" % index, False) for index in range(10)])
        assert timeline(script, slow=0.25) == [(0.0, "0"), (0.35, "123"), (0.65, "456"), (0.95, "789"), (0.95, "close")]

    def test_the_head_leaves_with_a_first_write_of_its_time(self) -> None:
        def script(head_boundary: bool, first: float) -> Script:
            return Script(Head(at=1.0), head_boundary, (Write(first, b"a", False),), Ending(), True)

        head = "HTTP/1.1 200 OK\r\n\r\n"
        assert timeline(script(False, 1.0)) == [(1.0, head + "a"), (1.0, "finish")]
        assert timeline(script(False, 2.0)) == [(1.0, head), (2.0, "a"), (2.0, "finish")]
        assert timeline(script(True, 1.0)) == [(1.0, head), (1.0, "|"), (1.0, "a"), (1.0, "finish")]

    def test_the_ending_has_a_time_of_its_own(self) -> None:
        script = timed((0.0, b"a", False), ending=Ending("reset", at=3.0))
        assert timeline(script, 2.0) == [(0.0, "a"), (1.5, "reset")]
        assert timeline(script, math.inf) == [(0.0, "a"), (0.0, "reset")]

    def test_what_lies_before_a_fault_is_read_before_it(self) -> None:
        def script(*writes: tuple[float, bytes, bool], before: int, ending: Ending) -> Script:
            return Script(None, False, tuple(Write(*write) for write in writes), ending, False, before)

        two = (0.0, b"a", False), (0.0, b"b", False)
        reset = Ending("reset", at=1.0)
        assert timeline(script(*two, before=2, ending=reset)) == [(0.0, "ab"), (0.0, "read"), (1.0, "reset")]
        tail = script(*two, (0.0, b"ZZ", False), before=2, ending=Ending("close"))
        assert timeline(tail) == [(0.0, "ab"), (0.0, "read"), (0.0, "ZZ"), (0.0, "close")]
        assert timeline(tail, math.inf) == timeline(tail)
        later = script((0.0, b"a", False), (1.0, b"b", False), (1.0, b"ZZ", False), before=2, ending=Ending("close"))
        assert timeline(later) == [(0.0, "a"), (1.0, "b"), (1.0, "read"), (1.0, "ZZ"), (1.0, "close")]

    def test_a_head_is_read_before_a_fault_behind_it(self) -> None:
        found = timeline(Script(Head(), False, (), Ending("reset"), False, 0))
        assert [said for _, said in found] == ["HTTP/1.1 200 OK\r\n\r\n", "read", "reset"]

    def test_writes_are_joined_into_slabs(self) -> None:
        log = timeline(timed(*[(0.0, b"x" * 1000, False)] * 1000), math.inf)
        sizes = [len(text) for _, text in log[:-1]]
        assert sum(sizes) == 1_000_000 and len(sizes) <= 1_000_000 // SLAB * 3
        assert max(sizes) <= SLAB

    def test_cancelled_it_aborts(self) -> None:
        async def main() -> list[str]:
            clock = FakeClock()
            wire: Any = FakeWire(clock)
            wire.wait_gone = asyncio.Event().wait
            script = timed((0.0, b"a", False), ending=Ending("hang"))
            task = asyncio.ensure_future(play(script, wire, clock))  # type: ignore[arg-type]  # stand-ins
            await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return [text for _, text in wire.log]

        assert asyncio.run(main()) == ["a", "reset"]

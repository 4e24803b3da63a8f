"""``make soak``: load and faults, bounded and on loopback. Before and after: tasks, descriptors, memory.

The fake runs in a process of its own; each part says what it did, what was wrong, and what was left of it. Nothing may
be: no task, no descriptor, no byte to somebody else, no line in the log.
"""

from __future__ import annotations

import argparse
import gc
import math
import multiprocessing
import resource
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mock_ares.faults import reset_peer
from mock_ares.scenario.model import Chunks, Pace, Position, Reply
from tests.bench.reader import connect, read
from tests.bench.servers import http
from tests.server.test_keep_alive import CLIENTS, REPLIES, harmed

RST = struct.pack("ii", 1, 0)


# --- the fake, in its process ---------------------------------------------------------------------------------------


def serve(pipe: Connection, log: str) -> None:
    """Serves, and answers what the soak asks; whatever is logged or raised goes to ``log``."""
    import logging

    logging.basicConfig(filename=log, level=logging.WARNING)
    sys.stderr = Path(log).open("a", buffering=1)  # noqa: SIM115
    from mock_ares.server.hosting.in_thread import FakeServer
    from mock_ares.server.state import Settings

    try:
        with FakeServer(Settings(journal=100)) as server:
            pipe.send(server.url)
            while (asked := pipe.recv()) is not None:
                what, arguments = asked
                pipe.send(globals()[what](server, *arguments))
    except BaseException:
        traceback.print_exc()
        raise


def script(server: Any, replies: list[Reply]) -> list[tuple[str, str]]:
    """A token for each, as its id and itself."""
    found = []
    for reply in replies:
        credentials = server.credentials()
        server.script(credentials.id, reply)
        found.append((credentials.id, credentials.token))
    return found


def forget(server: Any) -> None:
    server.fake.scripts.clear()
    server.fake.plans.__init__()


def speed(server: Any, value: float) -> None:
    server.loop.call_soon_threadsafe(setattr, server.fake, "speed", value)


def state(server: Any) -> dict[str, int]:
    """What is open, once everything that is ending has ended."""
    import asyncio

    async def tasks() -> int:
        return len(asyncio.all_tasks()) - 1

    until, before = time.monotonic() + 20, -1
    while True:
        running = asyncio.run_coroutine_threadsafe(tasks(), server.loop).result(30)
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        if (not server.fake.open_streams and running <= 1 and descriptors == before) or time.monotonic() > until:
            break
        before = descriptors
        time.sleep(0.3)
    gc.collect()
    return {
        "tasks": running,
        "streams": server.fake.open_streams,
        "descriptors": descriptors,
        "deadlines": len(server.fake.clock._heap),
        "objects": len(gc.get_objects()),
        "KiB": memory(server),
    }


MOST_ROUNDS = 8

# --- the soak -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Soak:
    pipe: Connection
    port: int
    scale: float

    def ask(self, what: Callable[..., Any], *arguments: Any) -> Any:
        self.pipe.send((what.__name__, arguments))
        return self.pipe.recv()

    def tokens(self, *replies: Reply) -> list[str]:
        return [token for _, token in self.ask(script, list(replies))]

    def count(self, number: int) -> int:
        return max(10, round(number * self.scale))


def request(token: str) -> bytes:
    return http(b'{"message":"hi"}', "/api/chat/stream", f"authorization: Bearer {token}")


def open_streams(soak: Soak) -> str:
    """Thousands of paced streams at once, read to their ends, every byte looked at."""
    number = soak.count(5000)
    (token,) = soak.tokens(Reply(text="word " * 40, chunks=Chunks(every=5), pace=Pace(every=0.25)))
    streams = read(soak.port, request(token), number, seconds=120)
    bodies = {stream.body() for stream in streams}
    assert bodies == {b"data: word \n\n" * 40}, f"{len(bodies)} different bodies"
    return f"{number} open streams, {40 * number} events, all bytes right"


def vanishing(soak: Soak) -> str:
    """Connections that are made and given up: before a request, inside one, and right behind it."""
    number = soak.count(10_000)
    (token,) = soak.tokens(Reply(text="word " * 1000, pace=Pace(every=1.0)))
    asked = request(token)
    for index in range(number):
        client = socket.create_connection(("127.0.0.1", soak.port))
        with suppress(OSError):
            client.send((b"", asked[:40], asked)[index % 3])
        if index % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        client.close()
    return f"{number} connects and vanishes"


def half_reset(soak: Soak) -> str:
    """Half of the clients reset in the midst of their streams; the others get every byte."""
    number = soak.count(1000)
    (token,) = soak.tokens(Reply(text="word " * 200, chunks=Chunks(every=5), pace=Pace(every=0.01)))
    leaving = [connect(soak.port) for _ in range(number)]
    for client in leaving:
        client.send(request(token))
    gone = multiprocessing.Process(target=_reset_all, args=(leaving,))
    gone.start()
    for client in leaving:
        client.close()
    streams = read(soak.port, request(token), number, seconds=120)
    gone.join()
    assert {stream.body() for stream in streams} == {b"data: word \n\n" * 200}
    return f"{number} reset in mid-stream, {number} beside them whole"


def _reset_all(clients: list[socket.socket]) -> None:
    time.sleep(0.5)
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        client.close()


def slow_readers(soak: Soak) -> str:
    """Readers that stop: one plan is shared by all, and those who read get theirs meanwhile."""
    number = soak.count(200)
    large, small = soak.tokens(Reply(text="x" * 8_000_000, chunks="whole"), Reply(text="quick"))
    before = soak.ask(state)["KiB"] if number else 0
    clients = [connect(soak.port) for _ in range(number)]
    for client in clients:
        client.send(request(large))
    time.sleep(2)
    (stream,) = read(soak.port, request(small), 1)
    assert stream.body() == b"data: quick\n\n"
    time.sleep(1)
    held = _pss(soak) - before
    for client in clients:
        client.close()
    said = f"{number} readers of 8 MB that read nothing: {held / 1024:.0f} MiB more for all of them"
    return f"{said}; others waited {stream.first:.2f} s"


def _pss(soak: Soak) -> int:
    found: int = soak.ask(memory)
    return found


def memory(server: Any) -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def many_scripts(soak: Soak) -> str:
    """A thousand tokens with a reply each, all at once: nobody gets another's."""
    number = soak.count(1000)
    replies = [Reply(text=f"this is for {index} alone " * 20, pace=Pace(every=0.005)) for index in range(number)]
    tokens = soak.tokens(*replies)
    sockets = [connect(soak.port) for _ in range(number)]
    for client, token in zip(sockets, tokens, strict=True):
        client.send(request(token))
    for index, client in enumerate(sockets):
        client.settimeout(60)
        data = b""
        while not data.endswith(b"\r\n0\r\n\r\n"):
            part = client.recv(1 << 16)
            assert part, "the stream ended early"
            data += part
        client.close()
        said = data.count(f" {index}\n".encode())
        assert said == 20, f"script {index}: {said} of 20"
    return f"{number} scripts by token at once, each got its own"


def an_hour(soak: Soak) -> str:
    """An hour of streams at a human pace, sixty times as fast, with resets and resumptions among them."""
    soak.ask(speed, 60.0)
    paced = Pace(first=0.3, every=0.04, jitter=0.2)
    good, broken = soak.tokens(
        Reply(text="word " * 150, chunks=Chunks(every=5), pace=paced),
        Reply(text="word " * 150, chunks=Chunks(every=5), pace=paced, faults=(reset_peer(after=Position(chunk=75)),)),
    )
    until, rounds, events = time.monotonic() + 60 * min(1.0, soak.scale), 0, 0
    while time.monotonic() < until:
        streams = read(soak.port, request(good), 40)
        assert {stream.body() for stream in streams} == {b"data: word \n\n" * 150}
        with socket.create_connection(("127.0.0.1", soak.port)) as client:
            client.sendall(request(broken))
            data = b""
            with suppress(ConnectionResetError):
                while part := client.recv(65536):
                    data += part
            assert data.count(b"data: word ") == 75, data.count(b"data: word ")
        rounds, events = rounds + 1, events + 40 * 150 + 75
    soak.ask(speed, 1.0)
    return f"{rounds} rounds, {events} events, {rounds} exact resets"


def cycle(server: Any, replies: list[Reply]) -> str:
    """A token that gets them in turn, over and over."""
    credentials = server.credentials()
    server.script(credentials.id, *replies, then="cycle")
    token: str = credentials.token
    return token


def broken_in_turn(soak: Soak) -> str:
    """Clients that keep their connections, every second reply broken: no fault harms a later exchange."""
    number = soak.count(1000)
    for client in CLIENTS:
        token = soak.ask(cycle, list(REPLIES))
        assert harmed(client(f"http://127.0.0.1:{soak.port}/api/chat/stream", token, number)) == []
    return f"{number} exchanges of each of {len(CLIENTS)} clients, every second broken, the others whole"


PARTS = (open_streams, vanishing, half_reset, slow_readers, many_scripts, broken_in_turn, an_hour)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="0.1: a tenth of everything")
    parser.add_argument("--only", action="append", choices=[part.__name__ for part in PARTS])
    parser.add_argument("--log", default="build/soak.log")
    asked = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"file limit raised from {soft} to {hard}")
    if hard < 12_000:
        asked.scale = min(asked.scale, hard / 12_000)
        print(f"that is too few for all of it: scaled to {asked.scale:.2f}")
    Path(asked.log).parent.mkdir(parents=True, exist_ok=True)
    Path(asked.log).write_text("")
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, asked.log))
    process.start()
    failed = False
    try:
        soak = Soak(ours, int(ours.recv().rpartition(":")[2]), asked.scale)
        _warm(soak)
        first = soak.ask(state)
        print(f"{'before':<14} {first}")
        parts = [part for part in PARTS if not asked.only or part.__name__ in asked.only]
        for part in parts:
            after = _run(part, soak)
            failed |= _left_behind(first, after)
        failed |= not _settles(soak, parts[0], after)
    finally:
        with suppress(OSError):
            ours.send(None)
        process.join(20)
    logged = Path(asked.log).read_text()
    print(f"log: {'empty' if not logged else logged[:2000]}")
    return int(failed or bool(logged) or process.exitcode != 0)


def _run(part: Callable[[Soak], str], soak: Soak) -> dict[str, int]:
    """The state behind it."""
    begun = time.monotonic()
    said = part(soak)
    soak.ask(forget)
    after: dict[str, int] = soak.ask(state)
    print(f"{part.__name__:<14} {said} ({time.monotonic() - begun:.0f} s)\n{'':<14} {after}", flush=True)
    return after


def _left_behind(first: dict[str, int], after: dict[str, int]) -> bool:
    leaks = {
        name: after[name] - first[name] for name in ("tasks", "streams", "descriptors") if after[name] > first[name]
    }
    if leaks:
        print(f"{'':<14} LEFT BEHIND: {leaks}")
    return bool(leaks)


def _settles(soak: Soak, part: Callable[[Soak], str], after: dict[str, int]) -> bool:
    """Whether doing the same again and again comes to need no more.

    An allocator gives little back, and fills the gaps of one time only in part the next time; so memory that does not
    fall says nothing, and memory that goes on growing all. A leak of 100 bytes a stream would be half a MiB each time.
    """
    print(f"{part.__name__} until it needs no more memory")
    for _ in range(MOST_ROUNDS):
        before, after = after, _run(part, soak)
        if after["KiB"] <= before["KiB"] + 256 and after["objects"] <= before["objects"] + 100:
            return True
    print("MEMORY GROWS")
    return False


def _warm(soak: Soak) -> None:
    """What is made once and kept is there before anything is counted: buffers, timers, imports."""
    (token,) = soak.tokens(Reply(text="a b c", pace=Pace(every=0.01), segments="event"))
    for _ in range(3):
        read(soak.port, request(token), 200)
    soak.ask(forget)
    assert math.isfinite(soak.scale)


if __name__ == "__main__":
    sys.exit(main())

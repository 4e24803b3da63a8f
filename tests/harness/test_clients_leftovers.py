"""After many examples, hanging and crashing ones among them, nothing is left: no process, no thread, no descriptor."""

from __future__ import annotations

import gc
import importlib.util
import math
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_ares.faults import hang, reset_peer
from mock_ares.harness.clients import in_process, spawned
from mock_ares.harness.clients.adapter import Adapter
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.remote import RemoteClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import STREAM_PATH, Observation, Target
from mock_ares.scenario.model import Position, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.harness.targets import PATIENCE

MISBEHAVIOUR = """
import os, sys, time
from mock_ares import client

def stream_chat(url, token, message):
    if message == "crash":
        yield "ab"
        os._exit(3) if sys.argv[0] else sys.exit(3)
    while message == "spin":
        pass
    if message == "child" and sys.argv[0]:
        os.system("sleep 3600 &")
    if message == "flood":
        while True:
            yield "x" * 99
    yield from client.stream_chat(url, token, message)
"""
PROGRAM = """
import os, sys
from client import stream_chat
e = os.environ
for piece in stream_chat(e["ARES_URL"] + e["ARES_PATH"], e["ARES_TOKEN"], e["ARES_MESSAGE"]):
    os.write(1, piece.encode())
"""
DRIVER = """
import json, sys
from client import stream_chat
def say(**message): print(json.dumps(message), flush=True)
say(protocol=1)
for line in sys.stdin:
    asked = json.loads(line)
    shown = ""
    try:
        for piece in stream_chat(asked["url"] + asked["path"], asked["token"], asked["message"]):
            shown += piece
            say(id=asked["id"], piece=piece)
        say(id=asked["id"], text=shown)
    except Exception as error:
        say(id=asked["id"], error=repr(error))
"""
REPLIES = {
    "hang": Reply(text="ab cd", faults=(hang(after=Position(text="ab")),)),
    "reset": Reply(text="ab cd", faults=(reset_peer(after=Position(text="ab")),)),
    "segments": Reply(text="ab cd", segments="event"),
}
GOOD = Reply(text="ab cd")
ROUND = ("good", "hang", "crash", "good", "reset", "child", "cancel", "good", "spin", "flood")


def called(folder: Path) -> Adapter:
    spec = importlib.util.spec_from_file_location("misbehaving_client", folder / "client.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return PythonClient(module.stream_chat)


KINDS: dict[str, Callable[[Path], Adapter]] = {
    "python": called,
    "process": lambda folder: ProcessClient([sys.executable, "program.py"], limit=10_000),
    "driver": lambda folder: DriverClient([sys.executable, "driver.py"], limit=10_000),
    "remote": lambda folder: RemoteClient("client:stream_chat", limit=10_000),
}


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def marked(mark: str) -> list[str]:
    """The living processes that have inherited the mark, zombies of ours too."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "status").read_text()
            ours = mark.encode() in (entry / "environ").read_bytes() or f"PPid:\t{os.getpid()}\n" in status
            if ours and entry.name != str(os.getpid()):
                found.append((entry / "cmdline").read_text().replace("\0", " ") or status.split("\n")[0])
        except OSError:  # it has ended meanwhile
            continue
    return found


def play(fake: FakeServer, client: Adapter, kind: str) -> Observation:
    mine = fake.credentials()
    fake.script(mine.id, REPLIES.get(kind, GOOD))
    short = kind in ("hang", "spin") or (kind == "flood" and isinstance(client, PythonClient))
    to = Target(fake.url, STREAM_PATH, mine.token, kind, 0.2 if short else PATIENCE, 2 if kind == "cancel" else None)
    if kind != "hang" or not isinstance(client, PythonClient):
        return client.observe(to)
    ending = threading.Timer(0.25, fake.loop.call_soon_threadsafe, (fake.fake.end, mine.id))  # as the arena does
    ending.start()
    try:
        return client.observe(to)
    finally:
        ending.join()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("rounds", [2, pytest.param(5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left(kind: str, rounds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = f"MOCK_ARES_TEST={secrets.token_hex(8)}"
    monkeypatch.setenv(*mark.split("="))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(spawned, "LINGER", 0.2)
    monkeypatch.setattr(in_process, "GRACE", 1.0)
    for name, source in (("client.py", MISBEHAVIOUR), ("program.py", PROGRAM), ("driver.py", DRIVER)):
        Path(name).write_text(source)
    if kind == "python":
        monkeypatch.setattr(sys, "argv", [""])
    with FakeServer() as fake, called(tmp_path) as client:  # open what a process opens once, the barrier among it
        play(fake, client, "segments")
    children, threads, fds = marked(mark), set(threading.enumerate()), descriptors()

    with FakeServer(Settings(speed=math.inf)) as fake, KINDS[kind](tmp_path) as client:
        seen: dict[str, list[Observation]] = {name: [] for name in ROUND}
        for name in ROUND * rounds:
            seen[name].append(play(fake, client, name))

    assert {o.text for o in seen["good"]} == {"ab cd"}
    assert all(o.timed_out for o in seen["hang"] + seen["spin"])
    assert all(o.cancelled for o in seen["cancel"])
    assert {o.text for o in seen["reset"] + seen["crash"] + seen["flood"]} == {None}
    assert set(threading.enumerate()) <= threads
    until = time.monotonic() + PATIENCE
    while marked(mark) != children and time.monotonic() < until:  # what was killed takes a moment to be gone
        time.sleep(0.01)
    assert marked(mark) == children
    assert descriptors() <= fds

"""A hundred thousand ends of segments on each transport: no read of the client spans one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest

from mock_ares.ares.credentials import Credentials
from mock_ares.scenario.model import Chunks, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.server.http2_ear import Ear
from tests.server.record_ear import RecordEar

EACH = 10_000
"""Segments of a stream."""
REPLY = Reply(text="word " * EACH, chunks=Chunks(every=5), segments="event")
END_STREAM = bytes((0, 0, 0, 0, 1, 0, 0, 0, 1))
Hear = Callable[[FakeServer, Credentials], tuple[list[bytes], list[int]]]
pytestmark = [pytest.mark.needs_barrier, pytest.mark.slow]


def ends(data: bytes, header: int, length: range) -> list[int]:
    """Where frames or records end; ``length``: where their headers say how much follows."""
    found, at = list[int](), 0
    while at < len(data):
        at += header + int.from_bytes(data[at + length.start : at + length.stop], "big")
        found.append(at)
    return found


def by_http2(fake: FakeServer, me: Credentials) -> tuple[list[bytes], list[int]]:
    with Ear(fake) as ear:
        fields = [("authorization", f"Bearer {me.token}"), ("content-type", "application/json")]
        ear.ask(fields=fields, body=b'{"message":"hi"}')
        while not (ear.reads and ear.reads[-1].endswith(END_STREAM)):
            assert ear.read()
        *frames, _, last = ends(b"".join(ear.reads), 9, range(3))
        return ear.reads, [*frames, last]  # END_STREAM is written with the last event


def over_tls(fake: FakeServer, me: Credentials) -> tuple[list[bytes], list[int]]:
    with RecordEar(fake) as ear:
        ear.ask(me)
        reads, said = list[bytes](), b""
        while not said.endswith(b"\r\n0\r\n\r\n"):
            reads.append(ear.socket.recv(1 << 16))
            said = said[-8:] + ear.opened(reads[-1])
        return reads, ends(b"".join(reads), 5, range(3, 5))


def lost(reads: list[bytes], promised: list[int]) -> int:
    cuts, at = set[int](), 0
    for read in reads:
        at += len(read)
        cuts.add(at)
    return len({*promised} - cuts)


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    yield


@pytest.mark.parametrize(("hear", "tls"), [(by_http2, False), (over_tls, True)], ids=["http2", "tls"])
def test_none_of_a_hundred_thousand_is_lost(hear: Hear, tls: bool, data: None) -> None:
    missing = total = 0
    with FakeServer(Settings(speed=math.inf, tls=tls)) as fake:
        me = fake.credentials()
        fake.script(me.id, REPLY)
        for _ in range(10):
            reads, places = hear(fake, me)
            promised = places[-EACH:]
            missing, total = missing + lost(reads, promised), total + len(promised)
        assert {exchange.boundaries for exchange in fake.requests(me.id)} == {"exact"}
    assert (missing, total) == (0, 10 * EACH)

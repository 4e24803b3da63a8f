"""The fake's promise on real sockets: the plan's bytes, reads that end where promised, the planned endings."""

from __future__ import annotations

import math
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings

from mock_ares.dialects import Names
from mock_ares.faults import close_early, empty_reply, garbage, long_length, malformed_chunk, reset_peer, short_length
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Script
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.model import Pace, Position, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.server.transport.client_socket import BARRIER
from tests.plan.strategies import replies

# Without the barrier each end waits until a client may have read.
FEW = 100 if BARRIER.reason is None else 25
TRIALS = [FEW, pytest.param(1000, marks=pytest.mark.slow)]
"""A thousand are for `make soak`."""
NAMES = Names(agent="product", context_id="c1")
TEXT = "Neural networks learn by example; Größe and 🧠 are two words of theirs."


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as server:
        yield server


@dataclass
class Heard:
    """What a client read: the head, each read behind it, and how it ended."""

    head: bytes
    reads: list[bytes]
    ending: str
    boundaries: str = ""
    """What the journal says of them, of a connection that stayed open."""

    @property
    def body(self) -> bytes:
        return b"".join(self.reads)


class Ear:
    """A client that knows no HTTP: it reads until the connection ends, or as many bytes as it was told to expect."""

    def __init__(self, fake: FakeServer) -> None:
        self.fake = fake
        self.credentials = fake.credentials()
        host, _, port = fake.url.removeprefix("http://").partition(":")
        self.address = (host, int(port))

    def hear(self, expected: int | None = None, *, headless: bool = False) -> Heard:
        """Until the connection ends, or ``expected`` bytes have come behind the head, if there is one."""
        body = b'{"message":"hi","agent_type":"product","context_id":"c1"}'
        request = (
            f"POST /api/chat/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.credentials.token}\r\n"
            f"Content-Type: application/json\r\nAccept-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(self.address, timeout=20) as connection:
            connection.sendall(request.encode() + body)
            return self._read(connection, expected, headless)

    def _read(self, connection: socket.socket, expected: int | None, headless: bool) -> Heard:
        data, reads, head = b"", list[bytes](), b"none" if headless else b""
        while True:
            if head and expected is not None and sum(map(len, reads)) >= expected:
                # Before this side leaves: a boundary is only kept by a client that is there.
                (exchange,) = self.fake.requests(self.credentials.id)
                return Heard(head, reads, "open", exchange.boundaries)
            try:
                read = connection.recv(1 << 20)
            except ConnectionResetError:
                return Heard(head, reads, "reset")
            if not read:
                return Heard(head, reads, "fin")
            if head:
                reads.append(read)
                continue
            data += read
            while b"\r\n\r\n" in data and not head:
                head, _, data = data.partition(b"\r\n\r\n")
                head = b"" if re.match(rb"HTTP/1\.\d 1", head) else head
            if head and data:
                reads.append(data)


def planned(reply: Reply) -> Script:
    try:
        return lay_out(build(reply, RequestContext(message="hi", names=NAMES)), Negotiated(gzip=True))
    except PlanError:  # it was generated for other names, which moves every place that is counted in bytes
        reject()


def given_reply(fake: FakeServer, ear: Ear, reply: Reply) -> None:
    fake.script(ear.credentials.id, reply)


# --- generated plans ------------------------------------------------------------------------------------------------


@settings(suppress_health_check=list(HealthCheck), max_examples=FEW)
@given(reply=replies())
def test_the_bytes_are_the_plans(fake: FakeServer, reply: Reply) -> None:
    ear, script = Ear(fake), planned(reply)
    given_reply(fake, ear, reply)
    hangs = script.ending.kind == "hang"
    heard = ear.hear(script.size if script.keep_alive or hangs else None, headless=script.head is None)
    assert heard.body == b"".join(write.data for write in script.writes)
    if not script.keep_alive and not hangs:
        assert heard.ending == ("reset" if script.ending.kind == "reset" else "fin")


@pytest.mark.needs_barrier
@settings(suppress_health_check=list(HealthCheck))
@given(reply=replies(promised=True))
def test_no_read_spans_a_promised_boundary(fake: FakeServer, reply: Reply) -> None:
    ear, script = Ear(fake), planned(reply)
    given_reply(fake, ear, reply)
    hangs = script.ending.kind == "hang"
    heard = ear.hear(script.size if script.keep_alive or hangs else None, headless=script.head is None)
    promised, at = set[int](), 0
    for write in script.writes:
        at += len(write.data)
        promised |= {at} if write.boundary else set()
    ends, at = set[int](), 0
    for read in heard.reads:
        at += len(read)
        ends.add(at)
    assert promised <= ends
    if heard.boundaries and not hangs:
        assert heard.boundaries == ("exact" if promised or script.head_boundary else "none")


# --- endings, over many trials --------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Any, str]] = {
    "close": (close_early(after=Position(chunk=5)), "fin"),
    "close-inside-event": (close_early(after="Größ"), "fin"),
    "close-inside-http-chunk": (close_early(after=Position(text="learn b"), inside_http_chunk=True), "fin"),
    "reset": (reset_peer(after=Position(chunk=5)), "reset"),
    "reset-inside-event": (reset_peer(after=Position(byte=47)), "reset"),
    "reset-at-once": (reset_peer(after=Position(chunk=0)), "reset"),
    "malformed-chunk": (malformed_chunk(after=Position(chunk=3)), "fin"),
    "long-length": (long_length(by=7), "fin"),
    "short-length": (short_length(by=7), "fin"),
    "empty-reply": (empty_reply(), "fin"),
    "empty-reply-reset": (empty_reply(reset=True), "reset"),
    "garbage": (garbage(), "fin"),
}


@pytest.mark.parametrize("paced", [False, True], ids=["at-once", "paced"])
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("trials", TRIALS)
def test_endings_are_the_planned_ones(fake: FakeServer, trials: int, name: str, paced: bool) -> None:
    fault, ending = FAULTS[name]
    # Paced streams run at a speed at which their intervals are real, but short.
    reply = Reply(text=TEXT, faults=(fault,), pace=Pace(every=0.00005) if paced else Pace())
    script = planned(reply)
    wire = b"".join(write.data for write in script.writes)
    ear = Ear(fake)
    given_reply(fake, ear, reply)
    fake.fake.speed = 1.0 if paced else math.inf
    try:
        for trial in range(trials):
            heard = ear.hear(headless=script.head is None)
            assert (heard.body, heard.ending) == (wire, ending), f"trial {trial}"
    finally:
        fake.fake.speed = math.inf

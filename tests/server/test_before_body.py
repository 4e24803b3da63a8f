"""Answers that do not wait for the request's body, and connections that go stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mock_ares.authoring.load import loads
from mock_ares.faults import empty_reply
from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import Body, Reply, Scenario, When
from mock_ares.server.hosting.app import create_app
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.hosting.loop import Server
from mock_ares.server.transport.uvicorn_config import h11_protocol, httptools_protocol
from tests.server.live import SAY_HI, Live, read_all, until

EARLY = Reply(error="too-large", before_body=True)
MB = 1 << 20


@pytest.fixture(params=[httptools_protocol, h11_protocol], ids=["httptools", "h11"])
def fake(request: pytest.FixtureRequest) -> Iterator[Live]:
    protocol: Callable[[], Any] = request.param
    route = Scenario(replies=(EARLY,), name="route", when=When(endpoint="PUT /upload"))
    server = FakeServer(scenarios=[route])
    server._server.stop()
    server._server = Server(create_app(fake=server.fake), http=protocol(), on_start=server._started)
    server.url = server._server.url
    with server:
        yield Live(server)


@pytest.mark.parametrize("path", ["/api/chat/stream", "/v1/chat"])
def test_the_answer_comes_before_the_body_and_then_the_end(fake: Live, path: str) -> None:
    fake.server.script(fake.id, EARLY)
    with fake.socket() as connection:
        connection.sendall(fake.head(path, 5, "expect: 100-continue"))
        answer = read_all(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head
    assert b"100 Continue" not in answer and body
    assert (fake.last.status, fake.last.ending, fake.last.reply) == (413, "complete", 0)


def test_the_rest_of_the_body_does_not_reset_the_answer(fake: Live) -> None:
    fake.server.script(fake.id, EARLY)
    with fake.socket() as connection:
        connection.sendall(fake.head("/api/chat/stream", 3 * MB) + b"x" * 10)
        assert connection.recv(12) == b"HTTP/1.1 413"
        connection.sendall(b"x" * (3 * MB - 10))
        assert read_all(connection).endswith(b"}")


def test_so_does_a_route(fake: Live) -> None:
    with fake.socket() as connection:
        connection.sendall(b"PUT /upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 413 ")


def test_others_wait_and_are_asked_for_credentials(fake: Live) -> None:
    fake.server.script(fake.id, EARLY, Reply(text="in turn"))
    assert fake.send("POST", "/api/chat/stream", SAY_HI, content_type="application/json").status == 401
    assert fake.ask().status == 413
    assert fake.ask().text == "data: in\n\ndata:  turn\n\n"


def test_what_is_in_the_body_cannot_choose_it() -> None:
    with pytest.raises(ScenarioError, match=r"early\.yaml:3:14: message and agent_type are in the body"):
        loads("when: {message: hi}\nerror: too-large\nbefore_body: true\n", "early.yaml")


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_was_to_be_kept_goes_stale(fake: Live, reset: bool) -> None:
    fake.server.script(fake.id, Reply(text="kept"), Reply(faults=(empty_reply(reset=reset, stale=True),)))
    with fake.socket() as connection:
        connection.sendall(fake.request())
        answer = b""
        while not answer.endswith(b"0\r\n\r\n"):
            answer += connection.recv(65536)
        assert b"connection: close" not in answer
        connection.sendall(fake.request())
        assert read_all(connection) == (b"<reset>" if reset else b"")
    assert [exchange.ending for exchange in fake.exchanges] == ["complete", "reset" if reset else "close"]


@pytest.mark.parametrize(("connection", "end"), [("idle-close", b""), ("idle-reset", b"<reset>")])
def test_a_connection_that_was_to_be_kept_ends_while_it_is_idle(fake: Live, connection: Any, end: bytes) -> None:
    fake.server.script(fake.id, Reply(text="kept", body=Body(connection=connection)))
    with fake.socket() as wire:
        wire.sendall(fake.request())
        answer = read_all(wire)
    assert b"connection: close" not in answer and answer.endswith(b"0\r\n\r\n" + end)
    assert fake.exchanges[-1].ending in ("close", "reset")


@pytest.mark.needs_barrier  # else a client that leaves what stays silent is not seen to
def test_silence_in_the_place_of_a_response(fake: Live) -> None:
    fake.server.script(fake.id, Reply(faults=(empty_reply(silent=True),)))
    with fake.socket() as wire:
        wire.sendall(fake.request())
        wire.settimeout(0.2)
        with pytest.raises(TimeoutError):
            wire.recv(1)
    until(lambda: fake.exchanges[-1].ending == "hang")


@pytest.mark.needs_barrier
def test_reads_end_in_the_head(fake: Live) -> None:
    fake.server.script(fake.id, Reply(text="a", segments="event", body=Body(reads="head")))
    reads = list[bytes]()
    with fake.socket() as wire:
        wire.sendall(fake.request())
        while not b"".join(reads).endswith(b"0\r\n\r\n"):
            reads.append(wire.recv(65536))
    head = reads[:9]
    assert (head[0], head[1], head[2]) == (b"H", b"TTP/1.1 200 O", b"K\r")
    assert head[-3:] == [b"\n", b"\r", b"\n"]
    assert fake.exchanges[-1].boundaries == "exact"


def test_otherwise_the_answer_before_it_says_close(fake: Live) -> None:
    fake.server.script(fake.id, Reply(text="closed"), Reply(faults=(empty_reply(),)))
    assert b"connection: close" in fake.raw(fake.request())

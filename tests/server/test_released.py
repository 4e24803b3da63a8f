"""Pauses that end when somebody says so: nothing goes on before, everything does behind, and no clock is asked."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from mock_ares import faults
from mock_ares.authoring.calls import reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.library import Turn
from tests.server.live import PATIENCE, Live, live, read_all, until

TEXT = "one two three"


@pytest.fixture(params=[1.0, float("inf")], ids=["paced", "instant"])
def ares(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Live]:
    with live(caplog, speed=request.param) as found:
        yield found


def script(ares: Live, *at: Any, pace: dict[str, Any] | None = None, **words: Any) -> Turn:
    pauses = [{"at": each, "until": "released"} for each in at]
    return ares.server.script(ares.id, reply(TEXT, pace={"pauses": pauses, **(pace or {})}, **words))


def release(ares: Live, turn: Turn, *, every: bool = False) -> None:
    ares.server.loop.call_soon_threadsafe(lambda: turn.releases(0).release(every=every))


class Stream:
    """A client that has asked."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.data = connection, b""

    def reads(self, end: str) -> None:
        """Until that has come; nothing has come behind it."""
        while end.encode() not in self.data:
            part = self.connection.recv(65536)
            assert part, self.data
            self.data += part

    def reads_on(self) -> None:
        """What there is, for a promised boundary waits for that."""
        with suppress(TimeoutError):
            self.connection.settimeout(0.01)
            self.data += self.connection.recv(65536)
        self.connection.settimeout(PATIENCE)

    def rest(self) -> bytes:
        self.data += read_all(self.connection)
        return self.data


@contextmanager
def asking(ares: Live) -> Iterator[Stream]:
    with ares.socket() as connection:
        fields = ("connection: close", "accept-encoding: gzip")
        connection.sendall(ares.request("/api/chat/stream", b'{"message": "hi"}', *fields))
        yield Stream(connection)


def stood(ares: Live, index: int = -1, reader: Stream | None = None) -> int | None:
    """Where the exchange stands, whose client reads on."""
    if reader is not None:
        reader.reads_on()
    exchanges = ares.fake.journal.of(ares.id)
    return exchanges[index].held if exchanges else None


def stands(ares: Live, at: int | None, index: int = -1) -> Exchange:
    until(lambda: ares.fake.journal.of(ares.id) != [] and stood(ares, index) == at)
    return ares.fake.journal.of(ares.id)[index]


def test_it_waits_and_goes_on(ares: Live) -> None:
    turn = script(ares, 1, 2)
    with asking(ares) as stream:
        stream.reads("data: one\n\n\r\n")
        exchange = stands(ares, 1)
        assert (exchange.segments, exchange.ending, stream.data.count(b"data")) == (1, "open", 1)
        release(ares, turn)
        stream.reads("data:  two\n\n\r\n")
        assert (stands(ares, 2).segments, stream.data.count(b"data")) == (2, 2)
        release(ares, turn)
        assert stream.rest().endswith(b"data:  three\n\n\r\n0\r\n\r\n")
    assert ares.exchanges[-1].ending == "complete" and ares.exchanges[-1].held is None


@pytest.mark.parametrize("how", ["twice", "all"])
def test_said_before_it_counts(ares: Live, how: str) -> None:
    turn = script(ares, 1, "one two")
    for _ in range(1 if how == "all" else 2):
        release(ares, turn, every=how == "all")
    with asking(ares) as stream:
        assert b"three" in stream.rest()
    with asking(ares) as stream:
        if how == "twice":
            stream.reads("one")
            stands(ares, 1)
            release(ares, turn, every=True)
        assert b"three" in stream.rest()


LAID_OUT: list[dict[str, Any]] = [
    {"segments": "whole"},
    {"segments": "event"},
    {"segments": "byte"},
    {"body": "length"},
    {"body": {"gzip": "event"}},
    {"body": {"http_chunks": "whole"}},
    {"body": {"reads": "size"}, "segments": "event"},
]


@pytest.mark.parametrize("words", LAID_OUT)
def test_the_bytes_are_those_without_it(ares: Live, words: dict[str, Any]) -> None:
    ares.server.script(ares.id, reply(TEXT, **words))
    plain = ares.ask(accept_encoding="gzip").body
    turn = script(ares, 0, {"fraction": "40%"}, {"fraction": "100%"}, **words)
    release(ares, turn, every=True)
    body = ares.ask(accept_encoding="gzip").body
    assert gzip.decompress(body) == gzip.decompress(plain) if "gzip" in str(words) else body == plain
    turn = script(ares, {"byte": 3}, 1, **words)
    with asking(ares) as stream:
        for pause in (1, 2):
            until(lambda: stood(ares, reader=stream) == pause)  # noqa: B023  # it is called at once
            release(ares, turn)
        assert stream.rest().endswith((b"0\r\n\r\n", b"three\n\n", b"}\n\n"))
    assert ares.exchanges[-1].ending == "complete"


def test_the_head_alone_and_before_the_end(ares: Live) -> None:
    turn = script(ares, 0, 3)
    with asking(ares) as stream:
        stands(ares, 1)
        stream.reads("\r\n\r\n")
        assert stream.data.endswith(b"\r\n\r\n")
        release(ares, turn)
        stream.reads("three\n\n\r\n")
        assert stands(ares, 2).ending == "open" and b"\r\n0\r\n" not in stream.data
        release(ares, turn)
        assert stream.rest().endswith(b"\r\n0\r\n\r\n")


def test_then_its_fault(ares: Live) -> None:
    turn = script(ares, 1, 2, faults=[faults.reset_peer(after=1)])
    with asking(ares) as stream:
        stream.reads("one\n\n")
        stands(ares, 1)
        release(ares, turn)
        assert stream.rest().endswith(b"one\n\n\r\n<reset>")
    assert ares.exchanges[-1].ending == "reset"


def test_the_first_who_waits_goes_on_first(ares: Live) -> None:
    turn = script(ares, 1)
    with asking(ares) as first:
        stands(ares, 1)
        with asking(ares) as second:
            until(lambda: len(ares.fake.journal.of(ares.id)) == 2)
            stands(ares, 1)
            release(ares, turn)
            assert b"three" in first.rest()
            stands(ares, 1)
            release(ares, turn)
            assert b"three" in second.rest()


def test_one_request_is_released_by_itself(ares: Live) -> None:
    script(ares, 1)
    with asking(ares) as first, asking(ares) as second:
        until(lambda: [each.held for each in ares.fake.journal.of(ares.id)] == [1, 1])
        for exchange in reversed(ares.fake.journal.of(ares.id)):
            ares.server.loop.call_soon_threadsafe(exchange.releases.release)
            until(lambda exchange=exchange: exchange.ending == "complete")  # type: ignore[misc]
        assert b"three" in first.rest() and b"three" in second.rest()


@pytest.mark.needs_barrier  # without it, who closes is taken for who only sends no more
def test_a_client_that_leaves_takes_no_release_along(ares: Live) -> None:
    turn = script(ares, 1)
    with asking(ares) as stream:
        stands(ares, 1)
    until(lambda: ares.exchanges[-1].ending == "client-left")
    release(ares, turn)
    with asking(ares) as stream:
        assert b"three" in stream.rest()


def test_comments_go_on_in_the_silence(ares: Live) -> None:
    turn = script(ares, 1, pace={"keep_alive": "20ms"}, segments="event")
    with asking(ares) as stream:
        while stream.data.count(b"e\r\n: keep-alive\n\n\r\n") < 3:
            stream.reads("")
            stream.data += stream.connection.recv(65536)
        stands(ares, 1)
        release(ares, turn)
        body = stream.rest()
    assert body.index(b"one") < body.index(b": keep-alive") < body.index(b"two")
    assert b": keep-alive" not in body[body.index(b"two") :]
    assert ares.exchanges[-1].boundaries != "none"


@pytest.mark.parametrize("words", [{"body": "length"}, {"body": {"gzip": "event"}}, {"body": {"http_chunks": "whole"}}])
def test_no_comments_where_there_is_no_room(ares: Live, words: dict[str, Any]) -> None:
    release(ares, script(ares, 1, pace={"keep_alive": "5ms"}, **words), every=True)
    with asking(ares) as stream:
        expected = stream.rest()
    turn = script(ares, 1, pace={"keep_alive": "5ms"}, **words)
    with asking(ares) as stream:
        stands(ares, 1)
        stream.connection.settimeout(0.05)  # ten times as long as a comment would take
        with pytest.raises(TimeoutError):
            while True:
                stream.data += stream.connection.recv(65536)
        stream.connection.settimeout(30)
        release(ares, turn)
        body = stream.rest()
    assert body.partition(b"\r\n\r\n")[2] == expected.partition(b"\r\n\r\n")[2]


def test_a_clock_that_is_held_holds_it_still(caplog: pytest.LogCaptureFixture) -> None:
    with live(caplog, speed=1.0) as ares:
        turn = script(ares, 1)
        with asking(ares) as stream:
            stands(ares, 1)
            ares.server.loop.call_soon_threadsafe(ares.fake.tempo.change, 0.0)
            release(ares, turn)
            assert stands(ares, None).segments == 1
            ares.server.loop.call_soon_threadsafe(ares.fake.tempo.change, 1.0)
            assert b"three" in stream.rest()


def test_its_moments_go_on_from_there(caplog: pytest.LogCaptureFixture) -> None:
    with live(caplog, speed=1.0) as ares:
        turn = script(ares, 1, pace={"every": "40ms"})
        with asking(ares) as stream:
            stands(ares, 1)
            released = ares.fake.clock.now()
            release(ares, turn)
            stream.reads("two\n\n")
            assert ares.fake.clock.now() - released >= 0.04
            stream.rest()


def test_a_server_that_stops_does_not_wait(caplog: pytest.LogCaptureFixture) -> None:
    with FakeServer() as server:
        ares = Live(server)
        script(ares, 1)
        with asking(ares) as stream:
            stands(ares, 1)
            server.stop()
            assert b"two" not in stream.rest()

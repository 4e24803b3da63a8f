"""uvicorn's connections with raw responses: keep-alive, pipelining, half-close, and every way to end."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from typing import Any

import pytest

from mock_ares.plan.model import Ending
from mock_ares.server.transport.uvicorn_config import h11_protocol, httptools_protocol, protocol_class, protocol_factory
from mock_ares.server.transport.wire import EXTENSION, Wire
from tests.server.stage import PATIENCE, Stage, bare_script, keep_alive_script

ANSWER = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nplain"


def hold(stage: Stage, *first: bytes) -> tuple[threading.Event, threading.Event]:
    """``/act`` writes ``first`` and waits for the connection's end: events for *begun* and *gone*."""
    begun, gone = threading.Event(), threading.Event()

    async def act(wire: Wire, receive: Any) -> None:
        await receive()
        for data in first:
            wire.write(data)
        begun.set()
        await wire.wait_gone()
        assert wire.gone
        gone.set()

    stage.act = act
    return begun, gone


class TestKeepAlive:
    def test_two_hundred_exchanges_on_one_connection(self, stage: Stage) -> None:
        stage.script = keep_alive_script(b"abc")
        with stage.connect() as client:
            for index in range(200):
                plain, hesitant = index % 3 == 1, index % 5 == 2
                client.ask("/plain" if plain else "/play", fields="expect: 100-continue\r\n" if hesitant else "")
                if hesitant:
                    assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
                assert client.until(b"plain" if plain else b"0\r\n\r\n") == (PLAIN if plain else ANSWER)
            assert client.rest == b""
        assert len(stage.bodies) == 200

    def test_pipelined_requests_are_answered_in_order(self, stage: Stage) -> None:
        stage.script = keep_alive_script(b"abc")
        request = "POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}"
        with stage.connect() as client:
            client.socket.sendall("".join(request.format(path) for path in ["/play", "/play", "/plain"] * 20).encode())
            for _ in range(20):
                assert client.until(b"plain") == ANSWER + ANSWER + PLAIN
            client.ask()
            assert client.until(b"0\r\n\r\n") == ANSWER
            assert client.rest == b""

    def test_a_request_while_the_response_is_under_way_waits_for_its_end(self, stage: Stage) -> None:
        stage.script = keep_alive_script(b"abc", b"def", every=0.02)
        stage.speed = 1.0
        with stage.connect() as client:
            client.ask()
            first = client.until(b"abc")
            client.ask("/plain")
            assert first + client.until(b"0\r\n\r\n") == ANSWER.replace(b"0\r\n", b"3\r\ndef\r\n0\r\n")
            assert client.until(b"plain") == PLAIN

    @pytest.mark.parametrize(("version", "fields"), [("1.0", ""), ("1.1", "connection: Foo, Close\r\n")])
    def test_a_request_that_wants_the_end_gets_it(self, stage: Stage, version: str, fields: str) -> None:
        stage.script = keep_alive_script(b"abc")
        with stage.connect() as client:
            client.ask(version=version, fields=fields)
            assert client.everything() == (ANSWER, "fin")
        assert stage.result().ending == "complete"

    def test_finish_alone_closes_where_the_request_wants_it(self, stage: Stage) -> None:
        async def act(wire: Wire, receive: Any) -> None:
            await receive()
            assert not wire.keep_alive and wire.http_version == "1.0"
            wire.write(b"bye")
            wire.finish()

        stage.act = act
        with stage.connect() as client:
            client.ask("/act", version="1.0")
            assert client.everything() == (b"bye", "fin")

    def test_an_offer_to_upgrade_is_passed_over(self, stage: Stage) -> None:
        """Java's HttpClient offers h2c with every first request."""
        stage.script = keep_alive_script(b"abc")
        offer = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAB\r\n"
        with stage.connect() as client:
            for fields in (offer, "", offer, ""):
                client.ask(fields=fields)
                assert client.until(b"0\r\n\r\n") == ANSWER

    def test_no_late_100_continue(self, stage: Stage) -> None:
        async def act(wire: Wire, receive: Any) -> None:
            wire.write(b"raw")
            await receive()
            wire.close()

        stage.act = act
        with stage.connect() as client:
            client.ask("/act", fields="expect: 100-continue\r\n")
            assert client.everything() == (b"raw", "fin")

    @pytest.mark.needs_barrier
    def test_everything_written_is_counted(self, stage: Stage) -> None:
        counts: queue.Queue[tuple[str, int]] = queue.Queue()

        async def act(wire: Wire, receive: Any) -> None:
            await receive()
            wire.write(b"raw")
            counts.put((await wire.read_barrier(1.0), wire.written))
            wire.finish()

        stage.act = act
        with stage.connect() as client:
            client.ask("/plain", fields="expect: 100-continue\r\n")
            sent = len(client.until(b"\r\n\r\n") + client.until(b"plain"))
            for index in range(1, 3):
                client.ask("/act")
                client.until(b"raw")
                assert counts.get(timeout=PATIENCE) == ("exact", sent + 3 * index)


class TestTheClientLeaves:
    def test_half_closing_it_is_served_to_the_end(self, stage: Stage) -> None:
        pieces = [b"%d" % index for index in range(20)]
        stage.script = keep_alive_script(*pieces, every=0.01)
        stage.speed = 1.0
        with stage.connect() as client:
            client.ask()
            client.socket.shutdown(socket.SHUT_WR)
            body, end = client.everything()
            assert body.count(b"\r\n") == 2 + 1 + 2 * len(pieces) + 2
            assert end == "fin"
        assert stage.result().ending == "complete"

    @pytest.mark.parametrize("path", ["/play", "/plain"])
    def test_half_closed_it_gets_pipelined_answers_too(self, stage: Stage, path: str) -> None:
        stage.script = keep_alive_script(b"abc")
        with stage.connect() as client:
            for _ in range(3):
                client.ask(path)
            client.socket.shutdown(socket.SHUT_WR)
            assert client.everything() == ({"/play": ANSWER, "/plain": PLAIN}[path] * 3, "fin")

    @pytest.mark.needs_barrier  # without it, who closes is taken for who only sends no more
    @pytest.mark.parametrize("how", ["close", "reset", "half-close first", "unread input"])
    def test_it_is_noticed_while_nothing_is_sent(self, stage: Stage, how: str) -> None:
        begun, gone = hold(stage, b"unread") if how == "unread input" else hold(stage)
        with stage.connect() as client:
            client.ask("/act")
            assert begun.wait(PATIENCE)
            if how == "half-close first":
                client.socket.shutdown(socket.SHUT_WR)
                assert not gone.wait(0.05)
            client.reset() if how == "reset" else client.socket.close()
            assert gone.wait(PATIENCE)

    @pytest.mark.parametrize("how", [pytest.param("close", marks=pytest.mark.needs_barrier), "reset"])
    def test_it_is_noticed_with_a_pipelined_request_waiting(self, stage: Stage, how: str) -> None:
        begun, gone = hold(stage, b"first")
        with stage.connect() as client:
            client.ask("/act")
            client.ask("/act")
            assert begun.wait(PATIENCE)
            client.until(b"first")
            client.reset() if how == "reset" else client.socket.close()
            assert gone.wait(PATIENCE)

    def test_idle_connections_end_with_it(self, stage: Stage) -> None:
        stage.script = keep_alive_script(b"abc")
        for how in ("half-close", "close", "reset"):
            with stage.connect() as client:
                client.ask()
                client.until(b"0\r\n\r\n")
                if how == "half-close":
                    client.socket.shutdown(socket.SHUT_WR)
                    assert client.everything() == (b"", "fin")
                elif how == "reset":
                    client.reset()
        stage.assert_quiet()

    def test_a_request_cut_short_is_a_disconnect(self, stage: Stage) -> None:
        with stage.connect() as client:
            client.socket.sendall(b"POST /play HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nabc")
            client.socket.shutdown(socket.SHUT_WR)
            assert client.everything() == (b"", "fin")
        stage.assert_quiet()
        assert stage.bodies == []


class TestWeEnd:
    @pytest.mark.parametrize("kind", ["close", "reset"])
    def test_without_a_byte(self, stage: Stage, kind: Any) -> None:
        stage.script = bare_script(Ending(kind))
        for _ in range(20):
            with stage.connect() as client:
                client.ask()
                assert client.everything() == (b"", {"close": "fin", "reset": "rst"}[kind])

    @pytest.mark.parametrize("kind", ["close", "reset"])
    def test_from_outside(self, stage: Stage, kind: str) -> None:
        wires: list[Wire] = []
        begun = threading.Event()

        async def act(wire: Wire, receive: Any) -> None:
            await receive()
            wires.append(wire)
            wire.write(b"raw")
            assert await wire.flush()
            begun.set()
            await wire.wait_gone()
            assert wire.ended
            wire.write(b"too late")
            wire.finish()

        stage.act = act
        with stage.connect() as client:
            client.ask("/act")
            assert begun.wait(PATIENCE)
            stage.call(getattr(wires[0], kind))
            assert client.everything() == (b"raw", {"close": "fin", "reset": "rst"}[kind])
            stage.call(wires[0].reset)
            stage.call(wires[0].close)

    def test_fin_although_input_is_waiting(self, stage: Stage) -> None:
        stage.script = keep_alive_script(b"abc")
        with stage.connect() as client:
            client.ask(fields="connection: close\r\n", body=b"{}" + b"\r\n" * 1000)
            assert client.everything() == (ANSWER, "fin")


class TestBadRequests:
    def test_garbage_is_answered_with_400(self, stage: Stage) -> None:
        with stage.connect() as client:
            client.socket.sendall(b"\x16\x03\x01 hello\r\n\r\n")
            answer, end = client.everything()
            assert answer.startswith(b"HTTP/1.1 400 ") and end == "fin"

    def test_garbage_behind_a_request_does_not_spoil_its_answer(self, stage: Stage) -> None:
        stage.script = keep_alive_script(b"abc", b"def", every=0.02)
        stage.speed = 1.0
        with stage.connect() as client:
            client.ask()
            first = client.until(b"abc")
            client.socket.sendall(b"\0\0\0 garbage\r\n\r\n")
            client.socket.sendall(b"more of it\r\n\r\n")
            rest, end = client.everything()
            answer = ANSWER.replace(b"0\r\n", b"3\r\ndef\r\n0\r\n")
            assert (first + rest).startswith(answer)
            assert (first + rest)[len(answer) :][:13] in (b"", b"HTTP/1.1 400 ")
            assert end == "fin"

    def test_a_malformed_body_is_answered_with_400(self, stage: Stage) -> None:
        with stage.connect() as client:
            client.socket.sendall(b"POST /play HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n")
            answer, end = client.everything()
            assert answer.startswith(b"HTTP/1.1 400 ") and end == "fin"


def test_a_failing_application_adds_no_500_to_raw_bytes(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async def act(wire: Wire, receive: Any) -> None:
        await receive()
        wire.write(b"raw")
        raise ValueError("a mistake of ours")

    stage.act = act
    with stage.connect() as client:
        client.ask("/act")
        assert client.everything() == (b"raw", "fin")
    stage.assert_quiet()
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["a mistake of ours"]
    caplog.clear()


class _Transport(asyncio.Transport):
    """What a protocol needs of one, in memory."""

    def __init__(self) -> None:
        super().__init__({"socket": socket.socket(), "peername": ("127.0.0.1", 1)})
        self.sent = b""

    def write(self, data: Any) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def get_write_buffer_size(self) -> int:
        return 0


@pytest.mark.parametrize("protocol", [httptools_protocol, h11_protocol])
def test_canary_for_uvicorns_internals(protocol: Any) -> None:
    """Names and behaviour of uvicorn that ``uvicorn_protocol`` stands on. If this fails, read its docstring."""
    from uvicorn.server import ServerState

    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        cycle = receive.__self__
        names = {"response_started", "response_complete", "disconnected", "message_event", "on_response", "keep_alive"}
        assert names | {"more_body", "waiting_for_100_continue"} <= set(vars(cycle))
        assert isinstance(scope["extensions"][EXTENSION], Wire)
        assert not cycle.response_started and not cycle.more_body
        seen.append(cycle)
        wire = scope["extensions"][EXTENSION]
        wire.write(b"raw")
        wire.finish()

    async def drive() -> None:
        state, transport = ServerState(), _Transport()
        connection: Any = protocol_factory(app, state, protocol())()
        connection.connection_made(transport)
        assert {"cycle", "flow", "transport", "loop", "config", "app", "logger"} <= set(vars(connection))
        assert {connection.flow.read_paused, connection.flow.write_paused} == {False}
        for count in range(1, 3):
            connection.data_received(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert len(state.tasks) == 1
            await asyncio.gather(*state.tasks)
            assert seen[-1] is connection.cycle and connection.cycle.response_complete
            assert connection.timeout_keep_alive_task is not None
            assert transport.sent == b"raw" * count
        connection.connection_lost(ConnectionResetError())
        assert connection.timeout_keep_alive_task is None
        assert not state.connections
        transport.get_extra_info("socket").close()

    asyncio.run(drive())
    assert len(seen) == 2


def test_the_faster_protocol_is_chosen() -> None:
    assert protocol_class() is httptools_protocol()

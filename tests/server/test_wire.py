"""Flushing, draining and the barrier on real connections."""

from __future__ import annotations

import asyncio
import errno
import threading
import time
from typing import Any

import pytest

from mock_ares.server.transport import client_socket
from mock_ares.server.transport.counted_transport import end_writing
from mock_ares.server.transport.wire import Wire
from tests.server.stage import PATIENCE, Stage

BIG = bytes(range(256)) * (32 << 10)


class Outcome:
    """What an ``act`` came to."""

    def __init__(self) -> None:
        self.value: Any = None
        self._done = threading.Event()

    def put(self, value: Any) -> None:
        self.value = value
        self._done.set()

    def pending(self) -> bool:
        return not self._done.is_set()

    def get(self) -> Any:
        assert self._done.wait(PATIENCE)
        return self.value


def act_with(stage: Stage, function: Any) -> Outcome:
    outcome = Outcome()

    async def act(wire: Wire, receive: Any) -> None:
        await receive()
        outcome.put(await function(wire))
        wire.reset()

    stage.act = act
    return outcome


def test_after_a_flush_a_reset_loses_nothing(stage: Stage) -> None:
    async def flush(wire: Wire) -> bool:
        wire.write(BIG)
        return await wire.flush()

    for _ in range(5):
        outcome = act_with(stage, flush)
        with stage.connect() as client:
            client.ask("/act")
            assert client.everything() == (BIG, "rst")
            assert outcome.get() is True


@pytest.mark.needs_barrier
def test_an_acknowledgement_that_is_late_is_not_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's kernel may keep it back: it has everything all the same."""
    monkeypatch.setattr(client_socket.ClientSocket, "unsent", lambda socket: 1)

    async def flush(wire: Wire) -> bool:
        wire.write(b"all of it")
        return await wire.flush()

    outcome = act_with(stage, flush)
    with stage.connect() as client:
        client.ask("/act")
        assert client.everything() == (b"all of it", "rst")
        assert outcome.get() is True


def test_flush_waits_for_a_client_that_does_not_read_without_spinning(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, written = 0, threading.Event()
    unsent = client_socket.ClientSocket.unsent

    def counted(self: client_socket.ClientSocket) -> int:
        nonlocal looks
        looks += 1
        return unsent(self)

    monkeypatch.setattr(client_socket.ClientSocket, "unsent", counted)

    async def flush(wire: Wire) -> bool:
        wire.write(BIG[:200_000])  # more than the client's kernel takes, less than ours
        await wire.drain()
        written.set()
        return await wire.flush()

    outcome = act_with(stage, flush)
    with stage.connect(receive_buffer=4096) as client:
        client.ask("/act")
        assert written.wait(PATIENCE)
        time.sleep(0.3)
        assert outcome.pending()
        assert 0 < looks < 40
    assert outcome.get() is False


def test_drain_ends_when_the_client_goes(stage: Stage) -> None:
    async def drain(wire: Wire) -> bool:
        wire.write(BIG * 4)
        await wire.drain()
        return wire.gone

    outcome = act_with(stage, drain)
    with stage.connect() as client:
        client.ask("/act")
        client.socket.recv(1)
        assert outcome.pending()
        client.reset()
    assert outcome.get() is True


class TestReadBarrier:
    @pytest.mark.needs_barrier
    def test_it_holds_until_the_last_byte_is_read(self, stage: Stage) -> None:
        async def barrier(wire: Wire) -> str:
            wire.write(b"0123456789")
            return await wire.read_barrier(PATIENCE)

        outcome = act_with(stage, barrier)
        with stage.connect() as client:
            client.ask("/act")
            for _ in range(9):
                client.socket.recv(1)
            time.sleep(0.02)
            assert outcome.pending()
            client.socket.recv(1)
            assert outcome.get() == "exact"

    @pytest.mark.needs_barrier
    def test_a_slow_reader_of_much_is_not_given_up(self, stage: Stage) -> None:
        async def barrier(wire: Wire) -> str:
            wire.write(BIG)
            return await wire.read_barrier(0.5)

        outcome = act_with(stage, barrier)
        with stage.connect() as client:
            client.ask("/act")
            read, began = 0, time.monotonic()
            while read < len(BIG):
                read += len(client.socket.recv(200_000))
                time.sleep(0.02)
            assert time.monotonic() - began > 0.5  # longer than the barrier's patience
            assert outcome.get() == "exact"

    @pytest.mark.needs_barrier
    def test_a_client_that_does_not_read_is_given_up(self, stage: Stage) -> None:
        async def barrier(wire: Wire) -> str:
            wire.write(b"unread")
            return await wire.read_barrier(0.05)

        outcome = act_with(stage, barrier)
        with stage.connect() as client:
            client.ask("/act")
            assert outcome.get() == "timeout"

    @pytest.mark.needs_barrier
    @pytest.mark.parametrize("how", ["close", "reset"])
    def test_a_client_that_leaves_is_not_taken_for_a_reader(self, stage: Stage, how: str) -> None:
        async def barrier(wire: Wire) -> str:
            wire.write(b"unread")
            return await wire.read_barrier(PATIENCE)

        outcome = act_with(stage, barrier)
        with stage.connect() as client:
            client.ask("/act")
            time.sleep(0.01)
            client.reset() if how == "reset" else client.socket.close()
            assert outcome.get() == "gone"

    def test_without_an_answer_it_pauses_and_says_so(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client_socket.BARRIER, "_available", False)

        async def barrier(wire: Wire) -> str:
            wire.write(b"data")
            return await wire.read_barrier(PATIENCE)

        outcome = act_with(stage, barrier)
        with stage.connect() as client:
            client.ask("/act")
            assert outcome.get() == "pause"
            assert client.everything() == (b"data", "rst")


def test_who_has_reset_the_connection_is_not_told_of_its_end() -> None:
    """asyncio shuts the socket down at once where nothing waits, and where the client was faster there is none."""

    class Reset(asyncio.WriteTransport):
        aborted = False

        def write_eof(self) -> None:
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

        def abort(self) -> None:
            self.aborted = True

    transport = Reset()
    end_writing(transport)
    assert transport.aborted

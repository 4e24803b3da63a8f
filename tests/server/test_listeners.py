"""Ports whose connections fail before a request."""

from __future__ import annotations

import asyncio
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvloop

from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.server.hosting.failing_ports import ResetListener, refused_port
from mock_ares.server.hosting.in_thread import FakeServer


@pytest.mark.parametrize("loop_factory", [uvloop.new_event_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_accepted_then_reset_every_time(loop_factory: Any, host: str) -> None:
    def read(port: int) -> str:
        try:
            with socket.create_connection((host, port), timeout=20) as client:
                return repr(client.recv(1))
        except ConnectionResetError:
            return "reset"

    async def main() -> None:
        async with await ResetListener.open(host) as listener:
            outcomes = [await asyncio.to_thread(read, listener.port) for _ in range(100)]
            assert outcomes == ["reset"] * 100
            assert listener.accepted == 100
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, listener.port), timeout=20)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_refused_and_held(host: str) -> None:
    with refused_port(host) as held:
        address = held.getsockname()
        for _ in range(20):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address[:2], timeout=20)
        with socket.socket(held.family) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind(address)
                other.listen()


def test_ipv6_addresses_stand_in_brackets() -> None:
    with FakeServer(host="::1") as server:
        for url in (server.url, server.refused_url, server.reset_url):
            assert urlsplit(url).hostname == "::1"
            assert urlsplit(url).port
        with ExampleRunner(host="::1") as arena:
            assert arena.url.startswith("http://[::1]:")

"""Starting and stopping."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

import pytest

from mock_ares.server.hosting import loop
from mock_ares.server.hosting.loop import CannotListenError, Server, address_in_network, listen, listen_chosen, url_of
from tests.ports import lasting_port


async def hello(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/hang":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"data", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as response:
        data: bytes = response.read()
        return data


class TestServer:
    def test_it_answers_from_start_to_stop(self) -> None:
        for _ in range(10):
            with Server(hello) as server:
                assert get(server.url) == b"hello"
            with pytest.raises(OSError):
                get(server.url)

    def test_it_stops_with_streams_open(self) -> None:
        with Server(hello) as server:
            clients = [urllib.request.urlopen(server.url + "/hang", timeout=20) for _ in range(20)]
            assert clients[0].read(4) == b"data"
        assert not [thread for thread in threading.enumerate() if server.url in thread.name]
        for client in clients:
            with client, pytest.raises((OSError, http.client.HTTPException)):
                client.read()

    def test_many_servers_side_by_side(self) -> None:
        servers = [Server(hello).start() for _ in range(10)]
        assert len({server.url for server in servers}) == 10
        assert {get(server.url) for server in servers} == {b"hello"}
        for server in servers:
            server.stop()
            server.stop()

    def test_on_start_runs_in_the_loop(self) -> None:
        loops: list[asyncio.AbstractEventLoop] = []
        with Server(hello, on_start=lambda: loops.append(asyncio.get_running_loop())):
            assert len(loops) == 1

    def test_what_keeps_it_from_starting_is_raised(self) -> None:
        def fail() -> None:
            raise LookupError("no such thing")

        server = Server(hello, on_start=fail)
        with pytest.raises(LookupError, match="no such thing"):
            server.start()
        server.stop()

    def test_never_started_it_can_be_stopped(self) -> None:
        Server(hello).stop()

    def test_a_blocked_loop_is_told(self) -> None:
        release = threading.Event()

        async def block(scope: Any, receive: Any, send: Any) -> None:
            release.wait(20)

        server = Server(block).start()
        with socket.create_connection(listening_address(server.url)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            time.sleep(0.05)
            with pytest.raises(RuntimeError, match="its loop is blocked"):
                server.stop(timeout=0.05)
        release.set()
        server.stop()

    @pytest.mark.parametrize("host", ["::1", "localhost", "0.0.0.0", "::"])
    def test_hosts(self, host: str) -> None:
        with Server(hello, host) as server:
            assert get(server.url) == b"hello"

    def test_both_families(self) -> None:
        with Server(hello, "::") as server:
            port = server.url.rpartition(":")[2]
            assert get(f"http://127.0.0.1:{port}") == get(f"http://[::1]:{port}") == b"hello"


def listening_address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").rpartition(":")
    return host, int(port)


class TestListen:
    def test_the_default_is_loopback_and_any_port(self) -> None:
        with listen("127.0.0.1", 0) as listener:
            assert listener.getsockname()[0] == "127.0.0.1"
            assert url_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_a_port_taken(self) -> None:
        with listen("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            with pytest.raises(CannotListenError, match=f"port {port}: it is taken"):
                listen("127.0.0.1", port)

    def test_a_port_just_left_is_free(self) -> None:
        host, port = "127.0.0.1", lasting_port()
        with Server(hello, host, port):
            client = socket.create_connection((host, port), timeout=20)
            client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert client.recv(1) == b"H"  # it has been accepted
        with client:
            while client.recv(1000):
                pass
        with Server(hello, host, port) as server:
            assert get(server.url) == b"hello"

    def test_a_port_is_never_shared(self) -> None:
        with listen("127.0.0.1", 0) as listener:
            assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) == 0
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                with pytest.raises(OSError, match="in use"):
                    other.bind(listener.getsockname())

    @pytest.mark.parametrize(
        ("host", "port", "message"),
        [
            ("192.0.2.1", 0, "this machine has no such address"),
            ("no-such-host.invalid", 0, "cannot listen on no-such-host.invalid: "),
            ("a..b", 0, "cannot listen on a..b: no host has such a name"),
            ("a" * 64 + ".b", 0, "no host has such a name"),
            ("127.0.0.1", 70000, "a port is a number from 0 to 65535"),
            ("127.0.0.1", -1, "a port is a number from 0 to 65535"),
        ],
    )
    def test_one_line_says_why_not(self, host: str, port: int, message: str) -> None:
        with pytest.raises(CannotListenError) as caught:
            listen(host, port)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_no_permission(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(self: socket.socket, address: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(socket.socket, "bind", refused)
        with pytest.raises(CannotListenError, match="port 80: no permission"):
            listen("127.0.0.1", 80)


SERVE = """
import logging, sys
# Of asyncio's own complaints, that of a slow callback is one of a busy machine.
logging.getLogger("asyncio").addFilter(lambda record: not record.msg.startswith("Executing %s took"))
sys.path.insert(0, {path!r})
from test_runner import hello
from mock_ares.server.hosting.loop import listen, serve_forever
serve_forever(hello, listen("127.0.0.1", 0), lambda url: print(url, flush=True))
print("end")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_streams_open(number: signal.Signals) -> None:
    code = SERVE.format(path=os.path.dirname(__file__))  # noqa: PTH120
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url + "/hang", timeout=20) as stream:
            assert stream.read(4) == b"data"
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "end\n", "")


def test_a_port_that_was_chosen_is_the_port_or_none() -> None:
    with listen("127.0.0.1", 0) as listener, pytest.raises(CannotListenError, match="it is taken"):
        listen_chosen("127.0.0.1", listener.getsockname()[1])


def test_where_none_was_chosen_it_is_the_next_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with listen("127.0.0.1", 0) as listener:
        usual = listener.getsockname()[1]
        monkeypatch.setattr(loop, "USUAL_PORT", usual)
        with listen_chosen("127.0.0.1", None) as other:
            assert other.getsockname()[1] != usual
        monkeypatch.setattr(loop, "NEAR", 1)  # all of them are taken
        with listen_chosen("127.0.0.1", None) as other:
            assert other.getsockname()[1] not in (0, usual)


def test_a_port_that_may_not_be_had_is_no_reason_to_take_another() -> None:
    with pytest.raises(CannotListenError, match="no such address"):
        listen_chosen("192.0.2.7", None)


def test_other_machines_reach_what_listens_on_all_addresses() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert address_in_network(listener) is None
    with listen("0.0.0.0", 0) as listener:
        found = address_in_network(listener)
        assert found is None or found.endswith(f":{listener.getsockname()[1]}")  # None: there is no network


def test_a_connection_that_is_accepted_last_of_all_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made while the server stops, so it is not among those that are open by then."""
    told = list[object]()
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    for _ in range(20):
        server = Server(hello).start()
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(socket.create_connection(address))
            server.stop()
    gc.collect()
    assert not told

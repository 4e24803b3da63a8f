"""What the kernel is asked, and what follows from its answers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

import pytest

from mock_ares.server import barrier
from mock_ares.server.barrier import ReadBarrier, Unread, until_read

pytestmark = pytest.mark.skipif(not ReadBarrier().available, reason="this machine's kernel does not answer")


@pytest.fixture
def kernel() -> Iterator[ReadBarrier]:
    with closing(ReadBarrier()) as opened:
        yield opened


@contextmanager
def pair(listening: str, connecting: str, *, v6_client: bool = False) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: the server's end and the client's."""
    with socket.socket(socket.AF_INET6 if ":" in listening else socket.AF_INET) as listener:
        if listening == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((listening, 0))
        listener.listen()
        with socket.socket(socket.AF_INET6 if ":" in connecting or v6_client else socket.AF_INET) as client:
            client.connect((connecting, listener.getsockname()[1]))
            with listener.accept()[0] as server:
                yield server, client


def ask(kernel: ReadBarrier, server: socket.socket) -> Unread | None:
    return kernel.unread(server.getsockname(), server.getpeername())


@pytest.mark.parametrize(
    ("listening", "connecting"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("::", "127.0.0.1"),
        ("::", "::1"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("::", "::ffff:127.0.0.1"),
    ],
)
def test_it_counts_what_has_come_and_what_is_unread(kernel: ReadBarrier, listening: str, connecting: str) -> None:
    with pair(listening, connecting) as (server, client):
        assert ask(kernel, server) == Unread(0, 0)
        server.sendall(b"0123456789")
        assert ask(kernel, server) == Unread(10, 10)
        client.recv(4)
        assert ask(kernel, server) == Unread(10, 6)
        client.recv(6)
        assert ask(kernel, server) == Unread(10, 0)


def test_it_tells_a_closed_socket_from_a_half_closed_one(kernel: ReadBarrier) -> None:
    with pair("127.0.0.1", "127.0.0.1") as (server, client):
        client.shutdown(socket.SHUT_WR)
        state = ask(kernel, server)
        assert state is not None and not state.closed
        client.close()
        state = ask(kernel, server)
        assert state is not None and state.closed


def test_a_client_with_unread_input_that_closes_leaves_nothing(kernel: ReadBarrier) -> None:
    with pair("127.0.0.1", "127.0.0.1") as (server, client):
        ends = server.getsockname(), server.getpeername()
        server.sendall(b"unread")
        client.close()
        assert kernel.unread(*ends) is None


def test_a_listener_on_the_clients_port_is_not_the_client(kernel: ReadBarrier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert kernel.unread(("127.0.0.1", 1), listener.getsockname()) is None


def test_threads_may_share_it(kernel: ReadBarrier) -> None:
    wrong: list[Unread | None] = []

    def query(size: int) -> None:
        with pair("127.0.0.1", "127.0.0.1") as (server, _):
            server.sendall(b"x" * size)
            for _ in range(300):
                if ask(kernel, server) != Unread(size, size):
                    wrong.append(ask(kernel, server))

    threads = [threading.Thread(target=query, args=(size,)) for size in (10, 20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_forked_child_opens_a_socket_of_its_own(kernel: ReadBarrier) -> None:
    with pair("127.0.0.1", "127.0.0.1") as (server, _):
        assert ask(kernel, server) == Unread(0, 0)
        kernel._forget()
        assert ask(kernel, server) == Unread(0, 0)


def test_where_netlink_is_refused_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> socket.socket:
        raise PermissionError("no netlink here")

    monkeypatch.setattr(barrier, "_open", refused)
    refusing = ReadBarrier()
    assert not refusing.available
    assert refusing.unread(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


def test_where_the_answers_are_wrong_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barrier, "_answer", lambda reply: Unread(0, 0))
    with closing(ReadBarrier()) as lying:
        assert not lying.available


def test_elsewhere_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert not ReadBarrier().available


def outcome(answers: Iterable[Unread | None], gone: Callable[[], bool] = lambda: False) -> str:
    """What 10 bytes sent come to, with these answers; the last one repeats."""
    answers = iter(answers)
    last: list[Unread | None] = [None]

    def ask() -> Unread | None:
        last[0] = next(answers, last[0])
        return last[0]

    return asyncio.run(until_read(ask, 10, gone, 0.01))


def test_an_empty_queue_counts_only_in_a_later_answer() -> None:
    """Within an answer the queue is looked at before the counter: the bytes may have come between the two."""
    late = [Unread(0, 0), Unread(10, 0), Unread(10, 10)]
    assert outcome([*late, Unread(10, 0)]) == "exact"
    assert outcome(late) == "timeout"


def test_bytes_on_their_way_are_waited_for() -> None:
    assert outcome([Unread(9, 0)]) == "timeout"


def test_whoever_reads_on_is_waited_for() -> None:
    slow = [Unread(100, 100 - count) for count in range(80)]
    assert outcome([*slow, Unread(100, 0)]) == "exact"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([None], "pause"),
        ([Unread(5, 5), None], "gone"),
        ([Unread(5, 5), Unread(5, 5, closed=True)], "gone"),
        ([Unread(10, 0), Unread(10, 0)], "exact"),
        ([Unread(10, 3)], "timeout"),
    ],
)
def test_outcomes(answers: list[Unread | None], expected: str) -> None:
    assert outcome(answers) == expected


def test_an_ended_connection_is_not_asked_about() -> None:
    assert outcome([], gone=lambda: True) == "gone"

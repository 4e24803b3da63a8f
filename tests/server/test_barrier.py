"""What the kernel is asked, and what follows from its answers."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.transport import read_barrier
from mock_ares.server.transport.read_barrier import SWITCH, ReadBarrier, SwitchError, Unread, until_read

pytestmark = pytest.mark.needs_barrier


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


def refused() -> socket.socket:
    raise PermissionError(errno.EPERM, "no netlink here")


def failing() -> socket.socket:
    raise RuntimeError("a guard of the program under test")


@pytest.mark.parametrize(
    ("opening", "reason"),
    [(refused, "netlink refused: EPERM"), (failing, "netlink refused: a guard of the program under test")],
)
def test_where_netlink_is_refused_it_is_not_available(
    monkeypatch: pytest.MonkeyPatch, opening: Callable[[], socket.socket], reason: str
) -> None:
    monkeypatch.setattr(read_barrier, "_open", opening)
    refusing = ReadBarrier()
    assert not refusing.available
    assert refusing.reason == reason
    assert refusing.unread(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


@pytest.mark.parametrize("opening", [refused, failing])
def test_what_is_refused_later_makes_it_unavailable(
    monkeypatch: pytest.MonkeyPatch, kernel: ReadBarrier, opening: Callable[[], socket.socket]
) -> None:
    assert kernel.available
    assert kernel.reason is None
    kernel.close()
    monkeypatch.setattr(read_barrier, "_open", opening)
    assert kernel.unread(("127.0.0.1", 1), ("127.0.0.1", 2)) is None
    assert not kernel.available
    assert kernel.reason is not None


def test_a_descriptor_that_somebody_closed_is_opened_again(kernel: ReadBarrier) -> None:
    with pair("127.0.0.1", "127.0.0.1") as (server, _):
        assert ask(kernel, server) == Unread(0, 0)
        assert kernel._socket is not None
        kernel._socket.close()
        assert ask(kernel, server) == Unread(0, 0)


def test_patched_sockets_are_none_of_its_business(monkeypatch: pytest.MonkeyPatch) -> None:
    def guarded(*_: object, **__: object) -> None:
        raise RuntimeError("A test tried to use socket.socket.")

    for name in ("socket", "create_connection", "create_server"):
        monkeypatch.setattr(socket, name, guarded)
    with closing(ReadBarrier()) as unimpressed:
        assert unimpressed.reason is None


def test_where_the_answers_are_wrong_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_barrier, "_answer", lambda reply: Unread(0, 0))
    with closing(ReadBarrier()) as lying:
        assert not lying.available
        assert lying.reason == "netlink answers wrongly"


def test_elsewhere_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert ReadBarrier().reason == "not Linux but darwin"


class TestSwitch:
    """By the environment, which child processes inherit."""

    def test_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(SWITCH, "off")
        dark = ReadBarrier()
        dark.require()
        assert not dark.available
        assert dark.reason == f"switched off by {SWITCH}"

    @pytest.mark.parametrize("value", ["auto", "on"])
    def test_on(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv(SWITCH, value)
        with closing(ReadBarrier()) as kernel:
            kernel.require()
            assert kernel.available

    def test_on_where_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(SWITCH, "on")
        monkeypatch.setattr("sys.platform", "darwin")
        with pytest.raises(SwitchError, match="is 'on', but there is no read barrier here: not Linux but darwin"):
            ReadBarrier().require()

    @pytest.mark.parametrize("value", ["", "OFF", "no", "a\nb\x7f"])
    def test_another_value_is_refused(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv(SWITCH, value)
        with pytest.raises(SwitchError, match="it may be auto, on or off") as refusal:
            FakeServer()
        assert "\n" not in str(refusal.value)

    @pytest.mark.parametrize("command", [["serve", "--port", "0"], ["check", "--client", "json:loads"]])
    def test_the_command_line_says_it(self, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
        monkeypatch.setenv(SWITCH, "dark")
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2
        assert result.stderr == f"mock-ares: {SWITCH} is 'dark'; it may be auto, on or off\n"


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

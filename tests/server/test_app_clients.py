"""Clients that are slow, odd, too big or gone: the right answer where there is one, and nothing left behind."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
from collections.abc import Callable, Iterator

import pytest

from mock_ares.faults import hang
from mock_ares.scenario.model import Pace, Position, Reply
from mock_ares.server.http import handler as exchange_module
from tests.server.live import PATHS, SAY_HI, Live, read_all, until

LIMIT = 2_097_152


def body_of(size: int) -> bytes:
    """A good request of so many bytes."""
    return b'{"message":"' + b"x" * (size - 14) + b'"}'


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def chunked(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


class TestBigBodies:
    @pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (3_000_000, 413)])
    def test_the_limit(self, ares: Live, size: int, status: int) -> None:
        for path in PATHS:
            connection = ares.connection()
            fields = {"authorization": ares.bearer(path), "content_type": "application/json"}
            assert ares.send("POST", path, body_of(size), connection, **fields).status == status, path
            assert ares.last.body_size == min(size, LIMIT + 1), path
            if ares.fake.profile.name == "server" and size > LIMIT + 1:  # which does not wait for the rest
                connection.close()
            assert ares.send("POST", path, SAY_HI, connection, **fields).status == 200, path
            connection.close()

    @pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (3_000_000, 413)])
    def test_without_a_length(self, docs: Live, size: int, status: int) -> None:
        fields = {"authorization": docs.bearer(""), "content_type": "application/json"}
        got = docs.send("POST", "/api/chat", chunked(body_of(size), 50_000), **fields)
        assert got.status == status

    def test_forty_megabytes_are_cut_off(self, docs: Live) -> None:
        with docs.socket() as connection:
            connection.sendall(docs.head("/api/chat", 40_000_000))
            with pytest.raises(ConnectionError):
                for piece in chunked(b"x" * 40_000_000, 1_000_000):
                    connection.sendall(piece)
                assert connection.recv(1), "the connection was closed"
        until(lambda: docs.last.ending == "ended")
        assert docs.last.status is None
        assert docs.ask().status == 200

    def test_the_journal_keeps_the_beginning(self, docs: Live) -> None:
        docs.ask(body=body_of(1_000_000))
        assert (len(docs.last.body), docs.last.body_size) == (64 * 1024, 1_000_000)


class TestHalfClosed:
    @pytest.mark.parametrize("path", PATHS)
    def test_who_has_said_all_is_served_to_the_end(self, ares: Live, path: str) -> None:
        with ares.socket() as connection:
            connection.sendall(ares.request(path))
            connection.shutdown(socket.SHUT_WR)
            got = read_all(connection)
        if ares.fake.profile.name == "server":  # as in ARES, whose answer may be cut off, or not begun
            until(lambda: ares.last.ending in ("client-left", "complete"))
            return
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")
        assert got.endswith(b"0\r\n\r\n" if path.endswith("/stream") else b"}")
        assert ares.last.ending == "complete"

    @pytest.mark.parametrize("sent", [0, 1, 8, 15])
    def test_who_has_not_is_not_waited_for(self, docs: Live, sent: int) -> None:
        with docs.socket() as connection:
            connection.sendall(docs.head("/api/chat", len(SAY_HI)) + SAY_HI[:sent])
            connection.shutdown(socket.SHUT_WR)
            assert read_all(connection) == b""
        until(lambda: docs.last.ending == "client-left")


class TestSlowBodies:
    def test_byte_by_byte(self, docs: Live) -> None:
        with docs.socket() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(docs.head("/api/chat", len(SAY_HI), "connection: close"))
            for byte in SAY_HI:
                connection.sendall(bytes([byte]))
                docs.tasks()  # the server has been at work in between
            assert read_all(connection).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_others_are_served_meanwhile(self, docs: Live) -> None:
        with docs.socket() as connection:
            connection.sendall(docs.head("/api/chat", len(SAY_HI), "connection: close") + SAY_HI[:5])
            assert docs.ask().status == 200
            connection.sendall(SAY_HI[5:])
            assert read_all(connection).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_one_that_stands_still_is_given_up(self, docs: Live, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exchange_module, "BODY_TIMEOUT", 0.05)
        with docs.socket() as connection:
            connection.sendall(docs.head("/api/chat", len(SAY_HI)) + SAY_HI[:5])
            assert read_all(connection) == b"<reset>"
        assert docs.last.ending == "ended"

    def test_a_client_that_waits_for_100_continue(self, docs: Live) -> None:
        with docs.socket() as connection:
            connection.sendall(docs.head("/api/chat", len(SAY_HI), "expect: 100-continue", "connection: close"))
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n")
            connection.sendall(SAY_HI)
            assert read_all(connection).startswith(b"HTTP/1.1 200 OK\r\n")


GO = [socket.socket.close, reset]


@pytest.mark.parametrize("go", GO, ids=["fin", "rst"])
class TestClientsThatVanish:
    def test_inside_the_head(self, docs: Live, go: Callable[[socket.socket], None]) -> None:
        for length in (0, 1, 20, 100):
            connection = docs.socket()
            connection.sendall(docs.request()[:length])
            go(connection)
        assert docs.ask().status == 200
        told = [exchange for exchange in docs.server.requests() if exchange.reason]
        assert [exchange.method for exchange in told] == [""] * len(
            told
        )  # a half-closed one could still read an answer
        assert len(docs.exchanges) == 1

    def test_inside_the_body(self, docs: Live, go: Callable[[socket.socket], None]) -> None:
        connection = docs.socket()
        connection.sendall(docs.request()[:-1])
        until(lambda: len(docs.fake.journal) == 1)
        go(connection)
        until(lambda: docs.last.ending == "client-left")

    @pytest.mark.parametrize("path", PATHS)
    def test_while_the_answer_waits(self, ares: Live, go: Callable[[socket.socket], None], path: str) -> None:
        ares.server.script(ares.id, Reply(text="never", faults=(hang(after=Position(byte=0)),)))
        connection = ares.socket()
        connection.sendall(ares.request(path))
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        go(connection)
        until(lambda: ares.fake.open_streams == 0)
        assert (ares.last.ending, ares.last.status) == ("hang", 200)

    def test_inside_the_stream(self, docs: Live, go: Callable[[socket.socket], None]) -> None:
        docs.fake.speed = 1.0
        docs.server.script(docs.id, Reply(text="word " * 1000, pace=Pace(every=0.01)))
        connection = docs.socket()
        connection.sendall(docs.request())
        while b"word" not in connection.recv(1000):
            pass
        go(connection)
        until(lambda: docs.fake.open_streams == 0)
        assert docs.last.ending == "client-left"
        assert 0 < docs.last.segments < 1000

    def test_many_at_once(self, docs: Live, go: Callable[[socket.socket], None]) -> None:
        docs.server.script(docs.id, Reply(text="a b", faults=(hang(after=Position(chunk=1)),)))
        connections = [docs.socket() for _ in range(100)]
        for connection in connections:
            connection.sendall(docs.request())
        until(lambda: docs.fake.open_streams == 100)
        for connection in connections:
            go(connection)
        until(lambda: docs.fake.open_streams == 0)
        assert {exchange.ending for exchange in docs.exchanges} == {"hang"}


class TestOddClients:
    @pytest.mark.parametrize(
        "garbage",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"hello\r\n\r\n",
            b"GET\r\n\r\n",
            b"\0" * 1000,
            b"POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n",
            b"POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
            b"POST /api/chat HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        ],
    )
    def test_what_is_no_http_is_refused(self, docs: Live, garbage: bytes) -> None:
        got = docs.raw(garbage)
        assert got.startswith((b"HTTP/1.1 400 ", b"<reset>")) or got == b""
        assert docs.ask().status == 200

    def test_http_1_0(self, docs: Live) -> None:
        got = docs.raw(docs.request().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        head, _, body = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"transfer-encoding" not in head
        assert body.startswith(b"data: Neural\n\n")

    def test_requests_in_one_go(self, docs: Live) -> None:
        several = (
            docs.request("/api/chat") + docs.request("/v1/chat") + docs.request("/health", b"x", "connection: close")
        )
        got = docs.raw(several)
        assert got.count(b"HTTP/1.1 200 OK\r\n") == 2
        assert got.count(b"HTTP/1.1 405 ") == 1

    def test_fields_that_come_twice_or_are_huge(self, docs: Live) -> None:
        more = ["x-twice: a"] * 2 + [f"x-long: {'x' * 20_000}", "connection: close"]
        assert docs.raw(docs.request("/api/chat", SAY_HI, *more)).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_a_path_that_needs_decoding(self, docs: Live) -> None:
        assert docs.send("GET", "/%00%ff/..%2f../%E2%82%AC?%00=%ff#x").status == 404
        json.dumps(docs.last.as_dict())

    def test_a_compressed_body_is_no_json(self, docs: Live) -> None:
        assert docs.ask(body=b"\x1f\x8b\x08\0", content_encoding="gzip").status == 400

    def test_who_never_reads_holds_nobody_up(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(text="x" * 4_000_000, chunks="whole"))
        with contextlib.closing(docs.socket()) as connection:
            connection.sendall(docs.request())
            until(lambda: docs.fake.open_streams == 1)
            docs.renew()
            assert docs.ask().status == 200
        until(lambda: docs.fake.open_streams == 0)

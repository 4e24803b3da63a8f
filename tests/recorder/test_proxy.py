"""Bytes go through as they come, whatever the server does; and what could not be kept is said."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_ares.authoring.load import load_all
from mock_ares.recorder.proxy import Limits
from mock_ares.recorder.session import RecordingSession
from mock_ares.recorder.upstream import Upstream, UpstreamError
from mock_ares.scenario.model import Scenario
from mock_ares.server.hosting.in_thread import FakeServer
from tests.ports import lasting_port
from tests.recorder.raw import ask, chat
from tests.recorder.upstreams import HERE, Says, heard, reset, saying, upstream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\n\r\n"
A, B, END = b"9\r\ndata: A\n\n\r\n", b"9\r\ndata: B\n\n\r\n", b"0\r\n\r\n"


@contextlib.contextmanager
def recording(says: Says, folder: Path, **limits: Any) -> Iterator[RecordingSession]:
    with upstream(says) as url, RecordingSession(Upstream.of(url), folder, limits=Limits(**limits)) as session:
        yield session


def kept(folder: Path) -> list[Scenario]:
    return load_all([folder])


def test_each_read_is_handed_on_at_once(tmp_path: Path) -> None:
    """The server waits for the client to have had what it said before it says more."""
    had = threading.Semaphore(0)

    def says(connection: socket.socket) -> None:
        heard(connection)
        for part in (CHUNKED, A[:5], A[5:], B, END):
            connection.sendall(part)
            assert had.acquire(timeout=10)

    with recording(says, tmp_path) as session, socket.create_connection(("127.0.0.1", int(session.url[17:]))) as client:
        client.settimeout(10)
        client.sendall(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        for part in (CHUNKED, A[:5], A[5:], B, END):
            assert client.recv(65536) == part
            had.release()
        session.settle()
        assert [outcome.reason for outcome in session.outcomes] == [""]
    (scenario,) = kept(tmp_path)
    assert scenario.replies[0].chunks == ("A", "B")


def test_the_request_goes_through_but_for_what_is_about_the_connection(tmp_path: Path) -> None:
    requests = list[bytes]()

    def says(connection: socket.socket) -> None:
        requests.append(heard(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with upstream(says) as url, RecordingSession(Upstream.of(f"{url}/base"), tmp_path) as session:
        answer = ask(
            session.url, "PUT /a%20b?x=1&y", b'{"a":1}', accept_encoding="br, gzip, zstd", te="trailers", x_a="1",
            connection="keep-alive", expect="100-continue",
        )  # fmt: skip
        assert answer.reader.status == 204
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"PUT /base/a%20b?x=1&y HTTP/1.1", b"host: " + url[7:].encode(), b"accept-encoding: gzip", b"x-a: 1",
        b"content-length: 7", b"content-type: application/json",
    ]  # fmt: skip
    assert body == b'{"a":1}'


def test_a_chunked_request_goes_through(tmp_path: Path) -> None:
    bodies = list[bytes]()

    def says(connection: socket.socket) -> None:
        data = heard(connection)
        while not data.endswith(b"0\r\n\r\n"):
            data += connection.recv(65536)
        bodies.append(data.partition(b"\r\n\r\n")[2])
        connection.sendall(CHUNKED + A + END)

    with recording(says, tmp_path) as session, socket.create_connection(("127.0.0.1", int(session.url[17:]))) as client:
        client.sendall(
            b"POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        assert client.recv(65536)
    assert bodies[0].replace(b"3\r\nabc\r\n2\r\nde\r\n", b"5\r\nabcde\r\n") == b"5\r\nabcde\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("says", "ending", "data"),
    [
        (saying(CHUNKED, A), "close", CHUNKED + A),
        (saying(CHUNKED, A[:7]), "close", CHUNKED + A[:7]),
        (saying(CHUNKED, A, b"ZZ\r\ndata: \r\n"), "close", CHUNKED + A + b"ZZ\r\ndata: \r\n"),
        (saying(HEAD + b"\r\n", b"data: A\n\n"), "close", HEAD + b"\r\ndata: A\n\n"),
        (saying(b""), "close", b""),
        (saying(b"HTTP/1.1 200"), "close", b"HTTP/1.1 200"),
        (saying(b"220 ESMTP ready\r\n"), "close", b"220 ESMTP ready\r\n"),
        (
            saying(b"HTTP/1.1 103 Early\r\n\r\n" + CHUNKED + A + END),
            "open",
            b"HTTP/1.1 103 Early\r\n\r\n" + CHUNKED + A + END,
        ),
    ],
)
def test_each_end_is_the_client_s_too_and_is_kept(says: Says, ending: str, data: bytes, tmp_path: Path) -> None:
    with recording(says, tmp_path) as session:
        answer = ask(session.url, "GET /x")
        assert (answer.data, answer.ending) == (data, ending)
    (scenario,) = kept(tmp_path)
    with FakeServer(scenarios=[scenario]) as fake:
        again = ask(fake.url, "GET /x")
    assert (again.wire, again.ending) == (answer.wire, answer.ending)


def test_a_reset_is_a_reset(tmp_path: Path) -> None:
    def says(connection: socket.socket) -> None:
        saying(CHUNKED, A)(connection)
        assert told.wait(10)
        reset(connection)

    told = threading.Event()
    with recording(says, tmp_path) as session, socket.create_connection(("127.0.0.1", int(session.url[17:]))) as client:
        client.sendall(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
        client.settimeout(10)
        data = b""
        while A not in data:
            data += client.recv(65536)
        told.set()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    (scenario,) = kept(tmp_path)
    assert [fault.name for fault in scenario.replies[0].faults] == ["reset_peer"]


@pytest.mark.parametrize("parts", [(CHUNKED, A), ()])
def test_a_server_that_says_nothing_more_is_given_up_and_kept_as_one_that_hangs(
    parts: tuple[bytes, ...], tmp_path: Path
) -> None:
    def says(connection: socket.socket) -> None:
        saying(*parts)(connection)
        connection.recv(1)  # until the recorder has left

    with recording(says, tmp_path, silence=0.3) as session:
        assert ask(session.url, "GET /x").ending == "reset"
    (scenario,) = kept(tmp_path)
    assert [fault.name for fault in scenario.replies[0].faults] == ["hang"]


def test_an_exchange_is_bounded_though_comments_come_for_ever(tmp_path: Path) -> None:
    def says(connection: socket.socket) -> None:
        saying(CHUNKED, A)(connection)
        while True:
            connection.sendall(b"3\r\n:\n\n\r\n")
            threading.Event().wait(0.02)

    with recording(says, tmp_path, longest=0.5) as session:
        assert ask(session.url, "GET /x").ending == "reset"
    (scenario,) = kept(tmp_path)
    assert [fault.name for fault in scenario.replies[0].faults] == ["hang"]


def test_a_client_that_leaves_in_the_midst_leaves_no_recording(tmp_path: Path) -> None:
    left = threading.Event()

    def says(connection: socket.socket) -> None:
        heard(connection)
        with contextlib.suppress(OSError):
            connection.sendall(CHUNKED)
            while True:
                connection.sendall(A)
                threading.Event().wait(0.01)
        left.set()

    with recording(says, tmp_path) as session:
        with socket.create_connection(("127.0.0.1", int(session.url[17:]))) as client:
            client.sendall(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
            client.recv(65536)
        assert left.wait(10), "the server is not left, too"
    assert [outcome.reason for outcome in session.outcomes] == ["the client left before the end"]
    assert list(tmp_path.iterdir()) == []


def test_a_client_that_leaves_at_the_end_record_has_seen_all_of_it(tmp_path: Path) -> None:
    def says(connection: socket.socket) -> None:
        saying(CHUNKED, A)(connection)
        assert left.wait(10)
        connection.sendall(END)
        connection.recv(1)

    left = threading.Event()
    with recording(says, tmp_path) as session:
        with socket.create_connection(("127.0.0.1", int(session.url[17:]))) as client:
            client.sendall(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
            data = b""
            while A not in data:
                data += client.recv(65536)
        left.set()
    (scenario,) = kept(tmp_path)
    assert scenario.replies[0].faults == ()


def test_one_connection_serves_many_requests_and_the_same_again_comes_in_turn(tmp_path: Path) -> None:
    answers = iter([b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n", CHUNKED + A + END])
    with (
        recording(lambda connection: saying(next(answers))(connection), tmp_path) as session,
        socket.create_connection(("127.0.0.1", int(session.url[17:]))) as client,
    ):
        client.settimeout(10)
        for status in (b"503", b"200"):
            client.sendall(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
            assert client.recv(65536)[9:12] == status
    (scenario,) = kept(tmp_path)
    assert [reply.status for reply in scenario.replies] == [503, None]


def test_answers_that_overlap_are_kept_as_they_were_asked_for(tmp_path: Path) -> None:
    """The second is asked for when the first has begun, and is over before it."""
    turns, over = iter("AB"), threading.Event()

    def says(connection: socket.socket) -> None:
        heard(connection)
        connection.sendall(CHUNKED)
        if next(turns) == "A":
            assert over.wait(10)
            connection.sendall(A + END)
        else:
            connection.sendall(B + END)

    with recording(says, tmp_path) as session, contextlib.ExitStack() as clients:
        port = int(session.url[17:])
        first, second = (clients.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in "AB")
        for client, until in ((first, CHUNKED), (second, END)):
            client.sendall(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
            data = b""
            while not data.endswith(until):
                data += client.recv(65536)
        session.settle()
        over.set()
        while not data.endswith(A + END):
            data += first.recv(65536)
    (scenario,) = kept(tmp_path)
    assert [reply.text for reply in scenario.replies] == ["A", "B"]


def test_what_is_too_large_goes_through_and_is_not_kept(tmp_path: Path) -> None:
    body = b"data: " + b"x" * 3_000_000 + b"\n\n"
    with recording(saying(HEAD + b"\r\n", body), tmp_path, size=1_000_000) as session:
        assert ask(session.url, "GET /x").wire == body
    assert [outcome.reason for outcome in session.outcomes] == ["it has more than 1000000 bytes"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)), b"HTTP/2 with prior knowledge"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), b"TLS"),
    ],
)
def test_what_is_no_request_by_http1_is_told(said: bytes, reason: bytes, tmp_path: Path) -> None:
    with recording(saying(HEAD + b"\r\n"), tmp_path) as session:
        host, _, port = session.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as client:
            client.sendall(said)
            heard = b"".join(iter(lambda: client.recv(65536), b""))
    assert heard.startswith(b"HTTP/1.1 400 ") and reason in heard
    assert not session.outcomes


# Servers that are none


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (saying(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18), "speaks HTTP/2 only, which cannot be recorded"),
    ],
)
def test_what_is_no_server_is_told(says: Says, reason: str, tmp_path: Path) -> None:
    with recording(says, tmp_path) as session:
        answer = ask(session.url, "POST /x", b"{}")
        assert answer.reader.status == 502
        assert reason in json.loads(answer.reader.body)["error"]
    assert reason in session.outcomes[0].reason


def test_a_server_that_is_down_is_a_502_that_says_so(tmp_path: Path) -> None:
    with RecordingSession(Upstream("127.0.0.1", lasting_port()), tmp_path) as session:
        answer = chat(session.url, "token")
        assert answer.reader.status == 502
        assert "cannot be reached: nobody listens there" in json.loads(answer.reader.body)["error"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ares.example", "is no origin"),
        ("ftp://ares.example", "is no origin"),
        ("http://bob:pw@ares.example", "is no origin"),
        ("http://ares.example?x=1", "is no origin"),
        ("http://ares.example:99999", "is no origin"),
        ("http://a..b", "is no origin"),
        (f"http://{'a' * 64}.example", "is no origin"),
        ("http://\uff41\uff0e\uff0eb", "is no origin"),
        ("http://a\u2100b", "is no origin"),
        ("http://[::1", "is no origin"),
        ("http://[x]", "is no origin"),
    ],
)
def test_only_an_origin_is_one(url: str, reason: str) -> None:
    with pytest.raises(UpstreamError, match=reason):
        Upstream.of(url)


def test_a_name_beyond_ascii_is_asked_for_as_the_network_has_it() -> None:
    assert Upstream.of("http://b\u00fccher.example:81").authority == "xn--bcher-kva.example:81"


# TLS


def test_tls_is_trusted_by_a_certificate_that_is_given(tmp_path: Path) -> None:
    with upstream(saying(CHUNKED + A + END), tls=True) as url:
        with RecordingSession(Upstream.of(url, HERE / "ca.pem"), tmp_path / "a") as session:
            assert ask(session.url, "GET /x").data == CHUNKED + A + END
        with RecordingSession(Upstream.of(url), tmp_path / "b") as session:
            error = json.loads(ask(session.url, "GET /x").reader.body)["error"]
    assert len(kept(tmp_path / "a")) == 1
    assert "its certificate is not trusted" in error and "--cacert names the one that signed it" in error


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_file_of_no_certificates_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text(content)
    with pytest.raises(UpstreamError, match="holds no certificates"):
        Upstream.of("https://127.0.0.1", tmp_path / "x.pem")


def test_http_where_https_is_spoken_is_told(tmp_path: Path) -> None:
    def says(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with upstream(says) as url:
        server = Upstream.of(url.replace("http", "https"), HERE / "ca.pem")
        with RecordingSession(server, tmp_path) as session:
            assert "no TLS connection" in json.loads(ask(session.url, "GET /x").reader.body)["error"]


# Pages


def test_a_page_may_read_what_the_server_would_not_let_it(tmp_path: Path) -> None:
    page = "http://localhost:5173"
    with recording(saying(CHUNKED + A + END), tmp_path) as session:
        before = ask(session.url, "OPTIONS /api/chat/stream", origin=page, access_control_request_method="POST")
        answer = ask(session.url, "GET /x", origin=page)
    assert before.reader.status == 204
    assert before.reader.named("access-control-allow-origin") == page
    assert "authorization" in (before.reader.named("access-control-allow-headers") or "")
    assert answer.reader.named("access-control-allow-origin") == page
    assert answer.wire == A + END
    (scenario,) = kept(tmp_path)
    assert scenario.replies[0].headers == {}


def test_a_server_that_lets_pages_read_is_left_to_it(tmp_path: Path) -> None:
    own = CHUNKED.replace(b"Cache", b"Access-Control-Allow-Origin: *\r\nCache")
    with recording(saying(own + A + END), tmp_path) as session:
        assert ask(session.url, "GET /x", origin="http://localhost:1").data == own + A + END


# Ending


def test_what_goes_on_when_the_recorder_ends_is_told(tmp_path: Path) -> None:
    def says(connection: socket.socket) -> None:
        saying(CHUNKED, A)(connection)
        connection.recv(1)

    with upstream(says) as url:
        with RecordingSession(Upstream.of(url), tmp_path) as session:
            client = socket.create_connection(("127.0.0.1", int(session.url[17:])))
            client.sendall(b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n")
            assert client.recv(65536)
        client.close()
    assert [outcome.reason for outcome in session.outcomes] == ["the recorder was ended before it was over"]
    assert list(tmp_path.iterdir()) == []

"""The reference client: what the contract does not ask of it. What it asks is in tests/mutants."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from mock_ares import client
from mock_ares.client import AresError, stream_chat
from mock_ares.faults import error_event
from mock_ares.scenario.model import Body, Content, Pace, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.test_wire_vectors import CUTS, segments_of, vectors

SOURCE = Path(client.__file__)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=float("inf"))) as fake:
        yield fake


def asked(fake: FakeServer, *replies: Reply, dialect: str = "text") -> Iterator[str]:
    credentials = fake.credentials()
    fake.script(credentials.id, *replies)
    return stream_chat(f"{fake.url}/api/chat/stream", credentials.token, "hi", dialect=dialect, timeout=5)


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server for one request: its URL, and what it was asked."""
    got: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while not b"".join(got).endswith(b"}"):
                got.append(connection.recv(65536))
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", got
        thread.join()


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("dialect", "vector"), vectors(dialect=False))
def test_reads_the_vectors(dialect: str, vector: dict[str, Any], cut: str) -> None:
    received = CUTS[cut](segments_of(vector))
    assert "".join(client.events(client.lines(client.characters(received)))) == vector["text"]


@pytest.mark.parametrize(
    ("dialect", "vector"), [each for each in vectors(dialect=True) if each.values[0] in ("text", "delta", "typed")]
)
def test_reads_the_vectors_of_its_dialects(dialect: str, vector: dict[str, Any]) -> None:
    shown = list[str]()
    events = client.events(client.lines(client.characters(segments_of(vector))))
    try:
        shown.extend(client.text(events, dialect))
    except (AresError, ValueError):  # it is stricter than the decoder of the oracle with what is no record
        assert not vector["complete"] or vector["name"] == "no-record"
    assert "".join(shown) == vector["text"]


def test_an_error_has_status_and_body(fake: FakeServer) -> None:
    with pytest.raises(AresError, match="HTTP 503") as caught:
        list(asked(fake, Reply(status=503, content=Content(plain="overloaded"))))
    assert (caught.value.status, caught.value.body) == (503, "overloaded")


def test_an_answer_without_a_body_is_not_waited_for(fake: FakeServer) -> None:
    with pytest.raises(AresError, match="HTTP 204") as caught:
        list(asked(fake, Reply(status=204, content="empty")))
    assert caught.value.body == ""


def test_a_failure_of_the_connection_is_an_ares_error_too(fake: FakeServer) -> None:
    with pytest.raises(AresError, match="ConnectionRefusedError") as caught:
        list(stream_chat(f"{fake.refused_url}/api/chat/stream", "token", "hi"))
    assert caught.value.status is None
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_silence_is_an_error_after_the_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(AresError, match="TimeoutError"):
            list(stream_chat(url, "token", "hi", timeout=0.05))


def test_the_pieces_before_an_error_event_are_given(fake: FakeServer) -> None:
    pieces = asked(fake, Reply(chunks=("ab", "cd"), dialect="typed", faults=(error_event(1),)), dialect="typed")
    shown = list[str]()
    with pytest.raises(AresError, match="the server says: Stream error"):
        shown.extend(pieces)
    assert "".join(shown) == "ab" or shown == []
    assert next(pieces, None) is None


def test_closing_the_iterator_closes_the_connection(fake: FakeServer) -> None:
    credentials = fake.credentials()
    fake.script(credentials.id, Reply(text="a b c d", pace=Pace(every=1000.0)))
    fake.fake.speed = 1.0
    try:
        pieces = stream_chat(f"{fake.url}/api/chat/stream", credentials.token, "hi", timeout=5)
        assert next(pieces) == "a"
        assert isinstance(pieces, Generator)
        pieces.close()
        exchange = fake.requests(credentials.id)[0]
        waited = threading.Event()
        for _ in range(500):
            if exchange.ending != "open":
                break
            waited.wait(0.01)
        assert exchange.ending == "client-left"
    finally:
        fake.fake.speed = float("inf")


def test_nothing_is_asked_before_the_first_piece() -> None:
    stream_chat("http://127.0.0.1:1/", "token", "hi")


def test_unzips(fake: FakeServer) -> None:
    assert "".join(asked(fake, Reply(text="Neural networks learn", body=Body(gzip="event")))) == "Neural networks learn"


def test_more_behind_the_gzip_stream_is_an_error() -> None:
    body = gzip.compress(b"data: a\n\n") + gzip.compress(b"data: b\n\n")
    answer = HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    with answering(answer) as (url, _), pytest.raises(AresError, match="does not end with the body"):
        list(stream_chat(url, "token", "hi"))


def test_asks_what_the_url_says() -> None:
    with answering(HEAD + b"content-length: 0\r\n\r\n") as (url, got):
        assert list(stream_chat(f"{url}/v1/chat/stream?a=b#c", "token", 'naïve "hi"')) == []
    request = b"".join(got)
    assert request.startswith(b"POST /v1/chat/stream?a=b HTTP/1.1\r\n")
    assert b"Authorization: Bearer token\r\n" in request
    assert request.endswith(b'{"message": "na\\u00efve \\"hi\\""}')


@pytest.mark.parametrize(("url", "kind"), [("http://a", HTTPConnection), ("https://a", client.SecureConnection)])
def test_tls_is_as_the_url_says(url: str, kind: type[HTTPConnection]) -> None:
    assert type(client.connect(url, 1.0)) is kind


def test_it_is_short_and_needs_nothing_of_the_package() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 160
    assert "import mock_ares" not in source and "from mock_ares" not in source

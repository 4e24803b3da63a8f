"""What comes over a socket, and how much of it there was."""

from __future__ import annotations

import pytest

from mock_ares.verify.asking import Asker
from mock_ares.verify.exchange import HttpAnswer, Probe, post
from tests.verify.rig import END, plain, serving

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def answer(sent: bytes, ask: Probe | None = None) -> HttpAnswer:
    with serving(lambda request: sent) as url:
        return Asker(url, timeout=2).ask(ask or Probe("GET", "/"), {})


def test_a_request_is_filled() -> None:
    heard = list[bytes]()

    def respond(request: bytes) -> bytes:
        heard.append(request)
        return plain(200)

    ask = post("/c/{context}", {"password": "{password}"}, "jwt", fields=(("accept", "text/event-stream"),))
    with serving(respond) as url:
        Asker(url).ask(ask, {"context": "c1", "password": 'a"ü', "jwt": "a.b.c"})
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /c/c1 HTTP/1.1"
    assert {b"accept: text/event-stream", b"authorization: bearer a.b.c"} <= set(head.lower().split(b"\r\n"))
    assert body == b'{"password": "a\\"\\u00fc"}'


@pytest.mark.parametrize(
    ("sent", "body", "ending"),
    [
        (plain(200, b"all"), b"all", ""),
        (CHUNKED + b"2\r\nal\r\n1\r\nl\r\n0\r\n\r\n", b"all", ""),
        (b"HTTP/1.1 200 OK\r\n\r\nall" + END, b"all", ""),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + plain(200, b"all"), b"all", ""),
        (CHUNKED + b"3\r\nall\r\n" + END, b"all", "it breaks HTTP's framing: peer closed connection without"),
        (CHUNKED + b"3\r\nallx", b"all", "it breaks HTTP's framing"),
        (CHUNKED + b"3\r\nall\r\n", b"all", "no byte for 2 s"),
        (plain(200, b"all")[:-1] + END, b"al", "it breaks HTTP's framing: peer closed connection"),
    ],
)
def test_a_body(sent: bytes, body: bytes, ending: str) -> None:
    heard = answer(sent)
    assert (heard.status, heard.body) == (200, body)
    assert heard.ending.startswith(ending) and bool(heard.ending) == bool(ending)
    assert heard.endless == ending.startswith("no byte")


def test_what_comes_behind_the_end() -> None:
    assert answer(plain(200, b"all") + b"more").surplus == b"more"
    assert answer(plain(200, b"OK"), Probe("HEAD", "/")).surplus == b"OK"


def test_a_connection_that_is_kept_and_one_that_is_not() -> None:
    twice = Probe("GET", "/", times=2)
    assert answer(plain(200), twice).kept
    taken = iter([plain(200), plain(429)])
    with serving(lambda request: next(taken)) as url:
        limited = Asker(url).ask(twice, {})
    assert (limited.status, limited.kept) == (200, True)
    assert not answer(plain(200) + END, twice).kept
    assert not answer(plain(200, b"", "Connection: close"), twice).kept

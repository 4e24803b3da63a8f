"""Response heads, byte by byte."""

from __future__ import annotations

import pytest

from mock_ares.plan.http.head import render_head
from mock_ares.plan.model import Head

CASES = [
    (Head(), (), b"HTTP/1.1 200 OK\r\n\r\n"),
    (Head(404, version="1.0"), (), b"HTTP/1.0 404 Not Found\r\n\r\n"),
    (Head(599), (), b"HTTP/1.1 599 \r\n\r\n"),
    (
        Head(200, (("Content-Type", "text/event-stream"), ("X-A", "1"), ("x-a", "2"))),
        (("Date", "today"),),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-A: 1\r\nx-a: 2\r\nDate: today\r\n\r\n",
    ),
    (
        Head(503, (("retry-after", "1"),), interim=(100, 103)),
        (),
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
        b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\r\n",
    ),
    (Head(200, (("x", "caf\xe9"),)), (), b"HTTP/1.1 200 OK\r\nx: caf\xe9\r\n\r\n"),
]


@pytest.mark.parametrize(("head", "extra", "expected"), CASES)
def test_bytes(head: Head, extra: tuple[tuple[str, str], ...], expected: bytes) -> None:
    assert render_head(head, extra) == expected


def test_the_authors_field_goes_before_the_servers() -> None:
    rendered = render_head(Head(200, (("Date", "mine"), ("vary", "accept"))), (("date", "now"), ("vary", "origin")))
    assert rendered == b"HTTP/1.1 200 OK\r\nDate: mine\r\nvary: accept\r\nvary: origin\r\n\r\n"


def test_what_is_outside_latin_1_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        render_head(Head(200, (("x", "☃"),)))

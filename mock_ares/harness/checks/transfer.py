"""Rows about what HTTP does around the events."""

from __future__ import annotations

import random

from mock_ares.harness.checks.rows import Row, case, one, say
from mock_ares.harness.checks.strategies import EXTENSIONS, QUOTED, TRAILERS, streaming
from mock_ares.harness.model import Case
from mock_ares.harness.verdict.judgements import follows, keeps_credentials
from mock_ares.scenario.model import Body, Chunks, Redirect, Reply


def carried(*chunks: str, **words: object) -> Case:
    return one(*chunks, body=Body(**words))  # type: ignore[arg-type]


def redirected(status: int, to: str) -> Case:
    return case(Reply(redirect=Redirect(status, to)), say("ab"))  # type: ignore[arg-type]


FAR = "".join(random.Random(0).choices("abcdegimnorst", k=30_000)) * 2
"""A text that says again what it said as far ahead as gzip may look back (RFC 1951 2)."""

ROWS: dict[str, Row] = {
    "close-delimited": Row(
        (carried("a", framing="close"), carried("a", "b", framing="close"), carried("a", "b", framing="http1.0")),
        streaming("close-delimited"),
    ),
    "chunk-ext": Row(
        (*(carried("a", extensions=text) for text in EXTENSIONS), carried("a", "b", extensions=";ab")),
        streaming("chunk-ext"),
    ),
    "chunk-ext-quoted": Row(
        (
            *(carried("a", extensions=text) for text in QUOTED),
            carried("a", "b", extensions='; a = "b;c"'),
        ),
        streaming("chunk-ext-quoted"),
    ),
    "http-chunks": Row(
        (
            *(carried("abc", "def", "ghijklm", sizes=sizes) for sizes in ("capitals", "zeros")),
            *(carried("a" * 300, sizes=sizes) for sizes in ("usual", "capitals", "zeros")),
            one("ab", "cd", body=Body(http_chunks="whole")),
        ),
        streaming("http-chunks"),
        resting={
            "read-line": tuple(one("ab", "cd", body=Body(http_chunks=size)) for size in (3, 1)),
            "read-whole": (one(*("ab" * 300), body=Body(http_chunks="whole"), segments="whole"),),  # four digits
        },
    ),
    "http-reads": Row(
        (
            *(
                carried(*chunks, reads=reads)
                for chunks in (("a",), ("ab", "cd", "a" * 300))
                for reads in ("head", "size", "crlf", "last")
            ),
            carried("ab", reads="head", framing="length"),
        ),
        streaming("http-reads"),
        resting={"close-delimited": (carried("ab", reads="head", framing="close"),)},
    ),
    "trailers": Row(
        (*(carried("a", trailers=fields) for fields in TRAILERS), carried("a", "b", trailers={"x-a": "1"})),
        streaming("trailers"),
    ),
    "early-100": Row((one("a", interim=(100,)),), streaming("early-100"), most=5),
    "early-103": Row((one("a", interim=(103,)),), streaming("early-103"), most=5),
    "gzip": Row(
        (
            carried("a", gzip="event"),
            carried("ab", "cd", "ef", gzip="event"),
            carried("ab", "cd", gzip="event", framing="length"),
            one("ab", "cd", body=Body(gzip="event"), headers={"content-encoding": "GZIP"}),
            one("ab", "cd", body=Body(gzip="event"), headers={"Content-Encoding": "Gzip"}),
        ),
        streaming("gzip"),
        resting={
            "read-whole": (one("ab", "cd", "ef", body=Body(gzip="whole"), segments="free"),),
            "read-line read-whole long-line": (one(text=FAR, chunks=Chunks(every=30_000), body=Body(gzip="whole")),),
        },
        needs_gzip=True,
    ),
    "redirect": Row(
        (
            redirected(307, "same"),
            redirected(308, "same"),
            *(case(Reply(status=status, content="empty")) for status in (307, 301, 302, 300, 304)),  # no Location
        ),
        judge=follows,
    ),
    "redirect-away": Row((redirected(307, "away"), redirected(308, "away")), judge=keeps_credentials),
}

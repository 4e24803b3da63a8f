"""Rows about what HTTP does around the events, and TLS, which is asked about only where the contract goes over it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from mock_ares.faults import drop_tls
from mock_ares.harness.checks.rows import Row, case, one, say
from mock_ares.harness.checks.strategies import EXTENSIONS, HEADS, QUOTED, TRAILERS, streaming
from mock_ares.harness.model import Case
from mock_ares.harness.verdict.judgements import follows, keeps_credentials, refuses_bad_tls
from mock_ares.plan.model import TlsBreak
from mock_ares.scenario.model import BadTls, Body, BodyWord, Chunks, Redirect, Reply


def carried(*chunks: str, **words: object) -> Case:
    return one(*chunks, body=Body(**words))  # type: ignore[arg-type]


def redirected(status: int, to: str) -> Case:
    return case(Reply(redirect=Redirect(status, to)), say("ab"))  # type: ignore[arg-type]


def pointed_at(kind: BadTls) -> Case:
    """A good stream, where nobody may ask for it. But for one thing the listener is as good as the fake's own, and the
    client has shown that it trusts that one."""
    return replace(one("ab", "cd"), bad_tls=kind)


def refusing(*kinds: BadTls, lasts: float = 0.0) -> Row:
    return Row(tuple(map(pointed_at, kinds)), over_tls=True, lasts=lasts, judge=refuses_bad_tls)


def broken(*where: tuple[Any, TlsBreak], body: BodyWord) -> tuple[Case, ...]:
    return tuple(one("ab", "cd", faults=(drop_tls(at, how),), body=body) for at, how in where)


FAR = "".join(random.Random(0).choices("abcdegimnorst", k=30_000)) * 2
"""A text that says again what it said as far ahead as gzip may look back (RFC 1951 2)."""

CUT: tuple[tuple[Any, TlsBreak], ...] = (
    (1, "no-close-notify"),
    (1, "inside-record"),
    (1, "bad-record"),
    (1, "alert"),
    ("abc", "no-close-notify"),
    (0, "no-close-notify"),
    (2, "no-close-notify"),
)
"""Between two events, inside one, in front of all and behind all."""
BROKEN: tuple[tuple[Any, TlsBreak], ...] = tuple(
    (at, how) for how in ("inside-record", "bad-record", "alert") for at in (1, "abc")
)


ROWS: dict[str, Row] = {
    "close-delimited": Row(
        (carried("a", framing="close"), carried("a", "b", framing="close"), carried("a", "b", framing="http1.0")),
        streaming("close-delimited"),
        http="1.1",
    ),
    "field-case": Row(
        (
            one("a", field_case="title"),
            one("a", "b", field_case="upper"),
            *(one("ab", "cd", field_case="title", body=form) for form in ("length", "close")),
        ),
        streaming("field-case"),
        http="1.1",
    ),
    "head-fields": Row((*(one("a", headers=fields) for fields in HEADS),), streaming("head-fields")),
    "chunk-ext": Row(
        (*(carried("a", extensions=text) for text in EXTENSIONS), carried("a", "b", extensions=";ab")),
        streaming("chunk-ext"),
        http="1.1",
    ),
    "chunk-ext-quoted": Row(
        (
            *(carried("a", extensions=text) for text in QUOTED),
            carried("a", "b", extensions='; a = "b;c"'),
        ),
        streaming("chunk-ext-quoted"),
        http="1.1",
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
        http="1.1",
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
    "certificate": refusing("self-signed", "unknown-authority", "expired", "not-yet-valid"),
    "certificate-host": refusing("wrong-host"),
    "tls-version": refusing("tls-1.1"),
    "tls-handshake": refusing("endless-handshake", lasts=10.0),
    "tls-truncation": Row((*broken(*CUT, body="close"), *broken(CUT[0], body="http1.0")), over_tls=True, http="1.1"),
    "tls-broken": Row((*broken(*BROKEN, body="chunked"), *broken(*BROKEN[::2], body="length")), over_tls=True),
}

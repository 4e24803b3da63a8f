"""Requests that are refused before anybody asks what they are about: none at all, or too much of one.

The bounds are those of the server that ARES is built on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_ares.plan.http.http1.head import PHRASES
from mock_ares.server.transport.not_http import looks_like

MOST_FIELDS = 100
MOST_HEAD = 417_792
"""Bytes of a head: request line and fields, or of the trailers behind a body."""
MOST_TARGET = 65_534
HEAD_TIMEOUT = 30.0
"""Seconds from a head's first byte to its last."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status, and why."""

    status: int
    reason: str
    body: bool = False
    """It is the body's; the head was understood."""

    @property
    def plainly(self) -> bytes:
        """A whole response, for who has no other way to answer."""
        said = f"{self.reason}\n".encode()
        head = f"HTTP/1.1 {self.status} {PHRASES[self.status]}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        return f"{head}content-length: {len(said)}\r\nconnection: close\r\n\r\n".encode() + said


def too_many_fields() -> Refusal:
    return Refusal(431, f"the head has more than {MOST_FIELDS} fields")


def too_large() -> Refusal:
    return Refusal(431, f"the head has more than {MOST_HEAD:,} bytes")


def target_too_long() -> Refusal:
    return Refusal(414, f"the request's target has more than {MOST_TARGET:,} bytes")


def too_late(beginning: bytes) -> Refusal:
    said = f"the head did not end within {HEAD_TIMEOUT:g} s"
    return Refusal(408, f"{said}; what has come of it looks like {looks_like(beginning)}")


def ended(beginning: bytes) -> Refusal:
    return Refusal(400, f"this ended before a head did; it looks like {looks_like(beginning)}")


def no_request(beginning: bytes) -> Refusal:
    """Bytes that cannot be parsed as a head."""
    return Refusal(400, f"this is no HTTP/1.1 request; it looks like {looks_like(beginning)}")


def not_by_http1() -> Refusal:
    return Refusal(505, "this port speaks HTTP/2 alone: with prior knowledge, or by ALPN over TLS")


def in_clear_text(beginning: bytes) -> Refusal:
    """Where TLS was expected."""
    http = re.match(rb"[A-Z]+ \S+ HTTP/1\.[01]\r?\n", beginning)
    what = "an HTTP request in clear text" if http else looks_like(beginning)
    return Refusal(400, f"this port speaks TLS: use https://; what came looks like {what}")


def broken_body() -> Refusal:
    said = "the request's body is not framed as its head says: a broken chunk, or an end before its end"
    return Refusal(400, said, body=True)


def checked(scope: Mapping[str, Any]) -> Refusal | None:
    """What is wrong with a head that has come in full."""
    if scope["http_version"] not in ("1.0", "1.1", "2"):
        return no_request(
            b"%b %b HTTP/%b" % (scope["method"].encode(), scope["raw_path"], scope["http_version"].encode())
        )
    target = len(scope["raw_path"]) + len(scope["query_string"])
    if target > MOST_TARGET:
        return target_too_long()
    fields = scope["headers"]
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in fields}:  # RFC 9112 6.1
        return Refusal(400, "the head has a Content-Length beside HTTP chunks: the body may end in two places")
    if len(fields) > MOST_FIELDS:
        return too_many_fields()
    if target + sum(len(name) + len(value) + 4 for name, value in fields) > MOST_HEAD:
        return too_large()
    return None

"""A response head in HEADERS frames (RFC 9113 8.3.2), its fields coded by HPACK (RFC 7541)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mock_ares.plan.http.http2.frames import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HEADER,
    HEADERS,
    MOST,
    frame,
)  # fmt: skip
from mock_ares.plan.model import Head, Headers

_OF_HTTP1 = frozenset({"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
"""Fields that a message of HTTP/2 must not have (RFC 9113 8.2.2)."""
_NO_TABLE = b"\x20"
"""HPACK's word that no table of fields is kept: every block means the same, whatever went before (RFC 7541 6.3)."""
_STATUSES = {200: 8, 204: 9, 206: 10, 304: 11, 400: 12, 404: 13, 500: 14}
"""The fields of the static table that a status is (RFC 7541 A)."""


def render(head: Head, fields: Headers) -> bytes:
    """The interim responses and the head, in a frame each where they fit into one; their stream is 0.

    Names are in lower case; fields that are about a connection of HTTP/1.1 are left out.
    """
    interim = b"".join(block(coded(status, ()), 0) for status in head.interim)
    return interim + block(coded(head.status, fields), END_STREAM if head.ends else 0)


def places(rendered: bytes) -> list[int]:
    """Where reads can end inside it: in the first frame's header, behind that, and in its fields."""
    whole = len(rendered)
    return sorted({place for place in (1, 4, HEADER, HEADER + 1, whole // 2, whole - 1) if 0 < place < whole})


def trailers(fields: Iterable[tuple[str, str]]) -> bytes:
    """The end of a stream that has fields behind its data (RFC 9113 8.1)."""
    return block(coded(None, fields), END_STREAM)


def coded(status: int | None, fields: Iterable[tuple[str, str]]) -> bytes:
    """A block of fields. Raises UnicodeEncodeError for a value outside Latin-1."""
    parts = [_NO_TABLE]
    if status in _STATUSES:
        parts.append(bytes((0x80 | _STATUSES[status],)))
    elif status is not None:
        parts.append(b"\x08" + _text(b"%d" % status))  # the name's place in the static table, then a value
    for name, value in written(fields):
        parts += (b"\0", _text(name.encode("latin-1")), _text(value.encode("latin-1")))
    return b"".join(parts)


def written(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The fields that are said, as they are: names in lower case, nothing about a connection of HTTP/1.1, and no space
    around values, which HTTP/1.1 has outside of them (RFC 9110 5.5) and HTTP/2 not at all (RFC 9113 8.2.1).
    """
    return ((name.lower(), value.strip(" \t")) for name, value in fields if name.lower() not in _OF_HTTP1)


def block(fields: bytes, flags: int) -> bytes:
    """HEADERS, and CONTINUATION for what does not fit into one frame."""
    pieces = [fields[start : start + MOST] for start in range(0, len(fields), MOST)]
    last = len(pieces) - 1
    return b"".join(
        frame(
            CONTINUATION if index else HEADERS, piece, (0 if index else flags) | (END_HEADERS if index == last else 0)
        )
        for index, piece in enumerate(pieces)
    )


def _text(value: bytes) -> bytes:
    """A string as it is: without Huffman's code (RFC 7541 5.2)."""
    return _number(len(value)) + value


def _number(value: int) -> bytes:
    """With a prefix of seven bits (RFC 7541 5.1)."""
    if value < 127:
        return bytes((value,))
    rest, found = value - 127, bytearray((127,))
    while rest > 127:
        found.append(rest & 127 | 128)
        rest >>= 7
    found.append(rest)
    return bytes(found)

"""A response head as bytes (RFC 9112 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from itertools import pairwise

from mock_ares.plan.model import Head, Headers

_LISTS = frozenset({"vary"})
"""Fields that may be said twice: both count (RFC 9110 5.3)."""


@lru_cache(maxsize=64)
def render_head(head: Head, extra: Headers = ()) -> bytes:
    """The interim responses, the status line, the fields and the empty line.

    ``extra`` are the server's own fields (date, CORS); one that the head sets itself is left out. Field names stand as
    they are given: the fake's own in lower case, as ARES has them, an author's as written. Raises
    ``UnicodeEncodeError`` for a value outside Latin-1. Many answers of one second have the same.
    """
    own = {name.lower() for name, _ in head.headers}
    added = ((name, value) for name, value in extra if name.lower() not in own or name.lower() in _LISTS)
    lines = [line for status in head.interim for line in (_status_line(head.version, status), "")]
    lines.append(_status_line(head.version, head.status))
    lines.extend(_fields((*head.headers, *added)))
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def parted(head: bytes) -> Iterator[bytes]:
    """A rendered head, cut in its first line, in a field, and in the line ends behind the one and the other."""
    line, whole = head.index(b"\r\n"), len(head)
    cuts = sorted({1, line - 1, line + 1, line + 2, line + 4, whole - 3, whole - 2, whole - 1})
    return (head[start:end] for start, end in pairwise((0, *cuts, whole)))


def _fields(headers: Headers) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in headers)


def _status_line(version: str, status: int) -> str:
    phrase = HTTPStatus(status).phrase if status in _KNOWN else ""
    return f"HTTP/{version} {status} {phrase}"


_KNOWN = frozenset(int(status) for status in HTTPStatus)

"""A response head as bytes, by the version of HTTP that it is for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from mock_ares.plan.http.http1 import head as http1
from mock_ares.plan.http.http2 import head as http2
from mock_ares.plan.model import Head, Headers

_LISTS = frozenset({"vary"})
"""Fields that may be said twice: both count (RFC 9110 5.3)."""


@lru_cache(maxsize=64)
def render_head(head: Head, extra: Headers = ()) -> bytes:
    """The interim responses and the response's own head.

    ``extra`` are the server's own fields (date, CORS); one that the head sets itself is left out. Raises
    ``UnicodeEncodeError`` for a value outside Latin-1. Many answers of one second have the same.
    """
    own = {name.lower() for name, _ in head.headers}
    added = ((name, value) for name, value in extra if name.lower() not in own or name.lower() in _LISTS)
    fields = (*head.headers, *added)
    return http2.render(head, fields) if head.version == "2" else http1.render(head, fields)


def parted(head: Head, rendered: bytes) -> Iterator[bytes]:
    """A rendered head, cut inside what it is made of."""
    places = http2.places(rendered) if head.version == "2" else http1.places(rendered)
    return (rendered[start:end] for start, end in pairwise((0, *places, len(rendered))))

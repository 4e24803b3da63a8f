"""What a request line asks for (RFC 9112 3.2): a path, an absolute URL, an authority, or ``*``."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

_ORIGIN = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def split(target: bytes) -> tuple[bytes, bytes]:
    """The path as it was written, and the query. A fragment, which is no part of a target, is dropped."""
    path, _, query = target.partition(b"#")[0].partition(b"?")
    if found := _ORIGIN.match(path):
        path = path[found.end() :] or b"/"
    return path, query


def place(scope: dict[str, Any], target: bytes) -> None:
    """Puts what a target asks for into an ASGI scope: a path, whatever it is. The fragment is for the journal."""
    path, query = split(target)
    scope["fragment"] = target.partition(b"#")[2]
    scope["raw_path"], scope["query_string"] = path, query
    scope["path"] = unquote(path.decode("latin-1"))

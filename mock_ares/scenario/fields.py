"""HTTP fields as authors write them: what cannot go into a head is refused at its place (RFC 9110 5.1, 5.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mock_ares.scenario.mistakes import KEY, Finding

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FORBIDDEN = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_OWNED = {
    "content-length": "body: length writes it; the faults long_length and short_length write a wrong one",
    "transfer-encoding": "body writes it: chunked, length, close or http1.0",
    "connection": "body writes it: body: {connection: close}",
}


def refused(word: str, fields: Mapping[str, str | None]) -> Iterator[Finding]:
    """The mistakes in ``fields``, which stand under ``word``: a line end would start another field, or a response."""
    seen = set[str]()
    for name, value in fields.items():
        lower = name.lower()
        if not _NAME.fullmatch(name):
            yield (word, name, KEY), f"{name!r} is no field name: letters, digits and hyphens"
        elif lower in _OWNED:
            yield (word, name, KEY), f"{lower} cannot be set here: {_OWNED[lower]}"
        elif lower in seen:
            yield (word, name, KEY), f"the field {lower} stands here a second time (names are the same in any case)"
        seen.add(lower)
        if value is not None and (reason := refused_value(value)):
            yield (word, name), reason


def refused_value(value: str) -> str | None:
    """Why a field, or a chunk extension, cannot hold this; None if it can."""
    found = _FORBIDDEN.search(value)
    if found is None:
        return None
    if found[0] in "\r\n":
        return "a field is one line: there is a line end in it"
    what = f"{found[0]!r} (U+{ord(found[0]):04X})"
    return f"a field holds Latin-1 without control characters; there is {what} in it"

"""JSON written otherwise (RFC 8259): the same record to who reads JSON, other bytes to who looks for bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from mock_ares.scenario.stream import Json

_USUAL = Json()
_SPACES = {"none": ("", "", ""), "much": (" ", " ", "\t"), "lines": ("\n", "", " ")}
"""Behind what opens and each comma and before what closes; before a colon; behind it."""
_MORE: dict[str, Any] = {
    "x_more": {"event": "done", "content": "no", "delta": "no", "finish_reason": "stop"},
    "x_list": [1, -2.5e3, True, None, '"}, {'],
}
"""What no client knows: it holds the names that count elsewhere, and must not."""
_FIRST_COLON = re.compile(r'\{"(?:[^"\\]|\\.)*":( ?)')
"""Of a record: a colon further on may be the text's."""
_ANY, _NOT_ASCII = re.compile(r"[^\udc80-\udcff]"), re.compile(r"[^\x00-\x7f\udc80-\udcff]")
"""But for a byte that is no UTF-8 (PEP 383), which no escape says. Newlines are characters, too."""


def spelled(text: str, how: Json) -> str:
    """A JSON text as ``how`` has it; anything else, and what is to be as it is, stays."""
    if how == _USUAL:
        return text
    try:
        record = json.loads(text)
    except ValueError:  # a dialect may end in a line that is no JSON
        return text
    if not isinstance(record, dict):
        return text
    if how.more:
        record = {**_MORE, **record}
    colon = _FIRST_COLON.match(text)
    return _value(record, how, colon[1] if colon else "")


def _value(value: Any, how: Json, space: str) -> str:
    if isinstance(value, str):
        return f'"{_escaped(value, how.escapes)}"'
    if not isinstance(value, dict | list):
        return json.dumps(value)
    if how.space == "usual":
        opened, before, behind = "", "", space
        comma = f",{space}"
    else:
        opened, before, behind = _SPACES[how.space]
        comma = f",{opened}"
    if isinstance(value, list):
        return f"[{opened}{comma.join(_value(each, how, space) for each in value)}{opened}]"
    members = list(value.items())
    if how.order == "reversed":
        members.reverse()
    said = (f"{_value(name, how, space)}{before}:{behind}{_value(each, how, space)}" for name, each in members)
    return f"{{{opened}{comma.join(said)}{opened}}}"


def _escaped(value: str, escapes: str) -> str:
    if escapes == "all":
        return _ANY.sub(_by_number, value)
    written = json.dumps(value, ensure_ascii=False)[1:-1]
    if escapes == "non-ascii":
        return _NOT_ASCII.sub(_by_number, written)
    return written.replace("/", "\\/") if escapes == "short" else written


def _by_number(char: re.Match[str]) -> str:
    return "".join(f"\\u{unit:04x}" for unit in _utf16(char[0]))


def _utf16(char: str) -> Iterator[int]:
    coded = char.encode("utf-16-be", "surrogatepass")
    return (int.from_bytes(coded[at : at + 2], "big") for at in range(0, len(coded), 2))

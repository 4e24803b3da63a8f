"""Plain values to YAML that people like to read, and that any YAML 1.2 parser reads as the same values.

A text stands bare where nobody could take it for anything else; any other is in double quotes, on one line, and what
cannot be seen in it is escaped. Mappings and lists stand on one line where they are short.
"""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 100
"""Columns."""
_KEY_LENGTH = 1000
"""A longer key needs YAML's explicit form."""
_DIGITS = 40
_BARE = re.compile(r"[A-Za-z](?:[\w.,;:!?'()/+=-]| (?! ))*(?<! )")
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


class Bare(str):
    """A text that is known to need no quotes, such as a duration."""

    __slots__ = ()


def lines(value: Any, indent: str = "") -> Iterator[str]:
    """A mapping or list that is not empty, an entry on each line or more; ValueError for what YAML cannot hold."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            name = scalar(key)
            opened = f"{indent}? {name}\n{indent}:" if len(name) > _KEY_LENGTH else f"{indent}{name}:"
            yield from _entry(opened, item, indent + "  ")
    else:
        for item in value:
            yield from _item(item, indent)


def _entry(opened: str, item: Any, below: str) -> Iterator[str]:
    short = on_a_line(item, opened)
    if short is not None:
        yield f"{opened} {short}"
    elif isinstance(item, list) and all(isinstance(part, Bare) for part in item):
        yield f"{opened} ["
        yield from textwrap.wrap(", ".join(item), WIDTH, initial_indent=below, subsequent_indent=below)
        yield f"{below[:-2]}]"
    else:
        yield opened
        yield from lines(item, below)


def _item(item: Any, indent: str) -> Iterator[str]:
    """A mapping's first word stands beside the dash."""
    if not isinstance(item, Mapping) or not item:
        yield from _entry(f"{indent}-", item, indent + "  ")
        return
    for number, line in enumerate(lines(item, indent + "  ")):
        yield f"{indent}- {line[len(indent) + 2 :]}" if number == 0 else line


def on_a_line(value: Any, opened: str = "") -> str | None:
    """The value as it stands behind ``opened`` on one line; None where it is clearer on several."""
    if not isinstance(value, (Mapping, list)):
        return scalar(value)
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return None
    text = _flow(value)
    return text if len(opened) + 1 + len(text) <= WIDTH or not value else None


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key, flow=True)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value, flow=True)


def scalar(value: Any, *, flow: bool = False) -> str:
    """A text, number, switch or nothing; ``flow``: between brackets. ValueError for a number that has no place here."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    if not isinstance(value, str):
        raise ValueError(f"YAML has no word for {type(value).__name__}")
    return value if isinstance(value, Bare) or _needs_no_quotes(value, flow) else _quoted(value)


def _number(value: float) -> str:
    text = repr(value)
    if not math.isfinite(value) or (isinstance(value, int) and len(text) > _DIGITS):
        raise ValueError(f"{text[:_DIGITS]} is no number that a scenario file can hold")
    return text


def _needs_no_quotes(text: str, flow: bool) -> bool:
    if not _BARE.fullmatch(text) or text.lower() in _WORDS or re.search(r":(?: |$)", text):
        return False
    return text.isprintable() and not (flow and re.search("[,:?]", text))


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if char == " " or unicodedata.category(char)[0] not in "CZ":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

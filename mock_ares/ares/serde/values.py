"""Single values by the type that is asked for, and what Rust says of one of another type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from mock_ares.ares.serde.containers import colon, enter, has_element, next_key
from mock_ares.ares.serde.numbers import number, shown
from mock_ares.ares.serde.reader import SPACE, Reader, SerdeError

AGENT_TYPES = ("router", "orchestrator", "product", "invoice", "sales", "finance", "hr")
_PLAIN_ITEMS = re.compile(
    rb"(?>(?:" + SPACE + rb"," + SPACE + rb'(?:null|true|false|-?(?:0|[1-9][0-9]{0,17})|"[ !#-\[\]-~]*+")'
    rb"(?=" + SPACE + rb"[,\]]))*)"
)
_ESCAPES = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def start(reader: Reader) -> bytes:
    """The first byte of a value. Raises SerdeError at the end of the body."""
    found = reader.space()
    if not found:
        reader.fail_at_peek("EOF while parsing a value")
    return found


def is_number(first: bytes) -> bool:
    return first == b"-" or first.isdigit()


def string(reader: Reader) -> str:
    if start(reader) != b'"':
        mismatch(reader, "a string")
    return reader.string()


def unsigned(name: str, most: int) -> Callable[[Reader], int]:
    """A reader of Rust's unsigned integers of one size."""

    def read(reader: Reader) -> int:
        if not is_number(start(reader)):
            mismatch(reader, name)
        value = number(reader)
        if isinstance(value, float):
            raise SerdeError(f"invalid type: {shown(value)}, expected {name}", index=reader.index)
        if not 0 <= value <= most:
            raise SerdeError(f"invalid value: {shown(value)}, expected {name}", index=reader.index)
        return value

    return read


def anything(reader: Reader) -> Any:
    """Any value, kept; an object is a list of its members. Not recursive: the depth of a body is nobody's stack."""
    opened: list[list[Any]] = []
    brackets: list[bytes] = []
    while True:
        found = start(reader)
        if is_open := found in (b"{", b"["):
            enter(reader)
            opened.append([])
            brackets.append(found)
            value = None
        else:
            value = _scalar(reader, found)
        while opened:
            if not is_open:
                part = reader.path.pop()
                opened[-1].append((part, value) if brackets[-1] == b"{" else value)
                if brackets[-1] == b"[":
                    opened[-1] += _more(reader)
            if _goes_on(reader, brackets[-1], len(opened[-1])):
                break
            reader.index += 1
            reader.depth += 1
            value, is_open = opened.pop(), False
            brackets.pop()
        else:
            return value


def _more(reader: Reader) -> list[Any]:
    """Further items of an array that hold no surprise. All it does is save time: a body may have a million."""
    run = reader.take(_PLAIN_ITEMS).lstrip()
    return list(json.loads(b"[" + run[1:] + b"]")) if run else []


def _goes_on(reader: Reader, bracket: bytes, place: int) -> bool:
    """Goes to the next value of an object or array, and adds its part to the path; False at the end."""
    if bracket == b"[":
        if not has_element(reader, first=place == 0):
            return False
        reader.path.append(place)
        return True
    key = next_key(reader, first=place == 0)
    if key is None:
        return False
    colon(reader)
    reader.path.append(key)
    return True


def _scalar(reader: Reader, found: bytes) -> Any:
    if found == b'"':
        return reader.string()
    if found in (b"n", b"t", b"f"):
        return reader.word()
    return number(reader) if is_number(found) else reader.fail_at_peek("expected value")


def mapping(reader: Reader) -> dict[str, Any]:
    """An object with any keys, the last of the same ones; what is inside it is kept as ``anything`` keeps it."""
    if start(reader) != b"{":
        mismatch(reader, "a map")
    return dict(anything(reader))


def agent_type(reader: Reader) -> str:
    """The enum AgentType: any string; and ``{"router": null}``, another way to write a unit variant."""
    is_object = start(reader) == b"{"
    value = anything(reader)
    if isinstance(value, str):
        return value
    if is_object and not reader.strict and len(value) == 1 and value[0][0] in AGENT_TYPES and value[0][1] is None:
        return str(value[0][0])
    raise SerdeError("data did not match any variant of untagged enum AgentType")


def mismatch(reader: Reader, expected: str) -> NoReturn:
    """Refuses the next value. Scalars are read first, and so may be refused as JSON; what brackets open is not."""
    found = reader.peek()
    if found == b"{":
        what = "map"
    elif found == b"[":
        what = "sequence"
    elif found == b'"':
        what = f"string {debug(reader.string())}"
    elif found in (b"n", b"t", b"f"):
        word = reader.word()
        what = "null" if word is None else f"boolean `{str(word).lower()}`"
    elif is_number(found):
        what = shown(number(reader))
    else:
        reader.fail_at_peek("expected value")
    raise SerdeError(f"invalid type: {what}, expected {expected}", index=reader.index)


def debug(text: str) -> str:
    """A string as Rust's ``{:?}`` shows it."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if " " <= char <= "~" or char in _ESCAPES:
        return _ESCAPES.get(char, char)
    import regex

    if char.isprintable() and not regex.match(r"\p{Grapheme_Extend}", char):
        return char
    return f"\\u{{{ord(char):x}}}"

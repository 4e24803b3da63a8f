"""A value that nobody wants: checked for its grammar alone, to any depth, without its strings being UTF-8."""

from __future__ import annotations

import re

from mock_ares.ares.serde.reader import PLAIN, SPACE, Reader

_INSIDE = rb"(?>(?:" + PLAIN + rb'|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)'
_STRING = re.compile(_INSIDE)
_QUOTED = b'"' + _INSIDE + b'"'
_SCALAR = rb"(?:null|true|false|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|" + _QUOTED + rb")" + SPACE
_MORE = {
    b"[": re.compile(rb"(?>(?:" + SPACE + rb"," + SPACE + _SCALAR + rb"(?=[,\]]))*)"),
    b"{": re.compile(rb"(?>(?:" + SPACE + rb"," + SPACE + _QUOTED + SPACE + rb":" + SPACE + _SCALAR + rb"(?=[,}]))*)"),
}
"""Further items that are whole and no containers. All they do is save time: a body may have a million."""


def skip(reader: Reader) -> None:
    """Goes past the next value. Raises SerdeError."""
    enclosing: list[bytes] = []
    while True:
        opened = _scalar_or_open(reader)
        if opened:
            enclosing.append(opened)
        if not _to_next_item(reader, enclosing, fresh=bool(opened)):
            return
        if enclosing[-1] == b"{":
            _key(reader)


def _scalar_or_open(reader: Reader) -> bytes:
    """Takes a scalar, or the bracket that opens an object or array; says which bracket."""
    found = reader.space()
    if not found:
        reader.fail_at_peek("EOF while parsing a value")
    if found in (b"[", b"{"):
        reader.index += 1
        return found
    if found == b'"':
        reader.index += 1
        _string(reader)
    elif found in (b"n", b"t", b"f"):
        reader.word()
    elif found == b"-" or found.isdigit():
        _number(reader)
    else:
        reader.fail_at_peek("expected value")
    return b""


def _to_next_item(reader: Reader, enclosing: list[bytes], *, fresh: bool) -> bool:
    """Goes to the next item of what encloses the place, past what ends there; False when nothing is open any more.

    ``fresh``: a bracket has just been opened, so there is nothing yet that a comma could follow.
    """
    while enclosing:
        is_array = enclosing[-1] == b"["
        if not fresh:
            reader.take(_MORE[enclosing[-1]])
        found = reader.space()
        if not found:
            reader.fail_at_peek("EOF while parsing a list" if is_array else "EOF while parsing an object")
        if found == (b"]" if is_array else b"}"):
            reader.index += 1
            enclosing.pop()
            fresh = False
        elif fresh:
            return True
        elif found == b",":
            reader.index += 1
            return True
        else:
            reader.fail_at_peek("expected `,` or `]`" if is_array else "expected `,` or `}`")
    return False


def _key(reader: Reader) -> None:
    found = reader.space()
    if found != b'"':
        reader.fail_at_peek("key must be a string" if found else "EOF while parsing an object")
    reader.index += 1
    _string(reader)
    found = reader.space()
    if found != b":":
        reader.fail_at_peek("expected `:`" if found else "EOF while parsing an object")
    reader.index += 1


def _string(reader: Reader) -> None:
    """The rest of a string behind its opening quote; surrogates need no partner."""
    reader.take(_STRING)
    last = reader.peek()
    if last == b'"':
        reader.index += 1
        return
    if last == b"\\":
        reader.index += 1
        if reader.one() != b"u":
            reader.fail("invalid escape")
        reader.hex()
    if not last:
        reader.fail("EOF while parsing a string")
    reader.fail("control character (\\u0000-\\u001F) found while parsing a string")


def _number(reader: Reader) -> None:
    if reader.peek() == b"-":
        reader.index += 1
    first = reader.peek()
    if first == b"0":
        reader.index += 1
        if reader.peek().isdigit():
            reader.fail_at_peek("invalid number")
    elif first.isdigit():
        reader.digits()
    else:
        reader.index += len(first)
        reader.fail("invalid number")
    if reader.peek() == b".":
        reader.index += 1
        if not reader.digits():
            reader.fail_at_peek("invalid number")
    if reader.peek() in (b"e", b"E"):
        reader.index += 1
        if reader.peek() in (b"+", b"-"):
            reader.index += 1
        first = reader.peek()
        if not reader.digits():
            reader.index += len(first)
            reader.fail("invalid number")

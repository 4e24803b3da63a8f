"""Objects and arrays, as serde_json and serde_path_to_error go through them together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, TypeVar

from mock_ares.ares.serde.reader import Reader, SerdeError

T = TypeVar("T")


def in_object(reader: Reader, visit: Callable[[Reader], T]) -> T:
    """What ``visit`` makes of the inside of an object, whose brace is the next byte."""
    return _enclosed(reader, visit, _end_object)


def in_array(reader: Reader, visit: Callable[[Reader], T]) -> T:
    """What ``visit`` makes of the inside of an array, whose bracket is the next byte."""
    return _enclosed(reader, visit, _end_array)


def enter(reader: Reader) -> None:
    """Takes an opening bracket."""
    reader.depth -= 1
    if reader.depth == 0:
        reader.fail_at_peek("recursion limit exceeded")
    reader.index += 1


def _enclosed(reader: Reader, visit: Callable[[Reader], T], end: Callable[[Reader], None]) -> T:
    enter(reader)
    try:
        value = visit(reader)
    except SerdeError as error:
        if error.index is None:  # placed where the end was looked for, found or not
            with suppress(SerdeError):
                end(reader)
            error.index = reader.index
        raise
    end(reader)
    reader.depth += 1
    return value


def _end_object(reader: Reader) -> None:
    if reader.space() != b"}":
        reader.fail_at_peek("trailing characters")
    reader.index += 1


def _end_array(reader: Reader) -> None:
    found = reader.space()
    if found == b"]":
        reader.index += 1
        return
    if found == b",":
        reader.index += 1
        reader.fail_at_peek("trailing comma" if reader.space() == b"]" else "trailing characters")
    reader.fail_at_peek("trailing characters" if found else "EOF while parsing a list")


def next_key(reader: Reader, *, first: bool) -> str | None:
    """An object's next key, past the comma before it; None at the object's end, which is not taken."""
    reader.path.append(None)
    found = reader.space()
    if not found:
        reader.fail_at_peek("EOF while parsing an object")
    if found == b"}":
        reader.path.pop()
        return None
    if not first:
        if found != b",":
            reader.fail_at_peek("expected `,` or `}`")
        reader.index += 1
        found = reader.space()
    if found != b'"':
        _no_key(reader, found, first)
    key = reader.string()
    reader.path.pop()
    return key


def _no_key(reader: Reader, found: bytes, first: bool) -> NoReturn:
    if found == b"}" and not first:
        reader.fail_at_peek("trailing comma")
    reader.fail_at_peek("key must be a string" if found else "EOF while parsing a value")


def colon(reader: Reader) -> None:
    found = reader.space()
    if found != b":":
        reader.fail_at_peek("expected `:`" if found else "EOF while parsing an object")
    reader.index += 1


def has_element(reader: Reader, *, first: bool) -> bool:
    """Goes to an array's next element, past the comma before it; False at the array's end, which is not taken."""
    found = reader.space()
    if not found:
        reader.fail_at_peek("EOF while parsing a list")
    if found == b"]":
        return False
    if first:
        return True
    if found != b",":
        reader.fail_at_peek("expected `,` or `]`")
    reader.index += 1
    found = reader.space()
    if found in (b"", b"]"):
        reader.fail_at_peek("trailing comma" if found else "EOF while parsing a value")
    return True


def element(reader: Reader, part: str | int, read: Callable[[Reader], T]) -> T:
    """The value at a place of the path, by ``read``. After a mistake the path still leads to it."""
    reader.path.append(part)
    value = read(reader)
    reader.path.pop()
    return value


def elements(reader: Reader, read: Callable[[Reader], T]) -> list[T]:
    """All elements of an array."""
    found: list[T] = []
    while has_element(reader, first=not found):
        found.append(element(reader, len(found), read))
    return found

"""What a body must be, as a description, and the body that is or is not.

The quirks are those of serde's derived code: the first mistake counts, even before the end of the JSON is known to be
right; unknown fields are skipped; an array of all fields stands for the object; a mistake that belongs to no value (a
missing field) is placed behind the object, or where the object could not go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mock_ares.ares.serde.containers import colon, element, elements, has_element, in_array, in_object, next_key
from mock_ares.ares.serde.reader import Reader, SerdeError
from mock_ares.ares.serde.skip import skip
from mock_ares.ares.serde.values import agent_type, anything, mapping, mismatch, start, string, unsigned


@dataclass(frozen=True, slots=True)
class Struct:
    """An object, with its name in Rust, which error texts quote."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A list of objects."""

    item: Struct


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a struct."""

    name: str
    kind: str | Many
    """string, u8, u32, map, agent_type, or a list of structs."""
    optional: bool = False
    """May be absent or null: both are None."""
    default: Callable[[], Any] | None = None
    """Makes what stands for an absent member, which may not be null."""
    unless: str = ""
    """Not missed where the member of this name is there."""
    extra: bool = False
    """Unknown to ARES's own struct: neither counted nor accepted where an array stands for the object."""


_KINDS: dict[str, Callable[[Reader], Any]] = {
    "string": string,
    "u8": unsigned("u8", 2**8 - 1),
    "u32": unsigned("u32", 2**32 - 1),
    "map": mapping,
    "agent_type": agent_type,
}


def deserialize(struct: Struct, body: bytes, *, strict: bool = False) -> dict[str, Any]:
    """The members of the object that the body is; optional ones that are absent are None.

    Raises SerdeError, whose text is that of serde_path_to_error around serde_json. Takes time linear in the body.
    ``strict``: without serde's leniences, so no array stands for an object.
    """
    reader = Reader(body, strict=strict)
    try:
        value = _struct(reader, struct)
    except SerdeError as error:
        error.where = _where(reader.path)
        raise _placed(error, reader) from None
    _end(reader)
    return value


def check_value(body: bytes) -> None:
    """Raises SerdeError unless the body is one JSON value that serde_json could keep."""
    reader = Reader(body)
    try:
        anything(reader)
    except SerdeError as error:
        error.where = _where(reader.path)
        raise _placed(error, reader) from None
    _end(reader)


def check_grammar(body: bytes) -> None:
    """Raises SerdeError unless the body is one JSON value, in UTF-8 throughout (RFC 8259 8.1)."""
    reader = Reader(body)
    try:
        skip(reader)
        body.decode()
    except UnicodeDecodeError as found:
        raise _placed(SerdeError("invalid unicode code point", "syntax", found.start), reader) from None
    except SerdeError as error:
        raise _placed(error, reader) from None
    _end(reader)


def _end(reader: Reader) -> None:
    if reader.space():
        raise _placed(SerdeError("trailing characters", "syntax", reader.index + 1), reader)


def _where(path: list[str | int | None]) -> str:
    if all(part is None for part in path):
        return ""
    shown = ""
    for place, part in enumerate(path):
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            shown += ("." if place else "") + ("?" if part is None else part)
    return f"{shown}: "


def _placed(error: SerdeError, reader: Reader) -> SerdeError:
    index = reader.index if error.index is None else error.index
    line_start = reader.data.rfind(b"\n", 0, index) + 1
    line = 1 + reader.data.count(b"\n", 0, line_start)
    error.message += f" at line {line} column {index - line_start}"
    return error


def _struct(reader: Reader, struct: Struct) -> dict[str, Any]:
    found = start(reader)
    if found == b"{":
        return in_object(reader, lambda inside: _members(inside, struct))
    if found == b"[" and not reader.strict:
        return in_array(reader, lambda inside: _elements(inside, struct))
    return mismatch(reader, f"struct {struct.name}")


def _members(reader: Reader, struct: Struct) -> dict[str, Any]:
    fields = {field.name: field for field in struct.fields}
    found: dict[str, Any] = {}
    first = True
    while (key := next_key(reader, first=first)) is not None:
        if key in found:
            raise SerdeError(f"duplicate field `{key}`", "duplicate", field=key)
        colon(reader)
        if key in fields:
            found[key] = element(reader, key, _reader_of(fields[key]))
        else:
            element(reader, key, skip)
        first = False
    return {field.name: found[field.name] if field.name in found else _absent(field, found) for field in struct.fields}


def _absent(field: Field, found: dict[str, Any]) -> Any:
    if field.optional or field.unless in found:
        return None
    if field.default is None:
        raise SerdeError(f"missing field `{field.name}`", "missing", field=field.name)
    return field.default()


def _elements(reader: Reader, struct: Struct) -> dict[str, Any]:
    fields = [field for field in struct.fields if not field.extra]
    found: dict[str, Any] = {field.name: None for field in struct.fields}
    for place, field in enumerate(fields):
        if has_element(reader, first=place == 0):
            found[field.name] = element(reader, place, _reader_of(field))
        elif field.default is None:
            count = f"{len(fields)} element{'s' * (len(fields) != 1)}"
            raise SerdeError(f"invalid length {place}, expected struct {struct.name} with {count}", "length")
        else:
            found[field.name] = field.default()
    return found


def _reader_of(field: Field) -> Callable[[Reader], Any]:
    kind = field.kind
    if isinstance(kind, Many):
        item = kind.item
        read = _many(lambda reader: _struct(reader, item))
    else:
        read = _KINDS[kind]
    return _or_null(read) if field.optional else read


def _many(read: Callable[[Reader], Any]) -> Callable[[Reader], Any]:
    def read_all(reader: Reader) -> Any:
        if start(reader) != b"[":
            mismatch(reader, "a sequence")
        return in_array(reader, lambda inside: elements(inside, read))

    return read_all


def _or_null(read: Callable[[Reader], Any]) -> Callable[[Reader], Any]:
    return lambda reader: reader.word() if reader.space() == b"n" else read(reader)

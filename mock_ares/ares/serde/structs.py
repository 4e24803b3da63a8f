"""What a body must be, as a description, and the body that is or is not.

The quirks are those of serde's derived code: the first mistake counts, even before the end of the JSON is known to be
right; unknown fields are skipped; an array of all fields stands for the object; a mistake that belongs to no value (a
missing field) is placed behind the object, or where the object could not go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from mock_ares.ares.serde.reader import Reader, SerdeError

T = TypeVar("T")

AGENT_TYPES = ("router", "orchestrator", "product", "invoice", "sales", "finance", "hr")
_ESCAPES = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


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
    kind: str | Many | tuple[str, ...]
    """string, u8, u32, i64, map, agent_type, a list of structs, or the texts of which it is one."""
    optional: bool = False
    """May be absent or null: both are None."""
    default: Callable[[], Any] | None = None
    """Makes what stands for an absent member, which may not be null."""
    unless: str = ""
    """Not missed where the member of this name is there."""
    extra: bool = False
    """Unknown to ARES's own struct: neither counted nor accepted where an array stands for the object."""

    def read(self, reader: Reader) -> Any:
        """Its value, which is the next one."""
        first = reader.start()
        if self.optional and first == b"n":
            return reader.word()
        if self.kind == "agent_type":
            return _agent_type(reader)
        if isinstance(self.kind, tuple):
            return _variant(reader, self.kind)
        if isinstance(self.kind, Many):
            return _inside(reader, _many, self.kind.item) if first == b"[" else mismatch(reader, "a sequence")
        if self.kind == "string":
            return reader.string() if first == b'"' else mismatch(reader, "a string")
        if self.kind == "map":
            return dict(reader.anything()) if first == b"{" else mismatch(reader, "a map")
        return _integer(reader, self.kind)


def deserialize(struct: Struct, body: bytes, *, strict: bool = False) -> dict[str, Any]:
    """The members of the object that the body is; optional ones that are absent are None.

    Raises SerdeError, whose text is that of serde_path_to_error around serde_json. Takes time linear in the body.
    ``strict``: without serde's leniences, so no array stands for an object.
    """
    return _whole(Reader(body, strict=strict), lambda reader: _struct(reader, struct))


def check_value(body: bytes) -> None:
    """Raises SerdeError unless the body is one JSON value that serde_json could keep."""
    _whole(Reader(body), Reader.anything)


def check_grammar(body: bytes) -> None:
    """Raises SerdeError unless the body is one JSON value, in UTF-8 throughout (RFC 8259 8.1)."""
    _whole(Reader(body), lambda reader: reader.anything(keep=False))
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise SerdeError("invalid unicode code point", "syntax", error.start) from None


def _whole(reader: Reader, read: Callable[[Reader], T]) -> T:
    """The value that a body is. A mistake gets its place: path, line and column."""
    try:
        value = read(reader)
        if reader.space():
            reader.path.clear()
            reader.fail("trailing characters")
    except SerdeError as error:
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in reader.path)
        error.where = f"{''.join(parts).removeprefix('.')}: " if reader.path else ""
        index = reader.index if error.index is None else error.index
        line_start = reader.data.rfind(b"\n", 0, index) + 1
        line = 1 + reader.data.count(b"\n", 0, line_start)
        error.message += f" at line {line} column {index - line_start}"
        raise
    return value


def _inside(reader: Reader, visit: Callable[[Reader, Struct], T], struct: Struct) -> T:
    """What ``visit`` makes of the inside of an object or array, whose bracket is the next byte."""
    is_array = reader.peek() == b"["
    reader.enter()
    try:
        value = visit(reader, struct)
    except SerdeError as error:
        if error.index is None:  # placed where the end was looked for, found or not
            byte = reader.space()
            reader.index += byte in ((b"]", b",") if is_array else (b"}",))
            error.index = reader.index
        raise
    if is_array and (byte := reader.space()) != b"]":
        reader.index += byte == b","
        comma = byte == b"," and reader.space() == b"]"
        reader.fail("trailing comma" if comma else "trailing characters" if byte else "EOF while parsing a list")
    reader.index += 1
    reader.depth += 1
    return value


def _element(reader: Reader, part: str | int, read: Callable[[Reader], T]) -> T:
    """The value at a place of the path, by ``read``. After a mistake the path still leads to it."""
    reader.path.append(part)
    value = read(reader)
    reader.path.pop()
    return value


def _struct(reader: Reader, struct: Struct) -> dict[str, Any]:
    first = reader.start()
    if first == b"{":
        return _inside(reader, _members, struct)
    if first == b"[" and not reader.strict:
        return _inside(reader, _elements, struct)
    return mismatch(reader, f"struct {struct.name}")


def _members(reader: Reader, struct: Struct) -> dict[str, Any]:
    fields = {field.name: field for field in struct.fields}
    members: dict[str, Any] = {}
    first = True
    while (key := reader.next_key(first=first)) is not None:
        if key in members:
            raise SerdeError(f"duplicate field `{key}`", "duplicate", field=key)
        reader.colon()
        if key in fields:
            members[key] = _element(reader, key, fields[key].read)
        else:
            _element(reader, key, lambda reader: reader.anything(keep=False))
        first = False
    return {name: members[name] if name in members else _absent(field, members) for name, field in fields.items()}


def _absent(field: Field, members: dict[str, Any]) -> Any:
    if field.optional or field.unless in members:
        return None
    if field.default is None:
        raise SerdeError(f"missing field `{field.name}`", "missing", field=field.name)
    return field.default()


def _elements(reader: Reader, struct: Struct) -> dict[str, Any]:
    fields = [field for field in struct.fields if not field.extra]
    members: dict[str, Any] = {field.name: None for field in struct.fields}
    for place, field in enumerate(fields):
        if reader.has_element(first=place == 0):
            members[field.name] = _element(reader, place, field.read)
        elif field.default is None:
            count = f"{len(fields)} element{'s' * (len(fields) != 1)}"
            raise SerdeError(f"invalid length {place}, expected struct {struct.name} with {count}", "length")
        else:
            members[field.name] = field.default()
    return members


def _many(reader: Reader, struct: Struct) -> list[Any]:
    items: list[Any] = []
    while reader.has_element(first=not items):
        items.append(_element(reader, len(items), lambda reader: _struct(reader, struct)))
    return items


def _agent_type(reader: Reader) -> str:
    """The enum AgentType: any string; and ``{"router": null}``, another way to write a unit variant."""
    is_object = reader.start() == b"{"
    value = reader.anything()
    if isinstance(value, str):
        return value
    if is_object and not reader.strict and len(value) == 1 and value[0][0] in AGENT_TYPES and value[0][1] is None:
        return str(value[0][0])
    raise SerdeError("data did not match any variant of untagged enum AgentType")


def _variant(reader: Reader, names: tuple[str, ...]) -> str:
    """One of an enum that has no data."""
    value = reader.string() if reader.peek() == b'"' else mismatch(reader, "string or map")
    if value not in names:
        known = ", ".join(f"`{name}`" for name in names)
        raise SerdeError(f"unknown variant `{value}`, expected one of {known}", index=reader.index)
    return value


_BOUNDS = {"u8": (0, 2**8 - 1), "u32": (0, 2**32 - 1), "i64": (-(2**63), 2**63 - 1)}


def _integer(reader: Reader, name: str) -> int:
    """One of Rust's integers."""
    first = reader.start()
    if first != b"-" and not first.isdigit():
        mismatch(reader, name)
    value = reader.number()
    if isinstance(value, float):
        raise SerdeError(f"invalid type: {_shown(value)}, expected {name}", index=reader.index)
    least, most = _BOUNDS[name]
    if not least <= value <= most:
        raise SerdeError(f"invalid value: {_shown(value)}, expected {name}", index=reader.index)
    return value


def mismatch(reader: Reader, expected: str) -> NoReturn:
    """Refuses the next value. Scalars are read first, and so may be refused as JSON; what brackets open is not."""
    first = reader.peek()
    shown = {b"{": "map", b"[": "sequence"}.get(first) or _shown(reader.scalar(first))
    raise SerdeError(f"invalid type: {shown}, expected {expected}", index=reader.index)


def _shown(value: str | bool | int | float | None) -> str:
    """A scalar as Rust's error texts quote it."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return 'string "' + "".join(map(_escaped, value)) + '"'
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    digits = repr(value).replace("e-0", "e-").replace("e+0", "e+")
    return f"floating point `{digits}`"


def _escaped(char: str) -> str:
    return _ESCAPES.get(char) or (char if char.isprintable() else f"\\u{{{ord(char):x}}}")

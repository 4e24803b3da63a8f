"""HTTP fields as authors write them: what cannot go into a head is refused at its place (RFC 9110 5.1, 5.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mock_ares.scenario.diagnostics import KEY, Finding
from mock_ares.scenario.words import describe

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

FieldCase = Literal["given", "title", "upper"]
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FORBIDDEN = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_OWNED = {
    "content-length": "body: length writes it; mock-ares list faults names those that write a wrong one",
    "transfer-encoding": "body writes it: chunked, length, close or http1.0",
    "connection": "body writes it: body: {connection: close}",
}


@dataclass(frozen=True, slots=True)
class FieldTexts:
    """Marks a mapping of fields. Their values are left to ``field_mistakes``, which finds what is wrong with each."""

    null: bool

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        return core_schema.dict_schema(core_schema.str_schema())

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {"type": ["string", "null"] if self.null else "string"}}


def trailer_mistakes(fields: Mapping[str, Any]) -> Iterator[Finding]:
    """The same for fields that cannot be null."""
    yield from field_mistakes(fields)
    yield from (((name,), "expected a text, not nothing") for name, value in fields.items() if value is None)


def field_mistakes(fields: Mapping[str, Any]) -> Iterator[Finding]:
    """What cannot stand in a head: a line end, for one, would start another field, or a response."""
    seen = set[str]()
    for name, value in fields.items():
        lower = name.lower()
        if not _NAME.fullmatch(name):
            yield (name, KEY), f"{name!r} is no field name: letters, digits and hyphens"
        elif lower in _OWNED:
            yield (name, KEY), f"{lower} cannot be set here: {_OWNED[lower]}"
        elif lower in seen:
            yield (name, KEY), f"the field {lower} stands here a second time (names are the same in any case)"
        seen.add(lower)
        if value is not None and (reason := field_value_mistake(value)):
            yield (name,), reason


def field_value_mistake(value: object) -> str | None:
    """Why a field, or a chunk extension, cannot hold this; None if it can."""
    if not isinstance(value, str):
        return f"expected a text, not {describe(value)}; put it in quotes"
    found = _FORBIDDEN.search(value)
    if found is None:
        return None
    if found[0] in "\r\n":
        return "a field is one line: there is a line end in it"
    what = f"{found[0]!r} (U+{ord(found[0]):04X})"
    return f"a field holds Latin-1 without control characters; there is {what} in it"

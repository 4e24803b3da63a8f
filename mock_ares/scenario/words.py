"""The scalar words of the scenario language, and how pydantic is told about them.

The model must import without pydantic, so each marker carries pydantic's hook and imports it only when the hook is
called, that is: when a file, or a plain dict, has to be validated. Numbers are strict (``yes`` is no number), and a
union is taken apart by the type of what is there, so that a mistake is reported once and not once per alternative.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
SIZES = {"": 1, "b": 1, "kb": 1000, "kib": 1024, "mb": 1_000_000, "mib": 1_048_576}
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([A-Za-z%]*)\s*", re.ASCII)


def parse_duration(value: str) -> float:
    """``300ms``, ``1.5s``, ``2m`` as seconds. Raises ValueError saying what is expected."""
    number, unit = _split(value, "a duration such as 300ms, 1.5s or 2m")
    if not unit:
        raise ValueError(f"a duration needs a unit: write {value.strip()}ms or {value.strip()}s")
    if unit.lower() not in UNITS:
        raise ValueError(f"unknown unit {unit!r}: use us, ms, s, m or h")
    return number * UNITS[unit.lower()]


def parse_size(value: str) -> int:
    """``500``, ``70KB``, ``8MB``, ``64KiB`` as bytes. Raises ValueError."""
    number, unit = _split(value, "a size such as 500, 70KB or 8MB")
    if unit.lower() not in SIZES:
        raise ValueError(f"unknown unit {unit!r}: use B, KB, KiB, MB or MiB")
    return round(number * SIZES[unit.lower()])


def parse_fraction(value: str) -> float:
    """``40%`` as 0.4. Raises ValueError."""
    number, unit = _split(value, "a fraction such as 40%")
    if unit not in ("", "%"):
        raise ValueError(f"unknown unit {unit!r}: write a fraction as 40%")
    return number / 100 if unit == "%" else number


def whole_number(text: str, most: int) -> int | None:
    """What digits from 0 to 9 say; None for anything else, and for more than ``most``.

    ``int`` takes digits of any script, and raises ValueError where there are thousands of them.
    """
    digits = text.lstrip("0") or "0"
    if not (text and text.isascii() and text.isdigit()) or len(digits) > len(str(most)):
        return None
    number = int(digits)
    return number if number <= most else None


def _split(value: str, expected: str) -> tuple[float, str]:
    found = _QUANTITY.fullmatch(value)
    if found is None or len(found[1]) > 30:
        raise ValueError(f"expected {expected}, not {describe(value)}")
    return float(found[1]), found[2]


@dataclasses.dataclass(frozen=True, slots=True)
class Quantity:
    """Marks a number that files write as text with a unit."""

    kind: Literal["duration", "size", "fraction"]
    most: float
    most_said: str
    whole: bool = False
    """Of a duration: it counts whole seconds."""

    def read(self, value: object, *, python: bool) -> float:
        """The number meant by ``value``. Raises ValueError; ``python`` allows bare seconds."""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError(f"expected a {self.kind}, not {describe(value)}")
        number = self._from_text(value) if isinstance(value, str) else self._from_number(value, python)
        if not 0 <= number <= self.most:
            hint = f"; write {value:g}%" if self.kind == "fraction" and not isinstance(value, str) else ""
            raise ValueError(f"a {self.kind} is from 0 to {self.most_said}; there is {describe(value)}{hint}")
        return number

    def _from_text(self, value: str) -> float:
        if self.whole and value.strip().isascii() and value.strip().isdecimal():
            raise ValueError(f"a duration needs a unit: write {value.strip()}s")
        return {"duration": parse_duration, "size": parse_size, "fraction": parse_fraction}[self.kind](value)

    def _from_number(self, value: float, python: bool) -> float:
        if self.kind == "duration" and not python:
            units = f"{value:g}s" if self.whole else f"{value:g}ms or {value:g}s"
            raise ValueError(f"a duration needs a unit: write {units}")
        if self.kind == "size" and value != int(value):
            raise ValueError(f"expected a whole number of bytes, not {describe(value)}")
        return int(value) if self.kind == "size" else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        def validate(value: object, info: core_schema.ValidationInfo) -> float:
            return self.read(value, python=bool((info.context or {}).get("python")))

        return core_schema.with_info_plain_validator_function(validate)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = r"([0-9]+(\.[0-9]+)?|\.[0-9]+)"
        pattern = {
            "duration": rf"^\s*{number}\s*([uUmM]?[sS]|[mM]|[mM][iI][nN]|[hH])\s*$",
            "size": rf"^\s*{number}\s*([kKmM]?[iI]?[bB])?\s*$",
            "fraction": rf"^\s*{number}\s*%?\s*$",
        }[self.kind]
        text = {"type": "string", "pattern": pattern}
        if self.kind == "duration":
            return {**text, "examples": ["300ms", "1.5s"]}
        kind = "integer" if self.kind == "size" else "number"
        return {"anyOf": [{"type": kind, "minimum": 0, "maximum": self.most}, text]}


@dataclasses.dataclass(frozen=True, slots=True)
class Whole:
    """Marks a whole number; a boolean is none."""

    least: int = 0
    most: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        return core_schema.int_schema(strict=True, ge=self.least, le=self.most)


@dataclasses.dataclass(frozen=True, slots=True)
class Positive:
    """Marks a number, whole or not, that is more than 0."""

    most: float

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        return core_schema.float_schema(strict=True, gt=0, le=self.most)


@dataclasses.dataclass(frozen=True, slots=True)
class Strict:
    """Marks a switch: true or false, and no other word for them."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        return core_schema.bool_schema(strict=True)


@dataclasses.dataclass(frozen=True, slots=True)
class ByType:
    """Marks a union whose alternatives are told apart by their type; ``expected`` words the error."""

    expected: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        from pydantic_core import core_schema

        arms = {kind: handler.generate_schema(arm) for arm in get_args(source) for kind in _kinds_of_type(arm)}
        return core_schema.tagged_union_schema(
            arms,
            discriminator=lambda value: kind if (kind := kind_of(value)) in arms else None,
            custom_error_type="expected",
            custom_error_message="expected {expected}",
            custom_error_context={"expected": self.expected},
        )


def _kinds_of_type(arm: Any) -> tuple[str, ...]:
    if get_origin(arm) is Annotated:
        inner, marker = get_args(arm)[:2]
        return ("number", "text") if isinstance(marker, Quantity) else _kinds_of_type(inner)
    if get_origin(arm) is Literal or arm is str:
        return ("text",)
    if arm is type(None):
        return ()  # only Python leaves a word out by saying None
    if arm in (int, float):
        return ("number",)
    return ("list",) if get_origin(arm) is tuple else ("mapping",)


def kind_of(value: object) -> str | None:
    """nothing, switch, text, number, list or mapping; None for what no file can hold."""
    if value is None:
        return "nothing"
    for kind, types in (("switch", bool), ("text", str), ("number", (int, float)), ("list", (list, tuple))):
        if isinstance(value, types):
            return kind
    return "mapping" if isinstance(value, Mapping) or dataclasses.is_dataclass(value) else None


def describe(value: object) -> str:
    """What a reader of an error message should see of a wrong value: its kind and, where short, itself."""
    kind = kind_of(value)
    if kind == "nothing":
        return "nothing"
    if kind in ("list", "mapping", None):
        return f"a {type(value).__name__ if kind is None or dataclasses.is_dataclass(value) else kind}"
    shown = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return {"switch": f"the switch {shown}", "number": f"the number {shown}"}.get(kind or "", shown)


def plain_number(value: str) -> str | None:
    """A text that some YAML dialect reads as a number, as this language writes it; None where it is none."""
    digits = value.replace("_", "")
    if len(digits) > 15:
        return None
    for read in (lambda text: int(text, 0 if text[:2].lower() in ("0x", "0o", "0b") else 10), float):
        try:
            number = read(digits)
        except ValueError:
            continue
        return f"{number:.15g}" if math.isfinite(number) else None
    return None


Switch = Annotated[bool, Strict()]
Duration = Annotated[float, Quantity("duration", 7 * 86400.0, "7 days")]
Seconds = Annotated[float, Quantity("duration", 7 * 86400.0, "7 days", whole=True)]
Size = Annotated[int, Quantity("size", 64_000_000, "64MB")]
Fraction = Annotated[float, Quantity("fraction", 1.0, "1 (100%)")]
Rate = Annotated[float, Positive(1e9)]
Count = Annotated[int, Whole(1)]
Index = Annotated[int, Whole(0)]

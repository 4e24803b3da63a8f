"""Scenarios to YAML: the words that load reads, and none that says what goes without saying.

    loads(dump(scenario)) == scenario

holds for every scenario that could have come from a file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from mock_ares.authoring.yaml.emit import Bare, lines
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.mapping import OneOf
from mock_ares.scenario.model import Scenario
from mock_ares.scenario.words import SIZES, UNITS, Quantity, parse_duration, parse_fraction

_ORDER = ("summary", "name", "check", "when", "auth", "replies", "then", "seed")
_PRECISION = 30
"""Characters that the number of a quantity may have."""


def dump(scenario: Scenario, *, comment: str = "") -> str:
    """The YAML of a scenario, with ``comment`` above it. A single reply's words stand at the top.

    Raises ValueError for what no file can say, such as a JSON number of a hundred digits.
    """
    mapping = words(scenario)
    ordered = {word: mapping[word] for word in _ORDER if word in mapping}
    if len(scenario.replies) == 1 and scenario.replies[0].seed is None:
        reply = ordered.pop("replies")[0]
        ordered = {word: part for word, part in ordered.items() if word not in ("then", "seed")} | reply | ordered
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    return head + "".join(f"{line}\n" for line in lines(ordered))


def words(value: Any) -> dict[str, Any]:
    """The words of a data class that differ from their defaults, as a file has them."""
    hints, mapping = _hints(value.__class__), dict[str, Any]()
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        if not _goes_without_saying(value, field, part):
            faults = map(_fault, part) if field.name == "faults" else None
            mapping[field.name] = list(faults) if faults is not None else _said(part, hints[field.name])
    return mapping


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _goes_without_saying(owner: object, field: dataclasses.Field[Any], part: object) -> bool:
    if isinstance(owner, OneOf):  # any value may be its default's equal: JSON's null, for one
        return part is field.default
    if field.default_factory is not dataclasses.MISSING:
        return bool(part == field.default_factory())
    return field.default is not dataclasses.MISSING and type(part) is type(field.default) and part == field.default


def _said(value: Any, hint: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return words(value)
    if isinstance(value, tuple):
        return [_said(item, hint) for item in value]
    if isinstance(value, Mapping):
        return {key: _said(item, None) for key, item in value.items()}
    if isinstance(value, list):
        return [_said(item, None) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and (kind := _quantity(hint)):
        return _WRITERS[kind](value)
    return value


def _fault(fault: Fault) -> Any:
    arguments = words(fault)
    return {fault.name: arguments} if arguments else fault.name


def _quantity(hint: Any) -> Literal["duration", "size", "fraction"] | None:
    """What a number is, by its type: one that is written with a unit, or just a number."""
    if get_origin(hint) is Annotated:
        for marker in hint.__metadata__:
            if isinstance(marker, Quantity):
                return marker.kind
        return _quantity(hint.__origin__)
    return next((kind for arm in get_args(hint) if (kind := _quantity(arm))), None) if hint is not None else None


def duration(seconds: float) -> Bare:
    """The shortest text that is exactly so long, a whole number where that is as short: ``300ms``, ``1.5s``, ``2m``.
    Microseconds are for what is less than a millisecond.

    Raises ValueError for less than a file can write.
    """
    texts = [f"{number}{unit}" for unit in ("s", "ms", "m", "h", "us") for number in _numbers(seconds, UNITS[unit])]
    right = [text for text in texts if parse_duration(text) == seconds]
    if not right:
        raise ValueError(f"{seconds!r} s is too fine for a scenario file")
    return Bare(
        min(right, key=lambda text: (seconds >= 0.001 and text.endswith("us"), len(text) + ("." in text), "." in text))
    )


def _numbers(seconds: float, unit: float) -> Iterator[str]:
    exact = f"{Decimal(repr(float(seconds))) / Decimal(repr(unit)):f}"
    plain = exact.rstrip("0").rstrip(".") if "." in exact else exact
    if len(plain) <= _PRECISION:
        yield plain or "0"
    yield f"{seconds / unit:.12f}".rstrip("0").rstrip(".")  # what was written with this unit may be no such number


def size(count: int) -> int | Bare:
    """Bytes, with a unit where that is shorter."""
    texts = (
        f"{count // SIZES[unit.lower()]}{unit}" for unit in ("KB", "MB") if count and not count % SIZES[unit.lower()]
    )
    found = min(texts, key=len, default=None)
    return Bare(found) if found is not None else count


def fraction(share: float) -> float | Bare:
    """A percentage where that is exact."""
    exact = f"{Decimal(repr(float(share))) * 100:f}"
    text = (exact.rstrip("0").rstrip(".") if "." in exact else exact) + "%"
    return Bare(text) if len(text) <= _PRECISION and parse_fraction(text) == share else share


_WRITERS: dict[str, Any] = {"duration": duration, "size": size, "fraction": fraction}

__all__ = ["dump", "duration", "fraction", "size", "words"]

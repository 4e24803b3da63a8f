"""pydantic's findings in the language of the file: what was expected, what is there, the nearest right word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from mock_ares.authoring.schema import raw_schema
from mock_ares.faults import FAULTS
from mock_ares.scenario.diagnostics import KEY, Finding, Place, WordsError, few, listed, nearest
from mock_ares.scenario.words import describe, kind_of, plain_number

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def findings(error: ValidationError, *, short: bool = False) -> list[Finding]:
    """The mistakes with their places, so many; ``short``: the only reply's words stand beside the scenario's."""
    beside = words_at(()) if short else []
    return few(finding for detail in error.errors(include_url=False) for finding in _told(detail, beside))


def _told(error: ErrorDetails, beside: list[str]) -> Iterator[Finding]:
    place: Place = error["loc"]
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, WordsError):
        yield from (((*place, *below), message) for below, message in cause.found)
    elif error["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        yield (*place, KEY), _unknown(str(place[-1]), place[:-1], beside if len(place) == 3 else [])
    elif error["type"] in ("missing", "missing_argument"):
        home = next((f" under {part}" for part in reversed(place[:-1]) if part in FAULTS), "")
        yield place[:-1], f"{place[-1]!r} is missing{home}"
    else:
        yield place, _wrong(error)


def _wrong(error: ErrorDetails) -> str:
    say = _MESSAGES.get(error["type"])
    return say(error) if say is not None else f"{error['msg']}; there is {describe(error['input'])}"


def _expected(what: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"expected {what}, not {describe(error['input'])}{_hint(what, error['input'])}"


_QUOTES = "; put it in quotes"


def _hint(what: str, value: object) -> str:
    """What an author who wrote this probably has to do."""
    kind = kind_of(value)
    if what == "a text":
        return {"number": _QUOTES, "switch": _QUOTES, "nothing": '; an empty text is ""'}.get(kind or "", "")
    if what.endswith("number") and kind in ("text", "number") and (number := plain_number(str(value))) is not None:
        return f"; write {number}" if number != str(value) else ""
    if what == "true or false" and isinstance(value, str):
        return _switch_hint(value)
    if what == "a list" and kind in ("number", "text", "mapping"):
        return f"; write [{value}]" if kind == "number" else "; begin each item with a dash"
    return ""


def _switch_hint(value: str) -> str:
    meant = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
    return f"; write {meant[value.lower()]}" if value.lower() in meant else ""


def _one_of(error: ErrorDetails) -> str:
    words = str(error["ctx"]["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
    near = nearest(error["input"], words, tell_all=False) if isinstance(error["input"], str) else ""
    return f"expected {listed(words)}, not {describe(error['input'])}{near}"


def _by_type(error: ErrorDetails) -> str:
    message = str(error["msg"])
    if not message.startswith("expected") or ", not " in message:
        return message
    what = message.removeprefix("expected ")
    hint = _hint("a text" if what.startswith("a text,") else what, error["input"])
    return f"expected {what}; there is {describe(error['input'])}{hint}"


def _mapping(error: ErrorDetails) -> str:
    words = words_at(error["loc"])
    return f"expected a mapping{f' with {listed(words)}' if words else ''}, not {describe(error['input'])}"


def _bound(error: ErrorDetails) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    ((name, bound),) = ((name, bound) for name, bound in error["ctx"].items() if name in words)
    return f"expected a number of {words[name]} {bound:g}, not {describe(error['input'])}".replace("of more", "more")


_number, _text = _expected("a whole number"), _expected("a text")
_list = _expected("a list")
_MESSAGES: dict[str, Callable[[ErrorDetails], str]] = {
    "literal_error": _one_of,
    "expected": _by_type,
    "value_error": lambda error: str(error["ctx"]["error"]),
    "string_type": _text,
    "int_type": _number,
    "int_from_float": _number,
    "float_type": _expected("a number"),
    "bool_type": _expected("true or false"),
    "tuple_type": _list,
    "dict_type": _mapping,
    "mapping_type": _mapping,
    "dataclass_type": _mapping,
    **dict.fromkeys(("greater_than", "greater_than_equal", "less_than", "less_than_equal"), _bound),
}


def _unknown(word: str, place: Place, beside: list[str]) -> str:
    """An unknown word: where it belongs, else the nearest one here, else the words that there are."""
    known = sorted({*words_at(place), *beside})
    elsewhere = sorted(home for home, words in _homes().items() if word in words)
    if elsewhere:
        return f"{word!r} does not stand here; it is a word of {listed(elsewhere)}"
    return f"unknown word {word!r}{nearest(word, known)}"


def words_at(place: Place) -> list[str]:
    """The words that the model has at a place, found by walking its JSON Schema."""
    places = [raw_schema()]
    for part in place:
        places = [step for schema in places for step in _steps(schema, part)] or places
    words = {word for schema in places for flat in _flat(schema) for word in flat.get("properties", {})}
    return sorted(words)


@cache
def _homes() -> dict[str, set[str]]:
    """The words of a reply's own mappings, by the word of the reply that they stand under."""
    definitions = raw_schema()["$defs"]
    words = {name: set(definitions[name].get("properties", {})) for name in definitions}
    homes = {"a reply": words["Reply"], "the scenario": words["Scenario"]}
    return homes | {name.lower(): words[name] for name in ("Pace", "Framing", "Body", "When", "Chunks", "Segments")}


def _steps(place: dict[str, Any], part: int | str) -> Iterator[dict[str, Any]]:
    for flat in _flat(place):
        if isinstance(part, int) and isinstance(flat.get("items"), dict):
            yield flat["items"]
        elif part in flat.get("properties", {}):
            yield flat["properties"][part]
        elif isinstance(flat.get("additionalProperties"), dict):
            yield flat["additionalProperties"]


def _flat(place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema with its references and alternatives taken apart."""
    if reference := place.get("$ref"):
        yield from _flat(raw_schema()["$defs"][reference.rsplit("/", 1)[-1]])
    for alternative in [*place.get("anyOf", []), *place.get("oneOf", [])]:
        yield from _flat(alternative)
    yield place

"""The language's words as Python calls: ``reply("Hello", chunks={"every": 3}, pace={"first": "300ms"})``.

Objects of the model are taken as they are; dicts are read as a file's mappings are, except that a duration may also be
a number of seconds. pydantic is imported only for what is not certainly right already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, get_args

from mock_ares.dialects import DialectName
from mock_ares.faults import FAULTS
from mock_ares.scenario.diagnostics import Place, dotted, nearest, placed
from mock_ares.scenario.fields import FieldCase
from mock_ares.scenario.model import (
    Body,
    BodyWord,
    Chunks,
    ChunkWord,
    Content,
    Framing,
    Pace,
    Redirect,
    Reply,
    RetryAfter,
    Scenario,
    Segments,
    SegmentWord,
    Text,
    When,
)
from mock_ares.scenario.words import describe

if TYPE_CHECKING:
    from mock_ares.scenario.reply_words import ReplyWords

Certain = Callable[[Any], bool]


def reply(text: str | Text | Mapping[str, Any] | None = None, /, **words: Unpack[ReplyWords]) -> Reply:
    """A reply from the words of a scenario file; None leaves a word out.

    Raises TypeError for an unknown word, ValueError for what is wrong with the value of one; both say where.
    """
    if text is not None and words.get("text") is not None:
        raise TypeError("reply() is given its text twice")
    given = _given(Reply, {"text": text, **words} if text is not None else words)
    if all(word in _REPLY and _REPLY[word](value) for word, value in given.items()):
        return _with_text(Reply(**{word: _frozen(word, value) for word, value in given.items()}))
    (made,) = _validated({"replies": (given,)}).replies
    return _with_text(made)


def scenario(*replies: str | Reply | Mapping[str, Any], **words: Any) -> Scenario:
    """A scenario of these replies, each a text, an object, or a dict of its words. Raises as ``reply`` does."""
    made = [_numbered(index, item) for index, item in enumerate(replies)]
    given = {"replies": tuple(made), **_given(Scenario, {"replies": None, **words})}
    if all(word in _SCENARIO and _SCENARIO[word](value) for word, value in given.items()):
        return Scenario(**given)
    return _validated(given)


def _numbered(index: int, item: str | Reply | Mapping[str, Any]) -> Reply:
    if isinstance(item, Reply):
        return item
    if not isinstance(item, (str, Mapping)):
        raise TypeError(f"replies[{index}]: expected a text, a reply, or a dict of its words, not {describe(item)}")
    try:
        return reply(item) if isinstance(item, str) else reply(**item)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"replies[{index}]: {error}") from None


def _given(kind: type, words: Mapping[str, Any]) -> dict[str, Any]:
    known = [field.name for field in fields(kind)]
    for word in words:
        if word not in known:
            raise TypeError(f"{kind.__name__.lower()}() has no word {word!r}{nearest(word, known)}")
    return {word: value for word, value in words.items() if value is not None}


def _validated(words: dict[str, Any]) -> Scenario:
    from pydantic import ValidationError

    from mock_ares.authoring.findings import findings
    from mock_ares.authoring.schema import adapter

    try:
        return adapter().validate_python(words, context={"python": True})
    except ValidationError as error:
        mistakes = [(dotted(_steps(words, place)), message) for place, message in findings(error)]
    raise ValueError("\n".join(placed(place, message) for place, message in mistakes))


def _steps(value: Any, place: Place) -> Place:
    """A place without the parts that only name an alternative of the model, and without a reply's own number."""
    taken: Place = ()
    for part in place:
        known: Any = range(len(value)) if isinstance(value, (list, tuple)) else value
        if isinstance(known, (Mapping, range)) and part in known:
            taken, value = (*taken, part), value[part]
    return taken[2:] if taken[:2] == ("replies", 0) else taken


def _with_text(made: Reply) -> Reply:
    """With ``text: {file: ...}`` read, from the current folder."""
    if not isinstance(made.text, Text) or made.text.file is None:
        return made
    from mock_ares.authoring.text_files import read_text

    return read_text(made, Path())


def _frozen(word: str, value: Any) -> Any:
    if word == "faults":
        return tuple(FAULTS[item]() if isinstance(item, str) else item for item in value)
    return tuple(value) if isinstance(value, list) else value


# What is certainly right. Anything else is right or wrong by pydantic's judgement, which also finds the words for it.


def _is(kind: type | tuple[type, ...]) -> Certain:
    return lambda value: isinstance(value, kind) and not isinstance(value, bool)


def _either(word: Any, kind: type) -> Certain:
    words = get_args(word)
    return lambda value: value in words if isinstance(value, str) else isinstance(value, kind)


def _each(certain: Certain) -> Certain:
    return lambda value: isinstance(value, (list, tuple)) and all(map(certain, value))


def _any(*certain: Certain) -> Certain:
    return lambda value: any(check(value) for check in certain)


def _is_fields(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and (line is None or isinstance(line, str)) for name, line in value.items()
    )


def _is_fault(value: Any) -> bool:
    if isinstance(value, str):
        return value in FAULTS and not FAULTS[value].required()
    return type(value) in FAULTS.values()


def _is_seed(value: Any) -> bool:
    return _is(int)(value) and value >= 0


_REPLY: dict[str, Certain] = {
    "text": _is((str, Text)),
    "chunks": _any(_either(ChunkWord, Chunks), _each(_is(str))),
    "dialect": _either(DialectName, type(None)),
    "pace": _is(Pace),
    "framing": _is(Framing),
    "segments": _either(SegmentWord, Segments),
    "body": _either(BodyWord, Body),
    "faults": _each(_is_fault),
    "interim": _each(lambda value: value in (100, 103)),
    "field_case": lambda value: value in get_args(FieldCase),
    "status": _is(int),
    "headers": _is_fields,
    "content": _any(_is(Content), lambda value: value == "empty"),
    "error": _is(str),
    "retry_after": _any(_is(RetryAfter), lambda value: _is((int, float))(value) and value >= 0),
    "redirect": _is(Redirect),
    "seed": _is_seed,
}
_SCENARIO: dict[str, Certain] = {
    "replies": _each(_is(Reply)),
    "summary": _is(str),
    "when": _is(When),
    "then": lambda value: value in ("repeat", "cycle", "fail"),
    "auth": lambda value: value in ("jwt", "api-key", "none"),
    "seed": _is_seed,
    "name": _is(str),
}

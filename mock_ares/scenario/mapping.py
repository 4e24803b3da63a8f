"""The mappings of the scenario language: what all of them check, in files and in Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any, ClassVar

from mock_ares.scenario.diagnostics import Finding, WordsError, listed

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

Check = Callable[[Any], Iterable[Finding]]


class Words:
    """A mapping of the language: a word that it has not is a mistake, and so is one without a value.

    What no type can say of a word is in ``checks``, and what words say of each other in ``together``. Both hold in
    Python as well, where an object is made; pydantic is given the checks of single words one by one, so that a mistake
    in one word does not hide that in another.
    """

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    checks: ClassVar[Mapping[str, Check]] = {}
    """By word: what is wrong with its value."""

    def together(self) -> Iterable[Finding]:
        """What is wrong with words that are right each by itself."""
        return ()

    def __post_init__(self) -> None:
        single = ((word, check(getattr(self, word))) for word, check in self.checks.items() if self._has(word))
        found = [((word, *place), message) for word, wrong in single for place, message in wrong]
        if found := found or list(self.together()):
            raise WordsError(*found)

    def _has(self, word: str) -> bool:
        return getattr(self, word) is not None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        schema = handler(source)
        for field in schema["schema"]["fields"]:
            wrapped = field["schema"]
            if wrapped["type"] == "default":
                wrapped["schema"] = _checked(wrapped["schema"], cls.checks.get(field["name"]))
            else:
                field["schema"] = _checked(wrapped, cls.checks.get(field["name"]))
        return schema


def _checked(schema: Any, check: Check | None) -> Any:
    """A word's schema with its check, and without the null that only Python uses to leave it out."""
    from pydantic_core import core_schema

    schema = schema["schema"] if schema["type"] == "nullable" else schema
    if check is None:
        return schema

    def checked(value: Any) -> Any:
        if found := list(check(value)):
            raise WordsError(*found)
        return value

    return core_schema.no_info_after_validator_function(checked, schema)


class OneOf(Words):
    """A mapping that has exactly one of its words."""

    __slots__ = ()
    what: ClassVar[str]

    def together(self) -> Iterable[Finding]:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # its subclasses are data classes
        given = [field.name for field in fields if getattr(self, field.name) is not field.default]
        if len(given) != 1:
            words = listed([field.name for field in fields])
            yield (), f"{self.what} is exactly one of {words}; there is {listed(given or ['none'], 'and')}"


def said(*messages: str | None) -> Iterator[Finding]:
    """Findings about a value as a whole."""
    return (((), message) for message in messages if message)


def some(value: Sized) -> Iterator[Finding]:
    """A check: a list that must not be empty."""
    return said(None if len(value) else "at least one item must stand here")

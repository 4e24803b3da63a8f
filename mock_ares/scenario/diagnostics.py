"""What is wrong in what an author wrote, and where."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

Place = tuple[str | int, ...]
"""The words and list indices that lead to a value."""
KEY = "[key]"
"""The last part of a place that means the key and not its value."""
Finding = tuple[Place, str]
MOST_MISTAKES = 100
"""That are told of one text: what is wrong once is wrong a thousand times, and each is looked up in the whole text."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong, and where: line and column count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ScenarioError(ValueError):
    """One or more mistakes in scenario files; ``mistakes`` has them all, in the order of the files."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(map(str, mistakes)))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Mistake]]]:
        return ScenarioError, (self.mistakes,)


class WordsError(ValueError):
    """Mistakes in one mapping of the language, each with the place of its word below that mapping."""

    def __init__(self, *found: Finding) -> None:
        self.found = found
        super().__init__("; ".join(placed(dotted(place), message) for place, message in found))

    def __reduce__(self) -> tuple[type[WordsError], tuple[Finding, ...]]:
        return WordsError, self.found


def few(found: Iterable[T]) -> list[T]:
    """The first ones, and one more where there are more: ``cut`` says so in its place."""
    return list(islice(found, MOST_MISTAKES + 1))


def cut(mistakes: list[Mistake]) -> list[Mistake]:
    """In their order; where they are too many, the last of those that are told says so."""
    found = sorted(set(mistakes))
    if len(found) <= MOST_MISTAKES:
        return found
    after = found[MOST_MISTAKES]
    more = f"and more from here on: {MOST_MISTAKES} mistakes are told at a time"
    return [*found[:MOST_MISTAKES], Mistake(after.file, after.line, after.column, more)]


def placed(place: str, message: str) -> str:
    """A mistake with its place before it, which is not said twice: ``retry_after goes with an error or a status``."""
    word = place.rpartition(".")[2]
    if place and message.startswith(f"{word} goes with "):
        return place + message.removeprefix(word)
    return message if not place or message.startswith(f"{place}:") else f"{place}: {message}"


def dotted(place: Place) -> str:
    """A place as a reader writes it: ``replies[0].headers.x-count``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place if part != KEY)
    return "".join(parts).removeprefix(".")


def nearest(word: str, known: Collection[str], *, tell_all: bool = True) -> str:
    """The end of a message: the known word that was probably meant, else all of them."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.55)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; the words here are {', '.join(sorted(known))}" if tell_all and known else ""


def listed(words: Collection[str], last: str = "or") -> str:
    """``a, b or c``."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail


def counted(number: int, what: str) -> str:
    """``1 byte``, ``2 bytes``."""
    return f"{number} {what}{'s' * (number != 1)}"

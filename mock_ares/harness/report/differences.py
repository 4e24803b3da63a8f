"""Two texts side by side: which characters of each the other one lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from mock_ares.harness.report.characters import Token, token, tokens

MOST_COMPARED = 2_000
"""Characters between the first and the last difference beyond which only those two are looked for."""


class Mark(NamedTuple):
    """A character as it is shown, and whether the other text lacks it."""

    token: Token
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """A part of one text, cut around the first difference."""

    marks: tuple[Mark, ...]
    before: int = 0
    """Characters left out in front."""
    after: int = 0

    @property
    def differs(self) -> bool:
        return any(mark.differs for mark in self.marks)

    def runs(self) -> Iterator[tuple[str, bool, bool]]:
        """Neighbours of one kind together: what is shown, whether it differs, whether it is a name."""
        held, kind = "", (False, False)
        for mark in self.marks:
            found = (mark.differs, mark.token.named)
            if held and found != kind:
                yield held, *kind
                held = ""
            held, kind = held + mark.token.shown, found
        if held:
            yield held, *kind


def spans(sent: str, received: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The ranges of each text that the other one lacks, in order."""
    start, end = _common(sent, received)
    left, right = sent[start : len(sent) - end], received[start : len(received) - end]
    if not left or not right or max(len(left), len(right)) > MOST_COMPARED:
        return _shifted([(0, len(left))], start), _shifted([(0, len(right))], start)
    steps = [step for step in SequenceMatcher(None, left, right, autojunk=False).get_opcodes() if step[0] != "equal"]
    return _shifted([step[1:3] for step in steps], start), _shifted([step[3:5] for step in steps], start)


def _common(left: str, right: str) -> tuple[int, int]:
    """How many characters the beginnings share, and then the ends."""
    shorter = min(len(left), len(right))
    start = _most(shorter, lambda low, high: left[low:high] == right[low:high])
    last, end = len(left), len(right)
    return start, _most(
        shorter - start, lambda low, high: left[last - high : last - low] == right[end - high : end - low]
    )


def _most(limit: int, same: Callable[[int, int], bool]) -> int:
    """The largest number up to which all is the same, found by halves: texts may have megabytes."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _shifted(found: list[tuple[int, int]], by: int) -> list[tuple[int, int]]:
    return [(start + by, end + by) for start, end in found if end > start]


def first_difference(sent: str, received: str) -> int | None:
    """The number of the first character that differs, from 0; None where the texts are the same."""
    return None if sent == received else _common(sent, received)[0]


def compared(sent: str, received: str, columns: int) -> tuple[Side, Side]:
    """Both texts with their differences, each in so many columns, a long one cut around the first difference."""
    lacking, extra = spans(sent, received)
    start = first_difference(sent, received) or 0
    lead = min(start, columns // 3)
    return _side(sent, lacking, start - lead, columns), _side(received, extra, start - lead, columns)


def alone(text: str, columns: int) -> Side:
    """One text with nothing to compare it to."""
    return _side(text, [], 0, columns)


def _side(text: str, differing: list[tuple[int, int]], start: int, columns: int) -> Side:
    """As much as fits from ``start``, or from the beginning where all of it fits."""
    part = text[: columns + 1] if len(text) <= columns else ""
    if part and sum(t.width for t in tokens(part)) <= columns:
        start = 0
    window = text[start : start + columns + 1]
    marks, used = list[Mark](), 0
    for at, shown in enumerate(_in_context(text, start, window), start):
        differs = any(begin <= at < end for begin, end in differing)
        shown = token(shown.source, spaces=True) if differs else shown
        used += shown.width
        if used > columns:
            break
        marks.append(Mark(shown, differs))
    return Side(tuple(marks), start, len(text) - start - len(marks))


def _in_context(text: str, start: int, window: str) -> list[Token]:
    """Whether a space is named depends on its neighbours, those left out too."""
    around = text[max(0, start - 1) : start + len(window) + 1]
    return tokens(around)[start - max(0, start - 1) :][: len(window)]

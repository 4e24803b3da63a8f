"""Two texts side by side: which characters of each the other one lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from mock_ares.harness.report.counterexample.characters import Token, token, tokens

MOST_COMPARED = 2_000
"""Characters between the first and the last difference beyond which only those two are looked for."""


Range = tuple[int, int]
"""From, and to before."""
LEAST_ALIKE = 0.5
"""Texts that share less of what lies between are different as a whole; single letters that agree mean nothing."""


class Mark(NamedTuple):
    """A character as it is shown, and whether the other text lacks it."""

    token: Token
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """A part of one text, cut around the first difference."""

    marks: tuple[Mark, ...]
    cut_before: bool = False
    cut_after: bool = False

    @property
    def differs(self) -> bool:
        return any(mark.differs for mark in self.marks)

    @property
    def is_cut(self) -> bool:
        return self.cut_before or self.cut_after

    def runs(self) -> Iterator[tuple[str, bool, bool]]:
        """Neighbours of one kind together: what is shown, whether it differs, whether it is a name."""
        run, kind = "", (False, False)
        for mark in self.marks:
            mark_kind = (mark.differs, mark.token.named)
            if run and mark_kind != kind:
                yield run, *kind
                run = ""
            run, kind = run + mark.token.shown, mark_kind
        if run:
            yield run, *kind


def spans(sent: str, received: str) -> tuple[list[Range], list[Range]]:
    """The ranges of each text that the other one lacks, in order."""
    start, end = _common(sent, received)
    left, right = sent[start : len(sent) - end], received[start : len(received) - end]
    if not left or not right or max(len(left), len(right)) > MOST_COMPARED:
        return _shifted([(0, len(left))], start), _shifted([(0, len(right))], start)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if sum(block.size for block in matcher.get_matching_blocks()) < max(len(left), len(right)) * LEAST_ALIKE:
        return _shifted([(0, len(left))], start), _shifted([(0, len(right))], start)
    steps = [step for step in matcher.get_opcodes() if step[0] != "equal"]
    return _shifted([step[1:3] for step in steps], start), _shifted([step[3:5] for step in steps], start)


def _common(left: str, right: str) -> tuple[int, int]:
    """How many characters the beginnings share, and then the ends."""
    shorter = min(len(left), len(right))
    start = _most(shorter, lambda low, high: left[low:high] == right[low:high])
    a, b = len(left), len(right)
    return start, _most(shorter - start, lambda low, high: left[a - high : a - low] == right[b - high : b - low])


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


def _shifted(ranges: list[Range], by: int) -> list[Range]:
    return [(start + by, end + by) for start, end in ranges if end > start]


def first_difference(sent: str, received: str) -> int | None:
    """The number of the first character that differs, from 0; None where the texts are the same."""
    return None if sent == received else _common(sent, received)[0]


def compared(sent: str, received: str, columns: int) -> tuple[Side, Side]:
    """Both texts with their differences, each in so many columns, a long one cut around the first difference."""
    lacking, extra = spans(sent, received)
    first = first_difference(sent, received) or 0
    start = 0 if _fits(sent, columns) and _fits(received, columns) else first - min(first, columns // 3)
    return _side(sent, lacking, start, columns), _side(received, extra, start, columns)


def alone(text: str, columns: int) -> Side:
    """One text with nothing to compare it to."""
    return _side(text, [], 0, columns)


def _fits(text: str, columns: int) -> bool:
    return len(text) <= columns and sum(token.width for token in tokens(text)) <= columns


def _side(text: str, differing: list[Range], start: int, columns: int) -> Side:
    """As much as fits from ``start``; two columns are kept for each ellipsis."""
    start = min(start, len(text))
    room = columns - 2 * (start > 0) - 2 * (not _fits(text[start:], columns))
    spaces = _lone_spaces(text, differing, columns)
    around = tokens(text[max(0, start - 1) : start + columns + 2])[min(start, 1) :]
    marks, used = list[Mark](), 0
    for at, shown in enumerate(around[: columns + 1], start):
        shown = token(shown.source, spaces=True) if at in spaces else shown
        used += shown.width
        if used > room:
            break
        marks.append(Mark(shown, any(begin <= at < end for begin, end in differing)))
    return Side(tuple(marks), start > 0, start + len(marks) < len(text))


def _lone_spaces(text: str, differing: list[Range], most: int) -> set[int]:
    """Differences that are nothing but spaces are named, or nobody would see them."""
    blank = ((begin, end) for begin, end in differing if end - begin <= most and text[begin:end].isspace())
    return {at for begin, end in blank for at in range(begin, end)}

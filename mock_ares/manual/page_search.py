"""Pages that speak of something, best first: by the words of their names, titles, headings and texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mock_ares.manual.links import anchor, sections
from mock_ares.manual.topics import Topic

MOST = 10
"""Pages that are told."""
_IN_TITLE, _IN_HEADING, _MOST_IN_TEXT = 20, 6, 5
"""What a word counts for; each time in the text it is 1, up to a bound."""
_OF_THE_PROJECT = ("changelog", "architecture")
"""They speak of everything, and come last."""
_WORD = re.compile(r"\w[\w-]*")


class Hit(NamedTuple):
    topic: Topic
    section: str
    """The anchor of the section that speaks of it most; empty: the page's beginning."""
    score: int
    by_title: bool
    """All words stand in its title, or in its name."""
    by_heading: bool
    """All words stand in the heading of one of its sections."""


def words_of(text: str) -> list[str]:
    """In small letters; those with hyphens, and their parts."""
    found = _WORD.findall(text.lower())
    return [*found, *(part for word in found if "-" in word for part in word.split("-"))]


def search(words: Sequence[str], pages: Iterable[Topic]) -> list[Hit]:
    """Those pages that have all of the words, or words that begin with them; in a title or a heading first."""
    hits = (hit for page in pages if (hit := _hit(words, page)) is not None)
    return sorted(hits, key=_rank)[:MOST]


def _rank(hit: Hit) -> tuple[bool, bool, int]:
    return hit.topic.name in _OF_THE_PROJECT, not (hit.by_title or hit.by_heading), -hit.score


def _hit(words: Sequence[str], page: Topic) -> Hit | None:
    title, text = words_of(f"{page.name} {page.title}"), page.text()
    counts = _counts(words, text)
    if not all(counts[word] or _has(title, word) for word in words):
        return None
    parts = list(sections(text))
    score = sum(
        _IN_TITLE * _has(title, word)
        + _IN_HEADING * any(_has(words_of(heading), word) for _, heading, _ in parts)
        + min(counts[word], _MOST_IN_TEXT)
        for word in words
    )
    headed = any(_all_in(words, heading) for _, heading, _ in parts)
    return Hit(page, _best(words, parts), score, all(_has(title, word) for word in words), headed)


def _all_in(words: Sequence[str], heading: str) -> bool:
    there = words_of(heading)
    return all(_has(there, word) for word in words)


def _best(words: Sequence[str], parts: list[tuple[int, str, str]]) -> str:
    best, most = "", (False, 0, 0)
    for level, heading, whole in parts:
        counts = _counts(words, whole)
        found = (
            _all_in(words, heading),
            len(counts),
            sum(counts.values()) + _IN_HEADING * sum(_counts(words, heading).values()),
        )
        if found > most:
            best, most = anchor(heading) if level > 1 else "", found
    return best


def _counts(words: Sequence[str], text: str) -> Counter[str]:
    """How often each word stands there; those that do not are left out."""
    there = Counter(words_of(text))
    return Counter({word: count for word in words if (count := sum(there[each] for each in there if _is(each, word)))})


def _has(there: Iterable[str], word: str) -> bool:
    return any(_is(each, word) for each in there)


def _is(there: str, word: str) -> bool:
    """A word of three letters is itself, a longer one may go on: retry, retries is not, retrying is."""
    return there == word or (len(word) > 3 and there.startswith(word))

"""A text cut into chunks, in the ways an author may ask for.

Every function gives chunks whose concatenation is the text. No chunk is empty; an empty text has none.
Lengths and positions count characters, which are code points except in ``graphemes``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from itertools import chain, cycle, pairwise

_WORD = re.compile(r"\s*\S+|\s+\Z")
_INSIDE_WORD = re.compile(r"\w{2,}")


def words(text: str) -> tuple[str, ...]:
    """As ARES does it: the white space before a word leads its chunk. What is left at the end is a chunk."""
    return tuple(_WORD.findall(text))


def characters(text: str) -> tuple[str, ...]:
    """One code point each, so combining marks and joined emoji come apart."""
    return tuple(text)


def graphemes(text: str) -> tuple[str, ...]:
    """One extended grapheme cluster each (UAX #29)."""
    import regex  # 30 ms that nobody else needs to pay

    return tuple(regex.findall(r"\X", text))


def every(text: str, n: int) -> tuple[str, ...]:
    """``n`` characters each, the last perhaps fewer. Raises ValueError unless n is at least 1."""
    return sizes(text, (n,))


def sizes(text: str, counts: Iterable[int]) -> tuple[str, ...]:
    """So many characters each, the counts used over and over. Raises ValueError unless all are at least 1."""
    counts = tuple(counts)
    if not counts or min(counts) < 1:
        raise ValueError(f"chunk sizes must be given and be at least 1, got {list(counts)}")
    return _sized(text, cycle(counts))


def at(text: str, positions: Iterable[int]) -> tuple[str, ...]:
    """Cut before the characters at these positions, in any order. What lies outside the text cuts nothing."""
    inside = sorted({position for position in positions if 0 < position < len(text)})
    return tuple(text[a:b] for a, b in pairwise(chain((0,), inside, (len(text),))) if a < b)


def random_sizes(text: str, min: int, max: int, seed: int) -> tuple[str, ...]:
    """From ``min`` to ``max`` characters each, drawn by ``seed``; the last perhaps fewer.

    Raises ValueError unless 1 <= min <= max.
    """
    if not 1 <= min <= max:
        raise ValueError(f"random chunk sizes need 1 <= min <= max, got min {min} and max {max}")
    draw = random.Random(seed)
    return _sized(text, (draw.randrange(min, max + 1) for _ in iter(int, 1)))


def mid_word(text: str, seed: int) -> tuple[str, ...]:
    """Every word is cut once, inside it, and nothing else is. A text without a word to cut stays whole.

    A word here is a run of letters, digits and underscores, two or more.
    """
    draw = random.Random(seed)
    return at(text, (draw.randrange(word.start() + 1, word.end()) for word in _INSIDE_WORD.finditer(text)))


def _sized(text: str, counts: Iterator[int]) -> tuple[str, ...]:
    chunks, start = [], 0
    while start < len(text):
        end = start + next(counts)
        chunks.append(text[start:end])
        start = end
    return tuple(chunks)

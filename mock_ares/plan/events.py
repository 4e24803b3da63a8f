"""Events to bytes: field lines, spelled as the framing says; and where in the bytes a character of the text lies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, repeat

from mock_ares import sse
from mock_ares.dialects import DIALECTS, Dialect, Event
from mock_ares.plan.json_spelling import spelled
from mock_ares.scenario.model import Framing

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_KEPT = 4096
"""Events kept for when the same chunk comes again: long texts repeat their words."""


class Encoder:
    """Spells the events of one plan."""

    def __init__(self, dialect: str, framing: Framing) -> None:
        self._spoken = DIALECTS[dialect]
        self._framing = framing
        self._fixed = None if framing.newline == "mixed" else sse.newlines(framing.newline)
        self._kept = lru_cache(_KEPT)(self._chunk)

    def chunk(self, text: str, seed: int) -> bytes:
        """The event that carries one chunk."""
        return self._kept(text, 0 if self._fixed else seed)

    def event(self, lines: Event, seed: int) -> bytes:
        """One event, and the blank line that ends it where the dialect has one."""
        framing, ends = self._framing, self._ends(seed)
        if framing.bare_empty:
            lines = [(name, value or None) for name, value in lines]
        parts = [_raw(framing.before, ends)]
        for index, line in enumerate(self._written(lines)):
            parts += [_raw(framing.amid, ends) if index else b"", sse.encode_lines([line], ends, framing.space)]
        return b"".join(parts) + _raw(framing.inside, ends) + self._blank_line(ends)

    def _written(self, lines: Event) -> Event:
        """The lines, JSON in them as the framing has it."""
        if self._spoken.raw:
            return lines
        return [
            (name, part)
            for name, value in lines
            for part in (spelled(value, self._framing.json).split("\n") if value else (value,))
        ]

    def block(self, lines: Iterable[str], seed: int) -> bytes:
        """Lines as they stand, as a block of their own."""
        ends = self._ends(seed)
        return _raw(lines, ends) + self._blank_line(ends)

    def _chunk(self, text: str, seed: int) -> bytes:
        return self.event(self._spoken.chunk(text), seed)

    def _ends(self, seed: int) -> Iterator[str]:
        return self._fixed or sse.newlines("mixed", seed)

    def _blank_line(self, ends: Iterator[str]) -> bytes:
        return next(ends).encode() if self._spoken.blank_line else b""


def _raw(lines: Iterable[str], ends: Iterator[str]) -> bytes:
    return "".join(line + next(ends) for line in lines).encode()


def text_end(event: bytes, chunk: str, characters: int, dialect: str, framing: Framing) -> int | None:
    """Where in its event a chunk's first so many characters end; None where the event was cut before that."""
    index, value, column = _column_of(chunk, characters, dialect, framing)
    line = next(islice(_line_starts(event), len(framing.before) + index * (1 + len(framing.amid)), None), None)
    if line is None:
        return None
    if framing.bare_empty and not value:
        end = line + len("data")
    else:
        first = " " if value.startswith(" ") else "x"
        prefix = len(sse.encode_lines([("data", first)], repeat(""), framing.space)) - 1
        end = line + prefix + len(as_bytes(value[:column]))
    return end if end <= len(event) else None


def has_room(chunk: str, characters: int, dialect: str, framing: Framing) -> bool:
    """Whether bytes put in behind so many characters become text: not where a field name stands alone."""
    _, value, _ = _line_of(chunk, characters, dialect)
    return bool(value) or not framing.bare_empty


def as_bytes(text: str) -> bytes:
    """Text as it stands on the wire, bytes that are no UTF-8 in their places (PEP 383)."""
    return text.encode("utf-8", "surrogateescape")


def as_heard(chunks: Iterable[str]) -> str:
    """The text of chunks as a decoder reads it: U+FFFD for what is no UTF-8 (Encoding 4.1)."""
    return "".join(as_bytes(chunk).decode("utf-8", "replace") for chunk in chunks)


def _line_of(chunk: str, characters: int, dialect: str) -> tuple[int, str, str]:
    """Which data line of its event a character stands in, that line's value, and the value up to the character."""
    lines, part = DIALECTS[dialect].chunk(chunk), DIALECTS[dialect].chunk(chunk[:characters])
    return len(part) - 1, lines[len(part) - 1][1] or "", part[-1][1] or ""


def _column_of(chunk: str, characters: int, dialect: str, framing: Framing) -> tuple[int, str, int]:
    """The data line of its event in which a character ends, that line's value, and how much of it that takes."""
    spoken, (index, value, part) = DIALECTS[dialect], _line_of(chunk, characters, dialect)
    if spoken.raw:
        return index, value, _column(spoken, part, framing)
    value, column = spelled(value, framing.json), _column(spoken, spelled(part, framing.json), framing)
    before = value[:column].rpartition("\n")[0]
    start = len(before) + 1 if "\n" in value[:column] else 0
    return index + value[:column].count("\n"), value[start:].partition("\n")[0], column - start


def _line_starts(event: bytes) -> Iterator[int]:
    yield 0
    yield from (end.end() for end in _LINE_END.finditer(event))


def _column(spoken: Dialect, value: str, framing: Framing) -> int:
    """How many characters of a data line stand before the end of the text that ``value`` carries."""
    empty, one = (spoken.chunk(text)[0][1] or "" for text in ("", "x"))
    if not spoken.raw:
        empty, one = spelled(empty, framing.json), spelled(one, framing.json)
    before = next((at for at, (a, b) in enumerate(zip(empty, one, strict=False)) if a != b), 0)
    return before + len(value) - len(empty)

"""The bytes of a stream as lines, the blank one that ends an event behind its last, marked where reads end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

from mock_ares.harness.report.counterexample.characters import READ_END, Token, byte_tokens

Kind = Literal["text", "name", "end", "left-out"]
_LEFT_OUT = 30
"""Columns for what is said of the middle of a line that is too long."""


class LinePart(NamedTuple):
    """Neighbouring characters of one kind."""

    shown: str
    kind: Kind


PayloadLine = tuple[LinePart, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """Some lines of a stream."""

    rows: tuple[PayloadLine, ...]
    size: int
    """Bytes of the whole."""
    reads: int
    """0 where it is not known how it was read."""
    above: int = 0
    """Lines left out."""
    below: int = 0
    vouched: bool = True
    """False: the reads are what was asked for, and the platform could not keep all of them apart."""

    @property
    def summary(self) -> str:
        summary = f"{self.size:,} byte{'s' * (self.size != 1)}"
        if self.reads:
            about = "" if self.vouched else " (best effort)"
            summary += f" in {self.reads:,} read{'s' * (self.reads != 1)}{about}, each ended by {READ_END}"
        return summary


def payload(reads: Sequence[bytes], *, known: bool, focus: int, columns: int, rows: int) -> Payload:
    """The lines around the byte ``focus``, at most so many, each in so many columns.

    ``known``: each item of ``reads`` is what a read of the client brought; else they are only joined.
    """
    data = b"".join(reads)
    ends = tuple(accumulate(map(len, reads))) if known else ()
    lines = _lines(data)
    offsets = [0, *accumulate(map(len, lines))]
    at = next((index for index in range(len(lines)) if offsets[index + 1] > focus), len(lines) - 1)
    first = max(0, min(at - rows // 2, len(lines) - rows))
    shown = range(first, min(first + rows, len(lines)))
    made = tuple(_row(lines[index], _within(ends, offsets[index], offsets[index + 1]), columns) for index in shown)
    return Payload(made, len(data), len(ends), first, len(lines) - len(shown) - first)


def _lines(data: bytes) -> list[bytes]:
    """Lines, each with the blank one that may follow: an event of one data line is one of them."""
    lines = list[bytes]()
    for line in data.splitlines(keepends=True):
        if lines and not line.strip(b"\r\n") and lines[-1].rstrip(b"\r\n") and lines[-1][-1:] in b"\r\n":
            lines[-1] += line
        else:
            lines.append(line)
    return lines


def _within(ends: Sequence[int], start: int, stop: int) -> tuple[int, ...]:
    """The ends of reads inside a line, or right behind it, counted from its start."""
    return tuple(end - start for end in ends if start < end <= stop)


def _row(line: bytes, ends: tuple[int, ...], columns: int) -> PayloadLine:
    if len(line) <= columns * 4 and _width(byte_tokens(line, ends), ends) <= columns:
        return _joined(_parts(line, ends))
    tail = _last(line, ends, columns // 4)
    head = _first(line[:tail], ends, max(columns - columns // 4 - _LEFT_OUT, 8))
    hidden = sum(head < end <= tail for end in ends)
    reads = f", {hidden:,} read{'s' * (hidden != 1)}" if hidden else ""
    left_out = LinePart(f"… {tail - head:,} bytes{reads} …", "left-out")
    before = _parts(line[:head], tuple(end for end in ends if end <= head))
    after = _parts(line[tail:], tuple(end - tail for end in ends if end > tail))
    return (*_joined(before), left_out, *_joined(after))


def _width(tokens: Iterable[tuple[int, Token]], ends: Sequence[int]) -> int:
    return sum(token.width + (end in ends) for end, token in tokens)


def _first(line: bytes, ends: tuple[int, ...], columns: int) -> int:
    """How many bytes of the line's beginning fit into so many columns."""
    used, fit = 0, 0
    for end, token in byte_tokens(line[: columns + 4], ends):
        used += _width([(end, token)], ends)
        if used > columns or end > columns:
            break
        fit = end
    return fit


def _last(line: bytes, ends: tuple[int, ...], columns: int) -> int:
    """Where the part of the line's end begins that fits into so many columns."""
    start = max(0, len(line) - columns)
    while 0 < start < len(line) and line[start] & 0xC0 == 0x80:
        start += 1
    own = tuple(end - start for end in ends if end > start)
    tokens = list(byte_tokens(line[start:], own))
    left = 0
    while left < len(tokens) and _width(tokens[left:], own) > columns:
        left += 1
    return start + (tokens[left - 1][0] if left else 0)


def _parts(data: bytes, ends: tuple[int, ...]) -> Iterator[LinePart]:
    marks = set(ends)
    for end, token in byte_tokens(data, ends):
        yield LinePart(token.shown, "name" if token.named else "text")
        if end in marks:
            yield LinePart(READ_END, "end")


def _joined(parts: Iterator[LinePart]) -> PayloadLine:
    joined = list[LinePart]()
    for part in parts:
        if joined and joined[-1].kind == part.kind and part.kind != "end":
            joined[-1] = LinePart(joined[-1].shown + part.shown, part.kind)
        else:
            joined.append(part)
    return tuple(joined)

"""Where a read ends, and something is taken to end there, too."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from itertools import accumulate, pairwise

from mock_ares.dialects import DIALECTS
from mock_ares.harness.verdict.mistakes.model import LINE_END, Mistakes, data_of, is_standard, reads_of
from mock_ares.plan.model import StreamPlan

APART = "each read is decoded for itself: no incremental decoder"
NO_LINE_BUFFER = "text is lost at a read that ends inside a line: no line buffer"


def _parts_of_lines(reads: list[str], part: int) -> str:
    """What a client makes of it that keeps the first, or the last, of the parts that a line came in."""
    text, ends = "".join(reads), [*accumulate(map(len, reads))]
    lines, start = list[str](), 0
    for found in LINE_END.finditer(text):
        first, last = [*pairwise([start, *(at for at in ends if start < at <= found.start()), found.start()])][part]
        lines.append(text[first:last])
        start = found.end()
    return data_of("\n".join([*lines, ""]))


_FIRST, _LAST = "only the first event of a read is kept", "only the last event of a read is kept"
_KEPT: tuple[tuple[Callable[[list[str]], list[str]], str], ...] = (
    (lambda lines: lines[: lines.index("") + 1] if "" in lines else lines, _FIRST),
    (lambda lines: lines[:2], _FIRST),
    (lambda lines: lines[-2:], _LAST),
)
"""Which of the lines that a read has ended, and the sentence."""


def _of_each(reads: list[str], kept: Callable[[list[str]], list[str]]) -> str:
    """What a client makes of it that looks at some of the lines of each read."""
    lines, rest, after_cr = list[str](), "", False
    for read in reads:
        text = read[1:] if after_cr and read.startswith("\n") else read
        after_cr = read.endswith("\r")
        *ended, rest = LINE_END.split(rest + text)
        lines += kept(ended)
    return data_of("\n".join([*lines, ""]))


def of_reads(plan: StreamPlan, sent: str) -> Mistakes:
    pieces = reads_of(plan) if plan.dialect in DIALECTS else []
    utf8 = codecs.getincrementaldecoder("utf-8")("replace")
    whole = [utf8.decode(piece) for piece in pieces]
    for some, cause in _KEPT if whole and is_standard(plan) else ():
        yield _of_each(whole, some), cause
    texts = [piece.decode(errors="replace") for piece in pieces]
    for apart in (texts, [text.removeprefix("\ufeff") for text in texts]) if pieces else ():
        yield DIALECTS[plan.dialect].decode("".join(apart).encode()).text, APART
    ends = {*accumulate(map(len, pieces))}
    if ends <= set(plan.event_ends):
        return
    payload = plan.payload
    parts = [_parts_of_lines(whole, part) for part in (0, -1)] if is_standard(plan) else []
    unbuffered = _read_apart(plan, whole)
    if "".join(texts) == payload.decode(errors="replace"):
        if "\n" not in sent:
            yield unbuffered, NO_LINE_BUFFER
        yield from ((text, NO_LINE_BUFFER) for text in parts)
        return
    kept = b"".join(piece.decode(errors="ignore").encode() for piece in pieces)
    without = DIALECTS[plan.dialect].decode(kept).text
    either = "no line buffer, or no incremental decoder" if without == unbuffered else "no line buffer"
    yield unbuffered, f"text is lost at a read that ends inside a character, and so inside a line: {either}"
    yield without, "a character is lost that two reads share: no incremental decoder"
    yield from ((text, NO_LINE_BUFFER) for text in (_read_apart(plan, texts), *parts))


def _read_apart(plan: StreamPlan, texts: list[str]) -> str:
    """What a client makes of it that takes each read's lines for whole ones."""
    lines = (line for text in texts for line in text.split("\n"))
    data = b"\n\n".join(line.encode() for line in lines if line.startswith("data"))
    return DIALECTS[plan.dialect].decode(data + b"\n\n").text

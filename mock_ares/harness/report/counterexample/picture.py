"""A stream over time, as an inline SVG picture: its head, its segments, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from mock_ares.harness.report.counterexample.replanned import Stream
from mock_ares.plan.model import EndingKind

WIDTH, HEIGHT = 1000.0, 44.0
MOST_BARS = 400
"""More segments than that are drawn as their density."""
_INSTANT = 0.0005
"""Seconds; a stream that is shorter than this is drawn by its bytes."""
_GAP = 3.0
"""Units of the picture."""
_ENDINGS: dict[EndingKind, str] = {
    "complete": "complete",
    "close": "closed (FIN)",
    "reset": "reset (RST)",
    "reset-stream": "reset (RST_STREAM)",
    "hang": "silence",
}
_SHAPES: dict[EndingKind, tuple[float, float]] = {
    "complete": (8, HEIGHT * 0.5),
    "close": (4, HEIGHT * 0.9),
    "reset": (12, HEIGHT * 0.9),
    "reset-stream": (12, HEIGHT * 0.5),
}
"""The mark of an end: its width and height."""


@dataclass(frozen=True, slots=True)
class Picture:
    svg: str
    begins: str
    """What stands at its left end, for a line of text under it."""
    ends: str
    says: str


def picture(stream: Stream, reads: tuple[bytes, ...]) -> Picture | None:
    """None where nothing of the stream was sent. ``reads``: what the client read at once, where that is known."""
    writes = [(write.at, len(write.data)) for write in stream.script.writes]
    head = stream.script.head
    if head is None and not writes:
        return None
    begin = head.at if head is not None else 0.0
    end = max([begin, *(at for at, _ in writes), stream.script.ending.at or 0.0])
    kind = stream.script.ending.kind
    if end < _INSTANT:
        sizes = [len(read) for read in reads] or [size for _, size in writes]
        bars, says = _by_bytes(sizes), f"{_segments(len(sizes))} of {sum(sizes):,} bytes, one after the other"
        begins, ends = "first byte", f"last byte, {_ENDINGS[kind]}"
    else:
        bars, says = _by_time(writes, end), f"{_segments(len(writes))} over {_seconds(end)}"
        begins, ends = "0 s", f"{_seconds(end)}, {_ENDINGS[kind]}"
    label = escape(f"Timeline: {says}; the end: {_ENDINGS[kind]}")
    svg = (
        f'<svg class="timeline" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}"><rect class="axis" x="0" y="{HEIGHT / 2 - 0.5:g}" width="{WIDTH:g}" height="1"/>'
        f"{bars}{_end_mark(kind)}</svg>"
    )
    return Picture(svg, begins, ends, says)


def _segments(count: int) -> str:
    return f"{count:,} segment{'s' * (count != 1)}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _by_bytes(sizes: list[int]) -> str:
    """A bar for each read, as wide as it has bytes."""
    if len(sizes) > MOST_BARS:
        return _bar(0, WIDTH - 24, HEIGHT * 0.7, "segment")
    room = WIDTH - 24 - _GAP * len(sizes)
    least = min(8.0, room / max(len(sizes), 1))
    total = sum(sizes) or 1
    spare = room - least * len(sizes)
    at, bars = 0.0, list[str]()
    for size in sizes:
        width = least + spare * size / total
        bars.append(_bar(at, width, HEIGHT * 0.7, "segment"))
        at += width + _GAP
    return "".join(bars)


def _by_time(writes: list[tuple[float, int]], end: float) -> str:
    """A bar for each write at its moment, as high as it has bytes; many of them as their density."""
    scale = (WIDTH - 30) / end
    most = max((size for _, size in writes), default=1)
    if len(writes) > MOST_BARS:
        return _density(writes, end)
    bars = (_bar(at * scale, 5.0, HEIGHT * (0.25 + 0.5 * size / most), "segment") for at, size in writes)
    return "".join(bars)


def _density(writes: list[tuple[float, int]], end: float) -> str:
    slots = [0] * 100
    for at, size in writes:
        slots[min(99, int(at / end * 100))] += size
    width = (WIDTH - 30) / 100
    most = max(slots)
    bars = (
        _bar(slot * width, width - 1, HEIGHT * 0.8 * size / most, "segment") for slot, size in enumerate(slots) if size
    )
    return "".join(bars)


def _bar(x: float, width: float, height: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{(HEIGHT - height) / 2:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
    )


def _end_mark(kind: EndingKind) -> str:
    """Solid: complete; a bar: closed; hollow: reset; a row of dots: silence."""
    x = WIDTH - 16
    if kind == "hang":
        return "".join(
            f'<rect class="end" x="{x + dot * 6:g}" y="{HEIGHT / 2 - 2:g}" width="3" height="4"/>' for dot in range(3)
        )
    shape = _SHAPES[kind]
    return (
        f'<rect class="end {kind}" x="{x:g}" y="{(HEIGHT - shape[1]) / 2:g}" width="{shape[0]}" height="{shape[1]:g}"/>'
    )

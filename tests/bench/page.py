"""docs/benchmarks.md and its plots, from what the last run of each figure has left."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from html import escape
from importlib import import_module
from itertools import chain
from typing import Any

from tests.bench.__main__ import FIGURES
from tests.bench.figure import OURS, Result, Row, number
from tests.bench.places import RESULTS, ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
WIDTH, HEIGHT, EDGE, MARGIN = 560, 300, 56, 36
COLOURS = ("#0b6e4f", "#b3541e", "#3b5b92", "#7a3b8f")


def main() -> int:
    found = {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in FIGURES if _there(name)}
    if not found:
        print("there are no results yet: make bench", file=sys.stderr)
        return 2
    PAGE.write_text("\n".join(_page(found)).rstrip("\n") + "\n")
    print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


def _there(name: str) -> bool:
    return (RESULTS / f"{name}.json").exists()


def _page(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    machine = next(iter(found.values()))["machine"]
    yield "# Benchmarks"
    yield ""
    yield 'Written by `make benchmarks`; a single figure is measured by `make bench ARGS="--only throughput"`. Every'
    yield "contender is a process of its own, and the rounds are interleaved. What is compared is the ratio of a round,"
    yield "where the machine's moods cancel out. Absolute numbers are this machine's, and no promise."
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {name} | {value} |" for name, value in machine.items())
    missing = [name for name in FIGURES if name not in found]
    if missing:
        yield f"\nNot measured in this run: {', '.join(missing)}."
    for name, data in found.items():
        rounds = data["rounds"]
        result = Result.of({key: data[key] for key in ("name", "title", "rows", "notes", "plots")})
        yield from ("", f"## {result.title}", "", f'`make bench ARGS="--only {name} --rounds {rounds}"`', "")
        yield from _table(result)
        why = getattr(import_module(f"tests.bench.{name}"), "WHY", None)
        yield from (f"\n{note}" for note in (*result.notes, why) if note)
        for index, (title, series) in enumerate(result.plots.items()):
            picture = PAGE.parent / f"benchmarks-{name}-{index}.svg"
            picture.write_text(plot(title, series))
            yield f"\n![{title}]({picture.name})"


def _table(result: Result) -> Iterator[str]:
    yield "| measure | | median | spread | mock-ares to it | goal |"
    yield "|---|---|---|---|---|---|"
    for row in chain.from_iterable(result.measures().values()):
        ours = next((each for each in result.rows if (each.measure, each.name) == (row.measure, OURS)), None)
        ratio = (
            number(ours.ratio_to(row)) if ours is not None and ours is not row and row.median and ours.median else ""
        )
        goal = f"{row.goal}: {'met' if row.met else '**not met**'}" if row.goal else ""
        yield f"| {row.measure} | {row.name} | {number(row.median)} {row.unit} | {_spread(row)} | {ratio} | {goal} |"


def _spread(row: Row) -> str:
    return f"{number(min(row.values))} to {number(max(row.values))}" if len(row.values) > 1 else ""


def plot(title: str, series: dict[str, list[tuple[float, float]]]) -> str:
    """Logarithmic on both axes, where a line of slope one is linear."""
    points = [point for line in series.values() for point in line]
    x = _Axis([x for x, _ in points], EDGE, WIDTH - MARGIN)
    y = _Axis([y for _, y in points], HEIGHT - EDGE, 30)
    parts = [f'<text x="{EDGE}" y="18" font-weight="bold">{escape(title)}</text>']
    for at in x.ticks:
        parts.append(f'<line x1="{x(at):.1f}" y1="30" x2="{x(at):.1f}" y2="{HEIGHT - EDGE}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(at):.1f}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">{number(at)}</text>')
    for at in y.ticks:
        parts.append(f'<line x1="{EDGE}" y1="{y(at):.1f}" x2="{WIDTH - MARGIN}" y2="{y(at):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{EDGE - 6}" y="{y(at) + 4:.1f}" text-anchor="end">{number(at)}</text>')
    for index, (name, line) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        way = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"/>' for a, b in line]
        left = EDGE + 170 * index
        parts.append(f'<text x="{left}" y="{HEIGHT - 12}" fill="{colour}">{escape(name)}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


class _Axis:
    def __init__(self, values: list[float], start: float, end: float) -> None:
        logs = [math.log10(max(value, 1e-9)) for value in values]
        self._low, self._high = math.floor(min(logs)), max(math.ceil(max(logs)), math.floor(min(logs)) + 1)
        self._start, self._end = start, end
        self.ticks = [10.0**power for power in range(self._low, self._high + 1)]

    def __call__(self, value: float) -> float:
        share = (math.log10(max(value, 1e-9)) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)


if __name__ == "__main__":
    sys.exit(main())

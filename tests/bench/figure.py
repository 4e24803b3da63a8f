"""The shape of a figure: rows of numbers, a number for each round, and what they are to be compared with."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

OURS = "mock-ares"


@dataclass(slots=True)
class Row:
    """One contender, or one way of working, in one measure."""

    measure: str
    name: str
    unit: str
    values: list[float]
    """One for each round; the rows of a measure are measured in turn, so the values of a round belong together."""
    goal: str = ""
    """What was asked for, in words; beside it stands whether it was met."""
    met: bool | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def ratio_to(self, other: Row) -> float:
        """The median of the ratios of each round: the machine's moods cancel out."""
        if len(self.values) != len(other.values):
            return self.median / other.median
        return statistics.median(a / b for a, b in zip(self.values, other.values, strict=True) if b)


@dataclass(slots=True)
class Result:
    """What one figure found."""

    name: str
    title: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    plots: dict[str, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)
    """Title (with units) to series to points."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Result:
        return cls(**{**data, "rows": [Row(**row) for row in data["rows"]]})

    def row(self, measure: str, name: str = OURS) -> Row:
        return next(row for row in self.rows if row.measure == measure and row.name == name)

    def judge(self, measure: str, goal: str, holds: Callable[[Row], bool]) -> None:
        """Puts a goal beside our row of a measure; a row that is missing is none that was met."""
        row = self.row(measure)
        row.goal, row.met = goal, holds(row)

    def measures(self) -> dict[str, list[Row]]:
        """The rows of each measure, in the order in which the measures first come."""
        found = dict[str, list[Row]]()
        for row in self.rows:
            found.setdefault(row.measure, []).append(row)
        return found

    def lines(self) -> list[str]:
        """For a terminal."""
        found = [self.title]
        for measure, rows in self.measures().items():
            ours = next((row for row in rows if row.name == OURS), None)
            found.append(f"  {measure}")
            found += [f"    {_line(row, ours)}" for row in rows]
        return [*found, *(f"  note: {note}" for note in self.notes)]


def _line(row: Row, ours: Row | None) -> str:
    spread = f"({number(min(row.values))} to {number(max(row.values))})"
    text = f"{row.name:<30} {number(row.median):>9} {row.unit:<14} {spread}"
    if ours is not None and ours is not row and ours.median and row.median:
        text += f"  mock-ares is at {number(ours.ratio_to(row))} of it"
    if row.goal:
        text += f"  goal: {row.goal}: {'met' if row.met else 'NOT MET'}"
    return text


def number(value: float) -> str:
    """Three figures are all that such measurements have."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"

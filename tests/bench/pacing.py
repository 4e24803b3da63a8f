"""How late paced events are, seen by the reader: against the moments that a stream's own best event implies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from tests.bench.reader import Stream
from tests.bench.servers import Server


@dataclass(frozen=True, slots=True)
class Lateness:
    """Of one stream; seconds."""

    events: list[float]
    """How late each was."""
    drift: float
    """How much later the last tenth was than the first."""
    rate: float
    """Events in a second, from the first to the last."""


def lateness(stream: Stream, server: Server, every: float) -> Lateness:
    """Reads that bring several events bring the later ones early, never late: each counts when it was there."""
    times = list(_event_times(stream, server.unit))
    offsets = [at - index * every for index, at in enumerate(times)]
    base = min(offsets)
    late = [offset - base for offset in offsets]
    tenth = max(1, len(late) // 10)
    rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
    return Lateness(late, median(late[-tenth:]) - median(late[:tenth]), rate)


def _event_times(stream: Stream, unit: bytes) -> Iterable[float]:
    for data, at in zip(stream.reads, stream.times, strict=True):
        for _ in range(data.count(unit)):
            yield at


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

"""What the tests count (``tests.growth``), timed: here work inside of C shows, too, and noise is no failure."""

from __future__ import annotations

import gc
import time

from mock_ares.server.record import redaction
from tests.ares.test_serde import BODIES, read
from tests.growth import Work
from tests.harness.report.test_differences import long_texts
from tests.plan.test_chunking import UNITS, WAYS
from tests.plan.test_cost import WORK as PLANNING
from tests.server.test_redaction import PIECES
from tests.test_sse_cost import WORK as EVENTS

LINEAR = 8.0
"""Four times the size may cost this many times as much: 4 and as much room for noise; quadratic work is at 16."""


def all_work() -> dict[str, tuple[Work, int]]:
    """Each kind of work, and a size at which it takes long enough."""
    return {
        **{f"a reply, {name}": row for name, row in PLANNING.items()},
        **{f"events, {name}": row for name, row in EVENTS.items()},
        **{f"chunks, {way} of {unit!r}": (_chunks(way, unit), 40_000) for way in WAYS for unit in UNITS},
        **{f"a body, {name}": (_body(*row[:3]), row[3]) for name, row in BODIES.items()},
        **{f"redaction, {piece!r}": (_redaction(piece), 30_000) for piece in PIECES},
        "two texts side by side": (long_texts, 20_000),
    }


def growth(work: Work, n: int) -> float:
    """How many times the CPU time of ``work(n // 2)`` goes into that of ``work(2 * n)``.

    The two are measured in turn and the least of each counts: a busy machine only ever adds. While the ratio looks
    bad there are more rounds, for noise wears off so and quadratic cost does not.
    """
    small, large = n // 2, 2 * n
    least = dict.fromkeys((small, large), float("inf"))
    gc.collect()
    gc.disable()
    try:
        for round_ in range(30):
            for size in least:
                start = time.thread_time()
                work(size)
                least[size] = min(least[size], time.thread_time() - start)
            if round_ >= 2 and least[large] < LINEAR * least[small]:
                break
    finally:
        gc.enable()
    return least[large] / least[small]


def _chunks(way: str, unit: str) -> Work:
    return lambda n: WAYS[way](unit * (n // len(unit)))


def _body(before: bytes, repeated: bytes, after: bytes) -> Work:
    return lambda count: read(before + repeated * count + after)


def _redaction(piece: str) -> Work:
    return lambda count: redaction.text(piece * count)

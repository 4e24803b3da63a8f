"""How work grows with what there is to do, counted: lines that run and bytes that are copied. Nothing is timed.

A count is the same on a busy machine and on an idle one. What happens inside of one call of C, such as a regular
expression that backtracks, it does not see: ``make bench`` times the same work (``tests.bench.cost``).
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

Work = Callable[[int], object]
LINEAR = 8.0
"""Four times the size may count this many times as much: linear work is at 4, quadratic work at 16."""
ROUNDS = 3
"""Memory is that of the whole process, and other threads may take some meanwhile: that only ever adds."""
_COPIES = 20
"""So many copies of it all are no growth, whatever there is to do."""


def growth(work: Work, n: int) -> float:
    """How many times the count of ``work(n // 100)`` goes into that of ``work(n // 25)``; of two counts the worse.

    ``n`` is the size at which the work takes long enough to be timed.
    """
    small, large = n // 100, n // 25
    work(small + 1)  # imports, caches
    found = float("inf")
    for _ in range(ROUNDS):
        (few, copied), (many, copied_of_many) = _counted(work, small, small), _counted(work, large, small)
        found = min(found, max(many / few, copied_of_many / max(copied, _COPIES * large)))
        if found < LINEAR:
            break
    return found


def _counted(work: Work, size: int, least: int) -> tuple[int, int]:
    """Lines that ran, and the bytes that were taken by those of them that took at least so many."""
    lines = copied = before = 0
    slack, memory = least // 4, tracemalloc.get_traced_memory

    def trace(*_: object) -> Any:
        nonlocal lines, copied, before
        now, most = memory()
        lines += 1
        if most - before >= least:
            copied += most - before
        before = now
        if most - now > slack:
            tracemalloc.reset_peak()
        return trace

    outer = sys.gettrace()
    gc.disable()
    tracemalloc.start()
    sys.settrace(trace)
    try:
        work(size)
    finally:
        sys.settrace(outer)
        tracemalloc.stop()
        gc.enable()
    return lines, copied

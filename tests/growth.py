"""How cost grows with size, as a ratio: the one way in which tests here speak of time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

LINEAR = 8.0
"""Four times the size may cost this many times as much: 4 and as much room for noise; quadratic work is at 16."""


def growth(work: Callable[[int], object], n: int) -> float:
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
                start = time.process_time()
                work(size)
                least[size] = min(least[size], time.process_time() - start)
            if round_ >= 2 and least[large] < LINEAR * least[small]:
                break
    finally:
        gc.enable()
    return least[large] / least[small]

"""Monotonic seconds by which deadlines are kept, whatever a test does to the module ``time``.

Who tests with frozen or patched time (freezegun, a monkeypatch of ``time.monotonic``) means the program under test. A
fake whose clock stands still never sends the second half of its reply. ``clock_gettime`` reads the same clock as
``time.monotonic``, and a partial of it is nothing that is looked for among the names of a module.
"""

import time
from collections.abc import Callable
from functools import partial

monotonic: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime") else time.monotonic
)

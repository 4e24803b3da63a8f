"""The order in which checks are run: each once, behind those that it rests on, by as many threads as take from it."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable

from mock_ares.harness.checks import Check


class Turns:
    """Iterating takes: a check that is given out is running until the next one is asked for."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self._waiting = list(checks)
        self._running = set[str]()
        self._changed = threading.Condition()

    def __iter__(self) -> Generator[Check, None, None]:
        while (check := self._take()) is not None:
            try:
                yield check
            finally:
                with self._changed:
                    self._running.remove(check.id)
                    self._changed.notify_all()

    def stop(self) -> None:
        """Nobody gets another one."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    def _take(self) -> Check | None:
        """The first that rests on none that is still to come; None: there is no other."""
        with self._changed:
            while self._waiting:
                to_come = self._running.union(check.id for check in self._waiting)
                check = next((each for each in self._waiting if each.row.rests_on.isdisjoint(to_come)), None)
                if check is not None:
                    self._waiting.remove(check)
                    self._running.add(check.id)
                    return check
                self._changed.wait()
        return None

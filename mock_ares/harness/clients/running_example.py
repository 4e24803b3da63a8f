"""One example as it runs: what has been shown, how long it may take, and the observation that it ends in."""

from __future__ import annotations

import threading

from mock_ares.harness.clients.adapter import Shown, bounded, described
from mock_ares.harness.model import HarnessError, Observation, Target
from mock_ares.monotonic import monotonic

GRACE = 2.0
"""Seconds between the end of the connections and giving the client up."""
LOOK = 0.25
"""Seconds."""
MOST_TEXT = 64 << 20
"""Characters that a client may show."""


class UnacceptableError(Exception):
    """What the client did ends the example as its failure; the text says what it was."""


class RunningExample:
    """Collects what a client shows, and makes the observation. Safe to use from several threads.

    Once an observation is made, nothing that is shown counts.
    """

    def __init__(self, target: Target, shown: Shown | None = None, limit: int = MOST_TEXT) -> None:
        self.target = target
        self._tell = shown
        self._limit = limit
        self._pieces: list[str] = []
        self._length = 0
        self._lock = threading.Lock()
        self._over = False
        self._failure: HarnessError | None = None
        self._began = monotonic()

    @property
    def until(self) -> float:
        """When the client is given up, on the monotonic clock. It may become sooner: look every ``LOOK`` seconds."""
        latest, over = self._began + self.target.deadline, self.target.over.at
        return latest if over is None else min(latest, over + GRACE)

    @property
    def left(self) -> float:
        """Seconds until then."""
        return max(0.0, self.until - monotonic())

    @property
    def enough(self) -> bool:
        """Whether the client is to be stopped: it is given up, or has shown all that the caller wants to see."""
        return self._over or self.satisfied

    @property
    def satisfied(self) -> bool:
        """Whether as much has been shown as the case asks for."""
        characters = self.target.cancel_after
        return characters is not None and self._length >= characters

    @property
    def shown_text(self) -> str:
        return "".join(self._pieces)

    def show(self, piece: object) -> None:
        """Raises UnacceptableError where it is no text, or too much of it."""
        if not isinstance(piece, str):
            raise UnacceptableError(f"it gave a piece of type {type(piece).__name__}, expected str")
        with self._lock:
            if self._over or not piece:
                return
            self._length += len(piece)
            if self._length > self._limit:
                raise UnacceptableError(f"it showed more than {self._limit} characters")
            self._pieces.append(piece)
        if self._tell is not None:
            try:
                self._tell(piece)
            except Exception as failure:
                self._failure = HarnessError(f"what listens to the shown pieces failed: {described(failure)}")
                raise self._failure from failure

    def restart(self) -> None:
        """What was shown before counts no more."""
        with self._lock:
            self._pieces.clear()
            self._length = 0

    def returned(self, text: str) -> Observation:
        return self._observed(text=text)

    def cancelled(self) -> Observation:
        return self._observed(text=self.shown_text, cancelled=True)

    def failed(self, error: str) -> Observation:
        return self._observed(error=bounded(error) or "it gave no reason", cancelled=self.satisfied)

    def given_up(self) -> Observation:
        return self._observed(error=f"no end within {self.target.deadline:g} s", timed_out=True)

    def abandon(self) -> None:
        """Nobody waits for the observation."""
        with self._lock:
            self._over = True

    def _observed(
        self, text: str | None = None, error: str | None = None, timed_out: bool = False, cancelled: bool = False
    ) -> Observation:
        with self._lock:
            self._over = True
            if self._failure is not None:  # never the client's
                raise self._failure
            duration = monotonic() - self._began
            return Observation(text, error, tuple(self._pieces), timed_out, cancelled, duration)

"""How much of an answer has been handed to the connection, and when."""

from __future__ import annotations

from array import array

MOST_MOMENTS = 20_000
"""Of one answer."""


class Sent:
    """Filled in while a script plays."""

    __slots__ = ("bytes", "held", "moments", "segments")

    def __init__(self) -> None:
        self.segments = 0
        """Writes of the script that were handed over in full; the head is none of them."""
        self.bytes = 0
        """Bytes that were, the head's not counted. All have arrived unless the client left, which may lose some."""
        self.held: int | None = None
        """At which of its pauses until released it stands, counted from 1; None: at none."""
        self.moments: array[float] | None = None
        """When each of these writes was, by the clock; the last holds for those behind it, too. None: not kept."""

    def note(self, now: float) -> None:
        """The moment of all that have been handed over since the last."""
        if self.moments is not None:
            new = min(self.segments, MOST_MOMENTS) - len(self.moments)
            if new > 0:
                self.moments.extend([now] * new)
            elif self.moments:
                self.moments[-1] = now

    def at(self, segment: int) -> float | None:
        """When a write, counted from 0, had been handed over; None: it has not, or nobody wanted to know."""
        if segment >= self.segments or not self.moments:
            return None
        return self.moments[min(segment, len(self.moments) - 1)]

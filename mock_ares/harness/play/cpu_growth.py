"""Linear time: what a stream costs a client is held against what a quarter of it costs.

A busy machine must not make a client slow. So work is counted in seconds of CPU wherever these can be known, to which
others on the machine do not add; else in units of what the reference client takes for the same stream beside it. And
that time has run out says nothing alone: a client also gets many times what the reference takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.client import stream_chat
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import Case, Client
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.result import ExampleResult
from mock_ares.scenario.diagnostics import counted
from mock_ares.scenario.model import Reply, Text

NOTICED = 2.0
"""Seconds: a reply that takes less is not slow, whatever its growth."""
GROWTH = 2.5
"""Four times the stream may cost four times as much, and that many times more for noise; quadratic work is at 4."""
ROUNDS = 3
"""What disturbs only ever adds, so the least of several rounds counts."""
PATIENCE = 50.0
"""A client that is not done yet may take so many times as long as the reference."""
LEAST = 0.001
"""Seconds; nothing costs less."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A case that was played, and what that took the client."""

    played: ExampleResult
    cpu: float | None
    """Seconds of CPU; None: they cannot be known."""
    reference: float | None = None
    """Seconds that the reference took beside it, where they cannot."""

    @property
    def late(self) -> bool:
        """It was given up."""
        return self.played.observation.timed_out

    @property
    def wall(self) -> float:
        return max(self.played.observation.duration, LEAST)

    @property
    def took(self) -> float:
        """Seconds of its own."""
        return self.wall if self.cpu is None else max(self.cpu, LEAST)

    @property
    def said(self) -> str:
        plan = self.played.plans[-1]
        unit = "s" if self.cpu is None else "s of CPU time"
        end = "were not done after" if self.late else "took"
        return f"{counted(len(plan.chunks), 'chunk')}, {plan.size} bytes, {end} {self.took:.2f} {unit}"


@dataclass(frozen=True, slots=True)
class Growth:
    """What a stream and a quarter of it cost."""

    whole: Timed
    quarter: Timed

    @property
    def times(self) -> float:
        """1 for linear work: how many times what four quarters cost."""
        grown = self.whole.took / self.quarter.took
        if self.whole.reference is None or self.quarter.reference is None:
            return grown / 4
        return grown / max(4.0, self.whole.reference / self.quarter.reference)

    @property
    def too_much(self) -> bool:
        return self.whole.took >= NOTICED and self.times > GROWTH

    @property
    def said(self) -> str:
        return f"{self.whole.said}, but {self.quarter.said}"


class Stopwatch:
    """Plays cases to a client, and counts what they take it."""

    def __init__(self, arena: ExampleRunner, client: Client, deadline: float) -> None:
        self._arena = arena
        self._client = client
        self._deadline = deadline
        self._reference = PythonClient(stream_chat, "reference")

    def play(self, case: Case, deadline: float | None = None) -> Timed:
        before = self._cpu()
        played = self._arena.observe(self._client, case, deadline=deadline or self._deadline)
        after = self._cpu()
        return Timed(played, None if before is None or after is None else after - before)

    def growth(self, whole: Timed) -> Growth | None:
        """Of a case that was done, if it is too much in each of several rounds."""
        if whole.took < NOTICED:
            return None
        whole, growth = self._beside(whole), None
        for _ in range(ROUNDS):
            if growth is not None:
                again = self._beside(self.play(whole.played.case, max(self._deadline, GROWTH * whole.wall)))
                whole = whole if again.late else min(whole, again, key=_cost)  # what was cut off cost less
            quarter = self._beside(self.play(quarter_of(whole.played.case)))
            if quarter.late:
                return None
            growth = Growth(whole, quarter if growth is None else min(quarter, growth.quarter, key=_cost))
            if not growth.too_much:
                return None
        return growth

    def lateness(self, whole: Timed) -> Growth | Timed | None:
        """What can be said of a case that was not done in time.

        Growth: too much of it. Timed: the case once more, which is done now that it got the time. None: nothing.
        """
        case = whole.played.case
        quarter = self.play(quarter_of(case))
        if not quarter.late and (growth := Growth(self._beside(whole), self._beside(quarter))).too_much:
            return growth
        enough = PATIENCE * self._seconds(case)
        if not quarter.late:
            enough = max(enough, 4 * GROWTH * quarter.wall)
        if enough <= whole.wall:
            return None
        again = self._beside(self.play(case, enough))
        if not again.late:
            return again
        if not quarter.late and (growth := Growth(again, self._beside(quarter))).too_much:
            return growth
        return None

    def _beside(self, timed: Timed) -> Timed:
        if timed.cpu is not None or timed.reference is not None:
            return timed
        return replace(timed, reference=self._seconds(timed.played.case))

    def _seconds(self, case: Case) -> float:
        """What the reference takes for it, right now."""
        with self._reference as reference:
            return max(LEAST, self._arena.observe(reference, case, deadline=self._deadline).observation.duration)

    def _cpu(self) -> float | None:
        count = getattr(self._client, "cpu", None)
        return None if count is None else count()


def _cost(timed: Timed) -> float:
    return timed.took / (timed.reference or 1.0)


def quarter_of(case: Case) -> Case:
    """The case with a quarter of its text."""
    (reply,) = case.replies
    return replace(case, replies=(_shorter(reply),))


def _shorter(reply: Reply) -> Reply:
    text = reply.text
    if isinstance(text, Text):
        fewer = {name: max(1, value // 4) for name in ("words", "bytes") if (value := getattr(text, name)) is not None}
        return replace(reply, text=replace(text, **fewer))
    assert isinstance(text, str)
    return replace(reply, text=text[: len(text) // 4])

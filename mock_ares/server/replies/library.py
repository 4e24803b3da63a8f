"""Which scenario answers a request, and which of its replies is next."""

from __future__ import annotations

import difflib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mock_ares.scenario.catalogue import Catalogue, Entry
from mock_ares.scenario.model import Pace, Reply, Scenario
from mock_ares.server.playback.releases import Releases
from mock_ares.server.replies.lookup import Facts, Lookup

MOST_CURSORS = 10_000

BUILT_IN = Scenario(
    name="built-in",
    summary="A sensible answer at a human pace, for requests that no scenario claims.",
    replies=(
        Reply(
            text="Neural networks learn by example. They make a guess, measure how wrong it was, and move each of "
            "their weights a little in the direction that would have made the error smaller. Repeated over many "
            "examples, these small steps add up to something that looks like understanding.",
            pace=Pace(first=0.3, every=0.04, jitter=0.2),
        ),
    ),
)


@dataclass(slots=True)
class Turn:
    """A place in a scenario's replies."""

    scenario: Scenario
    taken: int = 0
    """Replies given so far; one that is repeated counts once, so that what is added to the scenario comes next."""
    _releases: dict[int, Releases] = field(default_factory=dict, repr=False)

    def releases(self, index: int) -> Releases:
        """What ends the pauses of a reply of this number, to whomever it is given."""
        return self._releases.setdefault(index, Releases())

    def peek(self) -> tuple[int, Reply | None]:
        """What ``next`` will give."""
        index = self._index()
        return index, self._reply(index)

    def next(self) -> tuple[int, Reply | None]:
        """The number of the next reply, from 0, and the reply; None when the scenario says that it ends in an error."""
        index = self._index()
        if self.scenario.then != "repeat" or index == self.taken:
            self.taken += 1
        return index, self._reply(index)

    def _index(self) -> int:
        count = len(self.scenario.replies)
        if self.taken < count or self.scenario.then == "fail":
            return self.taken
        return self.taken % count if self.scenario.then == "cycle" else count - 1

    def _reply(self, index: int) -> Reply | None:
        return self.scenario.replies[index] if index < len(self.scenario.replies) else None

    def breaks_next(self) -> bool:
        """Whether the reply after this one gives no response at all.

        Such a reply needs a connection of its own: on one that has served before, clients take the silence for a stale
        connection and send the request again by themselves. Unless just that is meant.
        """
        reply = self._reply(self._index())
        faults = reply.faults if reply is not None else ()
        return any(fault.about == "response" and not getattr(fault, "stale", False) for fault in faults)


class Library:
    """Scenarios by name and in order; turns are counted apart for each owner (a token) and scenario. Bounded."""

    def __init__(self, scenarios: Iterable[Scenario | Entry] = (), default: Scenario = BUILT_IN) -> None:
        self._hold((default, *scenarios))
        self.default = default
        self.wanted = default.name
        """The default's name, whether there is a scenario of it now or not."""
        self._turns: OrderedDict[tuple[str, str], Turn] = OrderedDict()

    def answer_by_default(self, name: str) -> None:
        """With this scenario, as long as there is one of that name; meanwhile with the built-in one."""
        self.wanted, self.default = name, self.by_name.get(name, BUILT_IN)

    def named(self, name: str) -> Scenario:
        """Raises LookupError that names the nearest."""
        if name not in self.by_name:
            near = difflib.get_close_matches(name, self.by_name, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(self.by_name)}"
            raise LookupError(f"no scenario is named {name!r}{hint}")
        return self.by_name[name]

    def find(self, facts: Facts) -> Scenario | None:
        """The first scenario whose ``when`` holds. Raises SlowPatternError that names it."""
        return self._read(self._lookup.find(facts))

    def scripted(self, facts: Facts) -> Scenario | None:
        """The first scenario whose ``when`` names the request's path, and holds. Raises the same."""
        return self._read(self._lookup.scripted(facts))

    def routes(self, facts: Facts) -> Scenario | None:
        """The first scenario that scripts the request's path, whatever else it asks for."""
        return self._read(self._lookup.routes(facts))

    @property
    def agents(self) -> frozenset[str]:
        """Those that scenarios answer for."""
        return self._lookup.agents

    def paths(self) -> Iterator[str]:
        """Those that scenarios script."""
        return (when.path for _, when in self.by_name.conditions() if when.endpoint)

    def _read(self, name: str | None) -> Scenario | None:
        return None if name is None else self.by_name[name]

    def _hold(self, scenarios: Iterable[Scenario | Entry]) -> None:
        self.by_name = Catalogue(scenarios)
        self._lookup = Lookup(self.by_name.conditions())

    @property
    def answers_early(self) -> bool:
        """Whether one of the replies does not wait for the request's body."""
        return self.by_name.answers_early

    def swap(self, scenarios: Iterable[Scenario]) -> None:
        """Other scenarios from now on; one that is still there keeps its places. The default's name stays.

        An editor that writes anew, or a checkout, takes a file away for a moment.
        """
        self._hold((BUILT_IN, *scenarios))
        self.answer_by_default(self.wanted)

    def begin(self, name: str | None = None, owner: str | None = None) -> None:
        """Begins scenarios anew: of a name or all, for an owner or all."""
        for key in [key for key in self._turns if name in (None, key[1]) and owner in (None, key[0])]:
            del self._turns[key]

    def turn(self, owner: str, scenario: Scenario) -> Turn:
        """The owner's place in a scenario; a scenario that was replaced begins anew."""
        key = (owner, scenario.name)
        turn = self._turns.pop(key, None)
        if turn is None or turn.scenario is not scenario:
            turn = Turn(scenario)
        self._turns[key] = turn
        if len(self._turns) > MOST_CURSORS:
            self._turns.popitem(last=False)
        return turn

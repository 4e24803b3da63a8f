"""Scenarios by their names, in order: some of them not read before somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mock_ares.scenario.model import Scenario, When


@dataclass(frozen=True, slots=True)
class Entry:
    """What a scenario is found by, and what reads it."""

    name: str
    when: When | None
    answers_early: bool
    read: Callable[[], Scenario]


class Catalogue(Mapping[str, Scenario]):
    """To look through names and conditions reads nothing."""

    def __init__(self, scenarios: Iterable[Scenario | Entry]) -> None:
        self._entries = {each.name: each for each in scenarios}
        self.answers_early = any(each.answers_early for each in self._entries.values())
        """Whether one of the replies does not wait for the request's body."""

    def __getitem__(self, name: str) -> Scenario:
        found = self._entries[name]
        if isinstance(found, Entry):
            found = self._entries[name] = found.read()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def conditions(self) -> Iterator[tuple[str, When]]:
        """Of those that apply by themselves: the name, and when."""
        return ((name, each.when) for name, each in self._entries.items() if each.when is not None)

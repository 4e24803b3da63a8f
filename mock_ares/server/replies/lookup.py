"""The scenarios that may answer a request, by what their ``when`` demands: most are never looked at."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mock_ares.scenario.model import Match, When

PATIENCE = 0.05
"""Seconds for a pattern."""

Named = tuple[str, When]
"""A scenario's name, and when it applies."""
Key = tuple[str, ...]


class SlowPatternError(Exception):
    """Whether a scenario applies cannot be said in reasonable time."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a request a scenario can ask for. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    agent_type: str | None = None


class Lookup:
    """Scenarios in their order, each under one thing that it demands; what demands none of these is always looked at.

    A request has few of these things: its route, its message, its agent type and its fields. Texts that a message must
    contain are looked for one by one, which is one search in C for each.
    """

    def __init__(self, scenarios: Iterable[Named]) -> None:
        self._scenarios = list(scenarios)
        self._under = defaultdict[Key, list[int]](list)
        self._routes = defaultdict[Key, list[int]](list)
        self._contained = defaultdict[str, list[int]](list)
        self.agents = frozenset(when.agent_type for _, when in self._scenarios if when.agent_type is not None)
        """That conditions name."""
        self._any = list[int]()
        self._fields = set[str]()
        for index, (_, when) in enumerate(self._scenarios):
            if when.endpoint is not None:
                self._routes[_route(when)].append(index)
            self._place(when).append(index)

    def _place(self, when: When) -> list[int]:
        """What is demanded and is rarest, as far as one can tell."""
        if (text := _exact(when.message)) is not None:
            return self._under["message", text]
        if when.endpoint is not None:
            return self._under[_route(when)]
        for name, wanted in when.header.items():
            if (text := _exact(wanted)) is not None:
                self._fields.add(name.lower())
                return self._under["field", name.lower(), text]
        if isinstance(when.message, Match) and when.message.contains is not None:
            return self._contained[when.message.contains]
        return self._any if when.agent_type is None else self._under["agent", when.agent_type]

    def find(self, facts: Facts) -> str | None:
        """The name of the first whose ``when`` holds. Raises SlowPatternError that names it."""
        keys: list[Key] = [("message", facts.message), *_routes(facts)]
        if facts.agent_type is not None:
            keys.append(("agent", facts.agent_type))
        keys += [("field", name, facts.headers[name]) for name in self._fields if name in facts.headers]
        message = facts.message
        found = [index for text, indices in self._contained.items() if text in message for index in indices]
        found += self._any
        return self._first(self._of(keys, self._under, found), lambda named: _applies(named, facts))

    def scripted(self, facts: Facts) -> str | None:
        """The same of those that name the request's path."""
        return self._first(self._of(_routes(facts), self._routes), lambda named: _applies(named, facts))

    def routes(self, facts: Facts) -> str | None:
        """The first that names the request's path, whatever else it asks for."""
        return self._first(self._of(_routes(facts), self._routes), lambda named: _on_route(named[1], facts))

    def _of(self, keys: Iterable[Key], table: Mapping[Key, list[int]], found: Iterable[int] = ()) -> list[int]:
        return sorted([*found, *(index for key in keys for index in table.get(key, ()))])

    def _first(self, indices: Iterable[int], holds: Callable[[Named], bool]) -> str | None:
        return next((self._scenarios[index][0] for index in indices if holds(self._scenarios[index])), None)


def _exact(wanted: str | Match | None) -> str | None:
    return wanted.exact if isinstance(wanted, Match) else wanted


def _route(when: When) -> Key:
    path = when.path.rstrip("/")
    return ("parts", when.method, str(path.count("/"))) if "{" in path else ("path", when.method, path)


def _routes(facts: Facts) -> Iterator[Key]:
    path = facts.path.rstrip("/")
    yield "path", facts.method, path
    yield "parts", facts.method, str(path.count("/"))


def _applies(named: Named, facts: Facts) -> bool:
    try:
        return applies(named[1], facts)
    except SlowPatternError as error:
        raise SlowPatternError(f"scenario {named[0]!r}: {error}") from None


def applies(when: When, facts: Facts) -> bool:
    """Whether everything that is asked for holds. Raises SlowPatternError."""
    return (
        (when.endpoint is None or _on_route(when, facts))
        and (when.agent_type is None or when.agent_type == facts.agent_type)
        and (when.message is None or _matches(when.message, facts.message))
        and all(
            name.lower() in facts.headers and _matches(wanted, facts.headers[name.lower()])
            for name, wanted in when.header.items()
        )
    )


def _on_route(when: When, facts: Facts) -> bool:
    if when.endpoint is None or when.method != facts.method:
        return False
    wanted, found = when.path.rstrip("/").split("/"), facts.path.rstrip("/").split("/")
    return len(wanted) == len(found) and all(
        part == there or (part.startswith("{") and part.endswith("}"))
        for part, there in zip(wanted, found, strict=True)
    )


def _matches(wanted: str | Match, value: str) -> bool:
    if isinstance(wanted, str):
        return value == wanted
    if wanted.exact is not None:
        return value == wanted.exact
    if wanted.contains is not None:
        return wanted.contains in value
    return _searched(wanted.pattern or "", value)


def _searched(pattern: str, value: str) -> bool:
    """Whether the pattern is found. ``re`` would go through 2^27 ways for a value of 27 characters, and nobody else
    would be served meanwhile. Raises SlowPatternError."""
    if not value.startswith(beginning(pattern)):
        return False
    import regex  # 30 ms that nobody else needs to pay

    try:
        return regex.search(pattern, value, timeout=PATIENCE) is not None
    except TimeoutError:
        said = f"took more than {PATIENCE * 1000:g} ms for {len(value)} characters: write it without nested repetition"
        raise SlowPatternError(f"the pattern {pattern!r} {said}") from None
    except regex.error as error:
        raise SlowPatternError(f"the pattern {pattern!r} cannot be looked for in bounded time: {error}") from None


@lru_cache(maxsize=4096)
def beginning(pattern: str) -> str:
    """A text that whatever matches begins with, as far as it is plain; for most requests it answers by itself."""
    found = re.match(r"\^([A-Za-z0-9 ,:;/_-]*)([?*{]?)", pattern)
    bare = re.sub(r"\\.|\[[^\]]*\]", "", pattern, flags=re.DOTALL)
    if found is None or re.search(r"\(\?[\w#]", bare):  # flags may give all of it another meaning
        return ""
    while bare != (bare := re.sub(r"\([^()]*\)", "", bare)):
        pass
    if re.search(r"[|()\[]", bare):
        return ""
    return found[1][:-1] if found[2] else found[1]

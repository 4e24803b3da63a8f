"""Whose request it is where tests share a fake: each is a *tenant*, with a token, a script and a journal of its own.

A client that logs in by itself, or brings credentials from elsewhere, belongs to the only tenant there is, and to none
where there are several: then it is told so. A tenant's token is nobody else's, not even when its test has ended.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

MOST_LEFT = 10_000


class StrangerError(Exception):
    """A request that belongs to nobody here; says why, and what to do."""


@dataclass(slots=True)
class Isolation:
    """By the ids of their tokens. Changed from any thread: each change is one assignment."""

    _names: dict[str, str] = field(default_factory=dict)
    _shared: dict[str, str] = field(default_factory=dict)
    _left: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def enter(self, owner: str, name: str) -> None:
        """``name``: how the tenant is called in messages."""
        self._names[owner] = name

    def share(self, owner: str, host: str | None) -> None:
        """From now on the requests of one tenant are another's, and do not count apart; None: no longer."""
        if host is None:
            self._shared.pop(owner, None)
        else:
            self._shared[owner] = host

    @property
    def any(self) -> bool:
        return bool(self._names)

    def __contains__(self, owner: str) -> bool:
        return owner in self._names

    def leave(self, owner: str) -> None:
        self._left[owner] = self._names[owner]
        if len(self._left) > MOST_LEFT:
            self._left.popitem(last=False)
        self._names.pop(owner, None)
        self._shared.pop(owner, None)

    def store(self, owner: str) -> str:
        """Whose users and conversations an owner has: a tenant has its own, all others share what goes by no name."""
        return owner if owner in self._names else ""

    @property
    def only(self) -> str:
        """The only one there is; empty where there are several, or none."""
        present = self._present()
        return present[0][0] if len(present) == 1 else ""

    def owner(self, token_id: str) -> str:
        """Whose a request with such a token is. Raises StrangerError where that cannot be told."""
        host = self._shared.get(token_id, token_id)
        if token_id in self._names:
            return host
        name = self._left.get(token_id)
        if name is not None:
            raise StrangerError(f"this token belongs to {name}, which has ended, and its client is still at work")
        present = self._present()
        if len(present) > 1:
            names = ", ".join(sorted(name for _, name in present))
            raise StrangerError(
                f"{len(present)} tests use this fake ({names}) and these credentials belong to none of them, so it is "
                "unclear whose request this is: use the token or the api_key of one"
            )
        return present[0][0] if present else token_id

    def _present(self) -> list[tuple[str, str]]:
        """Owners and names, as they are at one moment: tests end in other threads."""
        return [(owner, name) for owner, name in list(self._names.items()) if owner not in self._shared]

"""All that the fake remembers for clients, in one place: for everybody, or apart for each test that shares the fake."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.server.api.accounts import Accounts
from mock_ares.server.api.history import History
from mock_ares.server.api.tenancy import Keys, Runs, Usage


@dataclass(frozen=True, slots=True)
class Store:
    accounts: Accounts
    history: History
    keys: Keys
    runs: Runs
    usage: Usage

    @classmethod
    def make(cls) -> Store:
        return cls(Accounts(), History(), Keys(), Runs(), Usage())


class Stores:
    """A store for each tenant that has asked for anything, and one, under the empty name, for whoever is none."""

    def __init__(self) -> None:
        self._kept: dict[str, Store] = {}

    def of(self, tenant: str) -> Store:
        if tenant not in self._kept:
            self._kept[tenant] = Store.make()
        return self._kept[tenant]

    def forget(self, tenant: str) -> None:
        """The end of a tenant. From any thread."""
        self._kept.pop(tenant, None)

    def clear(self) -> None:
        """Nobody has registered, nothing was said."""
        self._kept.clear()

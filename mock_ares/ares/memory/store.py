"""All that the fake remembers for clients, in one place: for everybody, or apart for each test that shares the fake."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_ares.ares.memory.accounts import Accounts
    from mock_ares.ares.memory.history import History
    from mock_ares.ares.memory.keys import Keys, Runs, Usage


class Store:
    """Each part is made, and its module imported, when it is first asked for: most tests want a chat and no more."""

    @cached_property
    def accounts(self) -> Accounts:
        from mock_ares.ares.memory.accounts import Accounts

        return Accounts()

    @cached_property
    def history(self) -> History:
        from mock_ares.ares.memory.history import History

        return History()

    @cached_property
    def keys(self) -> Keys:
        from mock_ares.ares.memory.keys import Keys

        return Keys()

    @cached_property
    def runs(self) -> Runs:
        from mock_ares.ares.memory.keys import Runs

        return Runs()

    @cached_property
    def usage(self) -> Usage:
        from mock_ares.ares.memory.keys import Usage

        return Usage()


class Stores:
    """A store for each tenant that has asked for anything, and one, under the empty name, for whoever is none."""

    def __init__(self) -> None:
        self._kept: dict[str, Store] = {}

    def of(self, tenant: str) -> Store:
        if tenant not in self._kept:
            self._kept[tenant] = Store()
        return self._kept[tenant]

    def forget(self, tenant: str) -> None:
        """The end of a tenant. From any thread."""
        self._kept.pop(tenant, None)

    def clear(self) -> None:
        """Nobody has registered, nothing was said."""
        self._kept.clear()

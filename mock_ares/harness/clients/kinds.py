"""The kinds of clients that can be named on a command line and in a grid file, and the adapter of each.

An adapter is imported when a client of its kind is made: the command line offers all of them without.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """What is said of an adapter before it is imported."""

    home: str
    """``module:class``, of a class that is made from what names the client, a name and capabilities."""
    help: str
    takes: str | None = None
    """What its one word is; None: it takes a command, and keywords for ``boundaries``."""
    starts_each: bool = False
    """It starts the client anew for each example."""

    def adapter(self) -> Any:
        """Its class."""
        module, _, name = self.home.partition(":")
        return getattr(import_module(module), name)


KINDS: dict[str, Kind] = {
    "exec": Kind(
        "mock_ares.harness.clients.spawned:ProcessClient",
        "Start CMD for each example (the default).",
        starts_each=True,
    ),
    "driver": Kind("mock_ares.harness.clients.driver:DriverClient", "Keep CMD running; it speaks JSON lines."),
    "browser": Kind(
        "mock_ares.harness.clients.browser.client:BrowserClient", "A JavaScript file, loaded into Chromium.", "FILE"
    ),
    "client": Kind(
        "mock_ares.harness.clients.remote:RemoteClient",
        "A Python function, called as FUNCTION(url, token, message) in a process of its own.",
        "MODULE:FUNCTION",
    ),
}
OF_COMMANDS = [name for name, kind in KINDS.items() if kind.takes is None]
"""The first is meant where none is named."""
OF_WORDS = [name for name, kind in KINDS.items() if kind.takes is not None]

"""The kinds of clients that can be named on a command line and in a grid file, and the adapter of each.

An adapter is imported when a client of its kind is made: the command line offers all of them without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    options: Mapping[str, str] = field(default_factory=dict)
    """Further words, each with what it is for; the adapter takes them as ``options``."""

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
    "page": Kind(
        "mock_ares.harness.clients.page.client:PageClient",
        "A whole page, opened in Chromium: the message is typed, and what it shows is the answer.",
        "URL",
        options={
            "prompt": "The selector of what the message is typed into.",
            "send": "Of what is clicked to send it, or the word Enter.",
            "answer": "Of what shows the answer: one place for all, or an element for each.",
            "error": "Of what shows a failure.",
            "busy": "Of what is visible as long as the page is at work, such as a spinner.",
            "new": "Of what is clicked for a new chat.",
            "stop": "Of what is clicked to stop an answer.",
            "setup": "A file of JavaScript that is run in the page before its own scripts, for a login.",
            "as": "How text is compared: text (textContent, the default), inner-text (as it is laid out), markdown.",
            "port": "Where the page expects its server: the fake listens there (3000 by default).",
        },
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
OPTIONS = {word: (name, about) for name, kind in KINDS.items() for word, about in kind.options.items()}
"""Words that go with one kind: which, and what they are for."""

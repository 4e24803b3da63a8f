"""The ways in which ARES puts the chunks of a reply into events, each in a file of its own that registers it.

Every file of this folder is found, so a new one is all that a new dialect takes.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Literal

from mock_ares.dialects.agents import agent_label, count_tokens
from mock_ares.dialects.base import DIALECTS, Decoded, Dialect, Event, Names, having

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

if TYPE_CHECKING:  # the same for those who do not run it; a test prints it where it is stale
    DialectName = Literal["text", "lines", "delta", "typed"]
else:
    DialectName = Literal[tuple(DIALECTS)]

STANDARD: DialectName = "text"
"""The one that the standard reads, the data being the text: where nobody says another, it is meant."""

__all__ = [
    "DIALECTS",
    "STANDARD",
    "Decoded",
    "Dialect",
    "DialectName",
    "Event",
    "Names",
    "agent_label",
    "count_tokens",
    "having",
]

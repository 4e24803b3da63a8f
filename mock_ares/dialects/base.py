"""What a dialect is, and the table that each fills from its own file.

A dialect turns text into field lines (``mock_ares.sse.Line``) and bytes back into text. It writes no bytes
itself: line ends, the space after the colon and comments are framing, and belong to who encodes the lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from mock_ares.sse import Line, decode

Event = list[Line]
_LF = "\n"


@dataclass(frozen=True, slots=True)
class Names:
    """What events say beside the text."""

    agent: str = "product"
    """The agent type as a request spells it."""
    context_id: str = ""
    tier: str = "user"
    """Whose agent it is, as the typed dialect's ``done`` has it."""
    tokens_used: int | None = None
    """The delta dialect's count; None: counted from the text as ARES counts."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a whole body says."""

    text: str
    complete: bool
    """The end record was seen; always true in a dialect that has none."""
    error: str | None = None
    """The message of an error event."""


class Dialect:
    """How chunks become events."""

    name: ClassVar[str]
    """As it is asked for; ``dialect`` sets it."""
    raw: ClassVar[bool] = False
    """The data is the text itself, and nothing else is said; otherwise it is a record with the text in it."""
    blank_line: ClassVar[bool] = True
    """An empty line ends each event."""
    ends: ClassVar[bool] = False
    """An end record says that the reply is whole."""
    newlines: ClassVar[str] = "\n\r"
    """Those that a chunk may hold."""

    @property
    def standard(self) -> bool:
        """It is read as the standard reads events, the data being the text."""
        return self.raw and self.blank_line

    @property
    def reports_errors(self) -> bool:
        """An event of its own says that the reply has failed."""
        return self.error(Names(), "") is not None

    def refuse(self, chunk: str) -> str | None:
        """Why this chunk cannot be carried, and what to do about it; None if it can."""
        try:
            chunk.encode()
        except UnicodeEncodeError as found:
            what = f"a lone surrogate, U+{ord(chunk[found.start]):04X}"
            return (
                f"the chunk holds {what}, at character {found.start}, which UTF-8 cannot carry: "
                "write the whole character, or send bytes that are no UTF-8 with the fault for them"
            )
        return self._refuse_newline(chunk)

    def _refuse_newline(self, chunk: str) -> str | None:
        newline = next((each for each in "\n\r" if each in chunk and each not in self.newlines), None)
        if newline is None:
            return None
        place = f"a {'LF' if newline == _LF else 'CR'} at character {chunk.index(newline)}"
        return (
            f"the chunk holds {place}, which the dialect `{self.name}` cannot carry: it would end the line. Take it "
            f"out of the text, or use the dialect {having(lambda other: newline in other.newlines, quote='`')}"
        )

    def opening(self, names: Names) -> list[Event]:
        """The events before the first chunk."""
        return []

    def chunk(self, text: str) -> Event:
        """The event that carries one chunk; ``refuse`` must have let the chunk pass."""
        raise NotImplementedError

    def closing(self, names: Names, text: str) -> list[Event]:
        """The events after the last chunk of ``text``."""
        return []

    def error(self, names: Names, message: str) -> Event | None:
        """The event that reports a failure inside the stream; None where there is none."""
        return None

    def knows(self, event: bytes) -> bool:
        """Whether an event of a body is of a kind that only this dialect has."""
        return False

    def carried(self, event: bytes) -> str | None:
        """The chunk that one event of a body carries; None: it carries none."""
        raise NotImplementedError

    def decode(self, body: bytes) -> Decoded:
        """What a body of this dialect says, all its content codings undone."""
        raise NotImplementedError


DIALECTS: dict[str, Dialect] = {}
"""The dialects by name: those of raw text, then those of records; complete once ``mock_ares.dialects`` is imported."""
D = TypeVar("D", bound=Dialect)


def dialect(name: str) -> Callable[[type[D]], type[D]]:
    """Puts a dialect into the table, under its name."""

    def register(kind: type[D]) -> type[D]:
        kind.name = name
        DIALECTS[name] = kind()
        for known in sorted(DIALECTS, key=_order):
            DIALECTS[known] = DIALECTS.pop(known)
        return kind

    return register


def _order(name: str) -> tuple[bool, bool, str]:
    known = DIALECTS[name]
    return not known.raw, not known.blank_line, name


def having(wanted: Callable[[Dialect], bool], *, quote: str = "") -> str:
    """The names of the dialects that have something, as a sentence lists them: ``text, delta or typed``."""
    *names, last = (f"{quote}{name}{quote}" for name, known in DIALECTS.items() if wanted(known))
    return f"{', '.join(names)} or {last}" if names else last


def json_event(record: dict[str, Any], comma: str, colon: str) -> Event:
    """A record as the one data line of an event."""
    return [("data", json.dumps(record, ensure_ascii=False, separators=(comma, colon)))]


def records(body: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects among the events' data; anything else is not a record and says nothing."""
    for event in decode(body):
        try:
            record = json.loads(event.data)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def string_of(record: dict[str, Any], key: str) -> str:
    """A value of a record that must be text; empty where it is none."""
    value = record.get(key)
    return value if isinstance(value, str) else ""

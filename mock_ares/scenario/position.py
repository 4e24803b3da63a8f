"""A position is one thing everywhere: after so many chunks or events, a text, a byte, a share of it, a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from mock_ares.scenario.mapping import OneOf
from mock_ares.scenario.words import ByType, Duration, Fraction, Index


@dataclass(frozen=True, slots=True)
class Position(OneOf):
    """A place in the reply: exactly one of these."""

    what: ClassVar[str] = "a position"

    chunk: Index | None = None
    """Behind so many chunks; 0 is before the first."""
    text: str | None = None
    """Behind the first occurrence of this in the reply's text."""
    event: Index | None = None
    """Behind so many events and blocks of comments, of whatever they are."""
    byte: Index | None = None
    """Behind so many payload bytes: decoded, without head and HTTP chunk framing."""
    fraction: Fraction | None = None
    """Behind this share of the payload."""
    time: Duration | None = None
    """At this moment, counted from the end of the request."""

    @classmethod
    def of(cls, where: Where) -> Position:
        """The short forms: a text is behind that text, a number behind so many chunks."""
        if isinstance(where, str):
            return cls(text=where)
        return cls(chunk=where) if isinstance(where, int) else where

    def __str__(self) -> str:
        if self.chunk is not None:
            return f"chunk {self.chunk}"
        if self.text is not None:
            return f"text {self.text!r}"
        if self.event is not None:
            return f"event {self.event}"
        if self.byte is not None:
            return f"byte {self.byte}"
        return f"{self.fraction:.4g} of the payload" if self.fraction is not None else f"{self.time:g} s"


Where = Annotated[
    Position | str | Index,
    ByType("a position: a text, a number of chunks, or chunk, text, event, byte, fraction or time"),
]

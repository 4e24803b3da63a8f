"""The chunk itself is the data; a LF in it makes a further ``data`` line. Nothing marks the end."""

from __future__ import annotations

from mock_ares.dialects.base import Decoded, Dialect, Event, dialect
from mock_ares.sse import decode


@dialect("text")
class TextDialect(Dialect):
    """Plain chunks. Events of a type of their own are no part of the text: ARES has none."""

    raw = True
    newlines = "\n"

    def chunk(self, text: str) -> Event:
        return [("data", line) for line in text.split("\n")]

    def carried(self, event: bytes) -> str | None:
        return next((each.data for each in decode(event) if each.event == "message"), None)

    def decode(self, body: bytes) -> Decoded:
        return Decoded("".join(event.data for event in decode(body) if event.event == "message"), True)

"""Server-sent events as bytes: the WHATWG HTML standard's stream format, written and read.

Theory. A stream is UTF-8 whatever its head says (9.2.5). Decoding drops one U+FEFF if it comes first, and
only there and only once; bytes that are no UTF-8 become U+FFFD. The text is then a run of lines, each
ended by CR LF, by LF or by CR, and by nothing else: U+2028, U+0085, form feed and their like are payload.
All three ends are ASCII, so cutting the bytes first and decoding each line by itself gives the same lines.

A CR ends its line at once, though a LF may follow in the next read; that LF then belongs to the CR and is
swallowed. Waiting to see it would hold back the last event of a stream that writes bare CRs.

Reading the lines (9.2.6) fills three buffers: data, event type, last event id.

    line               effect
    (empty)            dispatch: see below
    :text              a comment, ignored
    name:value         one U+0020 is taken off the front of value, never more; then by name
    name               the same with an empty value

    data               value joins the data buffer, a LF after it
    event              value replaces the event type
    id                 value replaces the last event id; ignored when it holds a NUL
    retry              ASCII digits only: the reconnection time in milliseconds; else ignored
    (any other)        ignored; names are case-sensitive and spaces are part of them

Dispatching an event without any data line only forgets its type. Otherwise the data goes out without its
last LF, so a lone ``data`` line makes an event whose data is empty. The id outlives the event, the type does
not. Where the stream ends before the empty line, the event it leaves unfinished is lost.

Nothing here knows sockets or clocks. Cost is linear in bytes and in events, however they are cut.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

NewlineKind = Literal["lf", "crlf", "cr", "mixed"]
Line = tuple[str, str | None]
"""Field and value; ``("", text)`` is a comment, ``(name, None)`` a field without a colon."""

_BOM = b"\xef\xbb\xbf"
_NEWLINES = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_MIXED_AFTER = {"\n": ("\n", "\r\n", "\r"), "\r\n": ("\n", "\r\n", "\r"), "\r": ("\r\n", "\r")}
_RETRY_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """An event as it is dispatched (9.2.6)."""

    data: str
    event: str = "message"
    id: str = ""
    """The last event id at the time, whether this event or an earlier one set it."""


class LineDecoder:
    """Bytes in any pieces to the stream's lines (9.2.5)."""

    __slots__ = ("_after_cr", "_at_start", "_partial")

    def __init__(self) -> None:
        self._partial = bytearray()
        self._after_cr = False
        self._at_start = True

    def feed(self, data: bytes) -> list[str]:
        """The lines that these bytes complete."""
        if not data:
            return []
        if self._after_cr:
            data = data.removeprefix(b"\n")
        self._after_cr = data.endswith(b"\r")
        rows = data.splitlines()  # of bytes: CR, LF and CRLF only
        rest = b"" if data.endswith((b"\r", b"\n")) or not rows else rows.pop()
        if rows and self._partial:
            self._partial += rows[0]
            rows[0] = bytes(self._partial)
            self._partial.clear()
        self._partial += rest
        return self._text(rows)

    def close(self) -> list[str]:
        """The last line, if nothing ended it. The decoder is then ready for another stream."""
        lines = self._text([bytes(self._partial)] if self._partial else [])
        self._partial.clear()
        self._after_cr = False
        self._at_start = True
        return lines

    def _text(self, rows: list[bytes]) -> list[str]:
        if rows and self._at_start:
            self._at_start = False
            rows[0] = rows[0].removeprefix(_BOM)
        return [row.decode("utf-8", "replace") for row in rows]


class Decoder:
    """One stream's bytes, in any pieces, to its events (9.2.6)."""

    __slots__ = ("_data", "_id", "_lines", "_type", "last_event_id", "retry")

    def __init__(self) -> None:
        self.retry: int | None = None
        """The reconnection time last asked for, in milliseconds; 18 digits at most count."""
        self.last_event_id = ""
        """As of the last empty line, which need not have dispatched an event."""
        self._lines = LineDecoder()
        self._data: list[str] = []
        self._type = ""
        self._id = ""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that these bytes complete."""
        events = []
        for line in self._lines.feed(data):
            if line:
                self._field(line)
            elif (event := self._dispatch()) is not None:
                events.append(event)
        return events

    def close(self) -> list[ServerSentEvent]:
        """The stream has ended: an unfinished event is discarded, so the list is empty.

        The next bytes fed are another stream's; ``retry`` and ``last_event_id`` outlive the connection.
        """
        self._lines.close()
        self._data.clear()
        self._type = self._id = ""
        return []

    def _dispatch(self) -> ServerSentEvent | None:
        self.last_event_id = self._id
        data, kind = self._data, self._type
        self._data, self._type = [], ""
        return ServerSentEvent("\n".join(data), kind or "message", self._id) if data else None

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            digits = value.lstrip("0") or "0"
            self.retry = int(digits) if len(digits) <= _RETRY_DIGITS else 10**_RETRY_DIGITS


def decode(data: bytes) -> list[ServerSentEvent]:
    """The events of a whole stream."""
    return Decoder().feed(data)


def encode_lines(lines: Iterable[Line], newlines: Iterator[str], space: bool = True) -> bytes:
    """Field lines as bytes, each ended by the next of ``newlines``.

    No empty line is added; ``("", None)`` is one. Without ``space`` the colon is followed by the value at
    once, unless the value begins with a space itself: a reader would take that one off.

    Raises ValueError for what no line can carry: a line end in it, a colon in its name, a lone surrogate.
    """
    return "".join(_line(name, value, space) + next(newlines) for name, value in lines).encode()


def _line(name: str, value: str | None, space: bool) -> str:
    for part in (name, value or ""):
        if "\n" in part or "\r" in part:
            raise ValueError(f"an SSE line cannot hold a line end: {part[:80]!r}; write several lines")
    if ":" in name:
        raise ValueError(f"an SSE field name cannot hold a colon: {name[:80]!r}; the rest would be its value")
    if value is None:
        return name
    return f"{name}: {value}" if space or value.startswith(" ") else f"{name}:{value}"


def newlines(kind: NewlineKind, seed: int = 0) -> Iterator[str]:
    """Line ends without end. ``mixed`` draws them by ``seed``, never LF directly after CR: around an empty
    line the two would be read as one.
    """
    if kind != "mixed":
        newline = _NEWLINES[kind]
        while True:
            yield newline
    draw = random.Random(seed)
    newline = "\n"
    while True:
        choice = _MIXED_AFTER[newline]
        newline = choice[draw.randrange(len(choice))]
        yield newline

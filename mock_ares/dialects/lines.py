"""Plain chunks without the empty line between events, as ARES's page prints it.

To a reader of the standard that is one event that never ends, so this dialect is decoded line by line.
"""

from __future__ import annotations

import re

from mock_ares.dialects.base import Decoded, Dialect, Event, dialect
from mock_ares.sse import LineDecoder

_DATA = re.compile(rb"(?:\xef\xbb\xbf)?data(?:[:\r\n]|\Z)")


@dialect("lines")
class LinesDialect(Dialect):
    """Plain chunks, a line each. The last line counts without its end, as ARES's sample clients have it."""

    raw = True
    blank_line = False
    newlines = ""

    def chunk(self, text: str) -> Event:
        return [("data", text)]

    def carried(self, event: bytes) -> str | None:
        return self.decode(event).text if _DATA.match(event) else None

    def decode(self, body: bytes) -> Decoded:
        decoder = LineDecoder()
        fields = (line.partition(":") for line in decoder.feed(body) + decoder.close())
        return Decoded("".join(value.removeprefix(" ") for name, _, value in fields if name == "data"), True)

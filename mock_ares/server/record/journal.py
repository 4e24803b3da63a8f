"""What the fake saw and did: one exchange per request, the oldest forgotten first, secrets never kept."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Literal

from mock_ares.server.playback.player import Ended
from mock_ares.server.playback.progress import Sent
from mock_ares.server.playback.releases import Releases
from mock_ares.server.record import redaction
from mock_ares.server.transport.header_fields import Fields

if TYPE_CHECKING:
    from mock_ares.scenario.model import Reply

MOST_BODY = 64 * 1024
MOST_TEXT = 64 * 1024
"""Characters of a message."""
MOST_NAME = 200
MOST_VALUE = 4096
"""Characters of a path, a query, or a field's value."""
MOST_HEADERS = 16 * 1024
"""Characters of all fields."""
MOST_BYTES = 32 * 1024 * 1024
"""Of all exchanges together; the oldest are forgotten first."""
PER_EXCHANGE = 2000
"""About what one takes beside its texts."""


_INNER = ("given", "releases", "sent", "size")
"""Fields of an exchange that nobody is told of."""


@dataclass(slots=True)
class Exchange:
    """A request and what became of it; filled in while it goes on. Times are seconds of the monotonic clock."""

    number: int
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    """Lower-case names; secrets are redacted (``server.record.redaction``)."""
    started: float
    query: str = ""
    """With a ``#`` and the fragment behind it, which nobody should send."""
    owner: str = ""
    """Whose it is: the id of the token that came with it; empty where none was accepted."""
    subject: str = ""
    body: bytes = b""
    """The first 64 KiB, secrets redacted."""
    body_size: int = 0
    message: str | None = None
    agent_type: str | None = None
    scenario: str = ""
    reply: int | None = None
    """Which reply of the scenario, counted from 0."""
    seed: int | None = None
    status: int | None = None
    """None until a head is sent, and for good where none is."""
    chunks: int = 0
    sent: Sent = field(default_factory=Sent)
    boundaries: str = "none"
    """exact, best-effort, or none where the plan promises none."""
    before_fault: str = "none"
    """Whether what lies before a fault had been read when it came: exact, best-effort (nobody knows), or none."""
    ending: Ended | Literal["open"] = "open"
    """open, complete, close, reset, hang, client-left, or ended (by the server)."""
    duration: float | None = None
    """Seconds from when the request was complete to the ending."""
    faults: tuple[str, ...] = ()
    version: str = "1.1"
    """The request's HTTP."""
    credentials: str = "none"
    """How the request authenticated: jwt, api-key, refused or none."""
    reason: str = ""
    """Why it was refused, or what it looks like where it was no request at all; empty where there is nothing to say."""
    broken: str | None = None
    """The fault or error that was put in while the fake ran."""
    time: float = 0.0
    """When it came, in seconds since the epoch."""
    begun: float | None = None
    """The moment that its answer's times count from."""
    size: int = field(default=0, repr=False)
    """What it counts in the journal's bytes."""
    given: Reply | None = field(default=None, repr=False)
    """The reply of a scenario as it was given, with what it was broken with."""
    releases: Releases = field(default_factory=Releases, repr=False)
    """What ends its pauses until released."""

    @property
    def segments(self) -> int:
        """Writes that have been handed to the connection in full."""
        return self.sent.segments

    @property
    def held(self) -> int | None:
        """At which of its pauses until released it stands, counted from 1; None: at none."""
        return self.sent.held

    @property
    def bytes(self) -> int:
        """Bytes of the body, as it is framed, that have been."""
        return self.sent.bytes

    def weight(self) -> int:
        """About how many bytes it takes: four for a character, as a text has that holds one emoji."""
        texts = (
            self.path,
            self.query,
            self.message or "",
            self.agent_type or "",
            self.subject,
            *chain.from_iterable(self.headers),
        )
        return PER_EXCHANGE + len(self.body) + sum(len(each) * (1 if each.isascii() else 4) for each in texts)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the body as text."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in _INNER}
        return {
            **fields,
            "segments": self.segments,
            "bytes": self.bytes,
            "held": self.held,
            "headers": dict(Fields(self.headers)),
            "body": self.body.decode(errors="replace"),
        }


def cut(text: str, most: int) -> str:
    """Its beginning, with a mark that says how much is missing."""
    return text if len(text) <= most else f"{text[:most]}… [{len(text) - most:,} characters more]"


def kept_text(text: str, most: int = MOST_TEXT) -> str:
    """A message or the like, as the journal has it."""
    return redaction.text(cut(text, most))


def kept_body(body: bytes, coding: str | None = None) -> bytes:
    """The beginning of a body, without secrets; of one that is compressed nobody can tell where they stand."""
    if coding not in (None, "", "identity"):
        return b"[%d bytes, compressed]" % len(body)
    return redaction.body(body[:MOST_BODY])


def kept_headers(lines: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Fields without secrets; the first of them, if they are many characters."""
    kept, size = list[tuple[str, str]](), 0
    for name, value in lines:
        line = (cut(name, MOST_NAME), redaction.header(name, cut(value, MOST_VALUE)))
        size += len(line[0]) + len(line[1])
        if size > MOST_HEADERS:
            return (*kept, ("…", "[more fields]"))
        kept.append(line)
    return tuple(kept)


@dataclass(slots=True)
class Journal:
    """The latest exchanges."""

    most: int = 1000
    most_bytes: int = MOST_BYTES
    _exchanges: deque[Exchange] = field(default_factory=deque)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _size: int = 0

    def open(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], started: float, query: str = ""
    ) -> Exchange:
        """A new exchange, kept from now on."""
        exchange = Exchange(
            next(self._numbers), cut(method, MOST_NAME), redaction.path(cut(path, MOST_VALUE)), kept_headers(headers),
            started, kept_text(query, MOST_VALUE), time=time.time(),
        )  # fmt: skip
        self._exchanges.append(exchange)
        self.weigh(exchange)
        return exchange

    def weigh(self, exchange: Exchange) -> None:
        """Counts what an exchange has come to hold, and forgets the oldest where that is too much."""
        size = exchange.weight()
        self._size += size - exchange.size
        exchange.size = size
        while len(self._exchanges) > self.most or (self._size > self.most_bytes and len(self._exchanges) > 1):
            gone = self._exchanges.popleft()
            self._size -= gone.size
            gone.size = 0

    def of(self, owner: str) -> list[Exchange]:
        """The exchanges of one token, oldest first."""
        return [exchange for exchange in list(self._exchanges) if exchange.owner == owner]

    @property
    def last(self) -> int:
        """The number of the latest exchange; 0: there is none."""
        exchanges = list(self._exchanges)
        return exchanges[-1].number if exchanges else 0

    def since(self, number: int) -> list[Exchange]:
        """The exchanges behind that of this number, oldest first. For who asks often: the others are not looked at."""
        exchanges = list(self._exchanges)
        first = next((at for at in range(len(exchanges), 0, -1) if exchanges[at - 1].number <= number), 0)
        return exchanges[first:]

    def __iter__(self) -> Iterator[Exchange]:
        return iter(list(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)

    def clear(self) -> None:
        self._exchanges.clear()
        self._size = 0

    def forget(self, owner: str) -> None:
        """Those of one token."""
        kept = [exchange for exchange in list(self._exchanges) if exchange.owner != owner]
        self._exchanges.clear()
        self._exchanges.extend(kept)
        self._size = sum(exchange.size for exchange in kept)

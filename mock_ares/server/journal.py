"""What the fake saw and did: one exchange per request, the oldest forgotten first, secrets never kept."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from mock_ares.server.fields import Fields
from mock_ares.server.sent import Sent

if TYPE_CHECKING:
    from mock_ares.scenario.model import Reply

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-admin-secret", "x-api-key"})
MOST_BODY = 64 * 1024
_NAMES = "password|refresh_token|access_token|token|secret|api_key"
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*")(?:[^"\\]++|\\.)*+("|\\?\Z)', re.DOTALL)
_IN_FORMS = re.compile(rf"((?:^|[?&])(?:{_NAMES})=)[^&\s]*")
_SECRETS = re.compile(rb'(?<=":")(?:eyJ[\w.-]+|(?:ares|rt)_[\w-]+)(?=")')
"""JWTs, keys and refresh tokens as values of JSON that the fake has written."""
_ANYWHERE = re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<![A-Za-z0-9])ares_[A-Za-z0-9]{12,}", re.ASCII)
"""JWTs and API keys, wherever a client puts them."""


@dataclass(slots=True)
class Exchange:
    """A request and what became of it; filled in while it goes on. Times are seconds of the monotonic clock."""

    number: int
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    """Lower-case names; the values of secret ones are redacted."""
    started: float
    query: str = ""
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
    ending: str = "open"
    """open, complete, close, reset, hang, client-left, or ended (by the server)."""
    duration: float | None = None
    """Seconds from when the request was complete to the ending."""
    faults: tuple[str, ...] = ()
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
    given: Reply | None = field(default=None, repr=False)
    """The reply of a scenario as it was given, with what it was broken with."""

    @property
    def segments(self) -> int:
        """Writes that have been handed to the connection in full."""
        return self.sent.segments

    @property
    def bytes(self) -> int:
        """Bytes of the body, as it is framed, that have been."""
        return self.sent.bytes

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the body as text."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in ("given", "sent")}
        return {
            **fields,
            "segments": self.segments,
            "bytes": self.bytes,
            "headers": dict(Fields(self.headers)),
            "body": self.body.decode(errors="replace"),
        }


def redacted(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without the values of secret ones; an authorization scheme is kept, it is no secret."""
    return tuple((name, _redact(value) if name in SECRET_HEADERS else redacted_text(value)) for name, value in headers)


def _redact(value: str) -> str:
    scheme, space, rest = value.partition(" ")
    return f"{scheme} [redacted]" if space and rest else "[redacted]"


def redacted_body(body: bytes) -> bytes:
    """The beginning of a body, without secrets. Those at its very end may be cut, so they need no closing quote."""
    text = _IN_JSON.sub(r"\1[redacted]\2", body[:MOST_BODY].decode("latin-1"))
    return redacted_text(text).encode("latin-1")


def masked(answer: bytes) -> bytes:
    """An answer of the fake's own, or a part of it, with asterisks for secrets."""
    return _SECRETS.sub(lambda found: b"*" * len(found[0]), answer)


def redacted_text(text: str) -> str:
    """A query, a path, a message or the like, without tokens and keys."""
    return _ANYWHERE.sub("[redacted]", _IN_FORMS.sub(r"\1[redacted]", text))


@dataclass(slots=True)
class Journal:
    """The latest exchanges."""

    most: int = 1000
    _exchanges: deque[Exchange] = field(init=False)
    _numbers: count[int] = field(init=False)

    def __post_init__(self) -> None:
        self._exchanges = deque(maxlen=self.most)
        self._numbers = count(1)

    def open(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], started: float, query: str = ""
    ) -> Exchange:
        """A new exchange, kept from now on."""
        path, query = redacted_text(path), redacted_text(query)
        exchange = Exchange(next(self._numbers), method, path, redacted(headers), started, query, time=time.time())
        self._exchanges.append(exchange)
        return exchange

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

    def forget(self, owner: str) -> None:
        """Those of one token."""
        kept = [exchange for exchange in list(self._exchanges) if exchange.owner != owner]
        self._exchanges.clear()
        self._exchanges.extend(kept)

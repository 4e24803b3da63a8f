"""The plan: one reply made exact, as data.

Two steps lie between what an author wrote and what a client reads, and each has its own shape:

``StreamPlan`` is the reply as *payload*: the decoded body bytes in pieces, each with the moment it becomes
known, and how the exchange ends. Positions are payload offsets, so a fault says "stop after byte 120" and
need not know about HTTP chunks or gzip. Faults are functions from ``StreamPlan`` to ``StreamPlan``.

``Script`` is the same reply as *wire*: the bytes of each write, when it leaves, and whether the client must
have read it before the next one follows. A player needs nothing else, and knows nothing of faults.

Everything here is frozen and free of sockets, clocks and randomness: the same seed gives the same plan.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mock_ares.dialects import STANDARD, Names
from mock_ares.plan.columns import Piece, Pieces, Texts, Write, Writes, columns
from mock_ares.scenario.fields import FieldCase
from mock_ares.scenario.model import Body, Framing, Segmentation

EndingKind = Literal["complete", "close", "reset", "reset-stream", "hang"]
Headers = tuple[tuple[str, str], ...]
TlsBreak = Literal["no-close-notify", "inside-record", "alert", "bad-record"]
"""How TLS breaks off: without saying so, inside a record, by a fatal alert, by a record that cannot be decrypted."""
BODILESS = frozenset({204, 304})
"""Statuses whose responses end with the head (RFC 9112 6.3)."""


@dataclass(frozen=True, slots=True)
class Head:
    """A response head; ``interim`` are the 1xx responses sent before it (RFC 9110 15.2)."""

    status: int = 200
    headers: Headers = ()
    version: Literal["1.1", "1.0", "2"] = "1.1"
    interim: tuple[int, ...] = ()
    field_case: FieldCase = "given"
    at: float = 0.0
    """Seconds after the request was complete."""
    last: tuple[str, ...] = ()
    """Names of fields that stand behind all others, in this order."""
    ends: bool = False
    """Nothing follows, which over HTTP/2 the head says."""

    def field(self, name: str) -> str | None:
        """A field's value, by its name in lower case (RFC 9110 5.1); None: there is no such field."""
        return next((value for given, value in self.headers if given.lower() == name), None)

    @property
    def media_type(self) -> str:
        """In lower case and without its parameters; empty: there is no content type."""
        return (self.field("content-type") or "").split(";")[0].strip(" \t").lower()


@dataclass(frozen=True, slots=True)
class Ending:
    """How the exchange ends.

    ``complete`` ends the body as HTTP has it; ``close`` sends FIN and leaves out what the body still owes;
    ``reset`` sends RST; ``reset-stream`` ends a stream of HTTP/2, whose connection goes on; ``hang`` keeps the
    connection open and says nothing more.
    """

    kind: EndingKind = "complete"
    stop: int | None = None
    """Payload offset after which nothing is sent; None: all is sent."""
    at: float | None = None
    """Seconds after the request was complete, and not before; None: as soon as the last byte has left."""
    inside_http_chunk: bool = False
    """The last HTTP chunk announces more bytes than it brings."""
    tail: bytes = b""
    """Raw bytes behind the last write, outside every HTTP framing; over HTTP/2 frames, of which the last may be cut."""
    shown_by: str = ""
    """How such bytes show that the body is not all there; empty: they do not."""
    gzip_trailer: bool = True
    """False: the gzip stream lacks its final block and checksum, though HTTP ends well."""
    length_delta: int = 0
    """Added to the Content-Length that would be right."""
    comments: bool = False
    """While hanging, comments fill the silence, where they fill others."""
    notify: bool = True
    """Where there is TLS, close_notify goes before FIN: the end is meant (RFC 8446 6.1)."""
    tls: TlsBreak | None = None
    """How TLS breaks off, where that is the fault."""
    heartbeat: tuple[float, bytes] | None = None
    """While hanging: every so many seconds these bytes; of the payload in a plan, as they leave in a script."""

    @property
    def ends_gzip(self) -> bool:
        """Whether a compressed body gets its final block and checksum."""
        return self.gzip_trailer and (self.kind == "complete" or self.stop is None)


WHOLE = Ending()
"""As a reply ends with which nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A place where a stream waits until it is released."""

    at: float
    """Seconds after the request was complete, silences of earlier holds not counted."""
    place: int
    """The payload offset behind which it waits, in a plan; in a script the number of writes before it."""
    heartbeat: tuple[float, bytes] | None = None
    """While it waits: every so many seconds these bytes; of the payload in a plan, as they leave in a script."""


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """A reply as payload. ``head`` is None where no HTTP response is given (empty reply, garbage)."""

    head: Head | None
    pieces: Sequence[Piece]
    """Kept as ``Pieces``."""
    text: str
    """What the reply says: as authored, with what faults put in."""
    chunks: Sequence[str] = ()
    """The text as it is sent, an event each. A byte that is no UTF-8 stands in it as a lone surrogate (PEP 383)."""
    dialect: str = STANDARD
    names: Names = Names()
    framing: Framing = Framing()
    recorded: bool = False
    """The events are spelled as they came, not as dialect and framing have it."""
    segments: Segmentation = "free"
    body: Body = Body()
    ending: Ending = Ending()
    seed: int = 0
    marks: tuple[str, ...] = ()
    """Names of the faults that have been applied, in order."""
    holds: tuple[Hold, ...] = ()
    """In the order in which they come."""
    notices: tuple[tuple[int, bytes], ...] = ()
    """What HTTP/2 says of the connection meanwhile: payload offsets, and the frames that stand behind them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pieces", columns(Pieces, self.pieces))
        chunks = columns(Texts, self.chunks)
        if chunks.text == self.text:  # of eight megabytes one copy will do
            chunks.text = self.text
        object.__setattr__(self, "chunks", chunks)

    @property
    def columns(self) -> Pieces:
        """The pieces, as they are kept."""
        return self.pieces  # type: ignore[return-value]

    @property
    def payload(self) -> bytes:
        return self.columns.data

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return len(self.payload)

    @property
    def begun_chunks(self) -> int:
        """Chunks of which anything is sent: fewer than all, where a fault ends it before."""
        stop, pieces = self.ending.stop, self.columns
        if stop is None:
            return len(self.chunks)
        return max(pieces.chunks[: bisect_left(pieces.ends, stop) + 1], default=-1) + 1 if stop else 0

    @property
    def event_ends(self) -> Iterator[int]:
        """The payload offsets at which events, or blocks of comments, end."""
        return self.columns.event_ends()

    @property
    def ended(self) -> bool:
        """Whether it ends otherwise than a whole reply does: a fault has seen to that."""
        return self.head is None or (self.ending != WHOLE and replace(self.ending, at=None) != WHOLE)

    @property
    def streams(self) -> bool:
        """Whether a client should take this for an answer: a 200 that says it is an event stream."""
        return self.head is not None and self.head.status == 200 and self.dialect != "none"


@dataclass(frozen=True, slots=True)
class Script:
    """A reply as wire bytes. The head is rendered at the last moment: it carries the date and CORS fields."""

    head: Head | None
    head_boundary: bool
    """No read may span the end of the head; if False it leaves together with a first write of the same time."""
    writes: Sequence[Write]
    """Kept as ``Writes``; their moments never go back."""
    ending: Ending
    keep_alive: bool
    """After a complete ending the connection serves the next request."""
    before_fault: int | None = None
    """So many writes, and the head, must have been read before what follows, which may take from the client what it has
    not read yet: an abrupt end, or bytes that are no HTTP. None: nothing does."""
    head_parted: bool = False
    """Reads end inside the head, too."""
    holds: tuple[Hold, ...] = ()
    """In the order in which they come."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "writes", columns(Writes, self.writes))

    @property
    def columns(self) -> Writes:
        """The writes, as they are kept."""
        return self.writes  # type: ignore[return-value]

    @property
    def size(self) -> int:
        """Bytes of all writes, the head not counted."""
        return len(self.columns.data)

"""A response as its bytes come (RFC 9112): what of it is head, payload, HTTP chunk, and what is none of them.

Told the bytes of each read and its moment. It is a reader of its own, since libraries hide what a recording is about:
the spelling of sizes, where HTTP chunks end, and what comes behind a mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mock_ares.plan.model import BODILESS, Headers

MOST_HEAD = 256 * 1024
_STATUS = re.compile(rb"HTTP/(1\.[01]) ([1-5][0-9][0-9])(?: [^\r\n]*)?")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(r"0*([0-9]{1,18})")
"""As much as there can be; beyond 4,300 digits Python refuses to read a number at all."""
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\r\n]*)?")
State = Literal["head", "body", "size", "chunk", "behind-chunk", "trailers", "complete", "none"]


class ReadEnd(NamedTuple):
    """How much of the body had come at a moment: a read has ended there."""

    at: float
    """Seconds."""
    end: int


@dataclass(slots=True)
class ResponseReader:
    """Fed with ``feed`` until it is ``complete``, or the connection has ended; no body over ``most`` bytes is kept."""

    method: str
    most: int
    interim: list[int] = field(default_factory=list)
    version: str = ""
    status: int = 0
    """0 until there is a head."""
    fields: Headers = ()
    head_at: float = 0.0
    length: int | None = None
    """By its Content-Length."""
    chunked: bool = False
    body: bytearray = field(default_factory=bytearray)
    """Still coded as the head says."""
    taken: int = 0
    """Bytes of it, kept or not."""
    wire: bytearray = field(default_factory=bytearray)
    """All behind the head, HTTP chunks and trailers too; all there is where that is no HTTP."""
    marks: list[ReadEnd] = field(default_factory=list)
    chunk_ends: list[int] = field(default_factory=list)
    """In the body, of HTTP chunks."""
    sizes: list[bytes] = field(default_factory=list)
    """Their size lines; the last may be none."""
    trailers: Headers = ()
    owed: int = 0
    """Bytes that the HTTP chunk under way has announced and not brought."""
    extra: int = 0
    """Bytes behind the end."""
    too_large: bool = False
    state: State = "head"
    _pending: bytes = b""

    @property
    def complete(self) -> bool:
        return self.state == "complete"

    @property
    def is_none(self) -> bool:
        """What has come is no HTTP/1."""
        return self.state == "none" and not self.status

    @property
    def begins(self) -> bytes:
        """What has come where there is no head yet."""
        return bytes(self.wire) or self._pending

    @property
    def delimited(self) -> bool:
        """Whether something but the end of the connection ends the body."""
        return self.chunked or self.length is not None

    def named(self, name: str) -> str | None:
        """A field's values, by its name in lower case."""
        values = [value for given, value in self.fields if given.lower() == name]
        return ", ".join(values) if values else None

    def feed(self, data: bytes, at: float) -> tuple[bytes, bytes]:
        """What a read has brought: the heads that are whole now, and what is behind them. A part of a head is held."""
        before, heads = self.taken, b""
        if self.state == "head":
            data = self._pending = self._pending + data
            while self.state == "head" and (taken := self._head(at)):
                heads, data = heads + data[:taken], data[taken:]
            if self.state == "head":
                return heads, b""
        else:
            self._pending += data
        self._keep(self.wire, data)
        while self._pending and self._step():
            pass
        if self.taken > before:
            self.marks.append(ReadEnd(at, self.taken))
        return heads, data

    def end(self) -> bytes:
        """The connection has ended by FIN; what of a head had been held."""
        if self.state == "body" and not self.delimited:
            self.state = "complete"
        if self.state != "head" or not self._pending:
            return b""
        self.state = "none"
        self._keep(self.wire, self._pending)
        return bytes(self.wire)

    # Parts

    def _head(self, at: float) -> int:
        """Reads a head: how many bytes it has; 0 where it has not come, or is none."""
        end = _HEAD_END.search(self._pending)
        told = self._pending[:9]
        if not b"HTTP/1.1 ".startswith(told) and not b"HTTP/1.0 ".startswith(told):
            return self._no_http()
        if end is None:
            return self._no_http() if len(self._pending) > MOST_HEAD else 0
        first, *lines = re.split(rb"\r?\n", self._pending[: end.start()])
        status = _STATUS.fullmatch(first)
        if status is None:
            return self._no_http()
        self._pending = self._pending[end.end() :]
        if 100 <= int(status[2]) < 200 and int(status[2]) != 101:
            self.interim.append(int(status[2]))
        else:
            self.version, self.status, self.head_at = status[1].decode(), int(status[2]), at
            self.fields = _fields(lines)
            self._begin_body()
        return end.end()

    def _no_http(self) -> int:
        self.state = "none"
        return 0

    def _begin_body(self) -> None:
        length = self.named("content-length") or ""
        self.chunked = (self.named("transfer-encoding") or "").lower().strip().endswith("chunked")
        counted = _LENGTH.fullmatch(length)
        self.length = int(counted[1]) if counted and not self.chunked else None
        if self.method == "HEAD" or self.status in BODILESS or self.length == 0:
            self.state = "complete"
        else:
            self.state = "size" if self.chunked else "body"

    def _step(self) -> bool:
        """Reads on; False: there is more to come first."""
        if self.state in ("complete", "none"):
            self.extra += len(self._pending)
            if self.length is not None:
                self._take(len(self._pending))
            self._pending = b""
        elif self.state == "body":
            self._take(len(self._pending) if self.length is None else self.length - self.taken)
            if self.taken == self.length:
                self.state = "complete"
        elif self.state == "chunk":
            self.owed -= self._take(self.owed)
            if not self.owed:
                self.chunk_ends.append(self.taken)
                self.state = "behind-chunk"
        else:
            return self._line()
        return bool(self._pending)

    def _line(self) -> bool:
        """A line of HTTP's own: a size, the end behind a chunk, a trailer."""
        line, end, rest = self._pending.partition(b"\n")
        if not end:
            self.state = "none" if len(line) > MOST_HEAD else self.state
            return self.state == "none"
        self._pending, line = rest, line.removesuffix(b"\r")
        if self.state == "behind-chunk":
            self.state = "none" if line else "size"
        elif self.state == "trailers":
            self.trailers += _fields([line]) if line else ()
            self.state = "trailers" if line else "complete"
        else:
            self.sizes.append(line)
            size = _SIZE.fullmatch(line)
            self.owed = int(size[1], 16) if size else 0
            self.state = "none" if size is None else "chunk" if self.owed else "trailers"
        return True

    def _take(self, most: int) -> int:
        part, self._pending = self._pending[:most], self._pending[most:]
        self.taken += len(part)
        self._keep(self.body, part)
        return len(part)

    def _keep(self, where: bytearray, data: bytes) -> None:
        where += data
        if self.too_large or len(where) > self.most:
            self.too_large = True
            where.clear()
            self.marks.clear()
            self.chunk_ends.clear()
            self.sizes.clear()


def _fields(lines: list[bytes]) -> Headers:
    split = (line.decode("latin-1").partition(":") for line in lines)
    return tuple((name, value.strip(" \t")) for name, colon, value in split if colon)

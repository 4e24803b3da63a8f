"""HTTP/1.1 responses read by the book (RFC 9112), in small steps; shares no code with what writes them."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
CHUNK_LINE = re.compile(
    rb"([0-9A-Fa-f]+)(?:[ \t]*;[ \t]*" + TOKEN + rb"(?:[ \t]*=[ \t]*(?:" + TOKEN + rb"|" + QUOTED + rb"))?)*"
)
FIELD_LINE = re.compile(rb"(" + TOKEN + rb"):[ \t]*(.*?)[ \t]*")
STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) ([0-9]{3}) [^\r\n]*")


class ProtocolError(Exception):
    """The bytes are no HTTP."""


@dataclass
class Response:
    """One response's bytes, in any pieces."""

    interim: list[int] = field(default_factory=list)
    version: str = ""
    status: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list)
    trailers: list[tuple[str, str]] = field(default_factory=list)
    http_chunks: list[int] = field(default_factory=list)
    """The sizes announced, the last chunk's left out."""
    content: bytes = b""
    """Content codings undone."""
    complete: bool = False
    """The framing says so; a body that ends with the connection never does."""
    coding_complete: bool = True
    rest: bytes = b""
    """What came behind a complete response."""

    def __post_init__(self) -> None:
        self._buffer = b""
        self._state = "head"
        self._wanted = 0
        self._unzip: zlib._Decompress | None = None

    def value(self, name: str) -> str | None:
        values = [value for key, value in self.fields if key == name]
        if len(values) > 1 and name != "vary":
            raise ProtocolError(f"{name} is said twice")
        return values[0] if values else None

    def feed(self, data: bytes) -> Response:
        self._buffer += data
        while self._state != "done" and self._step():
            pass
        if self._state == "done":
            self.complete = True
            self.rest += self._buffer
            self._buffer = b""
        return self

    def _step(self) -> bool:
        """Whether something was read."""
        return bool(getattr(self, f"_read_{self._state}")())

    def _line(self) -> bytes | None:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return None
        self._buffer = rest
        return line

    def _read_head(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        self._buffer = rest
        status_line, *lines = head.split(b"\r\n")
        match = STATUS_LINE.fullmatch(status_line)
        if match is None:
            raise ProtocolError(f"no status line: {status_line!r}")
        if match[2].startswith(b"1"):
            self.interim.append(int(match[2]))
            return True
        self.version, self.status = match[1].decode(), int(match[2])
        self.fields = [self._field(line) for line in lines]
        self._state = self._framing()
        return True

    def _framing(self) -> str:
        """RFC 9112 6.3."""
        if self.value("content-encoding") == "gzip":
            self._unzip, self.coding_complete = zlib.decompressobj(31), False
        if self.status in (204, 304):
            return "done"
        if self.value("transfer-encoding") is not None:
            if self.value("content-length") is not None or self.version == "1.0":
                raise ProtocolError("a transfer coding beside a length, or in HTTP/1.0")
            return "size"
        if (length := self.value("content-length")) is not None:
            self._wanted = int(length)
            return "length" if self._wanted else "done"
        return "close"

    @staticmethod
    def _field(line: bytes) -> tuple[str, str]:
        match = FIELD_LINE.fullmatch(line)
        if match is None:
            raise ProtocolError(f"no field line: {line!r}")
        return match[1].decode().lower(), match[2].decode("latin-1")

    def _read_size(self) -> bool:
        line = self._line()
        if line is None:
            return False
        match = CHUNK_LINE.fullmatch(line)
        if match is None:
            raise ProtocolError(f"no chunk size: {line!r}")
        self._wanted = int(match[1], 16)
        if self._wanted:
            self.http_chunks.append(self._wanted)
        self._state = "chunk" if self._wanted else "trailer"
        return True

    def _read_chunk(self) -> bool:
        if self._take():
            self._state = "chunk_end"
            return True
        return False

    def _read_chunk_end(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise ProtocolError("a chunk is longer than it says")
        self._buffer = self._buffer[2:]
        self._state = "size"
        return True

    def _read_trailer(self) -> bool:
        line = self._line()
        if line is None:
            return False
        if line:
            self.trailers.append(self._field(line))
        else:
            self._state = "done"
        return True

    def _read_length(self) -> bool:
        if self._take():
            self._state = "done"
        return False

    def _read_close(self) -> bool:
        self._wanted = len(self._buffer)
        self._take()
        return False

    def _take(self) -> bool:
        """Content, as much as is there and wanted; whether that was all."""
        data, self._buffer = self._buffer[: self._wanted], self._buffer[self._wanted :]
        self._wanted -= len(data)
        if self._unzip is not None:
            data = self._unzip.decompress(data)
            self.coding_complete = self._unzip.eof
        self.content += data
        return self._wanted == 0

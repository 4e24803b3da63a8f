"""HTTP/2 responses read by the book (RFC 9113), a frame at a time; shares no code with what writes them, but hpack."""

from __future__ import annotations

from dataclasses import dataclass, field

from hpack import Decoder

from tests.plan.http import ProtocolError, Response


@dataclass
class Http2Response(Response):
    """One stream's bytes as a plan has them, in any pieces."""

    reset: int | None = None
    """The code of an RST_STREAM."""
    goaway: list[tuple[int, int]] = field(default_factory=list)
    """Last stream and code of each GOAWAY."""
    malformed: bool = False
    """Content-Length is not the body's (8.1.1)."""
    passed_over: list[int] = field(default_factory=list)
    """Types of frames that say nothing to a client."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.version = "2"
        self._state = "frame"
        self._decoder = Decoder()
        self._block = b""
        self._ends = False

    def _read_frame(self) -> bool:
        if len(self._buffer) < 9:
            return False
        length = int.from_bytes(self._buffer[:3], "big")
        kind, flags, stream = self._buffer[3], self._buffer[4], int.from_bytes(self._buffer[5:9], "big")
        if length > 16384 or stream:
            raise ProtocolError(f"a frame of {length} bytes on stream {stream}")
        if kind == 0 and not flags & ~8:
            self._begin(length, flags)
        if len(self._buffer) < 9 + length:
            return False
        payload, self._buffer = self._buffer[9 : 9 + length], self._buffer[9 + length :]
        if kind == 0:
            self._data(payload, flags)
        elif kind in (1, 9):
            self._block += payload
            self._ends = self._ends or bool(kind == 1 and flags & 1)
            if flags & 4:
                self._fields(self._decoder.decode(self._block, raw=True))
        elif kind == 3:
            self.reset = int.from_bytes(payload, "big")
            self._state = "done"
        elif kind == 7:
            self.goaway.append((int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big")))
        else:
            self.passed_over.append(kind)
        return True

    def _begin(self, length: int, flags: int) -> None:
        """What has come of a frame of data that has not come in full: it is content already, its padding is not."""
        if len(self._buffer) >= 9 + length or (flags and len(self._buffer) < 10):
            return
        padding = self._buffer[9:10] if flags else b""
        begin, size = 9 + len(padding), length - len(padding) - sum(padding)
        data = self._buffer[begin : begin + max(size, 0)]
        if data:
            self._take_content(data)
            rest = (length - len(data)).to_bytes(3, "big") + bytes((0, flags)) + bytes(4)
            self._buffer = rest + padding + self._buffer[begin + len(data) :]

    def _data(self, payload: bytes, flags: int) -> None:
        if flags & 8:
            if payload[0] >= len(payload) or any(payload[len(payload) - payload[0] :]):
                raise ProtocolError("padding that is none")
            payload = payload[1 : len(payload) - payload[0]]
        if payload:
            self.http_chunks.append(len(payload))
        self._take_content(payload)
        if flags & 1:
            self._end()

    def _take_content(self, data: bytes) -> None:
        if self._unzip is not None:
            data = self._unzip.decompress(data)
            self.coding_complete = self._unzip.eof
        self.content += data

    def _fields(self, found: object) -> None:
        fields = [(name.decode(), value.decode("latin-1")) for name, value in found]  # type: ignore[attr-defined]
        self._block = b""
        if any(name != name.lower() or name in ("connection", "transfer-encoding") for name, _ in fields):
            raise ProtocolError(f"no fields of HTTP/2: {fields}")
        if self.status:
            if not self._ends:
                raise ProtocolError("trailers that do not end the stream")
            self.trailers = fields
        elif fields[0][0] != ":status":
            raise ProtocolError("a head without a status")
        elif fields[0][1].startswith("1"):
            self.interim.append(int(fields[0][1]))
        else:
            self.status, self.fields = int(fields[0][1]), fields[1:]
            self._framing()
        if self._ends:
            self._end()

    def _end(self) -> None:
        length = self.value("content-length")
        if length is not None and self.coding_complete and self._unzip is None and int(length) != len(self.content):
            self.malformed = True
        self._state = "done"

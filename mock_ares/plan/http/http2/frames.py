"""Frames of HTTP/2 (RFC 9113 4.1, 6).

A plan does not know which stream it will be sent on. Its frames stand here with stream 0, and ``Addressed`` gives them
their number as they leave. What is said of the connection (SETTINGS, PING, GOAWAY) keeps 0.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Final

from mock_ares.plan.columns import Writes, narrow

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client says first (RFC 9113 3.4)."""
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
UNKNOWN: Final = 0xFA
"""A type that no document gives a meaning to: whoever gets it passes it over (RFC 9113 4.1, 5.5)."""
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
HEADER: Final = 9
"""Bytes before a frame's payload."""
MOST: Final = 16384
"""Bytes of payload that everybody takes (RFC 9113 4.2)."""
ERRORS = {
    "NO_ERROR": 0, "PROTOCOL_ERROR": 1, "INTERNAL_ERROR": 2, "FLOW_CONTROL_ERROR": 3, "SETTINGS_TIMEOUT": 4,
    "STREAM_CLOSED": 5, "FRAME_SIZE_ERROR": 6, "REFUSED_STREAM": 7, "CANCEL": 8, "COMPRESSION_ERROR": 9,
    "CONNECT_ERROR": 10, "ENHANCE_YOUR_CALM": 11, "INADEQUATE_SECURITY": 12, "HTTP_1_1_REQUIRED": 13,
}  # fmt: skip
"""Error codes by name (RFC 9113 7)."""
THIS, BELOW, ALL = 0, 1, 0x7FFFFFFF
"""The last stream that a GOAWAY of a plan lets go on: the one it is sent on, the one before it, whichever."""
_OF_CONNECTION = frozenset({SETTINGS, PING, GOAWAY})
_LONGEST = HEADER + 4
"""What has to be known of a GOAWAY: with the last stream."""


def opening(kind: int, length: int, flags: int = 0) -> bytes:
    """The nine bytes before a payload, of this stream."""
    return b"%b%b%b\0\0\0\0" % (length.to_bytes(3, "big"), bytes((kind,)), bytes((flags,)))


def frame(kind: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return opening(kind, len(payload), flags) + payload


def reset_stream(code: int) -> bytes:
    return frame(RST_STREAM, code.to_bytes(4, "big"))


def goaway(last: int, code: int) -> bytes:
    """``last``: THIS, BELOW or ALL."""
    return frame(GOAWAY, last.to_bytes(4, "big") + code.to_bytes(4, "big"))


def data_frames(data: bytes) -> array[int]:
    """Where the DATA frames begin that stand in front of all others, and behind them where the last one ends.

    Found once for a plan, so that nobody has to walk through its frames each time that it is sent.
    """
    found, at, size = array("q"), 0, len(data)
    begin = found.append
    while at + HEADER <= size and data[at + 3] == DATA:
        begin(at)
        at += HEADER + (data[at] << 16 | data[at + 1] << 8 | data[at + 2])
    begin(found.pop() if at > size else at)  # the last one may have been cut
    return narrow(found)


class Addressed:
    """Frames of a plan as they leave, on a stream whose number is known, no more of them than there is room for.

    Bytes are given as they come, and may end anywhere, also inside a header.
    """

    __slots__ = ("_flags", "_header", "_last", "_number", "_owed", "_rest")

    def __init__(self, stream: int) -> None:
        self._number = stream.to_bytes(4, "big")
        self._last = {
            THIS.to_bytes(4, "big"): self._number,
            BELOW.to_bytes(4, "big"): max(stream - 2, 0).to_bytes(4, "big"),
        }
        self._header = b""
        """Of a frame whose header has not come in full: what has left of it, as it stands in the plan."""
        self._owed = 0
        """Bytes that are still to come of the payload that was announced."""
        self._rest = 0
        """Bytes of data behind them that need a frame of their own, since the window had no room for all."""
        self._flags = 0
        """Of the frame that these bytes have lost."""

    def take(self, data: bytes | memoryview, window: int) -> tuple[bytes, int, int]:
        """What may leave now; how many of the bytes given that takes; and how much of the window.

        DATA counts, padding and all (RFC 9113 6.9.1). Where there is too little room, a frame is sent in two; padded,
        or where there is none, it waits.
        """
        size = len(data)
        if size > HEADER and not (self._owed or self._rest or self._header):  # nearly always one whole frame
            length = (data[0] << 16) | (data[1] << 8) | data[2]
            if length + HEADER == size and data[3] == DATA and length <= window:
                return b"".join((data[:5], self._number, data[HEADER:])), size, length
        parts, at, room = list[bytes | memoryview](), 0, window
        if size > HEADER and not (self._owed or self._rest or self._header):
            whole_frames, room = self._whole_frames(data, room)
            parts, at = [whole_frames], len(whole_frames)
        while at < size:
            if self._owed:
                end = min(at + self._owed, size)
                parts.append(data[at:end])
                self._owed -= end - at
                at = end
            elif self._rest:
                if not room:
                    break
                length = min(self._rest, room)
                self._rest, self._owed, room = self._rest - length, length, room - length
                parts.append(self._numbered(opening(DATA, length, self._flags_of_part())))
            else:
                begun = len(self._header)
                header = self._header + bytes(data[at : at + _LONGEST - begun])
                needed = _LONGEST if len(header) > 3 and header[3] == GOAWAY else HEADER
                header = header[:needed]
                if whole := len(header) == needed:
                    length = int.from_bytes(header[:3], "big")
                    if header[3] == DATA and length > room:
                        if begun or not room or header[4] & PADDED:
                            break
                        self._rest, self._flags, length = length - room, header[4], room
                        header = opening(DATA, length, self._flags_of_part())
                    room -= length if header[3] == DATA else 0
                    self._owed = length - (len(header) - HEADER)
                elif room < MOST:  # it may turn out to need another one
                    break
                parts.append(self._numbered(header)[begun:])
                at += len(header) - begun
                self._header = b"" if whole else header
        return b"".join(parts), at, window - room

    def run(self, writes: Writes, start: int, end: int, window: int) -> tuple[bytes, int] | None:
        """The bytes of a plan from one place to another, and how much of the window they take. None: they are not DATA
        frames of which it is known where they begin, or there is not room for all of them.
        """
        frames = writes.frames
        if frames is None or self._owed or self._rest or self._header:
            return None
        first = bisect_left(frames, start)
        last = bisect_left(frames, end, first)
        if last == len(frames) or frames[first] != start or frames[last] != end:
            return None
        used = end - start - HEADER * (last - first)
        if used > window:
            return None
        found, number = bytearray(memoryview(writes.data)[start:end]), self._number
        if number[:3] == b"\0\0\0":  # one byte of four
            shift, low = HEADER - 1 - start, number[3]
            for at in frames[first:last]:
                found[at + shift] = low
        else:
            for at in frames[first:last]:
                found[at + 5 - start : at + HEADER - start] = number
        return bytes(found), used

    def _whole_frames(self, data: bytes | memoryview, room: int) -> tuple[bytes, int]:
        """Those in front that come in full, and that there is room for; and the room behind them. Of a stream that was
        planned without pauses they are thousands, of a few bytes each.
        """
        found, number, at, size = bytearray(data), self._number, 0, len(data)
        while at + HEADER <= size:
            kind, length = found[at + 3], found[at] << 16 | found[at + 1] << 8 | found[at + 2]
            end = at + HEADER + length
            if end > size or kind == GOAWAY:
                break
            if kind == DATA:
                if length > room:
                    break
                room -= length
            if kind not in _OF_CONNECTION:
                found[at + 5 : at + HEADER] = number
            at = end
        return bytes(found[:at]), room

    def _flags_of_part(self) -> int:
        return self._flags & ~END_STREAM if self._rest else self._flags

    def _numbered(self, header: bytes) -> bytes:
        """A header, or its beginning, with the stream's number; of GOAWAY also the last stream."""
        if len(header) > 3 and header[3] in _OF_CONNECTION:
            last = header[HEADER:]
            return header[:HEADER] + self._last.get(last, last)
        return header[:5] + self._number[: len(header) - 5] if len(header) > 5 else header

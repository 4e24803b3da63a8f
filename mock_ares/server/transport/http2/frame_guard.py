"""What of a client's frames h2 does not look at, or only when they have come in full: known by their headers."""

from __future__ import annotations

from collections.abc import Iterator

from h2.errors import ErrorCodes

from mock_ares.plan.http.http2.frames import CONTINUATION, END_HEADERS, GOAWAY, HEADER, HEADERS, MOST, SETTINGS

MOST_SETTINGS = 32
"""In one frame; RFC 9113 has six. Each costs as much as a frame."""
AT_ONCE = 256
"""Frames that h2 is given before anybody looks at what they came to."""


class UnacceptableFrameError(Exception):
    """``code`` is that of the GOAWAY."""

    def __init__(self, code: ErrorCodes, why: str) -> None:
        super().__init__(why)
        self.code = code


class FrameGuard:
    """Cuts what comes into parts of few frames. A GOAWAY is the last of its part: h2 takes nothing behind it (RFC 9113
    6.8 ends no stream by it), until its connection is told to go on.
    """

    __slots__ = ("_header", "_owed", "heads", "in_head")

    def __init__(self, before: int) -> None:
        """``before``: bytes in front of the first frame."""
        self._header = b""
        self._owed = before
        self.heads = 0
        """Those that have begun: of requests, and trailers."""
        self.in_head = False
        """Whether one has begun and not come to its end."""

    def parts(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """Each with how many frames begin in it. Raises UnacceptableFrameError when its turn has come."""
        start = at = frames = 0
        size = len(data)
        while at < size:
            if self._owed:
                taken = min(self._owed, size - at)
                self._owed -= taken
                at += taken
            else:
                part = data[at : at + HEADER - len(self._header)]
                self._header += part
                at += len(part)
                if len(self._header) < HEADER:
                    break
                self._begin()
                frames += 1
            if not self._owed and (self._end() == GOAWAY or frames >= AT_ONCE):
                yield data[start:at], frames
                start, frames = at, 0
        if start < size:
            yield data[start:], frames

    def _begin(self) -> None:
        kind, self._owed = self._header[3], int.from_bytes(self._header[:3], "big")
        if self._owed > MOST:
            raise UnacceptableFrameError(ErrorCodes.FRAME_SIZE_ERROR, f"a frame of more than {MOST:,} bytes")
        if kind == SETTINGS and self._owed > 6 * MOST_SETTINGS:
            raise UnacceptableFrameError(ErrorCodes.ENHANCE_YOUR_CALM, f"more than {MOST_SETTINGS} settings in a frame")
        if kind == HEADERS:
            self.heads += 1
            self.in_head = True

    def _end(self) -> int | None:
        """The type of the frame; None: it was what stands before all frames."""
        if not self._header:
            return None
        kind, flags = self._header[3:5]
        if kind in (HEADERS, CONTINUATION) and flags & END_HEADERS:
            self.in_head = False
        self._header = b""
        return kind

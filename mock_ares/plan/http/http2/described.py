"""Frames in words, for people who look at what is sent."""

from __future__ import annotations

from collections.abc import Iterator

from mock_ares.plan.http.http2 import frames
from mock_ares.plan.http.http2.head import written
from mock_ares.plan.model import Head, Headers

_NAMES = {
    frames.DATA: "DATA", frames.HEADERS: "HEADERS", frames.RST_STREAM: "RST_STREAM", frames.SETTINGS: "SETTINGS",
    frames.PING: "PING", frames.GOAWAY: "GOAWAY", frames.WINDOW_UPDATE: "WINDOW_UPDATE",
    frames.CONTINUATION: "CONTINUATION",
}  # fmt: skip
_CODES = {code: name for name, code in frames.ERRORS.items()}


def fields_of(head: Head, extra: Headers = ()) -> Iterator[str]:
    """The lines of a head as its HEADERS frame has them. ``extra``: fields that the server adds."""
    yield f":status: {head.status}"
    yield from (f"{name}: {value}" for name, value in written((*head.headers, *extra)))


class Shown:
    """The frames of one stream, write by write; what a write ends in may go on in the next."""

    def __init__(self) -> None:
        self._header = b""
        self._owed = 0

    def of(self, data: bytes) -> list[str]:
        """A few words for each frame that has a part here."""
        found, at = list[str](), 0
        while at < len(data):
            if self._owed:
                taken = min(self._owed, len(data) - at)
                if not at:
                    found.append(f"{taken} bytes more of it")
                self._owed -= taken
                at += taken
                continue
            before = len(self._header)
            self._header += data[at : at + frames.HEADER - before]
            at += len(self._header) - before
            if len(self._header) < frames.HEADER:
                found.append("a part of a frame's header")
            else:
                self._owed = int.from_bytes(self._header[:3], "big")
                found.append(_said(self._header, data[at : at + self._owed]))
                self._header = b""
        return found


def _said(header: bytes, payload: bytes) -> str:
    length, kind, flags = int.from_bytes(header[:3], "big"), header[3], header[4]
    words = [f"{_NAMES.get(kind, f'a frame of type {kind:#x}')} {length}"]
    if kind in (frames.DATA, frames.HEADERS) and flags & frames.END_STREAM:
        words.append("END_STREAM")
    if kind == frames.DATA and flags & frames.PADDED and payload:
        words.append(f"{payload[0]} of them padding")
    if kind in (frames.RST_STREAM, frames.GOAWAY) and len(payload) == length:
        code = int.from_bytes(payload[4:8] if kind == frames.GOAWAY else payload, "big")
        words.append(_CODES.get(code, f"{code:#x}"))
    return " ".join(words)

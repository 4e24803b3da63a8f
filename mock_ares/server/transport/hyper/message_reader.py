"""A connection's bytes as requests: each head, and its body in a form that any parser reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mock_ares.server.transport import refusal
from mock_ares.server.transport.hyper.request_head import ReadHead, RequestRefusedError, check_begun, read

MOST_EXTENSIONS = 16 * 1024
"""Bytes behind the sizes of a body's HTTP chunks."""
_HEAD_END = re.compile(rb"\n\r?\n")
_LINE_ENDS = re.compile(rb"[\r\n]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\r\n]*)?\r")
_BEGUN = re.compile(rb"(?:[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r?)?")


class MessageReader:
    """Knows no socket: it is given what has come."""

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        """How far it has been read."""
        self._head: ReadHead | None = None
        """Of the message whose body is being read."""
        self._left = 0
        """Bytes of the length, or of the HTTP chunk and its line end, that are still to come."""
        self._extensions = 0

    @property
    def in_head(self) -> bool:
        """Whether a head has begun, and not ended."""
        return self._head is None and bool(self._data)

    def feed(self, data: bytes) -> Iterator[ReadHead | bytes]:
        """Each head that has ended, and bytes of bodies as they belong behind ``ReadHead.plain``.

        Raises RequestRefusedError: nothing that comes from then on is read.
        """
        seen = len(self._data)
        self._data += data
        while (part := self._next(max(seen - 2, self._at))) is not None:
            yield part
        self._data, self._at = self._data[self._at :], 0

    def _next(self, new: int) -> ReadHead | bytes | None:
        """None: more has to come. What lies before ``new`` has been looked through for the end of a head."""
        if self._head is None:
            return self._begun(new)
        if self._at == len(self._data):
            return None
        return self._counted(self._head) if self._head.length is not None else self._chunked(self._head)

    def _begun(self, new: int) -> ReadHead | None:
        start = self._at = _LINE_ENDS.match(self._data, self._at).end()  # type: ignore[union-attr]
        end = _HEAD_END.search(self._data, max(new, start))
        if end is None:
            if start < len(self._data):
                self._check_begun(start)
            return None
        if end.start() - start > refusal.MOST_HEAD:
            raise RequestRefusedError(refusal.too_large())
        head = read(self._data[start : end.start()])
        self._at = end.end()
        if head.length != 0:
            self._head, self._left, self._extensions = head, head.length or 0, 0
        return head

    def _check_begun(self, start: int) -> None:
        if len(self._data) - start > refusal.MOST_HEAD:
            raise RequestRefusedError(refusal.too_large())
        check_begun(self._data[start : start + refusal.MOST_TARGET + 100])

    def _counted(self, head: ReadHead) -> bytes:
        part = self._take(self._left)
        head.came += len(part)
        if not self._left:
            self._head = None
        return part

    def _take(self, most: int) -> bytes:
        part = self._data[self._at : self._at + most]
        self._at += len(part)
        self._left -= len(part)
        return part

    def _chunked(self, head: ReadHead) -> bytes | None:
        """A part of an HTTP chunk as one of its own, or the end; None: more has to come. Raises RequestRefusedError."""
        if self._left > 2:
            part = self._take(self._left - 2)
            head.came += len(part)
            return b"%x\r\n%b\r\n" % (len(part), part)
        if self._left:
            if not b"\r\n"[-self._left :].startswith(self._take(self._left)):
                raise RequestRefusedError(refusal.broken_body())
            return b""
        return self._opened(head)

    def _opened(self, head: ReadHead) -> bytes | None:
        end = self._data.find(b"\n", self._at)
        line = self._data[self._at : end if end >= 0 else len(self._data)]
        size = _SIZE.fullmatch(line) if end >= 0 else None
        if size is None:
            if end >= 0 or _BEGUN.fullmatch(line) is None or len(line) > MOST_EXTENSIONS:
                raise RequestRefusedError(refusal.broken_body())
            return None
        if int(size[1], 16) == 0:
            return self._ended(head, end + 1)
        self._at, self._left = end + 1, int(size[1], 16) + 2
        self._extensions += len(size[2] or b"")
        if self._extensions > MOST_EXTENSIONS:
            raise RequestRefusedError(refusal.broken_body())
        return b""

    def _ended(self, head: ReadHead, at: int) -> bytes | None:
        """The end, once the trailers have come, which are dropped. They begin at ``at``."""
        start = at
        while (end := self._data.find(b"\n", at)) >= 0:
            line, at = self._data[at:end].removesuffix(b"\r"), end + 1
            if not line:
                self._at, self._head = at, None
                return b"0\r\n\r\n"
            head.trailers = True
        if len(self._data) - start > refusal.MOST_HEAD:
            raise RequestRefusedError(refusal.too_large())
        return None

"""Bytes of JSON, a place in them, and the mistakes that can be found there: white space, words and strings.

A column counts bytes, so bytes are what is read. Whatever is well formed is taken in one step by a regular expression,
so the time is linear in the body; the code behind each match only says what is wrong, where serde_json would say it.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

DEPTH = 128
"""How many objects and arrays may be inside one another where values are kept; what is skipped has no limit."""

SPACE = rb"[ \t\r\n]*"
_SPACE = re.compile(SPACE)
_DIGITS = re.compile(rb"[0-9]*")
PLAIN = rb'[^"\\\x00-\x1f]+'
_STRING = re.compile(
    rb"(?>(?:" + PLAIN + rb'|\\(?:["\\/bfnrt]|u(?:(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    rb"|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})))*)"
)
_HEX = re.compile(rb"[0-9a-fA-F]{4}")
_WORDS: dict[bytes, tuple[bytes, bool | None]] = {b"n": (b"null", None), b"t": (b"true", True), b"f": (b"false", False)}


class SerdeError(ValueError):
    """What serde_json says of a body. ``str()`` is its text, with the path, the line and the column.

    ``kind`` is ``syntax``; or, of JSON that is not what was asked for, type, missing, duplicate or length.
    """

    def __init__(self, message: str, kind: str = "type", index: int | None = None, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.index = index
        """Byte offset; None until the value that contains the mistake has been left."""
        self.field = field
        """The member that is missing or there twice."""
        self.where = ""
        """The path to the value, with a colon behind it."""

    def __str__(self) -> str:
        return f"{self.where}{self.message}"


class Reader:
    """A place in a body. ``strict``: without serde's leniences, so no array is an object and no object a string."""

    def __init__(self, data: bytes, *, strict: bool = False) -> None:
        self.data = data
        self.strict = strict
        self.index = 0
        self.depth = DEPTH
        self.path: list[str | int | None] = []
        """The way to the value being read: keys, indexes, and None for a key that is still to be read."""

    # Looking

    def peek(self) -> bytes:
        """The next byte; nothing at the end."""
        return self.data[self.index : self.index + 1]

    def space(self) -> bytes:
        """The next byte that is no white space; nothing at the end."""
        self.take(_SPACE)
        return self.data[self.index : self.index + 1]

    def take(self, pattern: re.Pattern[bytes]) -> bytes:
        """Takes what a pattern matches here, which may be nothing."""
        found = pattern.match(self.data, self.index)
        if found is None:
            return b""
        self.index = found.end()
        return found[0]

    def digits(self) -> bytes:
        """Takes the decimal digits that come next, or nothing."""
        return self.take(_DIGITS)

    # Failing

    def fail(self, message: str) -> NoReturn:
        """A syntax error behind the last byte taken."""
        raise SerdeError(message, "syntax", self.index)

    def fail_at_peek(self, message: str) -> NoReturn:
        """A syntax error at the next byte."""
        raise SerdeError(message, "syntax", min(len(self.data), self.index + 1))

    # Values

    def word(self) -> bool | None:
        """``null``, ``true`` or ``false``, of which the first letter is the next byte."""
        word, value = _WORDS[self.peek()]
        if self.data.startswith(word, self.index):
            self.index += len(word)
            return value
        for expected in word:
            found = self.peek()
            if not found:
                self.fail("EOF while parsing a value")
            self.index += 1
            if found[0] != expected:
                self.fail("expected ident")
        raise AssertionError("unreachable")

    def string(self) -> str:
        """A string, of which the opening quote is the next byte."""
        self.index += 1
        raw = self.take(_STRING)
        if self.peek() != b'"':
            self._bad_string()
        self.index += 1
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            self.fail("invalid unicode code point")
        return text if "\\" not in text else str(json.loads(f'"{text}"'))

    def _bad_string(self) -> NoReturn:
        found = self.one()
        if found != b"\\":
            self.fail("control character (\\u0000-\\u001F) found while parsing a string")
        if self.one() != b"u":
            self.fail("invalid escape")
        first = self.hex()
        if 0xDC00 <= first <= 0xDFFF:
            self.fail("lone leading surrogate in hex escape")
        for expected in (b"\\", b"u"):
            if self.one() != expected:
                self.fail("unexpected end of hex escape")
        self.hex()
        self.fail("lone leading surrogate in hex escape")

    def one(self) -> bytes:
        """Takes a byte of a string."""
        found = self.peek()
        if not found:
            self.fail("EOF while parsing a string")
        self.index += 1
        return found

    def hex(self) -> int:
        """Takes the four digits behind ``\\u``."""
        if len(self.data) - self.index < 4:
            self.index = len(self.data)
            self.fail("EOF while parsing a string")
        found = _HEX.match(self.data, self.index)
        self.index += 4
        if found is None:
            self.fail("invalid escape")
        return int(found[0], 16)

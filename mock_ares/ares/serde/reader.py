"""Bytes of JSON, a place in them, and the mistakes that serde_json would find there, in its words and at its places.

A column counts bytes, so bytes are what is read. Strings and numbers are taken in one step by a regular expression; the
code behind each match only says what is wrong. Nothing is recursive: the depth of a body is nobody's stack.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

DEPTH = 128
"""How many objects and arrays may be inside one another where values are kept; what is skipped has no limit."""

_SPACE = re.compile(rb"[ \t\r\n]*")
_ESCAPED = rb'"((?>(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u%s))*))'
_STRING = re.compile(_ESCAPED % rb"(?:(?![dD][89a-fA-F])[0-9a-fA-F]{4}|[dD][89abAB]..\\u[dD][c-fC-F][0-9a-fA-F]{2})")
_SKIPPED_STRING = re.compile(_ESCAPED % rb"[0-9a-fA-F]{4}")
_HEX = re.compile(rb"[0-9a-fA-F]{4}")
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BEGUN = re.compile(rb"\.|[eE][+-]?")
_RUN = re.compile(
    rb'(?>(?:[ \t\r\n]*,[ \t\r\n]*(?:true|false|null|-?[1-9][0-9]*|"[^"\\\x00-\x1f]*")(?=[ \t\r\n]*[,\]]))*)'
)
"""Further items of an array that is skipped. All it does is save time: a body may have a million."""
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
        self.path: list[str | int] = []
        """The way to the value being read."""

    def peek(self) -> bytes:
        """The next byte; nothing at the end."""
        return self.data[self.index : self.index + 1]

    def space(self) -> bytes:
        """The next byte that is no white space; nothing at the end."""
        self._take(_SPACE)
        return self.peek()

    def start(self) -> bytes:
        """The first byte of a value. Raises SerdeError at the end of the body."""
        return self.space() or self.fail("EOF while parsing a value")

    def _take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        """A match here, which may be of nothing; every pattern takes nothing if need be."""
        match = pattern.match(self.data, self.index)
        assert match is not None
        self.index = match.end()
        return match

    def fail(self, message: str, ahead: int = 1) -> NoReturn:
        """A syntax error at the next byte; ``ahead`` 0: behind the last one."""
        raise SerdeError(message, "syntax", min(len(self.data), self.index + ahead))

    # Containers

    def enter(self) -> None:
        """Takes an opening bracket."""
        self.depth -= 1
        if self.depth == 0:
            self.fail("recursion limit exceeded")
        self.index += 1

    def next_key(self, *, first: bool, keep: bool = True) -> str | None:
        """An object's next key, past the comma before it; None at the object's end, which is not taken."""
        byte = self.space() or self.fail("EOF while parsing an object")
        if byte == b"}":
            return None
        if not first:
            if byte != b",":
                self.fail("expected `,` or `}`")
            self.index += 1
            byte = self.start()
            if byte == b"}":
                self.fail("trailing comma")
        return self.string(keep=keep) if byte == b'"' else self.fail("key must be a string")

    def colon(self) -> None:
        """Takes what is behind a key."""
        byte = self.space() or self.fail("EOF while parsing an object")
        if byte != b":":
            self.fail("expected `:`")
        self.index += 1

    def has_element(self, *, first: bool) -> bool:
        """Goes to an array's next element, past the comma before it; False at the array's end, which is not taken."""
        byte = self.space() or self.fail("EOF while parsing a list")
        if first or byte == b"]":
            return byte != b"]"
        if byte != b",":
            self.fail("expected `,` or `]`")
        self.index += 1
        if self.start() == b"]":
            self.fail("trailing comma")
        return True

    # Values

    def anything(self, *, keep: bool = True) -> Any:
        """Any value; an object is a list of its members. One that is not kept has no depth that is too much, and its
        strings need not be Unicode.
        """
        opened: list[tuple[bytes, list[Any]]] = []
        while True:
            first = self.start()
            if is_open := first in (b"{", b"["):
                self.depth += not keep
                self.enter()
                opened.append((first, []))
                value = None
            else:
                value = self.scalar(first, keep=keep)
            while opened:
                bracket, items = opened[-1]
                if not is_open:  # a value of it has ended
                    part = self.path.pop() if keep else ""
                    items.append((part, value) if bracket == b"{" else value)
                    if bracket == b"[" and not keep:
                        self._take(_RUN)
                if self._goes_on(bracket, len(items), keep):
                    break
                self.index += 1
                self.depth += keep
                opened.pop()
                value, is_open = items, False
            else:
                return value

    def _goes_on(self, bracket: bytes, place: int, keep: bool) -> bool:
        """Goes to the next value of an object or array, and adds its part to the path; False at the end."""
        part: str | int | None = place
        if bracket == b"{":
            part = self.next_key(first=place == 0, keep=keep)
            if part is not None:
                self.colon()
        elif not self.has_element(first=place == 0):
            part = None
        if keep and part is not None:
            self.path.append(part)
        return part is not None

    def scalar(self, first: bytes, *, keep: bool = True) -> Any:
        """The value that begins with ``found``, which is the next byte and no bracket."""
        if first == b'"':
            return self.string(keep=keep)
        if first in _WORDS:
            return self.word()
        return self.number(keep=keep) if first == b"-" or first.isdigit() else self.fail("expected value")

    def word(self) -> bool | None:
        """``null``, ``true`` or ``false``, of which the first letter is the next byte."""
        word, value = _WORDS[self.peek()]
        for expected in word:
            byte = self.peek() or self.fail("EOF while parsing a value")
            self.index += 1
            if byte[0] != expected:
                self.fail("expected ident", 0)
        return value

    def number(self, *, keep: bool = True) -> int | float:
        """A number that begins with the next byte, a digit or ``-``; a float where it is no integer of 64 bits."""
        match = _NUMBER.match(self.data, self.index)
        assert match is not None
        whole, fraction, exponent = match.groups()
        if whole is None:  # a minus alone
            self.index += 1
            self._bad_number()
        self.index = match.end()
        rest = self.peek()
        begun = (rest in (b"e", b"E") and not exponent) or (rest == b"." and not (fraction or exponent))
        if begun:
            self._take(_BEGUN)
        if begun or (match[0].endswith(b"0") and whole == b"0" and rest.isdigit()):
            self._bad_number()
        if fraction is exponent is None and len(whole) < 21 and -(2**63) <= (value := int(match[0])) < 2**64:
            return value if value or match[0] == b"0" else -0.0
        number = float(match[0])
        if keep and abs(number) == float("inf"):
            self.fail("number out of range", 0)
        return number

    def _bad_number(self) -> NoReturn:
        self.fail("invalid number" if self.peek() else "EOF while parsing a value")

    def string(self, *, keep: bool = True) -> str:
        """A string, of which the opening quote is the next byte."""
        raw = self._take(_STRING if keep else _SKIPPED_STRING)[1]
        if self.peek() != b'"':
            self._bad_string()
        self.index += 1
        if not keep:
            return ""
        try:
            text: str = raw.decode()
        except UnicodeDecodeError:
            self.fail("invalid unicode code point", 0)
        return text if "\\" not in text else str(json.loads(f'"{text}"'))

    def _bad_string(self) -> NoReturn:
        byte = self.peek() or self.fail("EOF while parsing a string")
        if byte != b"\\":
            self.fail("control character (\\u0000-\\u001F) found while parsing a string")
        escape = self.data[self.index + 1 : self.index + 6]
        if escape[:1] != b"u":
            self.fail("invalid escape" if escape else "EOF while parsing a string", 2)
        self.index += 6
        if _HEX.fullmatch(escape, 1) is None:
            self.fail("invalid escape" if len(escape) == 5 else "EOF while parsing a string", 0)
        if escape[2:3].lower() >= b"c":
            self.fail("lone leading surrogate in hex escape", 0)
        for expected in b"\\u":
            byte = self.peek() or self.fail("EOF while parsing a string")
            self.index += 1
            if byte[0] != expected:
                self.fail("unexpected end of hex escape", 0)
        self.fail("lone leading surrogate in hex escape", 4)

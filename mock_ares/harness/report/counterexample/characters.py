"""Text and bytes as something that can be seen: what is invisible, or would move the line about, gets a name.

Everything a client or a stream says goes through here before it is printed, so no control sequence reaches a terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_NAMES = {
    "\n": "LF", "\r": "CR", "\t": "TAB", "\0": "NUL", "\x0b": "VT", "\x0c": "FF", "\x1b": "ESC", "\x7f": "DEL",
    "\x1c": "FS", "\x1d": "GS", "\x1e": "RS", "\x1f": "US", "\x85": "NEL", "\xa0": "NBSP", "\xad": "SHY",
    "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM", "\ufeff": "BOM",
    "\ufe0f": "VS16", "\ufe0e": "VS15",
}  # fmt: skip
SPACE = "SP"
BRACKETS = "⟨⟩"
READ_END = "│"
_OURS = frozenset(BRACKETS + READ_END + "…")
"""What we write ourselves is named where it comes from outside."""
_KEPT = _OURS | frozenset("\u200d\u200c\ufe0f\xa0")
"""What no sentence is harder to read for."""


class Token(NamedTuple):
    """A character, or a byte that is part of none, as it is shown."""

    shown: str
    """What is displayed; a name stands in brackets."""
    named: bool
    source: str = ""
    """The character itself."""

    @property
    def width(self) -> int:
        """Columns in a terminal."""
        return sum(map(columns, self.shown))


def columns(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def name(char: str) -> str | None:
    """The name of a character that cannot be seen, or that combines with its neighbours; None for the others."""
    if char == " " or (char not in _OURS and char not in _NAMES and unicodedata.category(char)[0] not in "CMZ"):
        return None if char != "\ufffd" else "U+FFFD"
    if char in _NAMES:
        return _NAMES[char]
    return f"U+{ord(char):04X}"


def bracketed(label: str) -> str:
    return f"⟨{label}⟩"


def tokens(text: str) -> list[Token]:
    """The characters of a text; a space has a name where it stands at an end or beside another one."""
    return [_token(char, _plain_space(text, at)) for at, char in enumerate(text)]


def token(char: str, *, spaces: bool = False) -> Token:
    """One character; ``spaces``: a space gets its name."""
    return _token(char, not spaces)


def _token(char: str, plain_space: bool) -> Token:
    if char == " ":
        return Token(" " if plain_space else bracketed(SPACE), not plain_space, char)
    label = name(char)
    return Token(char, False, char) if label is None else Token(bracketed(label), True, char)


def _plain_space(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1] not in " \n\r" and text[at + 1] not in " \n\r"


def byte_tokens(data: bytes, ends: frozenset[int] | Sequence[int] = ()) -> Iterator[tuple[int, Token]]:
    """Characters of bytes, each with the offset behind it; what a read cuts, or is no UTF-8, as its bytes."""
    cuts, at = frozenset(ends), 0
    while at < len(data):
        length = _length(data, at)
        if length > 1 and any(at < cut < at + length for cut in cuts):
            length = 0
        if length:
            char = data[at : at + length].decode()
            at += length
            yield at, _token(char, char != " " or not _space_matters(data, at))
        else:
            at += 1
            yield at, Token(bracketed(f"{data[at - 1]:02X}"), True)


def _space_matters(data: bytes, end: int) -> bool:
    """Behind the field name's colon a space is taken for granted; at a line's end, or beside another, it is shown."""
    return data[end : end + 1] in (b"", b" ", b"\n", b"\r") or (data[end - 2 : end - 1] == b" ")


def _length(data: bytes, at: int) -> int:
    """How many bytes the UTF-8 character at an offset has; 0 where there is none."""
    lead = data[at]
    length = 1 if lead < 0x80 else 2 if lead >> 5 == 0b110 else 3 if lead >> 4 == 0b1110 else 4
    try:
        data[at : at + length].decode()
    except UnicodeDecodeError:
        return 0
    return length


def clean(text: str) -> str:
    """A sentence that others wrote, safe to print: what is invisible has its name, line ends are kept."""
    return "".join(char if char == "\n" or _harmless(char) else bracketed(name(char) or "?") for char in text)


def _harmless(char: str) -> bool:
    return name(char) is None or char in _KEPT or unicodedata.category(char)[0] == "M"

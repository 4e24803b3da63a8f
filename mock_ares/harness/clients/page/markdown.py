"""What a rendered text stands for: markdown that has lost its marks, and nothing else.

What a page shows is held against what was sent, from its beginning on. Left out may be

- marks: each of ``* _ ` ~ | [ ] \\`` and a ``!`` before a ``[``; at the start of a line, each of ``# > - + =`` and a
  number with its dot or bracket
- the address behind a link's text, ``](...)``; a tag, ``<...>``, of a script or a style all of it; the line of a fence
- white space at the start and at the end, and beside a line's end or something of the above. Other white space may be
  more or less, and another: there is some

An entity such as ``&amp;`` may be its character, and NUL may be U+FFFD. Every other character is there, in its place,
and nothing else but white space between two lines.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

LONG = 100_000
"""Characters from which marks and white space are left out on both sides, which is quicker and sees less."""
_AT_START = re.compile(r"(?P<loose>(?:```|~~~)[^\n]*|[#>\-+=]|\d{1,9}[.)](?=\s|\Z))")
_UNITS = re.compile(
    r"(?P<loose>\]\([^()\s]*(?:\s+\"[^\"]*\")?\)|!(?=\[)|[*_`~|\[\]\\]"
    r"|<(?P<name>script|style)\b.*?</(?P=name)\s*>|</?[A-Za-z][^<>]*>|<!--.*?-->)"
    r"|(?P<space>\s+)"
    r"|(?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<char>.)",
    re.DOTALL,
)
_LEFT_OUT = re.compile(r"[\s*_`~#>\-+=|\[\]()!\\]+")


class _Unit(NamedTuple):
    end: int
    forms: tuple[str, ...]
    """What it may look like; none: it is white space."""
    may_lack: bool


def source_of(sent: str, shown: str) -> str | None:
    """The beginning of what was sent that is shown so; all of it, where the rest may be left out.

    None: it is no rendering of it.
    """
    if sent == shown:
        return sent
    if len(sent) > LONG:
        return _roughly(sent, shown)
    wanted = shown.strip()
    reached, source = {0}, None if wanted else ""
    for unit in _units(sent):
        reached = {end for at in reached for end in _behind(unit, wanted, at)}
        if not reached:
            return source
        if source is None and len(wanted) in reached:
            source = sent[: unit.end]
    return sent if len(wanted) in reached else source


def _units(sent: str) -> Iterator[_Unit]:
    at, starts, loose = 0, True, True  # starts: of its line there are marks alone by now; loose: what is before it is
    while at < len(sent):
        found = (starts and _AT_START.match(sent, at)) or _UNITS.match(sent, at)
        assert found is not None  # every character is one
        text, kinds, at = found[0], found.groupdict(), found.end()
        if kinds["loose"] is not None:
            yield _Unit(at, (text,), True)
            loose = True
        elif kinds["space"] is not None:
            starts = starts or "\n" in text
            after = (starts and _AT_START.match(sent, at)) or _UNITS.match(sent, at)
            beside = after is None or after["loose"] is not None
            yield _Unit(at, (), loose or beside or "\n" in text)
            loose = "\n" in text
        else:
            other = {"\0": "\ufffd"}.get(text) or html.unescape(text)
            yield _Unit(at, (text, other) if other != text else (text,), False)
            starts = loose = False


def _behind(unit: _Unit, shown: str, at: int) -> Iterator[int]:
    """Where in what is shown one is behind the unit."""
    space = at
    while space < len(shown) and shown[space].isspace():
        space += 1
    if unit.may_lack or (not unit.forms and at in (0, len(shown))):
        yield at
    if space > at and (unit.may_lack or not unit.forms):
        yield space
    for form in unit.forms:
        if form and shown.startswith(form, at):
            yield at + len(form)


def _roughly(sent: str, shown: str) -> str | None:
    bare, seen = _LEFT_OUT.sub("", sent), _LEFT_OUT.sub("", shown)
    if bare == seen:
        return sent
    return sent[: int(len(sent) * len(seen) / len(bare))] if bare.startswith(seen) else None

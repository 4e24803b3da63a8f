"""How a check's hazard is mended: quotes from the corrected clients, which the contract holds to every check.

A quote is named by how its first line begins, so that the clients, which people copy, need no marks. It ends where its
indentation does. ``docs/checks/mends.yaml`` has them, by the kind of mend.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from mock_ares import client
from mock_ares.harness.handbook.check_texts import MENDS, read
from mock_ares.harness.model import HarnessError
from mock_ares.paths import CONTRACTS

_CLIENTS = CONTRACTS / "clients"
SOURCES: dict[str, Path] = {
    "httpx": _CLIENTS / "python-httpx" / "fixed.py",
    "requests": _CLIENTS / "python-requests" / "fixed.py",
    "mock_ares.client": Path(str(client.__file__)),
    "node": _CLIENTS / "node" / "fixed.mjs",
    "browser": _CLIENTS / "browser" / "fixed.js",
    "go": _CLIENTS / "go" / "fixed" / "main.go",
    "java": _CLIENTS / "java" / "Fixed.java",
}
LANGUAGES: dict[str, tuple[str, str]] = {
    "Python": ("python", "httpx"),
    "JavaScript": ("js", "node"),
    "Go": ("go", "go"),
    "Java": ("java", "java"),
}
"""The word that a fence has, and the client that is quoted where none is named."""
LINE_ALONE = " …"
"""At the end of a quote's beginning: the line is quoted, and nothing that hangs on it."""


@dataclass(frozen=True, slots=True)
class Mend:
    """One kind of mend in one language."""

    source: str
    """The client that is quoted, of SOURCES; empty: there is no code for it."""
    code: str
    says: str
    """What is to be said beside the code, or in its place."""


def mends(name: str) -> dict[str, list[Mend]]:
    """The quotes of a kind of mend, by language; none where nothing is said of one.

    Raises HarnessError where a quote is not to be found.
    """
    row = _rows().get(name)
    if row is None:
        raise HarnessError(f"docs/checks/{MENDS} has no {name!r}")
    unknown = row.keys() - {"says", *(language.lower() for language in LANGUAGES)}
    if unknown:
        raise HarnessError(f"docs/checks/{MENDS}: {name}: no language is named {', '.join(sorted(unknown))}")
    return {language: list(_of(name, row.get(language.lower()), own)) for language, (_, own) in LANGUAGES.items()}


def in_general(name: str) -> str:
    """What is to be said of a kind of mend in any language; empty where there is nothing."""
    return str(_rows()[name].get("says", ""))


def names() -> list[str]:
    """All kinds of mend."""
    return list(_rows())


@cache
def _rows() -> dict[str, Any]:
    return read(MENDS)


def _of(name: str, told: Any, own: str) -> Iterator[Mend]:
    """A beginning, or several; by another source's name; or what is said in their place."""
    if told is None:
        return
    if isinstance(told, str | list):
        told = {own: told}
    if not isinstance(told, dict) or not told:
        raise HarnessError(f"docs/checks/{MENDS}: {name}: each language has a quote, or a sentence under says")
    said = told.get("says", "")
    quotes = {source: value for source, value in told.items() if source != "says"}
    if not quotes:
        yield Mend("", "", said)
    for source, begins in quotes.items():
        yield Mend(source, quoted(source, *([begins] if isinstance(begins, str) else begins)), said)
        said = ""


def quoted(source: str, *begins: str) -> str:
    """The code that begins so; with a blank line between what does not follow on each other.

    Raises HarnessError where no line begins so, or more than one.
    """
    if source not in SOURCES:
        raise HarnessError(f"no client is named {source!r}; there are {', '.join(SOURCES)}")
    lines, spans = _lines(source), [_span(source, each) for each in begins]
    text = ""
    for before, (start, end) in pairwise([(0, 0), *spans]):
        gap = "" if not text else "\n" if before[1] == start else "\n\n"
        text += gap + textwrap.dedent("\n".join(lines[start:end]))
    return text


def _span(source: str, begins: str) -> tuple[int, int]:
    """From which line to before which."""
    lines = _lines(source)
    begins, alone = begins.removesuffix(LINE_ALONE), begins.endswith(LINE_ALONE)
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith(begins)]
    if len(starts) != 1:
        raise HarnessError(f"{len(starts)} lines of {SOURCES[source].name} begin with {begins!r}, which is quoted")
    at = starts[0]
    return (at, at + 1) if alone else (_above(lines, at), _behind(lines, at))


@cache
def _lines(source: str) -> list[str]:
    return SOURCES[source].read_text(encoding="utf-8").splitlines()


_COMMENT = re.compile(r"\s*(?://|/\*|\*|#|@)")
_GOES_ON = re.compile(r"\s*(?:[)\]}]|(?:except|finally|else|elif)\b)")
"""A line that belongs to the one above, though it is indented no more."""


def _above(lines: list[str], at: int) -> int:
    """Where the comment begins that stands in front of a line."""
    while at and _COMMENT.match(lines[at - 1]) and _indent(lines[at - 1]) - _indent(lines[at]) in (0, 1):
        at -= 1
    return at


def _behind(lines: list[str], at: int) -> int:
    """Behind the last line that hangs on this one."""
    end = at + 1
    for number in range(at + 1, len(lines)):
        further = _indent(lines[number]) - _indent(lines[at])
        if lines[number] and (further < 0 or (further == 0 and not _GOES_ON.match(lines[number]))):
            break
        if lines[number]:
            end = number + 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())

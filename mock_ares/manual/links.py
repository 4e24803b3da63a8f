"""Links of pages in Markdown: where they stand, and what of the repository they lead to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

CODE = re.compile(r"^(?P<fence>```+).*?^(?P=fence)$|(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`)", re.DOTALL | re.MULTILINE)
TARGET = re.compile(r"(?<=\]\()(?P<target>[^)\s]+)(?=\))")
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Changes what stands neither in a fence nor between backticks."""
    parts, end = list[str](), 0
    for code in CODE.finditer(text):
        parts += change(text[end : code.start()]), code[0]
        end = code.end()
    return "".join([*parts, change(text[end:])])


def links(text: str) -> Iterator[str]:
    """The targets of a page's links and images."""
    found = list[str]()

    def look(part: str) -> str:
        found.extend(match["target"] for match in TARGET.finditer(part))
        return part

    outside_code(text, look)
    yield from found


def resolved(page: str, target: str) -> tuple[str, str]:
    """A target as a path from the repository's root, without a slash at its end, and its anchor with the ``#``."""
    path, sharp, anchor = target.partition("#")
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    return whole, sharp + anchor


def anchor(heading: str) -> str:
    """What a heading is led to by, as GitHub and the book make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def sections(text: str) -> Iterator[tuple[int, str, str]]:
    """Level, heading and text of each section of a page, the heading's line with it, down to the next heading."""
    code = [(match.start(), match.end()) for match in CODE.finditer(text) if match["fence"]]
    heads = [head for head in _HEADING.finditer(text) if not any(start <= head.start() < end for start, end in code)]
    for head, end in zip(heads, [*(head.start() for head in heads[1:]), len(text)], strict=True):
        yield len(head[1]), head[2].strip(), text[head.start() : end]

"""The examples of the pages, as they stand there: what is in a fence, with its language and the file that it names."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md", "ARCHITECTURE.md", "docs/*.md", "docs/start/*.md", "docs/howto/*.md", "docs/why/*.md",
    "contracts/*.md", "contracts/*/README.md",
)  # fmt: skip
WHEEL = "TESTS_WHEEL"
"""Names the wheel that the tests are run with, where there is nothing else: tests/book/from_wheel.py."""
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    page: str
    language: str
    name: str
    """The file that it is, where it says so; else empty."""
    code: str

    def write(self, folder: Path) -> None:
        file = folder / self.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.code, encoding="utf-8")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def examples(page: str, *languages: str) -> list[Example]:
    """Those of a page, by its path from the root; in some languages, or all."""
    found = [Example(page, *groups) for groups in _FENCE.findall(text(page))]
    return [example for example in found if not languages or example.language in languages]


def commands(page: str, program: str) -> list[list[str]]:
    """The words of each command of a program that stands in the text of a page, between backticks or indented."""
    outside = _FENCE.sub("", text(page))
    found = re.findall(rf"`{program} ([^`]+)`|^    {program} (.+)$", outside, re.MULTILINE)
    return [shlex.split(within or indented) for within, indented in found]


def pages() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for pattern in PAGES for path in ROOT.glob(pattern))

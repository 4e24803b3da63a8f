"""The pages of docs/ by a word each, as the front page lists them; they come with an installed package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mock_ares.paths import DOCS

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_ENTRY = re.compile(r"^- \[(?P<title>[^\]]+)\]\((?P<target>[^)#:]+\.md)\)(?P<more>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    """What it is asked for by: its file's name, or its folder's where that is a README."""
    section: str
    title: str
    path: Path


def listed_in(index: str, folder: Path) -> Iterator[Topic]:
    """Those of a front page in that folder, in its order; pages that do not come with the package are left out."""
    _, *parts = _SECTION.split(index)
    for section, entries in zip(parts[::2], parts[1::2], strict=True):
        for entry in _ENTRY.finditer(entries):
            path = (folder / entry["target"]).resolve()
            if path.is_file():
                name = path.parent.name if path.stem == "README" else path.stem
                title = f"{entry['title']}{entry['more']}".replace("`", "")
                yield Topic(name.lower(), section, title, path)


def topics() -> dict[str, Topic]:
    """By name."""
    return {topic.name: topic for topic in listed_in((DOCS / "index.md").read_text(encoding="utf-8"), DOCS)}

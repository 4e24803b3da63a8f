"""The pages by a word each: those of docs/ as the front page lists them, those made from the code, those on checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.handbook import check_page as page
from mock_ares.harness.handbook.trial import NO_TRIAL, grid
from mock_ares.manual.links import links, resolved
from mock_ares.manual.reference import made_pages
from mock_ares.paths import DOCS

INDEX = "docs/index.md"
"""The front page, by its path from the repository's root."""
ALIASES = {
    "cli": "command-line", "options": "command-line", "fixtures": "pytest", "ssl": "tls", "yaml": "scenarios",
    "docker": "ci", "actions": "ci", "timeouts": "time-outs", "driver": "driver-protocol", "drivers": "driver-protocol",
    "errors": "scenarios#errors-by-name", "environment": "check#environment-variables",
    "reports": "check#what-comes-of-it", "baseline": "check#failures-that-are-known",
}  # fmt: skip
"""Words that stand in no title, and the pages, or sections, that they are about."""
WITH_FILES = ("contracts/ci/README.md",)
"""Pages on files to copy: these are printed with them."""
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_ENTRY = re.compile(
    r"^- (?:\[(?P<title>[^\]]+)\]\((?P<target>[^)#:]+\.md)\)|(?P<made>[^\[:\n]+))(?P<more>(?::.*)?)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    """What it is asked for by: its file's name, or its folder's where that is a README."""
    section: str
    title: str
    place: str
    """Its path from the repository's root, as links have it; one that is made has one, too."""
    text: Callable[[], str]
    """The page."""


def listed_in(index: str, folder: Path, made: Mapping[str, Topic]) -> Iterator[Topic]:
    """Those of a front page in that folder, in its order; pages that do not come with the package are left out.

    ``made``: by title, those that are no files; an entry without a link leads to one.
    """
    _, *parts = _SECTION.split(index)
    for section, entries in zip(parts[::2], parts[1::2], strict=True):
        for entry in _ENTRY.finditer(entries):
            title = f"{entry['title'] or entry['made']}{entry['more']}".replace("`", "")
            if entry["made"]:
                topic = made.get(entry["made"].strip())
                if topic is not None:
                    yield Topic(topic.name, section, title, topic.place, topic.text)
                continue
            path = (folder / entry["target"]).resolve()
            if path.is_file():
                name = path.parent.name if path.stem == "README" else path.stem
                place, _ = resolved(INDEX, entry["target"])
                text = partial(_with_files if place in WITH_FILES else _text, path)
                yield Topic(name.lower(), section, title, place, text)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _with_files(path: Path) -> str:
    """A page with the files that it links to behind it, each a section."""
    text = _text(path)
    names = [name for name in dict.fromkeys(links(text)) if (path.parent / name).is_file() and not name.endswith(".md")]
    parts = (f"\n## {name}\n\n```\n{_text(path.parent / name)}```\n" for name in names)
    return "".join([text, *parts])


def topics(main: click.Group) -> dict[str, Topic]:
    """By name, those of the front page. ``main`` is the command line, of which one of them is made."""
    made = {
        title: Topic(name, "", title, f"docs/reference/{name}.md", make)
        for title, (name, make) in made_pages(main).items()
    }
    made["The checks"] = Topic("checks", "", "", "docs/checks/index.md", page.index)
    made["The grid"] = Topic("grid", "", "", "docs/checks/grid.md", partial(grid, NO_TRIAL))
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    return {topic.name: topic for topic in listed_in(index, DOCS, made)}


def checks() -> dict[str, Topic]:
    """A page for each check, by its name."""
    return {
        name: Topic(name, "Checks", check.info.title, f"docs/checks/{name}.md", partial(page.page, name))
        for name, check in CHECKS.items()
    }

"""A page as it is printed: behind what was a link stands where it leads, as a command, a path or an address."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mock_ares.manual.links import anchor, resolved, sections
from mock_ares.manual.topics import Topic
from mock_ares.paths import CONTRACTS, DOCS, FIXTURES

_CODE_OR_LINK = re.compile(
    r"^(?P<fence>```+).*?^(?P=fence)$"
    r"|(?P<picture>!?)\[(?P<said>(?:`[^`]*`|[^\[\]`])+)\]\((?P<target>[^)\s]+)\)"
    r"|(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_HERE = {"docs": DOCS, "contracts": CONTRACTS, "fixtures": FIXTURES}
"""Folders of the repository that come with the package."""


def printed(topic: Topic, pages: Mapping[str, Topic], section: str = "") -> str:
    """The page, or a section of it by its anchor. ``pages``: all that can be printed, by their places.

    Raises LookupError with the anchors that there are, where there is no such section.
    """
    text = topic.text()
    return with_places(topic.place, part(text, section) if section else text, pages)


def part(text: str, wanted: str) -> str:
    """A section with those below it. Raises LookupError."""
    found, level = list[str](), 0
    for depth, heading, whole in sections(text):
        if found and depth <= level:
            break
        if found or anchor(heading) == wanted:
            level = level or depth
            found.append(whole)
    if not found:
        raise LookupError(", ".join(anchor(heading) for depth, heading, _ in sections(text) if depth > 1))
    return "".join(found)


def with_places(page: str, text: str, pages: Mapping[str, Topic]) -> str:
    """A text of that page; a link within the page is only what it says."""

    def shown(found: re.Match[str]) -> str:
        said, target = found["said"], found["target"]
        if said is None or re.match(r"[a-z]+:", target):
            return found[0]
        if found["picture"]:
            return f"[a picture: {said}]"
        path, section = resolved(page, target)
        return said if path == page else f"{said} ({where(path, section, pages)})"

    return _CODE_OR_LINK.sub(shown, text)


def where(path: str, section: str, pages: Mapping[str, Topic]) -> str:
    """How one comes to a page, file or folder of the repository, by its path there."""
    if topic := pages.get(path) or pages.get(f"{path}/README.md"):
        return f"mock-ares docs {topic.name}{section}"
    folder, _, rest = path.partition("/")
    here = _HERE.get(folder)
    if here is not None and (here / rest).exists():
        return str(here / rest)
    return f"in the repository: {path}"

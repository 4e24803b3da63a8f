"""How the pages of the repository lie in the book, and where their links lead then.

What lies in docs/ is at the top of the book; the other pages keep their place. A link to a page leads to it, one to a
folder to its README or to a list of its files, one to a file to a copy. On GitHub the pages stay as they are.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from mock_ares.manual.links import TARGET, links, outside_code, resolved

INDEX = "docs/index.md"
"""The front page. Its lists of links are the book's table of contents, too."""
FRONT = "README.md"
"""What a repository shows; the book has its front page in the place of it."""
_SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n?)*)", re.MULTILINE)


class BrokenLinkError(Exception):
    """A page links to what is not there: ``page: target``."""


def place(page: str) -> str:
    """Where a page of the repository, or an image of docs/, lies in the book."""
    return page.removeprefix("docs/")


def listing(folder: str) -> str:
    """Where the list of a folder's files lies."""
    return f"files/{folder}/index.md"


def copy(file: str) -> str:
    """Where the copy of a file lies that is no page."""
    return f"files/{file}"


def placed(page: str, text: str, pages: Iterable[str], files: Iterable[str]) -> tuple[str, set[str]]:
    """A page as the book has it, and the files and folders that it leads to and that are no pages.

    ``pages`` and ``files`` are the repository's, by their paths from its root. Raises BrokenLinkError.
    """
    known, rest = set(pages), set(files)
    folders = {str(parent) for file in rest | known for parent in PurePosixPath(file).parents}
    wanted = set[str]()

    def lead(match: re.Match[str]) -> str:
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            return target
        path, anchor = resolved(page, target)
        if path == FRONT:
            there = place(INDEX)
        elif path in known:
            there = place(path)
        elif f"{path}/README.md" in known:
            there = place(f"{path}/README.md")
        elif path in rest and path.startswith("docs/"):
            there = place(path)
            wanted.add(path)
        elif path in rest or path in folders:
            there = copy(path) if path in rest else listing(path)
            wanted.add(path)
        else:
            raise BrokenLinkError(f"{page}: {target}")
        return posixpath.relpath(there, posixpath.dirname(place(page)) or ".") + anchor

    return outside_code(text, lambda part: TARGET.sub(lead, part)), wanted


def in_both_colors(text: str) -> str:
    """A picture ``NAME-light.png`` is for light pages; on dark ones stands ``NAME-dark.png``, by classes of Furo."""
    picture = r"!\[([^\]]+)\]\(([\w/-]+)-light\.png\)"
    return re.sub(picture, r"![\1](\2-light.png){.only-light}\n![\1](\2-dark.png){.only-dark}", text)


def with_made(index: str, made: Mapping[str, str]) -> str:
    """The front page with links to pages that are made with the book: an entry that begins with the title of one leads
    to it. ``made`` has their titles and places. Raises BrokenLinkError for one that no entry names."""
    for title, where in made.items():
        index, count = re.subn(rf"(?m)^- {re.escape(title)}(?=:|$)", f"- [{title}]({where})", index)
        if count != 1:
            raise BrokenLinkError(f"{INDEX}: no entry for {title}")
    return index


def with_checks(page: str, text: str, folder: str) -> str:
    """A page of the book whose lines ``Checks: ...`` lead to the pages of the checks that they name."""
    where = posixpath.relpath(folder, posixpath.dirname(place(page)) or ".")

    def lead(line: re.Match[str]) -> str:
        return re.sub(r"`([a-z0-9-]+)`", rf"[`\1`]({where}/\1.md)", line[0])

    return re.sub(r"^Checks: (?:.+\n)+", lead, text, flags=re.MULTILINE)


def contents(index: str) -> str:
    """The table of contents of Sphinx, from the sections of the front page."""
    trees = list[str]()
    for caption, section in _SECTION.findall(index):
        entries = [target for target in links(section) if ":" not in target and "#" not in target]
        if entries:
            rows = [entry.removesuffix(".md") for entry in entries]
            trees.append("\n".join(["```{toctree}", f":caption: {caption}", ":hidden:", "", *rows, "```", ""]))
    return "\n".join(trees)

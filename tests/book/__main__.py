"""Makes the book: ``make docs``. Its pages are laid out in build/docs/source, and Sphinx writes build/docs/html.

A link that leads nowhere, an anchor that is not there and anything that Sphinx warns of end it with exit status 1.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from mock_ares.cli import main as command_line
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.handbook.trial import NO_TRIAL, Trial
from mock_ares.harness.handbook.write import write as write_checks
from mock_ares.harness.model import HarnessError, UsageError
from mock_ares.manual.reference import made_pages
from tests.book.layout import (
    INDEX,
    BrokenLinkError,
    contents,
    copy,
    in_both_colors,
    listing,
    place,
    placed,
    with_checks,
    with_made,
)
from tests.documents import ROOT

BUILD = ROOT / "build" / "docs"
TRIAL = ROOT / "trial.json"
"""What the last `make trial` here has found, if there was one."""
REFERENCE = made_pages(command_line)
MADE = {
    "The checks": "checks/index.md",
    "The grid": "checks/grid.md",
    **{title: f"reference/{name}.md" for title, (name, _) in REFERENCE.items()},
}
"""Pages that are not in the tree, by the titles that the front page names them by."""
BADGES = "checks/badges"
"""Where a badge finds what it says: they keep their places and names, which Sphinx gives to nothing but pages."""
ORPHAN = "---\norphan: true\n---\n\n"
"""Begins a page that is in no table of contents."""
PAGES = ("ARCHITECTURE.md", "CHANGELOG.md", "docs/*.md", "docs/*/*.md", "contracts/*.md", "contracts/*/README.md")


class NoRepositoryError(Exception):
    """Git cannot say which files there are."""


def tracked() -> list[str]:
    """The repository's files: those of git, and new ones that it does not ignore. Raises NoRepositoryError."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        said = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoRepositoryError(f"the book is made in a checkout, and git does not know this one: {error}") from None
    return sorted(file for file in said.split("\0") if (ROOT / file).is_file())


def folder_page(folder: str, files: list[str]) -> str:
    """A list of a folder's files, each a link to a copy of it."""
    rows = (f"- [`{file.removeprefix(f'{folder}/')}`](/{copy(file)})\n" for file in files)
    return f"{ORPHAN}# `{folder}/`\n\n{''.join(rows)}"


def lay_out(source: Path) -> None:
    """Writes what Sphinx reads. Raises BrokenLinkError and NoRepositoryError."""
    shutil.rmtree(source, ignore_errors=True)
    files = tracked()
    pages = sorted({str(path.relative_to(ROOT)) for pattern in PAGES for path in ROOT.glob(pattern)})

    def write(where: str, text: str) -> None:
        path = source / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def bring(file: str, where: str) -> None:
        path = source / where
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, path)

    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in pages}
    texts |= {f"docs/{MADE[title]}": make() for title, (_, make) in REFERENCE.items()}
    for page, text in texts.items():
        known = pages if page in pages else [*texts]  # the tree has no page that is made
        whole, wanted = placed(page, in_both_colors(text), known, files)
        if page == INDEX:
            whole = with_made(whole, MADE)
            whole += f"\n{contents(whole)}"
        write(place(page), with_checks(page, whole, "checks"))
        for path in wanted:
            if path in files:
                bring(path, place(path) if path.startswith("docs/") else copy(path))
                continue
            inside = [file for file in files if file.startswith(f"{path}/")]
            write(listing(path), folder_page(path, inside))
            for file in inside:
                bring(file, copy(file))
    write_checks(source / "checks", Trial.of(TRIAL) if TRIAL.is_file() else NO_TRIAL)
    for name in CHECKS:  # their list leads to them: a hundred rows beside every page would take most of the time
        page_of_check = source / "checks" / f"{name}.md"
        page_of_check.write_text(ORPHAN + page_of_check.read_text(encoding="utf-8"), encoding="utf-8")


def build(where: Path) -> int:
    """Sphinx's exit status. ``where`` gets source/, doctrees/ and html/."""
    source, html = where / "source", where / "html"
    lay_out(source)
    shutil.rmtree(html, ignore_errors=True)
    words = ["-c", str(ROOT / "docs"), "-d", str(where / "doctrees"), "-b", "html", "--fail-on-warning", "--quiet"]
    command = [sys.executable, "-m", "sphinx", *words, "-j", "auto", str(source), str(html)]
    status = subprocess.run(command, check=False).returncode
    if (source / BADGES).is_dir():
        shutil.copytree(source / BADGES, html / BADGES)
    return status


def main() -> None:
    try:
        status = build(BUILD)
    except BrokenLinkError as error:
        sys.exit(f"this link leads nowhere: {error}")
    except (NoRepositoryError, UsageError, HarnessError) as error:
        sys.exit(str(error))
    if status == 0:
        print(f"The book is at {(BUILD / 'html' / 'index.html').relative_to(ROOT)}")  # noqa: T201
    sys.exit(status)


if __name__ == "__main__":
    main()

"""Where the repository's pages and their links lie in the book."""

from __future__ import annotations

from pathlib import Path

import pytest

import tests.book.__main__ as book
from mock_ares.manual.links import links, resolved
from tests.book.__main__ import PAGES
from tests.book.layout import INDEX, BrokenLinkError, contents, in_both_colors, placed, with_checks, with_made
from tests.documents import ROOT, text

FILES = ("Makefile", "contracts/a.yaml", "contracts/go/main.go", "docs/picture.png")
KNOWN = ("docs/index.md", "docs/one.md", "docs/how/two.md", "contracts/go/README.md", "ARCHITECTURE.md")


@pytest.mark.parametrize(
    ("page", "link", "leads_to"),
    [
        ("docs/one.md", "how/two.md", "how/two.md"),
        ("docs/one.md", "how/two.md#there", "how/two.md#there"),
        ("docs/one.md", "#here", "one.md#here"),
        ("docs/how/two.md", "../one.md#x", "../one.md#x"),
        ("docs/one.md", "../ARCHITECTURE.md", "ARCHITECTURE.md"),
        ("ARCHITECTURE.md", "docs/how/two.md", "how/two.md"),
        ("contracts/go/README.md", "../../docs/one.md", "../../one.md"),
        ("contracts/go/README.md", "../../README.md", "../../index.md"),
        ("docs/one.md", "../contracts/go", "contracts/go/README.md"),
        ("docs/one.md", "../contracts/", "files/contracts/index.md"),
        ("docs/how/two.md", "../../contracts/a.yaml", "../files/contracts/a.yaml"),
        ("docs/how/two.md", "../picture.png", "../picture.png"),
        ("docs/one.md", "https://example.org/a", "https://example.org/a"),
    ],
)
def test_a_link_leads_where_it_does_in_the_repository(page: str, link: str, leads_to: str) -> None:
    assert placed(page, f"a [b]({link}).", KNOWN, FILES)[0] == f"a [b]({leads_to})."


def test_what_is_no_page_comes_along() -> None:
    _, wanted = placed("docs/one.md", "![p](picture.png) [a](../contracts/a.yaml) [c](../contracts)", KNOWN, FILES)
    assert wanted == {"docs/picture.png", "contracts/a.yaml", "contracts"}


def test_a_light_picture_has_a_dark_one_beside_it() -> None:
    assert in_both_colors("![a b](x/c-light.png) ![d](d.png)") == (
        "![a b](x/c-light.png){.only-light}\n![a b](x/c-dark.png){.only-dark} ![d](d.png)"
    )


def test_a_link_to_nothing_is_told_with_its_page() -> None:
    with pytest.raises(BrokenLinkError, match=r"docs/one\.md: gone\.md"):
        placed("docs/one.md", "[x](gone.md)", KNOWN, FILES)


@pytest.mark.parametrize("code", ["`a[0](gone.md)`", "``a ` [x](gone.md)``", "```js\nf[0](gone.md)\n```\n"])
def test_code_has_no_links(code: str) -> None:
    assert placed("docs/one.md", code, KNOWN, FILES) == (code, set())


def test_the_contents_are_the_links_of_the_front_page() -> None:
    index = "# T\n\n## One\n\n- [a](a.md): x\n- [b](b/c.md)\n\n## Two\n\nNothing.\n"
    assert contents(index) == "```{toctree}\n:caption: One\n:hidden:\n\na\nb/c\n```\n"


def test_an_entry_leads_to_the_page_that_is_made() -> None:
    assert with_made("- The checks: all\n- More\n", {"The checks": "checks/index.md"}) == (
        "- [The checks](checks/index.md): all\n- More\n"
    )
    with pytest.raises(BrokenLinkError, match="no entry for The grid"):
        with_made("- The grid that is another\n", {"The grid": "checks/grid.md"})


def test_checks_lead_to_their_pages() -> None:
    text = "A `bom`.\n\nChecks: `bom`,\n`eol-cr`.\n\nMore `bom`.\n"
    assert with_checks("docs/why/x.md", text, "checks") == (
        "A `bom`.\n\nChecks: [`bom`](../checks/bom.md),\n[`eol-cr`](../checks/eol-cr.md).\n\nMore `bom`.\n"
    )


def test_every_page_of_docs_is_in_the_contents() -> None:
    named = {resolved(INDEX, target)[0] for target in links(text(INDEX))}
    pages = {str(path.relative_to(ROOT)) for pattern in PAGES for path in ROOT.glob(pattern)}
    assert {page for page in pages if page not in named and page.rpartition("/")[0] not in named} == {INDEX}


def test_where_git_knows_nothing_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(book.NoRepositoryError, match="made in a checkout"):
        book.tracked()

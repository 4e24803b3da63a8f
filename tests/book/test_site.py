"""The book as Sphinx makes it."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.book.__main__ import PAGES, build
from tests.documents import ROOT

PHONE = 44
"""Characters of code that a phone shows in a line."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("book")
    assert build(where) == 0, "Sphinx has said why"
    return where / "html"


@pytest.mark.slow
def test_no_page_takes_anything_from_the_network(made: Path) -> None:
    pages = [*made.rglob("*.html")]
    assert len(pages) > 20
    loaded = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"([^\"]+)\"|<link\b[^>]*\bhref=\"([^\"]+)\"")
    found = {a or b for page in pages for a, b in loaded.findall(page.read_text(encoding="utf-8"))}
    assert found and not {address for address in found if re.match(r"(?:[a-z]+:)?//", address)}


@pytest.mark.slow
def test_every_file_that_a_page_leads_to_is_there(made: Path) -> None:
    for page in made.rglob("*.html"):
        for target in re.findall(r"<a\b[^>]*\bhref=\"([^\"#:]+)[\"#]", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), (page.relative_to(made), target)


@pytest.mark.slow
def test_every_word_of_code_fits_a_phone(made: Path) -> None:
    """Beside those of tables, which are moved sideways: such a word is not broken."""
    for page in made.rglob("*.html"):
        text = re.sub(r"<td.*?</td>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        words = [html.unescape(word) for word in re.findall(r'<span class="pre">(.*?)</span>', text)]
        assert not [word for word in words if len(word) > PHONE], page.relative_to(made)


def test_no_page_has_a_list_of_terms() -> None:
    """``: what it is`` beneath a term is a list in some Markdown. On GitHub and here it is a stray colon."""
    fence = re.compile(r"^(```+).*?^\1$", re.DOTALL | re.MULTILINE)
    pages = [path for pattern in PAGES for path in ROOT.glob(pattern)]
    assert pages
    for path in pages:
        assert not re.search(r"^: ", fence.sub("", path.read_text(encoding="utf-8")), re.MULTILINE), path

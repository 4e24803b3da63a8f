"""The book as Sphinx makes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.book.__main__ import build


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

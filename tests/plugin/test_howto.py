"""The pages of docs/howto/: their examples in Python, pasted into a folder for each page and run at once."""

from __future__ import annotations

import pytest

from tests.documents import ROOT, examples

PLAIN = ("-p", "no:schemathesis", "-p", "no:anyio", "-p", "no:playwright")
PASSED = {
    "app-that-starts-once.md": 3 + 1 + 1,
    "coming-from.md": 1,
    "retries.md": 1 + 3 + 1 + 1 + 1,
    "time-outs.md": 4 + 1 + 1,
    "time-travel.md": 2 + 1 + 2,
}
"""How many tests the examples of a page are."""


def pages_with(*languages: str) -> set[str]:
    pages = {page.name: f"docs/howto/{page.name}" for page in (ROOT / "docs" / "howto").glob("*.md")}
    return {name for name, page in pages.items() if examples(page, *languages)}


def test_each_page_is_run() -> None:
    assert pages_with("python") == PASSED.keys()


@pytest.mark.slow
@pytest.mark.parametrize("page", PASSED)
def test_its_examples_work(page: str, pytester: pytest.Pytester) -> None:
    for example in examples(f"docs/howto/{page}", "python", "ini"):
        example.write(pytester.path)
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=PASSED[page])

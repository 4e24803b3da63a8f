"""The pages of docs/howto/: their examples in Python, pasted into a folder for each page and run at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import ROOT, examples

PLAIN = ("-p", "no:schemathesis", "-p", "no:anyio", "-p", "no:playwright")
PASSED = {
    "app-that-starts-once.md": 3 + 1 + 3 + 1,
    "coming-from.md": 1,
    "retries.md": 2 + 1 + 3 + 1 + 1,
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


def test_djangos_are_run_by_django(tmp_path: Path) -> None:
    """As its page says; in a process of its own, since settings are read once."""
    for example in examples("docs/howto/app-that-starts-once.md", "python"):
        if example.name.startswith("chats/"):
            example.write(tmp_path)
    command = [sys.executable, "-m", "django", "test", "--settings", "chats.settings", "chats"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ARES_", "DJANGO_"))}
    done = subprocess.run(command, cwd=tmp_path, env=inherited, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr

"""The examples of docs/pytest.md, pasted into an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "pytest.md"


def test_every_example_works(pytester: pytest.Pytester) -> None:
    examples = re.findall(r"^```python (\S+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    for name, code in examples:
        (pytester.path / name).write_text(code)
    chosen = "reconnects or any_text or read_utf8 or drop_rst or incremental"
    options = ("-p", "no:schemathesis", "--ares-examples=2", "--hypothesis-seed=0")
    result = pytester.runpytest_subprocess(*options, "-k", chosen)
    result.assert_outcomes(passed=2 + 2 * 4)


def test_every_attribute_and_option_is_named() -> None:
    from mock_ares import ClientContract
    from mock_ares.harness.fixtures import Ares

    page = PAGE.read_text()
    names = [*ClientContract.__annotations__, *(name for name in vars(Ares) if not name.startswith("_"))]
    untold = [name for name in names if f"`{name}`" not in page and f"ares.{name}" not in page]
    assert untold == ["finish", "told"]  # the fixture's own

"""Regular expressions that mean the same in every Python."""

from __future__ import annotations

import re
from pathlib import Path

import mock_ares


def test_no_group_is_possessive() -> None:
    """Up to Python 3.11.4 such a group may end in the midst of an item (gh-106052); an atomic group does not."""
    found = [
        f"{path.name}: {line.strip()}"
        for path in Path(mock_ares.__file__).parent.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"(?<![\\(])\)[*+?]\+", line)
    ]
    assert found == []

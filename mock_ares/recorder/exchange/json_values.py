"""JSON that a stranger wrote: however deep it is nested, looking at it takes no recursion of ours.

How deep ``json.loads`` itself goes depends on the version of Python: beyond 3.12 further than a function in Python may.
"""

from __future__ import annotations

import json
from typing import Any

from mock_ares.authoring.yaml.nodes import MOST_DEPTH

MOST_NESTED = MOST_DEPTH - 10
"""Levels that a scenario file can say, with the words around them."""


def parsed(data: bytes | str) -> Any:
    """A document. Raises ValueError for what is none, or is nested deeper than it can be read."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def inside(value: Any) -> list[Any]:
    """The values that a list or an object holds itself."""
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def is_deep(value: Any) -> bool:
    """Whether it has more levels than a scenario file can say."""
    level = [value]
    for _ in range(MOST_NESTED):
        level = [inner for each in level for inner in inside(each)]
        if not level:
            return False
    return True

"""Hypothesis's health check of function-scoped fixtures, taken off the one that is renewed for each example."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

SETTINGS = "_hypothesis_internal_use_settings"
"""Where Hypothesis keeps a test's settings; its own pytest plugin changes them there, too."""


@contextmanager
def allowed(item: pytest.Item, name: str) -> Iterator[None]:
    """Within the block the test may use the fixture with ``@given``; of another one Hypothesis still complains."""
    test: Any = getattr(item, "obj", None)
    test = getattr(test, "__func__", test)
    found = getattr(test, SETTINGS, None)
    if found is None or any(each != name for each in _function_scoped(item)):
        yield
        return
    suppressed = {*found.suppress_health_check, HealthCheck.function_scoped_fixture}
    setattr(test, SETTINGS, settings(parent=found, suppress_health_check=suppressed))
    try:
        yield
    finally:
        setattr(test, SETTINGS, found)


def _function_scoped(item: Any) -> Iterator[str]:
    """The fixtures among the test's own arguments that live for a test."""
    for name in item._fixtureinfo.argnames:
        definitions = item._fixtureinfo.name2fixturedefs.get(name, ())
        if definitions and definitions[-1].scope == "function":
            yield name

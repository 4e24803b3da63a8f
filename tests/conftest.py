"""For every test: the ``toolchain`` mark, and no deadline for Hypothesis: a busy machine is no failure."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.toolchains import require_tool

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("toolchain"):
        require_tool(mark.args[0])

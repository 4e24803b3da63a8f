"""For every test: the marks ``toolchain`` and ``needs_barrier``; no deadline for Hypothesis on a busy machine."""

from __future__ import annotations

import pytest
from hypothesis import settings

from mock_ares.server.peer import BARRIER
from tests.toolchains import require_tool

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("toolchain"):
        require_tool(mark.args[0])
    if item.get_closest_marker("needs_barrier") and BARRIER.reason is not None:
        pytest.skip(f"needs the read barrier: {BARRIER.reason}")

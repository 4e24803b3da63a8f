"""For every test: the ``toolchain`` mark."""

from __future__ import annotations

import pytest

from tests.toolchains import require_tool


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("toolchain"):
        require_tool(mark.args[0])

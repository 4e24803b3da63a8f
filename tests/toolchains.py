"""Programs that are not Python packages: a test that needs one is skipped without it, except in CI."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

from mock_ares.harness.clients.browser.devtools import find_chromium

WITHOUT = "TESTS_WITHOUT"
"""Names programs that CI does without, and has said so."""
IN_CI = "TESTS_IN_CI"
"""CI's own variable changes what pytest prints, so the sessions that tests start are not shown it."""


def missing(said: str) -> NoReturn:
    """Skips the test, or fails it where CI=true promises all that it takes."""
    if os.environ.get(IN_CI) == "true":
        pytest.fail(f"{said}, and CI=true: no client may go untested here", pytrace=False)
    pytest.skip(said)


def require_tool(name: str) -> str:
    """The program's path. Without it the test is skipped, or fails where CI=true promises every toolchain."""
    if name in os.environ.get(WITHOUT, "").split():
        pytest.skip(f"{name} is done without")
    found = find_chromium() if name == "chromium" else shutil.which(name)
    if found:
        return found
    missing(f"{name} is missing")

"""A target that nobody listens on, for clients that do not ask."""

from __future__ import annotations

import sys
from pathlib import Path

from mock_ares.harness.model import Target

PATIENCE = 30.0
"""Seconds. No test waits this long when all is well."""


def target(deadline: float = PATIENCE, cancel_after: int | None = None, message: str = "Hello") -> Target:
    return Target("http://127.0.0.1:9", "/api/chat/stream", "a-token", message, deadline, cancel_after)


def script(folder: Path, source: str, name: str = "client.py") -> list[str]:
    """The command that runs this Python program."""
    file = folder / name
    file.write_text(source)
    return [sys.executable, str(file)]

"""Clients in Python, called in a process of their own: what they break, leak or occupy is not the harness's."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.running_example import MOST_TEXT


class RemoteClient(DriverClient):
    """``module:function``, looked for in the working directory first; the function is one for ``PythonClient``."""

    def __init__(
        self, reference: str, name: str | None = None, capabilities: str | Iterable[str] = (), limit: int = MOST_TEXT
    ) -> None:
        program = [sys.executable, "-m", "mock_ares.harness.clients.remote_main", reference]
        super().__init__(program, name or reference, capabilities, limit=limit)
        self._reference = reference

    def _stranger(self, error: Exception) -> str:
        return f"{self._reference} cannot be called, its process says no word of it: {error}"

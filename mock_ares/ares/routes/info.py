"""How the fake is, and what it is made of. In ARES these stand outside ``/api`` and ask for no credentials."""

from __future__ import annotations

from typing import Any

from mock_ares.ares.routes.agents import static
from mock_ares.ares.routes.operations import OperationCall, Result, precise

VERSION = "0.6.2"
"""ARES's own."""
TOOLS = ["calculator", "web_search"]


def health(call: OperationCall) -> Result:
    parts = static(call, "parts")
    return Result(
        {
            "status": "healthy",
            "version": VERSION,
            "checks": {"database": {"status": "healthy"}},
            "providers": parts["providers"],
            "agents": parts["agents"],
            "latency_ms": 0,
            "timestamp": precise(call.now, "+00:00"),
        }
    )


def config(call: OperationCall) -> Result:
    host, port = call.address
    workflows = [each if call.docs else each["name"] for each in static(call, "workflows")]
    answer: dict[str, Any] = {"server": {"host": host, "port": port, "log_level": "info"}, **static(call, "parts")}
    return Result({**answer, "tools": TOOLS, "workflows": workflows, "ui_enabled": False})

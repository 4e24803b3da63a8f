"""How the fake is, and what it is made of. In ARES these stand outside ``/api`` and ask for no credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mock_ares.ares.routes.agents import AGENTS, ORCHESTRATED
from mock_ares.ares.routes.assist import DOCS_WORKFLOWS, SERVER_WORKFLOWS
from mock_ares.ares.routes.operations import OperationCall, Result, precise

VERSION = "0.6.2"
"""ARES's own."""


@dataclass(frozen=True, slots=True)
class Parts:
    providers: tuple[str, ...]
    models: tuple[str, ...]
    agents: tuple[str, ...]
    workflows: tuple[str, ...]


DOCS = Parts(
    ("groq", "anthropic", "nvidia", "ollama"),
    ("fast", "balanced", "powerful", "deepseek", "local"),
    tuple(agent.name for agent in AGENTS),
    tuple(DOCS_WORKFLOWS),
)
SERVER = Parts(("ollama-local",), ("fast", "balanced", "powerful"), ORCHESTRATED, tuple(SERVER_WORKFLOWS))
TOOLS = ("calculator", "web_search")


def health(call: OperationCall) -> Result:
    parts = _parts(call)
    return Result(
        {
            "status": "healthy",
            "version": VERSION,
            "checks": {"database": {"status": "healthy"}},
            "providers": list(parts.providers),
            "agents": list(parts.agents),
            "latency_ms": 0,
            "timestamp": precise(call.now, "+00:00"),
        }
    )


def config(call: OperationCall) -> Result:
    host, port = call.address
    parts = _parts(call)
    said: dict[str, Any] = {"server": {"host": host, "port": port, "log_level": "info"}}
    for name in ("providers", "models", "agents"):
        said[name] = list(getattr(parts, name))
    return Result({**said, "tools": list(TOOLS), "workflows": list(parts.workflows), "ui_enabled": False})


def _parts(call: OperationCall) -> Parts:
    return DOCS if call.docs else SERVER

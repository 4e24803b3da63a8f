"""The table of what is served beside the chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal
from urllib.parse import unquote

from mock_ares.ares.routes import agents, applications, assist, conversations, info, login
from mock_ares.ares.routes.operations import Handler
from mock_ares.ares.serde import Struct

Auth = Literal["jwt", "api-key", "none"]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path, in which braces stand for any one part."""

    method: str
    path: str
    auth: Auth
    handle: Handler
    body: Struct | Literal["any"] | None = None
    """What the body must be; ``any``: any JSON; None: it is not looked at."""
    docs_body: Struct | None = None
    """What the pages ask for instead."""
    secret: bool = False
    """The answer holds tokens or a key."""


TABLE = (
    Operation("POST", "/api/auth/register", "none", login.register, login.REGISTER, secret=True),
    Operation("POST", "/api/auth/login", "none", login.login, login.LOGIN, secret=True),
    Operation("POST", "/api/auth/refresh", "none", login.refresh, login.REFRESH, secret=True),
    Operation("POST", "/api/auth/logout", "none", login.logout, login.LOGOUT),
    Operation("GET", "/api/agents", "none", agents.list_all),
    Operation("GET", "/api/memory", "jwt", assist.memory),
    Operation("POST", "/api/research", "jwt", assist.research, assist.RESEARCH),
    Operation("GET", "/api/workflows", "jwt", assist.workflows),
    Operation("POST", "/api/workflows/{name}", "jwt", assist.run_workflow, assist.WORKFLOW),
    Operation("GET", "/api/conversations", "jwt", conversations.list_all),
    Operation("GET", "/api/conversations/{id}", "jwt", conversations.get),
    Operation("PUT", "/api/conversations/{id}", "jwt", conversations.update, conversations.UPDATE),
    Operation("DELETE", "/api/conversations/{id}", "jwt", conversations.delete),
    Operation("GET", "/v1/agents", "api-key", applications.list_agents),
    Operation("GET", "/v1/agents/{name}", "api-key", applications.get_agent),
    Operation("POST", "/v1/agents/{name}/run", "api-key", applications.run_agent, "any", applications.RUN),
    Operation("GET", "/v1/agents/{name}/runs", "api-key", applications.list_runs),
    Operation("GET", "/v1/agents/{name}/logs", "api-key", applications.list_logs),
    Operation("GET", "/v1/usage", "api-key", applications.usage),
    Operation("GET", "/v1/api-keys", "api-key", applications.list_keys),
    Operation("POST", "/v1/api-keys", "api-key", applications.create_key, applications.CREATE_KEY, secret=True),
    Operation("DELETE", "/v1/api-keys/{id}", "api-key", applications.revoke_key),
    Operation("GET", "/health/detailed", "none", info.health),
    Operation("GET", "/config/info", "none", info.config),
)
"""In the order in which ``Allow`` names the methods of a path."""
PREFIXES = {"docs": ("/v1/", "/api/v1/"), "server": ("/api/v1/",)}
"""Where the key routes are: the pages have the first, the source the second."""


@cache
def operations(profile: str) -> tuple[Operation, ...]:
    """All that a profile serves."""
    return tuple(_mounted(profile))


def _mounted(profile: str) -> Iterator[Operation]:
    for operation in TABLE:
        if profile == "docs" and operation.docs_body is not None:
            operation = replace(operation, body=operation.docs_body)
        if not operation.path.startswith("/v1/"):
            yield operation
            continue
        for prefix in PREFIXES[profile]:
            yield replace(operation, path=prefix + operation.path.removeprefix("/v1/"))


def find(profile: str, raw_path: str) -> tuple[dict[str, Operation], dict[str, str]]:
    """The operations on a path by method, and what it has in place of names; nothing for an unknown path.

    Parts are told apart before they are decoded, so one may hold a slash.
    """
    there = raw_path.split("/")
    by_method: dict[str, Operation] = {}
    parts: dict[str, str] = {}
    for operation in operations(profile):
        pattern = operation.path.split("/")
        if len(pattern) == len(there) and all(map(_fits, pattern, there)):
            by_method[operation.method] = operation
            parts = {name[1:-1]: unquote(part) for name, part in zip(pattern, there, strict=True) if name[:1] == "{"}
    return by_method, parts


def _fits(pattern: str, there: str) -> bool:
    return bool(there) if pattern.startswith("{") else pattern == there

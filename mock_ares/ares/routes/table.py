"""The table of what is served beside the chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal
from urllib.parse import unquote, unquote_to_bytes

from mock_ares.ares.chats import Auth
from mock_ares.ares.routes import agents, applications, assist, conversations, info, login
from mock_ares.ares.routes.operations import Handler
from mock_ares.ares.serde import Struct


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
    only: str = ""
    """The one profile that has it."""
    secret: bool = False
    """The answer holds tokens or a key."""


USER_AGENTS = (
    "GET /api/user/agents", "POST /api/user/agents", "POST /api/user/agents/import", "GET /api/user/agents/{name}",
    "PUT /api/user/agents/{name}", "DELETE /api/user/agents/{name}", "GET /api/user/agents/{name}/export",
)  # fmt: skip
"""Stubs in the source, too: they answer with nothing."""
ADMIN = (
    "GET /api/admin/tenants", "POST /api/admin/tenants", "GET /api/admin/tenants/{id}",
    "GET /api/admin/tenants/{id}/api-keys", "POST /api/admin/tenants/{id}/api-keys",
    "GET /api/admin/tenants/{id}/usage", "GET /api/admin/tenants/{id}/usage/daily",
    "PUT /api/admin/tenants/{id}/quota", "POST /api/admin/provision-client",
    "GET /api/admin/tenants/{id}/agents", "POST /api/admin/tenants/{id}/agents",
    "PUT /api/admin/tenants/{id}/agents/{name}", "DELETE /api/admin/tenants/{id}/agents/{name}",
    "GET /api/admin/tenants/{id}/agents/{name}/runs", "GET /api/admin/tenants/{id}/agents/{name}/stats",
    "GET /api/admin/agent-templates", "GET /api/admin/models", "GET /api/admin/agents", "GET /api/admin/stats",
    "GET /api/admin/alerts", "POST /api/admin/alerts/{id}/resolve", "GET /api/admin/audit-log",
    "POST /api/admin/deploy", "GET /api/admin/deploy/{id}", "GET /api/admin/deploys", "GET /api/admin/services",
    "GET /api/admin/services/{name}/logs",
)  # fmt: skip
"""Whoever asks is refused: there is no secret by which an administrator would be known."""


def _stubs(auth: Auth, places: tuple[str, ...]) -> Iterator[Operation]:
    for place in places:
        method, _, path = place.partition(" ")
        yield Operation(method, path, auth, assist.stub, only="server")


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
    *_stubs("jwt", USER_AGENTS),
    *_stubs("admin", ADMIN),
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
    for operation in (each for each in TABLE if each.only in ("", profile)):
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


def undecodable(path: str, raw_path: str) -> str | None:
    """The name in an operation's path for which there stands something that is no UTF-8."""
    for name, part in zip(path.split("/"), raw_path.split("/"), strict=True):
        try:
            unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            return name[1:-1]
    return None


def methods(profile: str, raw_path: str) -> tuple[str, ...]:
    """Those of a path, as ``Allow`` names them; none for an unknown one."""
    names = [("GET", "HEAD") if method == "GET" else (method,) for method in find(profile, raw_path)[0]]
    return tuple(name for pair in names for name in pair)


def _fits(pattern: str, there: str) -> bool:
    return bool(there) if pattern.startswith("{") else pattern == there

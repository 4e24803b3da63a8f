"""What ARES's own HTTP tests ask of a server, of the server profile: health, agents, auth, chat, memory, research,
protected routes, workflows. One thing is not so, as it is not so in ARES's source: a refresh with ``{}`` is 422.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.ares.routes.frontend import Frontend, error

USER = {"email": "hurl.user1@example.com", "password": "password123", "name": "Hurl User"}
LOGIN = {"email": USER["email"], "password": USER["password"]}


@pytest.fixture
def page(server_page: Frontend) -> Frontend:
    return server_page


@pytest.fixture
def inside(page: Frontend) -> Frontend:
    """Registered and logged in."""
    page.post("/api/auth/register", USER)
    page.bearer = page.post("/api/auth/login", LOGIN).json["access_token"]
    return page


def assert_tokens(got: Any) -> dict[str, Any]:
    assert got.status == 200
    found: dict[str, Any] = got.json
    assert all(isinstance(found[name], str) and found[name] for name in ("access_token", "refresh_token"))
    assert found["expires_in"] >= 1
    return found


def test_health_five_times(page: Frontend) -> None:
    for _ in range(5):
        got = page.get("/health")
        assert (got.status, got.text) == (200, "OK")


def test_agents(page: Frontend) -> None:
    got = page.get("/api/agents")
    assert got.status == 200
    assert {"product", "invoice", "sales", "finance", "hr"} == {agent["agent_type"] for agent in got.json}
    assert all(isinstance(agent[name], str) and agent[name] for agent in got.json for name in ("name", "description"))


def test_register_login_refresh(page: Frontend) -> None:
    assert_tokens(page.post("/api/auth/register", USER))
    assert page.post("/api/auth/register", USER).status == 400
    for _ in range(3):
        found = assert_tokens(page.post("/api/auth/login", LOGIN))
    assert_tokens(page.post("/api/auth/refresh", {"refresh_token": found["refresh_token"]}))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("register", {**USER, "password": "short"}, 400),
        ("register", {**USER, "email": "notanemail"}, 200),
        ("register", {**USER, "name": ""}, 200),
        ("register", {**USER, "more": [1, {"x": None}]}, 200),
        ("login", {**LOGIN, "email": "doesnotexist@example.com"}, 401),
        ("refresh", {"refresh_token": "invalid_token_here"}, 401),
    ],
)
def test_accounts(page: Frontend, path: str, body: dict[str, Any], status: int) -> None:
    got = page.post(f"/api/auth/{path}", body)
    assert got.status == status
    assert status == 200 or isinstance(got.json["error"], str)


def test_a_wrong_password(inside: Frontend) -> None:
    assert inside.post("/api/auth/login", {**LOGIN, "password": "wrongpassword"}).status == 401


@pytest.mark.parametrize(
    ("path", "body"), [("register", {"email": "x"}), ("register", {"password": "x"}), ("login", {}), ("refresh", {})]
)
def test_a_member_that_is_missing(page: Frontend, path: str, body: dict[str, Any]) -> None:
    assert page.post(f"/api/auth/{path}", body).status == 422


def test_chat_and_memory(inside: Frontend) -> None:
    got = inside.post("/api/chat", {"message": "Hello! Reply with a short greeting.", "agent_type": "product"})
    assert "Product" in got.json["agent"]
    assert got.json["response"]
    assert isinstance(got.json["context_id"], str)
    memory = inside.get("/api/memory")
    assert memory.status == 200
    assert {"user_id", "preferences", "facts"} <= set(memory.json)


def test_research(inside: Frontend) -> None:
    got = inside.post("/api/research", {"query": "What is it?", "depth": 1, "max_iterations": 1})
    assert got.status == 200
    assert len(got.json["sources"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/chat", {"message": "Hello"}),
        ("GET", "/api/memory", None),
        ("POST", "/api/research", {"query": "test"}),
        ("POST", "/api/workflows/default", {"query": "test"}),
        ("GET", "/api/workflows", None),
    ],
)
@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer invalid", "bearer {}", "{}", "Basic {}"]
)
def test_protected_routes(inside: Frontend, method: str, path: str, body: Any, authorization: str | None) -> None:
    token, inside.bearer = inside.bearer, None
    fields = {} if authorization is None else {"authorization": authorization.format(token)}
    assert error(inside.send(method, path, body, **fields)) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize("context", [{}, {"context": {"department": "sales", "quarter": "Q1"}}])
def test_a_workflow(inside: Frontend, context: dict[str, Any]) -> None:
    assert isinstance(inside.get("/api/workflows").json, list)
    got = inside.post("/api/workflows/default", {"query": "List available products", **context})
    assert got.status == 200
    assert got.json["final_response"]
    assert got.json["steps_executed"] == len(got.json["reasoning_path"]) >= 1
    assert isinstance(got.json["agents_used"], list)
    step = got.json["reasoning_path"][0]
    assert {"agent_name", "input", "output", "timestamp"} <= set(step)
    assert step["duration_ms"] >= 0


def test_a_workflow_that_is_not_there(inside: Frontend) -> None:
    got = inside.post("/api/workflows/nonexistent_workflow_12345", {"query": "test"})
    said = {"error": "Workflow 'nonexistent_workflow_12345' not found", "code": "NOT_FOUND"}
    assert error(got) == (404, said)

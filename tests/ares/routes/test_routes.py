"""What all built-in routes have in common, and the few that ask for nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mock_ares.ares.routes.table import TABLE, Operation, find, operations
from mock_ares.scenario.model import Content, Reply, Scenario, When
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.ares.routes.frontend import Frontend, error
from tests.server.live import Live, live

PROFILES = ["docs", "server"]


def path_of(operation: Operation) -> str:
    return re.sub("{.*?}", "x", operation.path)


def everything(where: str = "") -> list[Any]:
    return [
        pytest.param(profile, each, id=f"{profile} {each.method} {each.path}")
        for profile in PROFILES
        for each in operations(profile)
        if where in ("", each.auth) and not each.only
    ]


class TestTable:
    def test_a_part_may_hold_a_slash(self) -> None:
        found, parts = find("docs", "/api/conversations/a%2Fb%20c")
        assert (set(found), parts) == ({"GET", "PUT", "DELETE"}, {"id": "a/b c"})

    @pytest.mark.parametrize(
        "path", ["/api/conversations/", "/api/conversations/a/b", "/API/agents", "/api/agents/", ""]
    )
    def test_no_path(self, path: str) -> None:
        assert find("docs", path)[0] == {}

    def test_every_operation_is_found(self) -> None:
        for profile in PROFILES:
            for operation in operations(profile):
                assert find(profile, path_of(operation))[0][operation.method] == operation

    def test_no_path_has_two_kinds_of_credentials(self) -> None:
        kinds = {operation.path: set[str]() for operation in TABLE}
        for operation in TABLE:
            kinds[operation.path].add(operation.auth)
        assert all(len(found) == 1 for found in kinds.values())


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Live]]:
    """One fake of each profile for tests that leave nothing behind."""
    servers = {name: FakeServer(Settings(profile=name, speed=math.inf)).start() for name in PROFILES}
    yield {name: Live(server) for name, server in servers.items()}
    for server in servers.values():
        server.stop()


class TestAllOfThem:
    @pytest.mark.parametrize(("profile", "operation"), everything(where="jwt") + everything(where="api-key"))
    def test_credentials_are_asked_for(self, served: dict[str, Live], profile: str, operation: Operation) -> None:
        ares, path = served[profile], path_of(operation)
        assert ares.send(operation.method, path).status == 401
        pair = ares.credentials
        other = pair.token if operation.auth == "api-key" else pair.api_key
        assert ares.send(operation.method, path, authorization=f"Bearer {other}").status == 401

    @pytest.mark.parametrize(("profile", "operation"), everything())
    def test_another_method(self, served: dict[str, Live], profile: str, operation: Operation) -> None:
        ares, path = served[profile], path_of(operation)
        bearer = ares.credentials.api_key if operation.auth == "api-key" else ares.credentials.token
        got = ares.send("PATCH", path, authorization=f"Bearer {bearer}")
        assert got.status == 405
        assert operation.method in got.headers["allow"].split(",")
        assert ("GET" in got.headers["allow"]) == ("HEAD" in got.headers["allow"])
        bare = ares.send("PATCH", path)
        assert bare.status == (401 if profile == "server" and operation.auth != "none" else 405)

    @pytest.mark.parametrize(("profile", "operation"), everything())
    def test_a_page_of_another_origin_may_ask(
        self, served: dict[str, Live], profile: str, operation: Operation
    ) -> None:
        ares, path, origin = served[profile], path_of(operation), "http://localhost:5173"
        asked = {"access_control_request_method": operation.method, "access_control_request_headers": "authorization"}
        got = ares.send("OPTIONS", path, origin=origin, **asked)
        assert got.status == (200 if profile == "server" else 204)
        assert got.headers["access-control-allow-origin"] == origin
        assert operation.method in got.headers["access-control-allow-methods"]
        assert ares.send(operation.method, path, origin=origin).headers["access-control-allow-origin"] == origin

    @pytest.mark.parametrize(
        ("profile", "operation"),
        [row for row in everything(where="none") if row.values[1].method == "GET"],
    )
    def test_head(self, served: dict[str, Live], profile: str, operation: Operation) -> None:
        ares = served[profile]
        get, head = (ares.send(method, operation.path) for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"] == "application/json"

    @pytest.mark.parametrize(("profile", "operation"), [row for row in everything() if row.values[1].body])
    def test_a_body_that_is_none(self, served: dict[str, Live], profile: str, operation: Operation) -> None:
        ares = served[profile]
        bearer = ares.credentials.api_key if operation.auth == "api-key" else ares.credentials.token
        fields = {"authorization": f"Bearer {bearer}"}

        def status(body: bytes, content_type: str) -> int:
            return ares.send(operation.method, path_of(operation), body, content_type=content_type, **fields).status

        assert status(b"{}", "text/plain") == 415
        assert status(b"x" * 2_097_153, "application/json") == 413
        assert status(b"{", "application/json") == 400


class TestOpenOnes:
    def test_agents(self, page: Frontend) -> None:
        found = page.get("/api/agents").json
        if page.docs:
            assert [agent["name"] for agent in found[:3]] == ["router", "research", "product"]
            assert all(list(agent) == ["name", "description", "model", "tools"] for agent in found)
        else:
            assert [(agent["agent_type"], agent["name"]) for agent in found] == [
                ("product", "Product Agent"), ("invoice", "Invoice Agent"), ("sales", "Sales Agent"),
                ("finance", "Finance Agent"), ("hr", "HR Agent"),
            ]  # fmt: skip

    def test_health(self, page: Frontend) -> None:
        found = page.get("/health/detailed").json
        assert list(found) == ["status", "version", "checks", "providers", "agents", "latency_ms", "timestamp"]
        assert (found["status"], found["checks"]) == ("healthy", {"database": {"status": "healthy"}})
        assert found["timestamp"] == "2026-03-13T14:22:00.250000000+00:00"

    def test_config(self, page: Frontend) -> None:
        found = page.get("/config/info").json
        assert list(found) == ["server", "providers", "models", "agents", "tools", "workflows", "ui_enabled"]
        assert (found["server"]["host"], found["server"]["port"]) == page.ares.address


class TestTogether:
    """Memory, research and workflows."""

    def test_memory(self, page: Frontend) -> None:
        page.enter()
        found = page.get("/api/memory").json
        assert found == {"user_id": page.ares.last.subject, "preferences": [], "facts": []}

    @pytest.mark.parametrize(
        ("fields", "docs", "server"),
        [({}, 5, 9), ({"depth": 2, "max_iterations": 2}, 4, 4), ({"depth": 0}, 1, 0), ({"max_iterations": None}, 5, 9)],
    )
    def test_research(self, page: Frontend, fields: dict[str, int], docs: int, server: int) -> None:
        page.enter()
        found = page.post("/api/research", {"query": "Why?", **fields}).json
        assert list(found) == ["findings", "sources", "duration_ms"]
        assert "## Why?" in found["findings"]
        assert len(found["sources"]) == (docs if page.docs else server)
        if page.docs:
            assert all(source in found["findings"] for source in found["sources"])
        elif found["sources"]:
            assert found["sources"][0] == {"title": "Research Finding 1", "url": None, "relevance_score": 0.8}

    @pytest.mark.parametrize(
        ("query", "docs", "server"),
        [("Sales, please!", "sales", "sales"), ("a leave request", "hr", "hr"), ("Hello", "product", "orchestrator")],
    )
    def test_a_workflow_hands_on(self, page: Frontend, query: str, docs: str, server: str) -> None:
        page.enter()
        found = page.post("/api/workflows/default", {"query": query}).json
        assert found["agents_used"] == ["router", docs if page.docs else server]
        assert found["steps_executed"] == 2
        if page.docs:
            assert list(found["reasoning_path"][0]) == ["agent", "action"]
        else:
            first, last = found["reasoning_path"]
            assert first["output"] == last["agent_name"] == server
            assert first["input"] == last["input"] == query
            assert first["timestamp"] == int(page.clock.now)
            assert found["final_response"] == last["output"]

    def test_the_context_reaches_the_pages_agents(self, page: Frontend) -> None:
        page.enter()
        found = page.post("/api/workflows/research", {"query": "x", "context": {"seats": 1}}).json
        assert ("seats" in found["final_response"]) == page.docs

    def test_one_that_is_not_there(self, page: Frontend) -> None:
        page.enter()
        got = page.post("/api/workflows/nope", {"query": ""})
        said = {"error": "Workflow not found: nope"}
        assert error(got) == (404, said if page.docs else {"error": "Workflow 'nope' not found", "code": "NOT_FOUND"})
        assert page.post("/api/workflows/nope", {}).status == (400 if page.docs else 422)

    def test_they_take_their_time(self, caplog: pytest.LogCaptureFixture, profile: str) -> None:
        with live(caplog, profile=profile, speed=50.0) as ares:
            page = Frontend(ares).enter()
            found = page.post("/api/research", {"query": "x"}).json
            assert found["duration_ms"] == 16
            assert (page.ares.last.duration or 0) >= 0.016


class TestScripted:
    @pytest.fixture
    def page(self, caplog: pytest.LogCaptureFixture, profile: str) -> Iterator[Frontend]:
        def scenario(name: str, when: When, *replies: Reply, **words: Any) -> Scenario:
            return Scenario(name=name, when=when, replies=replies, **words)

        scenarios = [
            scenario(
                "down", When(endpoint="GET /api/agents"), Reply(error="unavailable"), Reply(content=Content(json=[]))
            ),
            scenario(
                "memory", When(endpoint="GET /api/memory"), Reply(content=Content(json={"facts": ["x"]})), auth="jwt"
            ),
            scenario("some", When(endpoint="GET /api/workflows", header={"x-try": "1"}), Reply(status=418)),
            scenario("chat", When(header={"x-try": "2"}), Reply(text="by a header")),
        ]
        with live(caplog, scenarios, profile=profile) as ares:
            yield Frontend(ares)

    def test_a_scenario_comes_before_what_is_built_in(self, page: Frontend) -> None:
        assert page.get("/api/agents").status == 503
        assert page.get("/api/agents").json == []
        assert page.ares.last.scenario == "down"
        assert page.get("/api/memory").status == 401
        page.enter()
        assert page.get("/api/memory").json == {"facts": ["x"]}

    def test_only_where_all_of_its_conditions_hold(self, page: Frontend) -> None:
        page.enter()
        assert page.get("/api/workflows", x_try="1").status == 418
        assert page.get("/api/workflows", x_try="0").status == 200

    def test_one_that_names_no_path_is_for_chats(self, page: Frontend) -> None:
        page.enter()
        assert isinstance(page.get("/api/workflows", x_try="2").json, list)
        assert page.post("/api/chat", {"message": "hi"}, x_try="2").json["response"] == "by a header"

    def test_a_tokens_own_replies_are_for_chats(self, page: Frontend) -> None:
        page.ares.server.script(page.ares.id, Reply(text="own"))
        page.bearer = page.ares.credentials.token
        assert isinstance(page.get("/api/workflows").json, list)
        assert page.chat().json["response"] == "own"


def test_limits_count_these_too(caplog: pytest.LogCaptureFixture, profile: str) -> None:
    with live(caplog, profile=profile, rate_limit=(2, 60.0)) as ares:
        page = Frontend(ares).enter()
        left = [page.get("/api/memory").headers.get("x-ratelimit-remaining") for _ in range(2)]
        assert left == ["1", "0"]
        assert page.get("/api/conversations").status == 429
        assert page.get("/api/agents").status == 200


class TestTenants:
    def test_each_test_has_users_of_its_own(self, profile: str, ares: Live) -> None:
        page = Frontend(ares)
        first = ares.server.admit("test_a")
        page.enter()
        page.chat("hi", "c1")
        ares.server.dismiss(first.id)
        ares.server.admit("test_b")
        assert page.register().status == 200
        assert page.conversations() == []

    def test_where_several_are_at_work_a_user_belongs_to_none(self, ares: Live) -> None:
        page = Frontend(ares)
        ares.server.admit("test_a")
        page.enter()
        second = ares.server.admit("test_b")
        assert page.get("/api/memory").status == 409
        page.bearer = second.token
        assert page.conversations() == []


class TestStubs:
    """What the source serves and the pages do not: users' own agents, which are empty there, and administration."""

    @pytest.mark.parametrize(
        "operation", [each for each in operations("server") if each.only], ids=lambda each: f"{each.method} {each.path}"
    )
    def test_nobody_without_credentials(self, served: dict[str, Live], operation: Operation) -> None:
        got = served["server"].send(operation.method, path_of(operation))
        said = "Unauthorized" if operation.auth == "jwt" else "Invalid or missing X-Admin-Secret header"
        assert (got.status, got.json) == (401, {"error": said})
        assert served["docs"].send(operation.method, path_of(operation)).status == 404

    def test_users_agents_are_empty(self, served: dict[str, Live]) -> None:
        ares = served["server"]
        got = ares.send("GET", "/api/user/agents", authorization=f"Bearer {ares.credentials.token}")
        assert (got.status, got.body, got.headers.get("content-type")) == (200, b"", None)

"""What an application does with its key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ares.routes.frontend import Frontend, error


@pytest.fixture
def app(page: Frontend) -> Frontend:
    return page.with_key()


def listed(app: Frontend, path: str, name: str) -> list[Any]:
    found: dict[str, Any] = app.get(app.v1 + path).json
    items: list[Any] = found[name if app.docs else "items"]
    return items


class TestAgents:
    def test_the_list(self, app: Frontend) -> None:
        found = app.get(f"{app.v1}/agents").json
        pages = {} if app.docs else {"total_pages": 1}
        assert {name: value for name, value in found.items() if name not in ("agents", "items")} == {
            "total": 3, "page": 1, "per_page": 20, **pages,
        }  # fmt: skip
        assert listed(app, "/agents", "agents") == listed(app, "/agents", "agents")

    def test_one(self, app: Frontend) -> None:
        found = app.get(f"{app.v1}/agents/risk-analyzer").json
        assert list(found) == [
            "id", "name", "agent_type", "status", "config", "created_at", "last_run", "total_runs", "success_rate",
        ]  # fmt: skip
        assert (found["agent_type"], found["last_run"]) == ("classifier" if app.docs else "custom", None)

    @pytest.mark.parametrize("path", ["", "/run"])
    def test_one_that_is_not_there(self, app: Frontend, path: str) -> None:
        got = app.send("POST" if path else "GET", f"{app.v1}/agents/Assistant{path}", {"input": {}})
        if app.docs:
            assert error(got) == (404, {"error": "Agent not found: Assistant"})
        else:
            owner = app.ares.last.subject
            said = f"Agent 'Assistant' not found for tenant '{owner}'"
            assert error(got) == (404, {"error": said, "code": "NOT_FOUND"})


class TestPages:
    @pytest.mark.parametrize(
        ("query", "names", "number", "size"),
        [
            ("", 3, 1, 20),
            ("?page=2&per_page=2", 1, 2, 2),
            ("?page=0", 3, 1, 20),
            ("?per_page=500", 3, 1, 100),
            ("?page=4294967295&per_page=100", 0, 4294967295, 100),
            ("?per_page=0", 0, 1, 0),
            ("?page=%2B2&x=y", 0, 2, 20),
        ],
    )
    def test_which_part(self, app: Frontend, query: str, names: int, number: int, size: int) -> None:
        found = app.get(f"{app.v1}/agents{query}").json
        assert len(found["agents" if app.docs else "items"]) == names
        assert (found["total"], found["page"], found["per_page"]) == (3, number, size)
        if not app.docs:
            assert found["total_pages"] == (-(-3 // size) if size else 4_294_967_295)

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("page=abc", "page: invalid digit found in string"),
            ("page=-1", "page: invalid digit found in string"),
            ("per_page=", "per_page: cannot parse integer from empty string"),
            ("per_page=4294967296", "per_page: number too large to fit in target type"),
            ("per_page=" + "9" * 5_000, "per_page: number too large to fit in target type"),
            ("page=+" + "0" * 5_000 + "1&page=1", "duplicate field `page`"),
            ("page=1&page=1", "duplicate field `page`"),
            ("page=٣", "page: invalid digit found in string"),
        ],
    )
    @pytest.mark.parametrize("path", ["agents", "agents/assistant/runs", "agents/assistant/logs"])
    def test_no_number(self, app: Frontend, path: str, query: str, said: str) -> None:
        from urllib.parse import quote

        got = app.get(f"{app.v1}/{path}?{quote(query, safe='=&')}")
        if app.docs:
            name = "per_page" if "per" in query else "page"
            assert error(got) == (400, {"error": f"Invalid value for parameter: {name}"})
        else:
            assert (got.status, got.text) == (400, f"Failed to deserialize query string: {said}")


class TestRuns:
    def run(self, app: Frontend, body: Any) -> Any:
        return app.post(f"{app.v1}/agents/assistant/run", body)

    def test_the_pages_run_it(self, docs_page: Frontend) -> None:
        app = docs_page.with_key()
        made = self.run(app, {"input": {"message": "hi", "context": {"a": [{}]}}}).json
        assert made["input"] == {"message": "hi", "context": {"a": [{}]}}
        assert (made["status"], made["error"]) == ("completed", None)
        assert made["tokens_used"] > 0
        agent = app.get("/v1/agents/assistant").json
        assert (agent["id"], agent["total_runs"], agent["success_rate"]) == (made["agent_id"], 1, 1.0)
        assert agent["last_run"] == made["started_at"] == "2026-03-13T14:22:00Z"
        second = self.run(app, {"input": {}}).json
        assert listed(app, "/agents/assistant/runs", "runs") == [second, made]
        assert listed(app, "/agents/classifier/runs", "runs") == []
        logs = listed(app, "/agents/assistant/logs", "logs")
        assert [line["run_id"] for line in logs] == [second["id"]] * 2 + [made["id"]] * 2

    @pytest.mark.parametrize("body", [{"input": {"m": 1}}, {}, [], "text", 5, None, True, 1.5, {"a": {"b": [1]}}])
    def test_the_server_gives_back_what_it_was_given(self, server_page: Frontend, body: Any) -> None:
        app = server_page.with_key()
        found = app.send("POST", "/api/v1/agents/assistant/run", b"null" if body is None else body).json
        assert (found["input"], found["output"]) == (body, {"message": "Agent run queued"})
        assert (found["agent_id"], found["tokens_used"], found["duration_ms"]) == ("assistant", 0, 0)
        assert found["started_at"] == "2026-03-13T14:22:00.250000000Z"
        assert app.get("/api/v1/agents/assistant").json["total_runs"] == 0
        empty = {"items": [], "total": 0, "page": 1, "total_pages": 0}
        assert app.get("/api/v1/agents/nobody/runs").json == {**empty, "per_page": 25}
        assert app.get("/api/v1/agents/nobody/logs").json == {**empty, "per_page": 50}

    @pytest.mark.parametrize(
        ("body", "docs", "server"),
        [
            (b"", 400, 400),
            (b'{"input": 5}', 422, 200),
            (b"{}", 400, 200),
            (b"[1,]", 400, 400),
            (b'{"a": 1e999}', 400, 400),
            (b"9" * 5000, 400, 400),
            (b"[" * 200 + b"]" * 200, 400, 400),
        ],
    )
    def test_bodies(self, app: Frontend, body: bytes, docs: int, server: int) -> None:
        assert self.run(app, body).status == (docs if app.docs else server)

    def test_a_syntax_error_has_its_place(self, server_page: Frontend) -> None:
        got = self.run(server_page.with_key(), b'{"a": [1, x]}')
        assert got.text == "Failed to parse the request body as JSON: a[1]: expected value at line 1 column 11"

    def test_other_content(self, app: Frontend) -> None:
        assert app.post(f"{app.v1}/agents/assistant/run", b"{}", content_type="text/plain").status == 415

    def test_an_unknown_agents_runs(self, docs_page: Frontend) -> None:
        for path in ("runs", "logs"):
            got = docs_page.with_key().get(f"/v1/agents/nobody/{path}")
            assert error(got) == (404, {"error": "Agent not found: nobody"})


class TestUsage:
    def test_the_pages_count(self, docs_page: Frontend) -> None:
        app = docs_page.with_key()
        assert app.get("/v1/usage").json == {
            "period_start": "2026-03-01T00:00:00Z",
            "period_end": "2026-03-31T23:59:59Z",
            "total_runs": 0,
            "total_tokens": 0,
            "total_api_calls": 1,
            "quota_runs": 100_000,
            "quota_tokens": 10_000_000,
            "daily_usage": [{"date": "2026-03-13", "runs": 0, "tokens": 0, "api_calls": 1}],
        }
        app.post("/v1/chat", {"message": "hi"})
        app.post("/v1/chat/stream", {"messages": [{"role": "user", "content": "hi"}]})
        app.post("/v1/agents/assistant/run", {"input": {}})
        app.clock.now += 86_400
        found = app.get("/v1/usage").json
        assert [(day["date"], day["runs"], day["api_calls"]) for day in found["daily_usage"]] == [
            ("2026-03-14", 0, 1), ("2026-03-13", 3, 4),
        ]  # fmt: skip
        assert found["total_tokens"] == found["daily_usage"][1]["tokens"] > 100
        app.clock.now += 30 * 86_400
        assert app.get("/v1/usage").json["total_api_calls"] == 1
        assert app.with_key().get("/v1/usage").json["total_runs"] == 0

    def test_the_server_does_not(self, server_page: Frontend) -> None:
        app = server_page.with_key()
        app.post("/api/v1/chat", {"message": "hi"})
        found = app.get("/api/v1/usage").json
        assert (found["total_runs"], found["total_api_calls"], found["daily_usage"]) == (0, 0, [])
        assert found["period_end"] == "2026-03-13T14:22:00.250000000Z"
        assert found["quota_runs"] == 500_000


class TestKeys:
    def made(self, app: Frontend, **fields: Any) -> dict[str, Any]:
        """Id and secret."""
        got = app.post(f"{app.v1}/api-keys", {"name": "mobile", **fields})
        assert got.status == (201 if app.docs else 200)
        found = got.json
        return {"id": found["key"] if app.docs else found["key"]["id"], "secret": found["secret"]}

    def keys(self, app: Frontend) -> list[dict[str, Any]]:
        found: Any = app.get(f"{app.v1}/api-keys").json
        keys: list[dict[str, Any]] = found["keys"] if app.docs else found
        return keys

    def test_a_key_works_and_shares_what_its_owner_has(self, app: Frontend) -> None:
        made = self.made(app)
        (found,) = self.keys(app)
        assert (found["id"], found["name"], found["expires_at"]) == (made["id"], "mobile", None)
        assert made["secret"].startswith(found["prefix"])
        assert len(found["prefix"]) == (9 if app.docs else 13)
        assert app.get(f"{app.v1}/api-keys", bearer=made["secret"]).json == app.get(f"{app.v1}/api-keys").json
        subjects = {exchange.subject for exchange in app.ares.server.requests()}
        assert len(subjects) == 1

    def test_when_it_was_last_used(self, app: Frontend) -> None:
        made = self.made(app)
        app.clock.now += 60
        app.post(f"{app.v1}/chat", {"message": "hi"}, bearer=made["secret"])
        assert self.keys(app)[0]["last_used"] == ("2026-03-13T14:23:00Z" if app.docs else None)

    def test_no_two_have_one_prefix(self, app: Frontend) -> None:
        for _ in range(5):
            self.made(app)
        assert len({key["prefix"] for key in self.keys(app)}) == 5

    def test_an_expiry(self, app: Frontend) -> None:
        """The server ignores it."""
        made = self.made(app, expires_in_days=1)
        assert self.keys(app)[0]["expires_at"] == ("2026-03-14T14:22:00Z" if app.docs else None)
        app.clock.now += 86_401
        assert app.get(f"{app.v1}/usage", bearer=made["secret"]).status == (401 if app.docs else 200)

    @pytest.mark.parametrize("days", [0, 36_501, 4_294_967_295, 4_294_967_296, -1, 1.5, "1"])
    def test_no_number_of_days(self, app: Frontend, days: Any) -> None:
        got = app.post(f"{app.v1}/api-keys", {"name": "", "expires_in_days": days})
        if app.docs:
            assert error(got) == (422, {"error": "Invalid value for field: expires_in_days"})
        else:
            assert got.status == (200 if days in (0, 36_501, 4_294_967_295) else 422)

    def test_revoking(self, app: Frontend) -> None:
        made = self.made(app)
        for _ in range(2):
            got = app.send("DELETE", f"{app.v1}/api-keys/{made['id']}")
            assert (got.status, got.body) == (204, b"")
        assert self.keys(app) == []
        assert error(app.get(f"{app.v1}/usage", bearer=made["secret"])) == (401, {"error": "Invalid API key"})

    def test_somebody_elses(self, app: Frontend) -> None:
        made = self.made(app)
        got = app.with_key().send("DELETE", f"{app.v1}/api-keys/{made['id']}")
        owner = app.ares.last.subject
        if app.docs:
            assert error(got) == (404, {"error": f"API key not found: {made['id']}"})
        else:
            said = f"API key '{made['id']}' not found for tenant '{owner}'"
            assert error(got) == (404, {"error": said, "code": "NOT_FOUND"})

    def test_one_that_is_forgotten_is_refused(self, app: Frontend, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(app.ares.fake.stores.of("").keys, "_most", 1)
        first = self.made(app)
        second = self.made(app)
        assert app.get(f"{app.v1}/usage", bearer=first["secret"]).status == 401
        assert app.get(f"{app.v1}/usage", bearer=second["secret"]).status == 200


def test_the_server_has_no_bare_v1(server_page: Frontend) -> None:
    assert server_page.with_key().get("/v1/usage").status == 404


def test_the_pages_have_both(docs_page: Frontend) -> None:
    assert docs_page.with_key().get("/api/v1/usage").status == 200

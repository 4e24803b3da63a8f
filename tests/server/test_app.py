"""The fake as a client meets it: its endpoints, and what it refuses."""

from __future__ import annotations

import json
import re
import uuid

import pytest

from mock_ares import sse
from mock_ares.dialects import DIALECTS
from mock_ares.scenario.model import Reply, Scenario, When
from mock_ares.server.replies.library import BUILT_IN
from tests.server.live import PATHS, SAY_HI, STREAMS, WHOLES, Live, live, said

ANSWER = str(BUILT_IN.replies[0].text)


class TestEndpoints:
    @pytest.mark.parametrize("path", STREAMS)
    def test_a_stream(self, ares: Live, path: str) -> None:
        got = ares.ask(path)
        assert said(got, ares.fake.profile.default_dialect) == ANSWER
        assert got.headers["cache-control"] == "no-cache"
        assert got.headers["transfer-encoding"] == "chunked"
        assert "date" in got.headers
        assert "connection" not in got.headers

    @pytest.mark.parametrize("path", WHOLES)
    def test_a_whole_answer(self, ares: Live, path: str) -> None:
        got = ares.ask(path, {"message": "hi", "agent_type": "hr", "context_id": "c1"})
        agent = "hr" if ares.fake.profile.name == "docs" else "HR (user)"
        assert got.json == {"response": ANSWER, "agent": agent, "context_id": "c1", "sources": None}
        assert list(got.json) == ["response", "agent", "context_id", "sources"]

    def test_without_agent_and_context(self, ares: Live) -> None:
        first, second = (ares.ask("/api/chat").json for _ in range(2))
        assert first["context_id"] != second["context_id"]
        if ares.fake.profile.name == "docs":
            assert first["agent"] == "router"
            assert re.fullmatch("ctx_[0-9a-f]{8}", first["context_id"])
        else:
            assert first["agent"] == "Product (user)"
            uuid.UUID(first["context_id"])

    def test_the_server_counts_tokens(self, server: Live) -> None:
        got = server.ask("/api/chat", {"message": "hällo"})
        assert got.headers["x-input-tokens"] == "2"
        assert got.headers["x-output-tokens"] == str(-(-len(ANSWER.encode()) // 4))
        assert "x-input-tokens" not in server.ask().headers

    def test_the_docs_do_not(self, docs: Live) -> None:
        assert "x-input-tokens" not in docs.ask("/api/chat").headers

    def test_the_typed_stream_names_agent_and_context(self, server: Live) -> None:
        server.server.script_when(server.id, Scenario((Reply(text="hi"),), when=When(agent_type="mine")))
        got = server.ask(body={"message": "hi", "agent_type": "mine", "context_id": "c1"})
        events = [json.loads(event.data) for event in sse.decode(got.body)]
        assert events[0] == {"event": "start", "agent": "mine (system)", "context_id": "c1"}
        assert events[-1] == {"event": "done", "agent": 'Custom("mine") (user)', "context_id": "c1"}

    @pytest.mark.parametrize("agent", ["nope", "PRODUCT", ""])
    def test_an_agent_that_does_not_exist(self, server: Live, docs: Live, agent: str) -> None:
        asked = {"message": "hi", "agent_type": agent, "context_id": "c1"}
        events = [json.loads(event.data) for event in sse.decode(server.ask(body=asked).body)]
        assert [event["event"] for event in events] == ["start", "error"]
        assert events[0]["agent"] == f"{agent} (system)"
        assert events[1]["error"] == "Failed to resolve agent: Not found: Not implemented"
        whole = server.ask("/api/chat", asked)
        assert (whole.status, whole.json) == (404, {"error": "Not implemented", "code": "NOT_FOUND"})
        assert docs.ask("/api/chat", asked).status == 200

    @pytest.mark.parametrize("path", [path for path in PATHS if "v1" in path])
    def test_the_form_of_the_v1_page(self, docs: Live, path: str) -> None:
        body = {"model": "m1", "messages": [{"role": "user", "content": "hi"}]}
        got = docs.ask(path, body)
        if path in STREAMS:
            assert said(got, "delta") == ANSWER
        else:
            completion = got.json
            assert list(completion) == ["id", "content", "model", "tokens_used", "finish_reason"]
            assert completion["id"] != docs.ask(path, body).json["id"]
            assert (completion["content"], completion["model"]) == (ANSWER, "m1")
            assert completion["finish_reason"] == "stop"

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_another_dialect(self, caplog: pytest.LogCaptureFixture, profile: str, dialect: str) -> None:
        with live(caplog, profile=profile, dialect=dialect) as ares:
            assert said(ares.ask(), dialect) == ANSWER

    def test_health(self, ares: Live) -> None:
        got = ares.send("GET", "/health")
        assert (got.status, got.body) == (200, b"OK")
        assert got.headers["content-type"] == "text/plain; charset=utf-8"

    @pytest.mark.parametrize("path", ["/health", "/nowhere", "/api/chat"])
    def test_head_is_the_head_of_get_and_nothing_else(self, ares: Live, path: str) -> None:
        connection = ares.connection()
        get, head = ares.send("GET", path, None, connection), ares.send("HEAD", path, None, connection)
        assert (head.status, head.body) == (get.status, b"")
        unmeasured = ares.fake.profile.name == "server" and path == "/nowhere"
        assert head.headers.get("content-length") == (None if unmeasured else get.headers["content-length"])
        assert ares.send("GET", "/health", None, connection).body == b"OK"
        connection.close()

    def test_many_on_one_connection(self, ares: Live) -> None:
        connection = ares.connection()
        for path in [*PATHS, *PATHS]:
            fields = {"authorization": ares.bearer(path), "content_type": "application/json"}
            assert ares.send("POST", path, SAY_HI, connection, **fields).status == 200
        connection.close()


class TestRefusals:
    """Their bodies are in the tests of each part; here it is that they come, and in which order."""

    @pytest.mark.parametrize("path", PATHS)
    def test_no_credentials(self, ares: Live, path: str) -> None:
        got = ares.send("POST", path, SAY_HI, content_type="application/json")
        assert got.status == 401
        assert list(got.json) == ["error"]
        assert "www-authenticate" not in got.headers
        assert ares.last.credentials == "refused"

    @pytest.mark.parametrize("path", PATHS)
    def test_the_other_kind_of_credentials(self, ares: Live, path: str) -> None:
        pair = ares.credentials
        other = pair.token if PATHS[path] == "api-key" else pair.api_key
        assert ares.ask(path, authorization=f"Bearer {other}").status == 401

    def test_a_revoked_token(self, ares: Live) -> None:
        assert ares.ask().status == 200
        ares.fake.keyring.revoke(ares.credentials.token)
        assert ares.ask().status == 401

    def test_credentials_before_everything(self, ares: Live) -> None:
        assert ares.send("POST", "/api/chat", b"x" * 3_000_000).status == 401

    @pytest.mark.parametrize(
        ("body", "docs_status", "server_status"),
        [
            (b"", 400, 400),
            (b"not json", 400, 400),
            (b"{}", 400, 422),
            (b'{"message":5}', 422, 422),
            (b'{"message":"hi","agent_type":5}', 422, 422),
            (b"x" * 2_097_153, 413, 413),
        ],
    )
    def test_a_bad_body(self, ares: Live, body: bytes, docs_status: int, server_status: int) -> None:
        docs = ares.fake.profile.name == "docs"
        for path in PATHS:
            got = ares.ask(path, body)
            assert got.status == (docs_status if docs else server_status), path
            assert got.headers["content-type"] == ("application/json" if docs else "text/plain; charset=utf-8"), path

    def test_the_texts_of_the_server(self, server: Live) -> None:
        got = server.ask(body=b'{"message":"hi",}')
        assert got.text == "Failed to parse the request body as JSON: trailing comma at line 1 column 17"
        assert server.ask("/api/chat", {"message": "", "agent_type": "router"}).json == {
            "error": "Router agent cannot be called directly",
            "code": "INVALID_INPUT",
        }

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
    def test_another_content_type(self, ares: Live, content_type: str) -> None:
        assert ares.ask(content_type=content_type).status == 415

    @pytest.mark.parametrize("path", ["/", "/nowhere", "/api", "/api/chat/", "/api/chat/stream/", "/v1", "/API/chat"])
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_an_unknown_path(self, ares: Live, path: str, method: str) -> None:
        got = ares.send(method, path)
        assert got.status == 404
        if ares.fake.profile.name == "docs":
            assert got.json == {"error": "Not found"}
        else:
            assert got.body == b""
            assert "content-type" not in got.headers
            assert got.headers["content-length"] == "0"

    @pytest.mark.parametrize(
        ("path", "allowed", "method"),
        [
            *((path, "POST", method) for path in PATHS for method in ("GET", "PUT", "DELETE", "PATCH", "TRACE")),
            *(("/health", "GET,HEAD", method) for method in ("POST", "PUT", "DELETE")),
        ],
    )
    def test_another_method(self, ares: Live, path: str, allowed: str, method: str) -> None:
        got = ares.send(method, path, authorization=ares.bearer(path))
        assert (got.status, got.headers["allow"]) == (405, allowed)
        assert (got.body == b"") == (ares.fake.profile.name == "server")

    def test_the_server_asks_for_credentials_before_it_looks_at_the_method(self, server: Live, docs: Live) -> None:
        assert server.send("GET", "/api/chat").json == {"error": "Unauthorized"}
        assert docs.send("GET", "/api/chat").status == 405

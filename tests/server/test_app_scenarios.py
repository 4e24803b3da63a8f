"""Scenarios over real sockets: which one answers, with which reply, and what a reply can be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from mock_ares.dialects import DIALECTS
from mock_ares.faults import close_early, empty_reply, error_event, garbage, long_length, malformed_chunk, reset_peer
from mock_ares.scenario.model import Content, Match, Position, Redirect, Reply, Scenario, Text, When
from tests.server.live import PATHS, SAY_HI, WHOLES, Live, live, said


def named(name: str, *replies: Reply | str, when: When | None = None, **words: Any) -> Scenario:
    made = tuple(Reply(text=reply) if isinstance(reply, str) else reply for reply in replies)
    return Scenario(replies=made, name=name, when=when, **words)


class TestWhichScenarioAnswers:
    @pytest.fixture
    def choosy(self, caplog: pytest.LogCaptureFixture) -> Iterator[Live]:
        scenarios = [
            named("default", "default"),
            named("asked", "asked"),
            named("about cats", "cats", when=When(message=Match(contains="cat"))),
            named("about animals", "animals", when=When(message=Match(pattern="cat|dog"))),
            named("research", "research", when=When(agent_type="research")),
            named("whole", "whole", when=When(endpoint="/api/chat")),
            named("header", "header", when=When(header={"X-Trace": Match(contains="a")})),
        ]
        with live(caplog, scenarios, scenario="default") as found:
            yield found

    def test_the_default_where_none_is_asked_for_and_none_applies(self, choosy: Live) -> None:
        assert said(choosy.ask()) == "default"
        assert choosy.last.scenario == "default"

    def test_the_first_that_applies(self, choosy: Live) -> None:
        assert said(choosy.ask(body={"message": "a cat and a dog"})) == "cats"
        assert said(choosy.ask(body={"message": "a dog"})) == "animals"
        assert said(choosy.ask(body={"message": "hi", "agent_type": "research"})) == "research"
        assert said(choosy.ask(X_Trace="bar")) == "header"
        assert said(choosy.ask(X_Trace="b")) == "default"
        assert choosy.ask("/api/chat").json["response"] == "whole"

    def test_one_asked_for_comes_before_those_that_apply(self, choosy: Live) -> None:
        assert said(choosy.ask(body={"message": "cat"}, X_Mock_Ares_Scenario="asked")) == "asked"

    def test_the_tokens_own_comes_first(self, choosy: Live) -> None:
        choosy.server.script(choosy.id, Reply(text="own"))
        assert said(choosy.ask(body={"message": "cat"}, X_Mock_Ares_Scenario="asked")) == "own"
        assert said(choosy.ask("/v1/chat/stream")) == "own"
        choosy.renew()
        assert said(choosy.ask()) == "default"

    @pytest.mark.parametrize("path", PATHS)
    def test_one_that_does_not_exist(self, choosy: Live, path: str) -> None:
        got = choosy.ask(path, X_Mock_Ares_Scenario="askd")
        assert got.status == 400
        assert got.json == {"error": "no scenario is named 'askd'; did you mean 'asked'?"}

    def test_it_may_be_any_text(self, choosy: Live) -> None:
        for name in ("", "é", "'\"", "x" * 5000):
            assert choosy.ask(X_Mock_Ares_Scenario=name).status == 400

    def test_turns_are_taken_apart_for_each_token(self, caplog: pytest.LogCaptureFixture) -> None:
        with live(caplog, [named("two", "one", "two")], scenario="two") as ares:
            assert said(ares.ask()) == "one"
            ares.renew()
            assert said(ares.ask()) == "one"
            assert said(ares.ask()) == "two"


class TestTurns:
    @pytest.mark.parametrize(
        ("then", "texts"),
        [("repeat", ["a", "b", "b", "b", "b"]), ("cycle", ["a", "b", "a", "b", "a"]), ("fail", ["a", "b"])],
    )
    @pytest.mark.parametrize("path", ["/api/chat/stream", "/api/chat"])
    def test_replies_come_in_turn(self, docs: Live, then: str, texts: list[str], path: str) -> None:
        docs.server.script(docs.id, Reply(text="a"), Reply(text="b"), then=then)
        for text in texts:
            got = docs.ask(path)
            assert (said(got) if path.endswith("stream") else got.json["response"]) == text
        if then == "fail":
            for _ in range(2):
                got = docs.ask(path)
                assert got.status == 500
                assert got.json == {"error": "scenario 'script' has 2 replies, all given (then: fail)"}

    def test_a_refused_request_takes_no_turn(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(text="a"), Reply(text="b"))
        docs.ask(body=b"not json")
        docs.ask(authorization="Bearer x")
        assert said(docs.ask()) == "a"

    def test_a_reply_that_cannot_be_played_says_why(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(text=Text(template="you said {message}")))
        assert said(docs.ask(body={"message": "hi"})) == "you said hi"
        got = docs.ask(body={"message": "carriage\rreturn"})
        assert got.status == 500
        assert re.search("'script' cannot be played for this request: chunk .: the chunk holds a CR", got.json["error"])

    def test_an_error_that_has_no_name(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(error="expired-tokens"))
        assert "did you mean 'expired-token'?" in docs.ask().json["error"]


class TestErrors:
    def test_by_name(self, ares: Live) -> None:
        ares.server.script(ares.id, Reply(error="expired-token"), Reply(error="unavailable", retry_after=7))
        assert ares.ask().status == 401
        got = ares.ask("/api/chat")
        assert (got.status, got.headers["retry-after"]) == (503, "7")

    def test_in_full(self, docs: Live) -> None:
        content = Content(json={"odd": True})
        docs.server.script(docs.id, Reply(status=418, content=content, headers={"x-odd": "yes"}), Reply(status=502))
        got = docs.ask()
        assert (got.status, got.json, got.headers["x-odd"]) == (418, {"odd": True}, "yes")
        assert (docs.ask().status, docs.last.status) == (502, 502)

    def test_success_that_is_none(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(content=Content(html="<p>Sign in</p>")))
        got = docs.ask()
        assert (got.status, got.headers["content-type"], got.body) == (
            200,
            "text/html; charset=utf-8",
            b"<p>Sign in</p>",
        )


class TestFaults:
    """What the wire carries is tested with the plan; here it is that the endpoints carry faults at all."""

    @pytest.mark.parametrize("path", PATHS)
    def test_a_body_that_breaks_off(self, ares: Live, path: str) -> None:
        ares.server.script(ares.id, Reply(text="Neural networks", faults=(close_early(after=Position(byte=9)),)))
        got = ares.raw(ares.request(path))
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")
        body = got.partition(b"\r\n\r\n")[2]
        assert not body.endswith(b"0\r\n\r\n")
        assert b"networks" not in body
        assert (ares.last.ending, ares.last.faults) == ("close", ("close_early",))

    @pytest.mark.parametrize("path", PATHS)
    def test_a_reset(self, ares: Live, path: str) -> None:
        ares.server.script(ares.id, Reply(text="Neural networks", faults=(reset_peer(after=Position(byte=9)),)))
        got = ares.raw(ares.request(path))
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")
        assert got.endswith(b"<reset>")
        assert ares.last.ending == "reset"

    @pytest.mark.parametrize("path", WHOLES)
    def test_a_length_that_is_too_long(self, docs: Live, path: str) -> None:
        docs.server.script(docs.id, Reply(text="hi", faults=(long_length(by=5),)))
        head, _, body = docs.raw(docs.request(path)).partition(b"\r\n\r\n")
        assert f"content-length: {len(body) + 5}".encode() in head

    @pytest.mark.parametrize("path", PATHS)
    def test_no_response(self, docs: Live, path: str) -> None:
        docs.server.script(docs.id, Reply(faults=(empty_reply(),)), Reply(faults=(garbage(bytes="what?"),)))
        assert docs.raw(docs.request(path)) == b""
        assert docs.raw(docs.request(path)) == b"what?"
        assert [exchange.status for exchange in docs.exchanges] == [None, None]

    def test_an_error_event(self, server: Live) -> None:
        server.server.script(
            server.id, Reply(text="a b", faults=(error_event(message="boo", after=Position(chunk=1)),))
        )
        assert DIALECTS["typed"].decode(server.ask().body).error == "boo"

    def test_what_the_body_has_no_place_for_is_said(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(text="hi", faults=(malformed_chunk(after=Position(chunk=1)),)))
        got = docs.ask("/api/chat")
        assert got.status == 500
        assert "cannot be played for this request: malformed_chunk: " in got.json["error"]


class TestRoutes:
    @pytest.fixture
    def routed(self, caplog: pytest.LogCaptureFixture, profile: str) -> Iterator[Live]:
        scenarios = [
            named("users", Reply(content=Content(json={"name": "Ann"})), when=When(endpoint="GET /api/users/{id}")),
            named("memory", Reply(content=Content(json=[])), when=When(endpoint="GET /api/memory"), auth="jwt"),
            named("keys", Reply(content=Content(json=None)), when=When(endpoint="/v1/keys"), auth="api-key"),
            named("gone", Reply(status=204), when=When(endpoint="DELETE /api/users/{id}")),
            named("turns", Reply(status=201), Reply(status=200), when=When(endpoint="PUT /turns")),
        ]
        with live(caplog, scenarios, profile=profile) as found:
            yield found

    def test_any_route_can_be_scripted(self, routed: Live) -> None:
        assert routed.send("GET", "/api/users/7?x=1").json == {"name": "Ann"}
        assert (routed.last.scenario, routed.last.query, routed.last.owner) == ("users", "x=1", "")
        assert routed.send("DELETE", "/api/users/7").status == 204
        assert [routed.send("PUT", "/turns").status for _ in range(3)] == [201, 200, 200]

    def test_other_methods_and_paths_are_unknown(self, routed: Live) -> None:
        for method, path in (("POST", "/api/users/7"), ("GET", "/api/users"), ("GET", "/api/users/7/more")):
            assert routed.send(method, path).status == 404

    def test_head_of_a_scripted_route_is_its_own(self, routed: Live) -> None:
        assert routed.send("HEAD", "/api/users/7").status == 404

    def test_credentials_where_the_scenario_asks_for_them(self, routed: Live) -> None:
        assert routed.send("GET", "/api/memory").status == 401
        assert routed.send("GET", "/api/memory", authorization=f"Bearer {routed.credentials.token}").json == []
        assert routed.send("POST", "/v1/keys", authorization=f"Bearer {routed.credentials.token}").status == 401
        assert routed.send("POST", "/v1/keys", authorization=f"Bearer {routed.credentials.api_key}").body == b"null"
        assert routed.last.credentials == "api-key"


class TestRedirects:
    @pytest.mark.parametrize("status", [307, 308])
    def test_to_the_same_path(self, docs: Live, status: Literal[307, 308]) -> None:
        docs.server.script(docs.id, Reply(redirect=Redirect(status=status)), Reply(text="home"))
        got = docs.ask()
        assert (got.status, got.headers["location"], got.body) == (status, "/api/chat/stream", b"")
        assert said(docs.ask()) == "home"

    @pytest.mark.parametrize("credentials", ["none", "sent"])
    def test_away_nobody_asks_for_credentials_and_the_journal_notes_them(self, docs: Live, credentials: str) -> None:
        docs.server.script(docs.id, Reply(redirect=Redirect(to="away")), Reply(text="away"))
        location = docs.ask().headers["location"]
        port = docs.address[1]
        assert location.startswith(f"http://localhost:{port}/_mock/away/")
        path = location.removeprefix(f"http://localhost:{port}")
        sent = {"authorization": docs.bearer("")} if credentials == "sent" else {}
        got = docs.send("POST", path, SAY_HI, content_type="application/json", **sent)
        assert said(got) == "away"
        assert (docs.last.credentials, docs.last.owner, docs.last.message) == (credentials, docs.id, "hi")
        assert docs.credentials.token not in repr(docs.last)

    def test_a_ticket_that_is_none(self, ares: Live) -> None:
        assert ares.send("POST", "/_mock/away/xyz", SAY_HI, content_type="application/json").status == 404

    def test_away_bodies_are_checked_too(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(redirect=Redirect(to="away")), Reply(text="away"))
        path = "/_mock/" + docs.ask().headers["location"].partition("/_mock/")[2]
        assert docs.send("POST", path, b"x", content_type="application/json").status == 400
        assert docs.send("GET", path).status == 405


class TestOwnRoutes:
    """ARES's own paths, by methods that it refuses."""

    @pytest.fixture
    def scripted(self, caplog: pytest.LogCaptureFixture) -> Iterator[Live]:
        scenarios = [
            named("event-source", "as scripted", when=When(endpoint="GET /api/chat/stream")),
            named("guarded", "for a token", when=When(endpoint="PUT /api/chat"), auth="jwt"),
            named("health", Reply(status=503, content="empty"), when=When(endpoint="GET /health")),
            named("options", Reply(status=418, content="empty"), when=When(endpoint="OPTIONS /v1/chat")),
        ]
        with live(caplog, scenarios) as found:
            yield found

    def test_are_answered_as_scripted(self, scripted: Live) -> None:
        got = scripted.send("GET", "/api/chat/stream")
        assert (got.status, said(got), scripted.last.scenario) == (200, "as scripted", "event-source")
        assert scripted.send("GET", "/health").status == 503
        assert scripted.send("OPTIONS", "/v1/chat").status == 418

    def test_with_credentials_where_they_are_asked_for(self, scripted: Live) -> None:
        assert scripted.send("PUT", "/api/chat").status == 401
        assert said(scripted.send("PUT", "/api/chat", authorization=scripted.bearer("/api/chat"))) == "for a token"

    def test_are_refused_otherwise(self, scripted: Live) -> None:
        assert scripted.send("GET", "/v1/chat/stream").status == 405
        assert scripted.send("POST", "/health").status == 405

    def test_a_tokens_own_script_may_name_one(self, scripted: Live) -> None:
        path = "/v1/chat/stream"
        scripted.server.script_when(scripted.id, named("own", "own", when=When(endpoint=f"GET {path}")))
        assert said(scripted.send("GET", path, authorization=scripted.bearer(path))) == "own"
        assert scripted.send("GET", path).status == 405


def test_fields_go_out_as_they_are_written(caplog: pytest.LogCaptureFixture) -> None:
    headers = {"Content-Type": "Text/Event-Stream", "X-MiXed": "a", "CACHE-control": None}
    error = Reply(error="unavailable", headers={"Retry-After": "7", "X-Who": "me"})
    with live(caplog, [named("cased", Reply(text="a", headers=headers), error)], scenario="cased") as fake:
        stream = fake.raw(fake.request("/api/chat/stream", SAY_HI, "connection: close"))
        assert b"\r\nContent-Type: Text/Event-Stream\r\n" in stream
        assert b"\r\nX-MiXed: a\r\n" in stream
        assert b"cache-control" not in stream.lower()
        refused = fake.raw(fake.request("/api/chat", SAY_HI, "connection: close"))
        assert refused.lower().count(b"\r\nretry-after:") == refused.count(b"\r\nRetry-After: 7\r\n") == 1
        assert b"\r\nX-Who: me\r\n" in refused

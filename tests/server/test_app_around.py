"""What is around every answer: CORS, limits and the journal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_ares.faults import close_early, reset_peer
from mock_ares.scenario.model import Pace, Position, Reply, Scenario, When
from tests.server.live import PATHS, SAY_HI, Live, live

PAGE = "http://localhost:5173"


class TestCors:
    @pytest.mark.parametrize(
        "send",
        [
            lambda ares: ares.ask(origin=PAGE),
            lambda ares: ares.ask("/api/chat", origin=PAGE),
            lambda ares: ares.ask(body=b"x", origin=PAGE),
            lambda ares: ares.ask(content_type="text/plain", origin=PAGE),
            lambda ares: ares.ask(authorization="x", origin=PAGE),
            lambda ares: ares.ask(X_Mock_Ares_Scenario="x", origin=PAGE),
            lambda ares: ares.send("GET", "/nowhere", origin=PAGE),
            lambda ares: ares.send("GET", "/api/chat", origin=PAGE),
            lambda ares: ares.send("GET", "/health", origin=PAGE),
        ],
    )
    def test_a_page_can_read_every_answer(self, ares: Live, send: Any) -> None:
        got = send(ares)
        assert got.headers["access-control-allow-origin"] == PAGE
        assert "retry-after" in got.headers["access-control-expose-headers"]
        assert got.headers["vary"].split(", ")[0] == "origin"

    def test_raw_faults_too(self, ares: Live) -> None:
        ares.server.script(ares.id, Reply(text="Neural networks", faults=(reset_peer(after=Position(byte=9)),)))
        got = ares.raw(ares.request("/api/chat/stream", SAY_HI, "origin: null"))
        assert b"\r\naccess-control-allow-origin: null\r\n" in got

    def test_a_reply_may_say_otherwise(self, docs: Live) -> None:
        headers = {"Access-Control-Allow-Origin": "https://elsewhere.example"}
        docs.server.script(docs.id, Reply(text="hi", headers=headers))
        assert docs.ask(origin=PAGE).headers["access-control-allow-origin"] == "https://elsewhere.example"

    def test_other_pages_cannot(self, ares: Live) -> None:
        got = ares.ask(origin="https://localhost.evil.com")
        assert got.status == 200
        assert "access-control-allow-origin" not in got.headers
        assert got.headers["vary"].split(", ")[0] == "origin"

    @pytest.mark.parametrize("path", ["/api/chat/stream", "/v1/chat", "/health", "/nowhere"])
    def test_a_preflight_asks_for_no_credentials(self, ares: Live, path: str) -> None:
        asked = {
            "access_control_request_method": "POST",
            "access_control_request_headers": "authorization,content-type,x-mock-ares-scenario",
        }
        got = ares.send("OPTIONS", path, origin=PAGE, **asked)
        assert (got.status, got.body) == (204 if ares.fake.profile.name == "docs" else 200, b"")
        assert got.headers["access-control-allow-origin"] == PAGE
        assert "authorization" in got.headers["access-control-allow-headers"]
        refused = ares.send("OPTIONS", path, origin="https://example.com", **asked)
        assert "access-control-allow-origin" not in refused.headers

    def test_options_that_is_no_preflight(self, server: Live, docs: Live) -> None:
        assert server.send("OPTIONS", "/api/chat").status == server.send("OPTIONS", "/nowhere").status == 200
        assert docs.send("OPTIONS", "/api/chat").status == 405
        assert docs.send("OPTIONS", "/nowhere").status == 404

    def test_configured_origins(self, caplog: pytest.LogCaptureFixture) -> None:
        with live(caplog, origins=("https://app.example.com",)) as ares:
            assert "access-control-allow-origin" not in ares.ask(origin=PAGE).headers
            origin = "https://app.example.com"
            assert ares.ask(origin=origin).headers["access-control-allow-origin"] == origin


class TestLimits:
    def test_a_rate_limit(self, caplog: pytest.LogCaptureFixture, profile: str) -> None:
        with live(caplog, profile=profile, rate_limit=(2, 3600)) as ares:
            assert [ares.ask().headers["x-ratelimit-remaining"] for _ in range(2)] == ["1", "0"]
            got = ares.ask(origin=PAGE)
            assert (got.status, got.headers["x-ratelimit-limit"]) == (429, "2")
            assert 3500 < int(got.headers["retry-after"]) <= 3600
            assert got.headers["access-control-allow-origin"] == PAGE
            assert ("content-type" in got.headers) == (profile == "docs")
            ares.renew()
            assert ares.ask().status == 200

    def test_it_counts_bad_requests_and_not_those_of_strangers(self, caplog: pytest.LogCaptureFixture) -> None:
        with live(caplog, rate_limit=(2, 3600)) as ares:
            assert ares.ask(authorization="x").status == 401
            assert ares.ask(body=b"x").headers["x-ratelimit-remaining"] == "1"
            assert ares.ask("/v1/chat").headers["x-ratelimit-remaining"] == "0"
            assert ares.ask(body=b"x").status == 429

    def test_a_window_passes(self, caplog: pytest.LogCaptureFixture) -> None:
        now = [1_700_000_000.0]
        with live(caplog, rate_limit=(1, 10)) as ares:
            assert ares.fake.rate_limit is not None
            ares.fake.rate_limit._clock = lambda: now[0]
            assert [ares.ask().status for _ in range(2)] == [200, 429]
            now[0] += 10
            assert ares.ask().status == 200

    def test_a_quota(self, caplog: pytest.LogCaptureFixture, profile: str) -> None:
        with live(caplog, profile=profile, quota=(1, 3600)) as ares:
            assert ares.ask().status == 200
            got = ares.ask()
            assert (got.status, got.json) == (429, {"error": "Monthly request quota exceeded"})

    def test_both(self, caplog: pytest.LogCaptureFixture) -> None:
        with live(caplog, rate_limit=(5, 60), quota=(3, 3600)) as ares:
            raw = ares.raw(ares.request("/api/chat", SAY_HI, "connection: close"))
            assert raw.count(b"x-ratelimit-remaining: ") == 1
            assert b"x-ratelimit-remaining: 2\r\n" in raw


class TestJournal:
    def test_what_came_and_what_went(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(text="Neural networks", segments="event", seed=7, pace=Pace()))
        body = {"message": "hi", "agent_type": "hr"}
        got = docs.ask("/api/chat/stream", body, X_Trace="t1")
        exchange = docs.last
        assert (exchange.method, exchange.path, exchange.owner) == ("POST", "/api/chat/stream", docs.id)
        assert (exchange.message, exchange.agent_type, exchange.credentials) == ("hi", "hr", "jwt")
        assert dict(exchange.headers)["x-trace"] == "t1"
        assert (json.loads(exchange.body), exchange.body_size) == (body, len(json.dumps(body)))
        assert (exchange.scenario, exchange.reply, exchange.seed) == ("script", 0, 7)
        assert (exchange.status, exchange.chunks, exchange.ending) == (200, 2, "complete")
        assert exchange.segments >= 2
        assert exchange.bytes > len(got.body)
        assert exchange.duration is not None
        assert exchange.boundaries in ("exact", "best-effort")

    def test_chunks_count_up_to_a_fault(self, docs: Live) -> None:
        docs.server.script(docs.id, Reply(text="a b c d", faults=(close_early(after=Position(chunk=2)),)))
        docs.raw(docs.request("/api/chat/stream", SAY_HI))
        assert (docs.last.chunks, docs.last.ending) == (2, "close")

    def test_it_can_be_written_as_json(self, docs: Live) -> None:
        docs.ask()
        docs.ask(body=b"\xff")
        for exchange in docs.server.requests():
            json.dumps(exchange.as_dict())

    def test_no_secret_is_kept(self, ares: Live) -> None:
        secrets = [ares.credentials.token, ares.credentials.api_key, "hunter2-hunter2"]
        for path in PATHS:
            ares.ask(path)
            ares.ask(path, authorization=f"Bearer  {ares.credentials.token}")
            ares.ask(path, authorization=ares.credentials.api_key)
            ares.ask(path, {"message": "hi", "password": secrets[2], "refresh_token": secrets[0]})
        ares.ask(cookie=f"session={secrets[2]}", x_api_key=secrets[1], x_admin_secret=secrets[2])
        ares.send("GET", "/api/conversations", authorization=ares.bearer(""))
        ares.send("GET", f"/api/{secrets[1]}?token={secrets[0]}&password={secrets[2]}", x_odd=f"t={secrets[0]}")
        ares.send(
            "POST", "/login", f"password={secrets[2]}&x=1".encode(), content_type="application/x-www-form-urlencoded"
        )
        ares.ask(body={"message": f"my key is {secrets[1]}"})
        for exchange in ares.server.requests():
            kept = repr(exchange.as_dict())
            for secret in secrets:
                assert secret not in kept

    def test_it_is_bounded(self, caplog: pytest.LogCaptureFixture) -> None:
        with live(caplog, journal=3) as ares:
            for number in range(5):
                ares.ask(body={"message": str(number)})
            assert [exchange.message for exchange in ares.exchanges] == ["2", "3", "4"]

    def test_those_of_one_token(self, docs: Live) -> None:
        docs.ask()
        first = docs.id
        docs.renew()
        docs.ask("/v1/chat")
        assert [exchange.path for exchange in docs.server.requests(first)] == ["/api/chat/stream"]
        assert [exchange.path for exchange in docs.exchanges] == ["/v1/chat"]


class TestTheRoot:
    """ARES has nothing at ``/``; a browser into which the address was typed is led to the console."""

    LOOKING = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    def test_a_browser_is_led_to_the_console(self, ares: Live) -> None:
        got = ares.send("GET", "/", accept=self.LOOKING)
        assert (got.status, got.headers["location"]) == (307, "/_mock/")
        assert b"<title>mock-ares</title>" in ares.send("GET", "/_mock/", accept=self.LOOKING).body

    @pytest.mark.parametrize(
        ("method", "path", "accept"),
        [("GET", "/", "*/*"), ("GET", "/", "text/event-stream"), ("POST", "/", LOOKING), ("GET", "/else", LOOKING)],
    )
    def test_all_else_is_told_what_ares_says(self, ares: Live, method: str, path: str, accept: str) -> None:
        assert ares.send(method, path, accept=accept).status == 404

    def test_a_scenario_for_it_goes_first(self, caplog: pytest.LogCaptureFixture) -> None:
        page = Scenario((Reply(text="an app"),), name="page", when=When(endpoint="GET /"))
        with live(caplog, [page]) as ares:
            assert ares.send("GET", "/", accept=self.LOOKING).status == 200

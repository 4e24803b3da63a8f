"""The journal through the control API: pages, one request in full, waiting, forgetting."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import threading
from base64 import b64decode
from typing import Any

import pytest

from mock_ares.authoring.calls import reply
from mock_ares.authoring.load import loads
from mock_ares.control import send_records
from mock_ares.dialects import DIALECTS
from mock_ares.faults import close_early
from mock_ares.scenario.model import Pace, Pause, Position, Segments
from mock_ares.server.playback import player, progress
from tests.control.rig import Api, served
from tests.server.live import said, until

TEXT = "Neural networks learn by example."


def numbers(told: Any) -> list[int]:
    return [each["number"] for each in told["requests"]]


class TestPages:
    def test_the_newest_first_page_by_page(self, api: Api) -> None:
        for _ in range(7):
            api.ask()
        first = api.get("/requests", limit=3)
        assert (numbers(first), first["total"], first["more"]) == ([7, 6, 5], 7, True)
        last = api.get("/requests", limit=3, before=3)
        assert (numbers(last), last["more"]) == ([2, 1], False)
        assert numbers(api.get("/requests", after=4, limit=2)) == [5, 6]

    def test_filters(self, api: Api) -> None:
        token = api.post("/tokens", {"replies": [{"text": TEXT, "faults": [{"close_early": {"after": 1}}]}]})
        api.ares.raw(api.ares.request().replace(api.ares.credentials.token.encode(), token["token"].encode()))
        api.ask()
        api.ares.send("GET", "/health")
        assert numbers(api.get("/requests", token=token["id"])) == [1]
        assert numbers(api.get("/requests", scenario="built-in")) == [2]
        assert numbers(api.get("/requests", ending="close")) == [1]
        assert numbers(api.get("/requests", path="/health")) == [3]
        assert "ending: expected open, complete" in api.refused(422, "GET", "/requests", ending="closed")
        assert "limit: expected a whole number from 1" in api.refused(422, "GET", "/requests", limit="0")
        assert "before: expected" in api.refused(422, "GET", "/requests", before="²")

    def test_forgetting(self, api: Api) -> None:
        token = api.post("/tokens")
        for each in (token["token"], None, token["token"]):
            api.ask(each)
        assert api.delete("/requests", token=token["id"]) == {"requests": 2}
        assert numbers(api.get("/requests")) == [2]
        assert api.fake.control.recorder.get(1) is None
        assert api.delete("/requests") == {"requests": 1}
        assert "not in the journal" in api.refused(404, "GET", "/requests/2")


class TestOneRequest:
    def test_in_full(self, api: Api) -> None:
        paced = reply(TEXT, pace=Pace(first=0.05, every=0.01), faults=[close_early(after="learn")])
        api.fake.speed = 1.0
        api.ares.server.script(api.ares.id, paced)
        api.ares.raw(api.ares.request("/api/chat/stream", b'{"message":"hi there"}', "x-api-key: secret"))
        told = api.get("/requests/1")
        assert (told["message"], told["ending"], told["faults"]) == ("hi there", "close", ["close_early"])
        assert told["read"] == {"text": "Neural networks learn", "complete": False, "error": None}
        assert dict(told["headers"])["authorization"] == "Bearer [redacted]"
        assert dict(told["headers"])["x-api-key"] == "[redacted]"
        plan = told["plan"]
        assert plan["expected"]["outcome"] == "error"
        segments = plan["segments"]["items"]
        assert [each["chunks"] for each in segments] == [[0, 0], [1, 1], [2, 2]]
        for each in segments:
            assert each["at"] <= each["sent_at"] <= told["duration"]
        payload = b"".join(b64decode(each["bytes"]) for each in plan["events"]["items"] if each["sent"])
        assert payload == b"data: Neural\n\ndata:  networks\n\ndata:  learn\n\n"
        assert "".join(each["text"] for each in plan["events"]["items"]) == TEXT
        assert b64decode(plan["head"]).startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")

    def test_what_http_1_0_is_sent(self, api: Api) -> None:
        request = api.ares.request().replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        head, _, _ = api.ares.raw(request).partition(b"\r\n\r\n")
        plan = api.get("/requests/1")["plan"]
        assert plan["framing"] == "close"
        assert b64decode(plan["head"]) == head + b"\r\n\r\n"

    def test_what_is_planned_is_shown_before(self, api: Api) -> None:
        (plan,) = api.get("/scenarios/built-in/plans", most=1000)["plans"]
        api.ask()
        progress = api.get("/requests/1")["plan"]
        assert progress["events"] == plan["events"]
        unsent = [{**each, "sent_at": None} for each in progress["segments"]["items"]]
        assert unsent == plan["segments"]["items"]

    def test_a_window_of_many(self, api: Api) -> None:
        many = reply("word " * 9000)
        api.ares.server.script(api.ares.id, many)
        api.ask()
        plan = api.get("/requests/1", first=4990, most=3, most_bytes=2)["plan"]
        assert [each["index"] for each in plan["segments"]["items"]] == [4990, 4991, 4992]
        assert plan["segments"]["total"] == plan["events"]["total"] == 9001  # the last is a space
        assert len(b64decode(plan["events"]["items"][0]["bytes"])) == 2
        past = api.get("/requests/1", first=10**9)["plan"]
        assert past["segments"]["items"] == past["events"]["items"] == []

    def test_bytes_that_are_no_text(self, api: Api) -> None:
        token = api.post("/tokens", {"replies": [{"text": "abc", "faults": [{"invalid_utf8": {"after": "a"}}]}]})
        api.ask(token["token"], "\ud83d\ude00")
        told = api.get("/requests/1")
        assert told["message"] == "\N{GRINNING FACE}"
        assert told["read"]["text"] == "a\ufffdbc"
        assert told["plan"]["events"]["items"][0]["text"] == "a\ufffdbc"

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_what_a_correct_client_reads(self, api: Api, dialect: str) -> None:
        api.call("PATCH", "/settings", {"dialect": dialect})
        api.ask()
        read = api.get("/requests/1")["read"]
        assert (read["text"][:6], read["complete"]) == ("Neural", True)

    @pytest.mark.parametrize("path", ["/api/chat", "/nowhere", "/health"])
    def test_ordinary_answers(self, api: Api, path: str) -> None:
        api.ares.ask(path)
        read = api.get("/requests/1")["read"]
        assert read["complete"] and read["text"]

    def test_the_curl_line_asks_the_same(self, api: Api) -> None:
        if shutil.which("curl") is None:
            pytest.skip("needs curl")
        message = 'it\'s "quoted" $HOME `x` \\ é\n'
        api.ask(message=message, x_mock_ares_scenario="built-in")
        line = api.get("/requests/1")["curl"]
        assert api.ares.credentials.token not in line
        environment = {"ARES_TOKEN": api.ares.credentials.token, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, timeout=20)
        assert done.returncode == 0 and b"data: Neural" in done.stdout
        again = api.get("/requests/2")
        assert (again["message"], again["body"]) == (message, api.get("/requests/1")["body"])
        assert dict(again["headers"])["x-mock-ares-scenario"] == "built-in"

    def test_saved_as_a_scenario_it_answers_the_same(self, api: Api) -> None:
        api.post("/breaks", {"fault": {"truncate": {"after": "networks"}}})
        first = api.ask()
        text = api.get("/requests/1")["scenario_text"]
        token = api.post("/tokens", {"text": text})
        assert api.ask(token["token"]).body == first.body
        assert loads(text).replies[0].faults

    def test_no_secret_is_saved(self, api: Api) -> None:
        secret = api.ares.credentials.token
        api.ask(message=f"my token is {secret}")
        whole = api.ares.send("GET", "/_mock/api/requests/1").body
        assert secret.encode() not in whole and b"my token is [redacted]" in whole


class TestWaiting:
    def test_until_they_have_ended(self, api: Api) -> None:
        thread = threading.Timer(0.1, lambda: [api.ask() for _ in range(3)])
        thread.start()
        told = api.get("/requests/wait", count=3, timeout=20)
        thread.join()
        assert (told["reached"], numbers(told)) == (True, [1, 2, 3])
        assert {each["ending"] for each in told["requests"]} == {"complete"}

    def test_the_time_is_over(self, api: Api) -> None:
        assert api.get("/requests/wait", timeout=0) == {"reached": False, "requests": []}
        assert "timeout: expected a number from 0 to 300" in api.refused(422, "GET", "/requests/wait", timeout="nan")

    @pytest.mark.needs_barrier  # without it, who closes is taken for who only sends no more
    def test_until_they_have_come(self, api: Api) -> None:
        api.fake.speed = 0.0
        with api.ares.socket() as connection:
            connection.sendall(api.ares.request())
            assert api.get("/requests/wait", state="opened")["requests"][0]["ending"] == "open"
            assert not api.get("/requests/wait", timeout=0)["reached"]
        assert api.get("/requests/wait", ending="client-left")["reached"]


class TestLimits:
    def test_the_journal_and_what_is_recorded_are_bounded(self, caplog: pytest.LogCaptureFixture) -> None:
        with served(caplog, journal=5) as api:
            for _ in range(12):
                api.ask()
            recorder = api.fake.control.recorder
            assert (len(api.fake.journal), len(recorder)) == (5, 5)
            assert numbers(api.get("/requests")) == [12, 11, 10, 9, 8]
            api.post("/reset")
            assert (len(recorder), recorder.size) == (0, 0)

    def test_large_bodies_are_forgotten_first(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(send_records, "MOST_BYTES", 3_000_000)
        for seed in range(4):
            api.ares.server.script(api.ares.id, reply({"bytes": "500KB"}, chunks={"every": 1000}, seed=seed))
            api.ask()
        assert api.fake.control.recorder.size <= 3_000_000
        forgotten, kept = api.get("/requests/1"), api.get("/requests/4")
        assert (forgotten["plan"], forgotten["read"]) == (None, None)
        assert forgotten["bytes"] == kept["bytes"] and kept["plan"] is not None

    def test_moments_of_one_stream_are_bounded(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress, "MOST_MOMENTS", 10)
        monkeypatch.setattr(player, "MOST_MOMENTS", 10)
        api.ares.server.script(api.ares.id, reply(TEXT, segments=Segments(every=2)))
        api.ask()
        record = api.fake.control.recorder.get(1)
        assert record.moments == 10
        items = api.get("/requests/1")["plan"]["segments"]["items"]
        assert all(each["sent_at"] is not None for each in items) and len(items) > 20


class TestLiveControls:
    def test_a_held_stream_goes_on(self, api: Api) -> None:
        api.call("PATCH", "/settings", {"speed": 0})
        got: list[Any] = []
        thread = threading.Thread(target=lambda: got.append(api.ask()))
        thread.start()
        until(lambda: api.fake.open_streams == 1)
        assert api.get("/status")["open"] == 1
        api.call("PATCH", "/settings", {"speed": "instant"})
        thread.join()
        assert said(got[0]).startswith("Neural")

    def test_a_stream_is_hurried_while_it_runs(self, api: Api) -> None:
        slow = reply(TEXT, pace=Pace(pauses=(Pause(at=Position(chunk=2), lasts=86_400.0),)))
        api.ares.server.script(api.ares.id, slow)
        api.call("PATCH", "/settings", {"speed": 1})
        with api.ares.socket() as connection:
            connection.sendall(api.ares.request())
            data = b""
            while b"networks" not in data:
                data += connection.recv(1000)
            api.call("PATCH", "/settings", {"speed": "instant"})
            while b"example" not in data:
                data += connection.recv(1000)

    def test_latency_dialect_and_profile(self, api: Api) -> None:
        api.call("PATCH", "/settings", {"latency": 0.05})
        api.ask()
        assert (api.fake.journal.of(api.ares.id)[0].duration or 0) >= 0.05
        api.call("PATCH", "/settings", {"latency": 0, "dialect": "delta"})
        assert said(api.ask(), "delta").startswith("Neural")
        api.call("PATCH", "/settings", {"dialect": None, "profile": "server"})
        assert said(api.ask(), "typed").startswith("Neural")
        assert api.ares.send("GET", "/nowhere").body == b""
        assert api.get("/status")["default_dialect"] == "typed"

    def test_back_to_the_start(self, caplog: pytest.LogCaptureFixture) -> None:
        with served(caplog, speed=math.inf, dialect="typed", rate_limit=(2, 1000.0)) as api:
            api.call("PATCH", "/settings", {"dialect": "text", "latency": 1, "speed": 2, "profile": "server"})
            api.put("/chosen", {"scenario": "built-in"})
            api.post("/breaks", {"error": "internal", "times": 5})
            api.post("/tokens", {"replies": ["x"]})
            assert api.post("/reset", {"only": ["settings"]})["tokens"] == 0
            assert api.get("/settings") == {"speed": "instant", "dialect": "typed", "profile": "docs", "latency": 0.0}
            assert [api.ask().status for _ in range(3)] == [500, 500, 429]
            told = api.post("/reset")
            assert (told["breaks"], told["tokens"], told["requests"]) == (1 + 0, 1, 3)
            assert [api.ask().status for _ in range(3)] == [200, 200, 429]
            assert api.get("/chosen")["all"] is None
            assert "only: expected some of" in api.refused(422, "POST", "/reset", {"only": ["everything"]})

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({}, None), ({"speed": -1}, "speed"), ({"speed": "fast"}, "speed"), ({"speed": 1e9}, "speed"),
            ({"speed": True}, "speed"), ({"latency": 601}, "latency"), ({"latency": "1s"}, "latency"),
            ({"dialect": "json"}, "dialect"), ({"profile": "page"}, "profile"), ({"profile": None}, "profile"),
            ({"speed": 2, "dialect": "no"}, "dialect"),
        ],
    )  # fmt: skip
    def test_mistakes_change_nothing(self, api: Api, body: Any, where: str | None) -> None:
        before = api.get("/settings")
        got = api.ares.send("PATCH", "/_mock/api/settings", json.dumps(body).encode(), content_type="application/json")
        assert got.status == 422 and json.loads(got.body).get("where") == where
        assert api.get("/settings") == before

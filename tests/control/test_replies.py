"""Choosing, breaking, and tokens with scripts of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from mock_ares.ares.errors import NAMES
from mock_ares.authoring.calls import reply, scenario
from mock_ares.faults import FAULTS
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.position import Position
from mock_ares.scenario.words import Duration, Fraction
from tests.control.rig import Api, served
from tests.server.live import SAY_HI, Live, said

TEXT = "Neural networks learn by example."


@dataclass(frozen=True)
class Odd(Fault):
    """Has an argument of each kind."""

    lasts: Duration
    part: Fraction = 0.5
    way: Literal["in", "out"] = "in"
    """Which way."""
    word: str = ""
    at: Position = Position(chunk=2)
    sizes: tuple[int, ...] = (1, 2)


ARGUMENTS: dict[str, Any] = {
    "duplicate_chunk": {"chunk": 1},
    **{name: {"after": "Neural"} for name in FAULTS if name in (
        "close_early", "reset_peer", "hang", "provider_hang", "malformed_chunk", "cut_gzip", "truncate", "invalid_utf8",
        "error_event", "drop_tls", "reset_stream", "goaway", "broken_frame",
    )},
}  # fmt: skip


@pytest.fixture
def two(caplog: pytest.LogCaptureFixture) -> Any:
    late = scenario("night", name="late", when={"message": "late"})
    with served(caplog, scenarios=[scenario("one", "two", name="counted"), late]) as api:
        yield api


class TestChoosing:
    def test_who_answers(self, two: Api) -> None:
        mine, other = two.post("/tokens", {"scenario": "late"}), two.post("/tokens")
        assert said(two.ask(mine["token"])) == "night"
        assert said(two.ask(other["token"])).startswith("Neural")
        assert two.put("/chosen", {"scenario": "counted"}) == {
            "all": "counted", "tokens": {mine["id"]: "late"}, "default": "built-in",
        }  # fmt: skip
        assert said(two.ask(mine["token"])) == "night", "chosen for the token"
        assert said(two.ask(other["token"], "late")) == "one", "chosen for all, whoever else applies"
        assert said(two.ask(other["token"], x_mock_ares_scenario="late")) == "night", "the request's own wish"
        two.put(f"/tokens/{other['id']}/replies", {"replies": ["mine"]})
        assert said(two.ask(other["token"], x_mock_ares_scenario="late")) == "mine", "the token's own script"
        two.put("/chosen", {"scenario": None})
        two.put("/chosen", {"scenario": None, "token": mine["id"]})
        assert said(two.ask(mine["token"], "late")) == "night"

    def test_it_begins_at_the_first_reply(self, two: Api) -> None:
        for _ in range(2):
            two.put("/chosen", {"scenario": "counted"})
            assert [said(two.ask()) for _ in range(3)] == ["one", "two", "two"]

    def test_an_unknown_one_is_told(self, two: Api) -> None:
        assert "did you mean 'counted'?" in two.refused(404, "PUT", "/chosen", {"scenario": "count"})
        assert "expected scenario" in two.refused(422, "PUT", "/chosen", {})

    def test_for_no_more_tokens_than_may_be(self, two: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mock_ares.control.resources.scenarios.MOST_CHOICES", 1)
        for _ in range(2):
            two.put("/chosen", {"scenario": "late", "token": "one"})
        told = two.refused(409, "PUT", "/chosen", {"scenario": "late", "token": "two"})
        assert "chosen for 1 tokens, which is the most" in told

    def test_what_their_replies_are(self, caplog: pytest.LogCaptureFixture) -> None:
        away = reply(redirect={"to": "away"})
        odd = scenario(
            "a", reply(error="internal"), away, reply(content="empty"), reply(faults=["empty_reply"]), name="odd"
        )
        with served(caplog, scenarios=[odd]) as api:
            kinds = {each["name"]: each["kinds"] for each in api.get("/scenarios")["scenarios"]}
        assert kinds["odd"] == ["text", "error", "redirect", "content", "nothing"]

    def test_the_library(self, two: Api) -> None:
        told = two.get("/scenarios")["scenarios"]
        assert [each["name"] for each in told] == ["built-in", "counted", "late"]
        assert two.get("/scenarios/counted")["reply_words"] == [{"text": "one"}, {"text": "two"}]
        assert "text: night" in two.get("/scenarios/late")["text"]
        assert "did you mean 'late'?" in two.refused(404, "GET", "/scenarios/lato")


class TestBreaking:
    def test_a_broken_reply_is_not_used_up(self, api: Api) -> None:
        token = api.post("/tokens", {"replies": [TEXT, "Second."]})
        told = api.post("/breaks", {"fault": {"truncate": {"after": "Neural"}}, "token": token["id"]})
        assert (told["times"], told["fault"]) == (1, {"truncate": {"after": "Neural"}})
        assert [said(api.ask(token["token"])) for _ in range(3)] == ["Neural", TEXT, "Second."]
        requests = api.get("/requests", token=token["id"])["requests"]
        assert [each["broken"] for each in requests] == [None, None, "truncate"]
        assert api.get("/breaks") == {"breaks": []}

    def test_so_many_in_a_row(self, api: Api) -> None:
        api.post("/breaks", {"error": "rate-limited", "times": 2})
        assert [api.ask().status for _ in range(3)] == [429, 429, 200]

    def test_for_one_token(self, api: Api) -> None:
        mine = api.post("/tokens")
        api.post("/breaks", {"error": "internal", "token": mine["id"]})
        assert [api.ask().status, api.ask(mine["token"]).status, api.ask(mine["token"]).status] == [200, 500, 200]

    def test_taking_it_back(self, api: Api) -> None:
        first, second = (api.post("/breaks", {"error": name})["id"] for name in ("internal", "forbidden"))
        api.delete(f"/breaks/{first}")
        assert [each["id"] for each in api.get("/breaks")["breaks"]] == [second]
        api.delete("/breaks")
        assert api.ask().status == 200
        assert "has happened" in api.refused(404, "DELETE", f"/breaks/{first}")

    def test_what_does_not_suit_the_reply_is_said(self, api: Api) -> None:
        api.post("/breaks", {"fault": {"reset_peer": {"after": "no such text"}}})
        got = api.ask()
        assert got.status == 500
        assert "cannot be broken with reset_peer as asked for" in got.json["error"]
        assert "no such text" in got.json["error"]
        assert api.ask().status == 200

    @pytest.mark.parametrize("fault", FAULTS)
    def test_every_fault_and_its_arguments(self, api: Api, fault: str) -> None:
        (kind,) = [each for each in api.get("/faults")["faults"] if each["name"] == fault]
        required = {each["name"] for each in kind["parameters"] if each["required"]}
        assert required == set(ARGUMENTS.get(fault, {}))
        said_of_it = {fault: ARGUMENTS[fault]} if required else fault
        if FAULTS[fault].over_tls is not None:
            assert "comes nearest in clear text" in api.refused(422, "POST", "/breaks", {"fault": said_of_it})
            return
        assert api.post("/breaks", {"fault": said_of_it})["fault"] == said_of_it
        if not fault.endswith("hang"):
            dialect = {"missing_end": "typed", "error_event": "typed"}.get(fault)
            api.call("PATCH", "/settings", {"dialect": dialect})
            api.ares.raw(api.ares.request("/api/chat/stream", SAY_HI, "accept-encoding: gzip", "connection: close"))
            (told,) = api.get("/requests/wait")["requests"]
            assert told["broken"] == fault and (told["faults"] == [fault] or FAULTS[fault].http == "2")

    def test_arguments_of_every_kind(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(FAULTS, "odd", Odd)
        monkeypatch.setattr(Odd, "name", "odd", raising=False)
        (told,) = [each for each in api.get("/faults")["faults"] if each["name"] == "odd"]
        assert [(each["name"], each["kind"], each["default"]) for each in told["parameters"]] == [
            ("lasts", "text", None), ("part", "text", 0.5), ("way", "choice", "in"),
            ("word", "text", ""), ("at", "position", {"chunk": 2}), ("sizes", "text", [1, 2]),
        ]  # fmt: skip
        way = told["parameters"][2]
        assert (way["choices"], way["description"], way["required"]) == (["in", "out"], "Which way.", False)

    def test_no_more_wait_than_may(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mock_ares.control.resources.pending_faults.MOST_BREAKS", 2)
        for _ in range(2):
            api.post("/breaks", {"error": "internal"})
        assert "2 breaks are waiting, which is the most" in api.refused(409, "POST", "/breaks", {"error": "internal"})

    @pytest.mark.parametrize("name", NAMES)
    def test_every_named_error(self, api: Api, name: str) -> None:
        (kind,) = [each for each in api.get("/faults")["errors"] if each["name"] == name]
        api.post("/breaks", {"error": name})
        assert api.ask().status == kind["status"]

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({}, "exactly one of fault and error"),
            ({"fault": "hang", "error": "internal"}, "exactly one of fault and error"),
            ({"fault": "hand"}, "no fault is named 'hand'; did you mean 'hang'?"),
            ({"fault": {"hang": {}}}, "after"),
            ({"fault": {"hang": {"after": []}}}, "fault.hang.after: expected a position"),
            ({"error": "rate-limit"}, "did you mean 'rate-limited'?"),
            ({"error": "internal", "times": 0}, "times: expected 1 to 1000"),
            ({"error": "internal", "times": True}, "times: expected a whole number"),
            ({"error": "internal", "tokens": "x"}, "no member 'tokens' here; did you mean 'token'?"),
        ],
    )
    def test_mistakes(self, api: Api, body: Any, message: str) -> None:
        assert message in api.refused(422, "POST", "/breaks", body)


class TestTokens:
    def test_a_script_of_its_own(self, api: Api) -> None:
        replies = ["Hello.", {"text": "Bye.", "faults": [{"truncate": {"after": 0}}]}, {"error": "rate-limited"}]
        token = api.post("/tokens", {"name": "login test", "replies": replies, "then": "cycle"})
        assert (token["name"], token["replies"], token["given"], token["made_here"]) == ("login test", 3, 0, True)
        got = [api.ask(token["token"]) for _ in range(4)]
        assert [each.status for each in got] == [200, 200, 429, 200]
        assert [said(got[0]), said(got[1]), said(got[3])] == ["Hello.", "", "Hello."]
        assert said(api.ares.ask("/v1/chat/stream", authorization=f"Bearer {token['api_key']}")) == ""
        told = api.get(f"/tokens/{token['id']}")
        assert (told["given"], told["requests"]) == (5, 5)

    def test_from_a_scenario_file(self, api: Api) -> None:
        token = api.post("/tokens", {"text": "replies:\n  - text: One.\n  - text: Two.\nthen: fail\n"})
        assert [api.ask(token["token"]).status for _ in range(3)] == [200, 200, 500]

    def test_pushing_replies(self, api: Api) -> None:
        token = api.post("/tokens", {"replies": ["One."]})
        path = f"/tokens/{token['id']}/replies"
        assert [said(api.ask(token["token"])) for _ in range(2)] == ["One."] * 2
        assert api.post(path, {"replies": ["Two."]})["replies"] == 2
        assert said(api.ask(token["token"])) == "Two."
        api.post(path, {"text": "text: Three."})
        assert said(api.ask(token["token"])) == "Three."
        api.put(path, {"replies": ["Anew."]})
        assert said(api.ask(token["token"])) == "Anew."
        api.delete(path)
        assert said(api.ask(token["token"])).startswith("Neural")
        api.post(path, {"replies": ["Again."]})
        assert said(api.ask(token["token"])) == "Again."

    def test_they_do_not_meet(self, api: Api) -> None:
        tokens = [api.post("/tokens", {"replies": [f"Reply {index}."]}) for index in range(20)]
        assert [said(api.ask(token["token"])) for token in tokens] == [f"Reply {index}." for index in range(20)]
        for token in tokens:
            assert api.get("/requests", token=token["id"])["total"] == 1

    def test_dropping(self, api: Api) -> None:
        token = api.post("/tokens", {"replies": [{"text": TEXT, "faults": [{"hang": {"after": 1}}]}]})
        with api.ares.socket() as connection:
            head = api.ares.request().replace(api.ares.credentials.token.encode(), token["token"].encode())
            connection.sendall(head)
            assert connection.recv(4)
            api.delete(f"/tokens/{token['id']}")
            with pytest.raises(ConnectionResetError):
                while connection.recv(1000):
                    pass
        assert api.ask(token["token"]).status == 401
        assert api.ares.ask("/v1/chat", authorization=f"Bearer {token['api_key']}").status == 401
        assert api.get("/requests", token=token["id"])["requests"][-1]["ending"] == "ended"

    def test_no_secret_is_shown_twice(self, api: Api) -> None:
        token = api.post("/tokens", {"name": "x"})
        api.ask(token["token"])
        for path in ("/tokens", f"/tokens/{token['id']}", "/requests", "/requests/1", "/status"):
            got = api.ares.send("GET", f"/_mock/api{path}")
            assert token["token"].encode() not in got.body and token["api_key"].encode() not in got.body

    def test_one_that_has_expired(self, api: Api) -> None:
        assert api.ask(api.post("/tokens", {"lifetime": -3600})["token"]).status == 401

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"replies": [], "text": ""}, "at most one"),
            ({"replies": []}, "replies: "),
            ({"replies": ["x", 3]}, "replies[1]"),
            (
                {"replies": [{"text": "x", "pace": {"every": "3"}}]},
                "replies[0].pace.every: a duration needs a unit",
            ),
            ({"replies": [{"text": "x", "faults": [{"hang": {"after": "y"}}]}]}, "replies[0].faults[0]"),
            ({"replies": [{"error": "rate-limit"}]}, "did you mean 'rate-limited'?"),
            ({"replies": [{"text": {"file": "/etc/passwd"}}]}, "lies outside the folder"),
            ({"replies": [{"text": {"file": "passwd"}}]}, "cannot be read"),
            ({"replies": ["x"], "then": "stop"}, "then: expected repeat, cycle, fail"),
            ({"text": "text: [\n"}, "text: 1 mistake; line "),
            ({"scenario": "built-on"}, "did you mean 'built-in'?"),
            ({"lifetime": 1e12}, "lifetime: expected"),
            ({"name": "x" * 201}, "name: 200 characters at most"),
        ],
    )
    def test_mistakes(self, api: Api, body: Any, message: str) -> None:
        status = 404 if "scenario" in body else 422
        assert message in api.refused(status, "POST", "/tokens", body)
        assert api.get("/tokens") == {"tokens": []}

    def test_an_unknown_one(self, api: Api) -> None:
        for method, path in (("GET", ""), ("DELETE", ""), ("DELETE", "/replies")):
            assert "no token is known" in api.refused(404, method, f"/tokens/nobody{path}")

    def test_beside_tests_that_share_the_fake(self, api: Api) -> None:
        """Tenants take in whatever token is nobody's; one of the control API's is its own."""
        server = api.ares.server
        tenant = server.admit("test_one")
        server.script(tenant.id, reply("Of the test."))
        mine = api.post("/tokens", {"replies": ["Of the token."]})
        assert said(api.ask(mine["token"])) == "Of the token."
        assert said(api.ask(tenant.token)) == "Of the test."
        api.delete(f"/tokens/{mine['id']}")
        assert said(api.ask()) == "Of the test."
        server.dismiss(tenant.id)


def test_nothing_of_it_is_counted(api: Api) -> None:
    for _ in range(3):
        api.get("/status")
    api.post("/reset")
    api.refused(404, "GET", "/scenarios/none")
    assert list(api.fake.journal) == []


def test_an_untouched_fake_imports_none_of_it(docs: Live) -> None:
    """The pytest fixture and ``serve`` pay for the API when it is asked for."""
    import subprocess
    import sys

    probe = (
        "import sys; from mock_ares.server.hosting.in_thread import FakeServer\n"
        "with FakeServer() as fake: pass\n"
        "heavy = ('mock_ares.control', 'mock_ares.server.files.scenario_files', 'pydantic')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Streams that are held, and released: the control API's two ways, its events, its refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse

import pytest

from mock_ares.authoring.calls import reply, scenario
from tests.control.rig import Api, served
from tests.server.live import SAY_HI, until

HELD = {"text": "one two three", "pace": {"pauses": [{"at": 1, "until": "released"}, {"at": 2, "until": "released"}]}}


@contextmanager
def asking(api: Api, token: str, **headers: str) -> Iterator[HTTPResponse]:
    connection = api.ares.connection()
    fields = {"authorization": f"Bearer {token}", "content-type": "application/json", **headers}
    connection.request("POST", "/api/chat/stream", SAY_HI, fields)
    with connection.getresponse() as response:
        yield response
    connection.close()


def stands(api: Api, number: int, at: int | None) -> None:
    until(lambda: api.get(f"/requests/{number}")["held"] == at)


def test_half_an_answer_and_the_rest(api: Api) -> None:
    me = api.post("/tokens", {"replies": [HELD]})
    with asking(api, me["token"]) as response:
        assert response.read1() == b"data: one\n\n"
        (opened,) = api.get("/requests/wait", token=me["id"], state="opened")["requests"]
        stands(api, opened["number"], 1)
        assert api.post(f"/requests/{opened['number']}/release")["number"] == opened["number"]
        assert response.read1() == b"data:  two\n\n"
        stands(api, opened["number"], 2)
        api.post(f"/requests/{opened['number']}/release", {"all": True})
        assert response.read() == b"data:  three\n\n"
    assert api.get("/requests/wait", token=me["id"])["requests"][0]["held"] is None


def test_by_the_script_before_anybody_asks(api: Api) -> None:
    me = api.post("/tokens", {"replies": ["first", HELD]})
    assert api.post(f"/tokens/{me['id']}/replies/1/release", {"all": True})["given"] == 0
    assert [api.ask(me["token"]).body.count(b"data") for _ in range(3)] == [1, 3, 3]


def test_what_it_says_before(api: Api) -> None:
    me = api.post("/tokens", {"replies": [HELD]})
    with asking(api, me["token"]) as response:
        until(lambda: api.get("/requests")["requests"][0]["held"] == 1)
        plan = api.get("/requests/1")["plan"]
        assert [hold["segments"] for hold in plan["holds"]] == [1, 2]
        api.post("/requests/1/release", {"all": True})
        response.read()


def test_who_waits_for_nobody_is_told_so(api: Api) -> None:
    me = api.post("/tokens", {"replies": ["Hello.", HELD]})
    api.ask(me["token"])
    assert "reply 0 of the script has no pause" in api.refused(409, "POST", f"/tokens/{me['id']}/replies/0/release")
    assert "the script has 2, counted" in api.refused(404, "POST", f"/tokens/{me['id']}/replies/2/release")
    assert "no token is known" in api.refused(404, "POST", "/tokens/nobody/replies/0/release")
    assert "until: released" in api.refused(409, "POST", "/requests/1/release")
    assert "not in the journal" in api.refused(404, "POST", "/requests/9/release")
    assert "all: expected true or false" in api.refused(422, "POST", "/requests/1/release", {"all": 1})
    api.post(f"/tokens/{me['id']}/replies/1/release", {"all": True})
    api.ask(me["token"])
    assert "request 2 is over (complete)" in api.refused(409, "POST", "/requests/2/release")


def test_a_scenario_of_the_library_and_a_break(caplog: pytest.LogCaptureFixture) -> None:
    held = scenario(reply(**HELD), name="held")  # type: ignore[arg-type]
    with served(caplog, scenarios=[held]) as api:
        me = api.post("/tokens")
        api.post("/breaks", {"fault": {"close_early": {"after": 1}}})
        with asking(api, me["token"], **{"x-mock-ares-scenario": "held"}) as response:
            assert response.read1() == b"data: one\n\n"
            stands(api, 1, 1)
            api.post("/requests/1/release")
            with pytest.raises(Exception, match="IncompleteRead"):
                response.read()
        assert api.get("/requests/1")["ending"] == "close"

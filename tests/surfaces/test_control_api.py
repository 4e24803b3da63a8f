"""The control API and the chat, given what is large, deep, odd or endless: a row is a request, and what it gets.

Whatever takes long is done while others are served. That is told by the order of answers, not by time: a small request
that is sent behind a large one is answered before it.
"""

from __future__ import annotations

import json
import select
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from mock_ares.scenario.model import Match, Reply, Scenario, Text, When
from tests.control.rig import API, Api, served
from tests.server.live import said, until

LONG = Scenario(name="long", replies=(Reply(text=Text(words=20_000)),))
WORDS = "text: {words: 20000}\nsegments: event\n"
MANY = "replies:\n" + "  - {text: Neural networks learn., faults: [close_early: {after: 2}]}\n" * 500
RING = "text: {file: ring}"
BRACKETS = b"[" * 200_000
DEEP = b'{"message": "hi", "more": ' + b'{"a":[' * 20_000 + b"1" + b"]}" * 20_000 + b"}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    (folder / "day.yaml").write_text("text: Good day.\n")
    (folder / "ring").symlink_to("ring")
    return folder


@pytest.fixture
def api(caplog: pytest.LogCaptureFixture, folder: Path) -> Iterator[Api]:
    slow = Scenario(name="slow", when=When(message=Match(pattern="(a+)+$")), replies=(Reply(text="No."),))
    with served(caplog, folder) as found:
        found.fake.library.swap([LONG, slow, *found.fake.library.by_name.values()])
        yield found


@dataclass(frozen=True)
class Row:
    """A request, the status of its answer and a part of its text."""

    method: str
    path: str
    body: Any
    status: int
    text: str = ""
    long: bool = False
    """It is answered after a small request that comes later."""


ROWS = {
    "plans of many words": Row("POST", "/plans", {"text": WORDS}, 200, '"plans"', long=True),
    "plans of many replies": Row("POST", "/plans", {"text": MANY, "reply": 3}, 200, '"plans"', long=True),
    "plans of the library": Row("GET", "/scenarios/long/plans", None, 200, '"plans"', long=True),
    "validate many replies": Row("POST", "/validate", {"text": MANY}, 200, '"mistakes":[]', long=True),
    "validate for a file": Row("POST", "/validate", {"text": MANY, "name": "x.yaml"}, 200, '"name":"x"', long=True),
    "validate aliases": Row("POST", "/validate", {"text": "a: &a [1]\n" + "b: *a\n" * 3000}, 200, "second", long=True),
    "replies": Row("POST", "/tokens", {"text": MANY}, 201, '"replies":500', long=True),
    "mistakes": Row("POST", "/tokens", {"replies": [{"txet": "a"}] * 5000}, 422, "did you mean", long=True),
    "one digit too many": Row("POST", "/validate", {"text": "seed: " + "9" * 100_000}, 200, "mistakes", long=True),
    "validate a ring of links": Row("POST", "/validate", {"text": RING, "name": "x.yaml"}, 200, "symbolic links"),
    "plans of a ring of links": Row("POST", "/plans", {"text": RING}, 422, "symbolic links"),
    "a token for a ring of links": Row("POST", "/tokens", {"text": RING}, 422, "symbolic links"),
    "a file of a ring of links": Row("PUT", "/files/y.yaml", {"text": RING}, 422, "symbolic links"),
    "brackets": Row("POST", "/validate", BRACKETS, 400, "expected a JSON object"),
    "a large number": Row("POST", "/tokens", b'{"lifetime": 1' + b"0" * 5000 + b"}", 400, "expected a JSON object"),
    "a large float": Row("PATCH", "/settings", b'{"latency": 1e999}', 422, "expected 0 to"),
    "a large whole float": Row("POST", "/breaks", b'{"error": "bad-gateway", "times": 1e300}', 422, "expected 1 to"),
    "no end of a body": Row("POST", "/validate", b'{"text": "' + b"a" * 2_600_000 + b'"}', 413, "at most"),
    "a long file": Row("PUT", "/files/x.yaml", {"text": "# " + "a" * 1_100_000}, 422, "bytes at most"),
    "a long member": Row("POST", "/plans", {"a" * 100_000: 1}, 422, "there is no member"),
    "a long token": Row("PUT", "/chosen", {"scenario": "day", "token": "a" * 100_000}, 422, "characters at most"),
    "a long fault": Row("POST", "/breaks", {"fault": {"garbage": {"bytes": "a" * 100_000}}}, 413, "at most"),
    "a long query": Row("GET", "/requests?path=" + "a" * 30_000, None, 200, '"total":0'),
    "a number in words": Row("GET", "/requests/" + "9" * 5000, None, 422, "whole number"),
}


def begun(api: Api, method: str, path: str, data: bytes | None, **fields: str) -> HTTPConnection:
    """A request that has been sent, and not been looked after."""
    connection = api.ares.connection()
    connection.request(method, path, data, {name.replace("_", "-"): value for name, value in fields.items()})
    return connection


def overtaken(api: Api, connection: HTTPConnection) -> bool:
    """Whether a small request is answered before the one that is under way."""
    assert api.get("/health")["status"] == "ok"
    return not select.select([connection.sock], [], [], 0)[0]


def answer(connection: HTTPConnection) -> tuple[HTTPResponse, bytes]:
    with closing(connection):
        response = connection.getresponse()
        return response, response.read()


@pytest.mark.parametrize("name", ROWS)
def test_a_request_and_what_it_gets(api: Api, name: str) -> None:
    row = ROWS[name]
    data = row.body if isinstance(row.body, bytes | None) else json.dumps(row.body).encode()
    connection = begun(api, row.method, API + row.path, data, content_type="application/json")
    before = overtaken(api, connection)
    response, body = answer(connection)
    assert (response.status, row.text in body.decode()) == (row.status, True), body[:500]
    assert before or not row.long, "everybody else waited for it"
    assert len(body) < 5_000_000


CHATS = {
    "brackets": (BRACKETS, {}, 400, True),
    "deep": (DEEP, {}, 200, True),
    "wide": (b'{"message": "hi", "more": [' + b"[],{}," * 20_000 + b"1]}", {}, 200, True),
    "digits": (b'{"message": ' + b"1" * 1_000_000 + b"}", {}, 400, False),
    "a long reply": (b'{"message": "hi"}', {"x_mock_ares_scenario": "long"}, 200, True),
    "a pattern": (json.dumps({"message": "a" * 3000 + "b"}).encode(), {}, 500, False),
}


@pytest.mark.parametrize("path", ["/api/chat/stream", "/api/chat"])
@pytest.mark.parametrize("name", CHATS)
def test_a_chat_and_what_it_gets(api: Api, name: str, path: str) -> None:
    data, fields, status, long = CHATS[name]
    head = {"authorization": api.ares.bearer(path), "content_type": "application/json", **fields}
    connection = begun(api, "POST", path, data, **head)
    before = overtaken(api, connection)
    response, body = answer(connection)
    assert response.status == status, body[:500]
    assert before or not long, "everybody else waited for it"
    if name == "a pattern":
        assert "the pattern" in body.decode() and "slow" in body.decode()


def test_who_leaves_ends_the_work(api: Api) -> None:
    connection = begun(
        api, "POST", f"{API}/plans", json.dumps({"text": WORDS}).encode(), content_type="application/json"
    )
    assert overtaken(api, connection)
    connection.close()
    assert api.post("/validate", {"text": "text: {words: 1000}"})["mistakes"] == []
    assert api.fake.executor.busy == 0


def test_a_saved_file_answers_the_next_request(api: Api, folder: Path) -> None:
    for number in range(2):
        (folder / "large.yaml").write_text(MANY + f"summary: The {number}. time.\n")
        (folder / "day.yaml").write_text(f"text: Good day, {number}.\n")
        assert said(api.ask(x_mock_ares_scenario="day")) == f"Good day, {number}."
    (folder / "large.yaml").unlink()


def test_so_many_wait_for_the_journal(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from mock_ares.control.resources import requests

    monkeypatch.setattr(requests, "MOST_WAITING", 3)
    waiting = [begun(api, "GET", f"{API}/requests/wait?count=9", None) for _ in range(3)]
    until(lambda: api.fake.control.waiting == 3)
    refused = api.ares.send("GET", f"{API}/requests/wait?count=9")
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    for _ in range(9):
        api.ask()
    assert [answer(each)[0].status for each in waiting] == [200] * 3
    assert api.fake.control.waiting == 0


def test_who_waits_and_leaves_is_forgotten(api: Api) -> None:
    begun(api, "GET", f"{API}/requests/wait?count=9&timeout=300", None).close()
    until(lambda: api.fake.control.waiting == 0)


COOKIES = (
    "bad key=1",
    "a@b=c",
    'theme="dark; blue"',
    "=nothing",
    "alone",
    'q="',
    "na\xefve=1",
    "a=b=c; a[0]=1; {x}=2; (y)=3",
    "mock_ares_control_1=other",
)


@pytest.mark.parametrize("cookie", COOKIES)
@pytest.mark.parametrize("order", ["before", "behind"])
def test_foreign_cookies(caplog: pytest.LogCaptureFixture, cookie: str, order: str) -> None:
    with served(caplog, control_token="open sesame") as api:
        opened = api.ares.send("POST", f"{API}/session", b'{"token": "open sesame"}', content_type="application/json")
        own = opened.headers["set-cookie"].partition(";")[0]
        sent = "; ".join([cookie, own] if order == "before" else [own, cookie])
        assert api.ares.send("GET", f"{API}/health", cookie=sent).status == 200
        assert api.ares.send("GET", f"{API}/health", cookie=cookie).status == 401


def test_scripts_are_bounded_in_characters(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from mock_ares.control.resources import tokens

    monkeypatch.setattr(tokens, "MOST_SCRIPTED", 10_000)
    kept = [api.post("/tokens", {"replies": ["a" * 1000]})["id"] for _ in range(5)]
    assert "at most" in api.refused(409, "POST", "/tokens", {"replies": ["a"]})
    assert "at most" in api.refused(409, "POST", f"/tokens/{kept[0]}/replies", {"replies": ["a"]})
    api.delete(f"/tokens/{kept[1]}")
    assert api.post(f"/tokens/{kept[0]}/replies", {"replies": ["a"]})["replies"] == 2


DURATIONS = (
    ({"error": "rate-limited", "retry_after": 7}, None),
    ({"error": "rate-limited", "retry_after": "7s"}, None),
    ({"error": "rate-limited", "retry_after": "7"}, "write 7s"),
    ({"error": "rate-limited", "retry_after": 0.5}, "whole seconds"),
    ({"text": "a", "pace": {"first": 0.3, "every": 1}}, None),
    ({"text": "a", "pace": {"first": -1}}, "from 0 to 7 days"),
    ({"text": "a", "pace": {"first": "300"}}, "write 300ms or 300s"),
    ({"text": "a", "pace": {"pauses": [{"at": "a", "lasts": 2}]}}, None),
)


@pytest.mark.parametrize(("reply", "mistake"), DURATIONS)
def test_durations_are_what_python_takes(api: Api, reply: dict[str, Any], mistake: str | None) -> None:
    if mistake is None:
        assert api.post("/tokens", {"replies": [reply]})["replies"] == 1
    else:
        told = api.refused(422, "POST", "/tokens", {"replies": [reply]})
        assert mistake in told and "7ms" not in told

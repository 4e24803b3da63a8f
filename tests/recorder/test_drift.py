"""What has changed in shape, and not in wording."""

from __future__ import annotations

import asyncio

import pytest

from mock_ares.authoring.load import loads
from mock_ares.recorder.drift import Drift, LiveServer, OtherRecordings, compared, report, status_of
from mock_ares.recorder.exchange.shape import differences, shape_of
from mock_ares.recorder.proxy import Limits
from mock_ares.recorder.upstream import Upstream
from mock_ares.scenario.model import Scenario
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.ports import lasting_port
from tests.recorder.upstreams import Says, saying, upstream

SSE = (("Content-Type", "text/event-stream"),)
JSON = (("content-type", "application/json"),)


def stream(*records: str) -> bytes:
    return "".join(f"data: {record}\n\n" for record in records).encode()


START = '{"event":"start","agent":"a","context_id":"c"}'
TOKEN = '{"event":"token","content":"x"}'
DONE = '{"event":"done","agent":"A","context_id":"c"}'


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        ((START, TOKEN, DONE), (START, TOKEN, TOKEN, TOKEN, DONE), []),
        ((START, TOKEN), (START.replace('"a"', '"b"'), TOKEN.replace("x", "y")), []),
        ((START, TOKEN, DONE), (START, DONE), ["events: start, token, done -> start, done"]),
        ((TOKEN,), ('{"event":"token","content":"x","id":7}',), ["token: id: new"]),
        ((TOKEN,), ('{"event":"token"}',), ["token: content: gone"]),
        ((TOKEN,), ('{"event":"token","content":7}',), ["token: content: text -> number"]),
        ((TOKEN,), ('{"event":"token","content":null}',), []),
        ((TOKEN,), ("x",), ["dialect: typed -> text", "events: token -> message"]),
        (("a", "b"), ("c",), []),
        (
            ('{"delta": "x", "finish_reason": null}',),
            ('{"delta": "", "finish_reason": "stop"}',),
            ["events: message -> end"],
        ),
    ],
)
def test_streams(before: tuple[str, ...], now: tuple[str, ...], lines: list[str]) -> None:
    one, other = (shape_of(200, SSE, stream(*records), "complete") for records in (before, now))
    assert differences(one, other) == lines
    assert differences(one, one) == differences(other, other) == []


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        ('{"a": {"b": 1}}', '{"a": {"b": "1"}}', ["body: a.b: number -> text"]),
        ('{"a": []}', '{"a": [{"b": 1}]}', []),
        ('{"a": [{"b": 1}]}', '{"a": [{"b": 2}, {"b": 3}]}', []),
        ('{"a": [{"b": 1}]}', '{"a": [{"c": 1}]}', ["body: a[].b: gone", "body: a[].c: new"]),
        ('{"a": null}', '{"a": {"b": 1}}', []),
        ("[]", "{}", ["body: value: list -> mapping"]),
    ],
)
def test_content(before: str, now: str, lines: list[str]) -> None:
    one, other = (shape_of(200, JSON, content.encode(), "complete") for content in (before, now))
    assert differences(one, other) == lines


@pytest.mark.parametrize(
    ("status", "fields", "ending", "lines"),
    [
        (503, (), "complete", ["status: 200 -> 503"]),
        (200, (("X-New", "1"), ("date", "x"), ("vary", "y")), "complete", ["field x-new: new"]),
        (
            200,
            (("content-type", "application/problem+json"),),
            "complete",
            ["content type: application/json -> application/problem+json"],
        ),
        (200, (), "reset", ["ends: complete -> reset"]),
    ],
)
def test_heads_and_endings(status: int, fields: tuple[tuple[str, str], ...], ending: str, lines: list[str]) -> None:
    before = shape_of(200, JSON, b"{}", "complete")
    assert differences(before, shape_of(status, (*JSON, *fields), b"{}", ending)) == lines  # type: ignore[arg-type]


def scenario(text: str, name: str = "x") -> Scenario:
    return loads(text, name=name)


CHAT = scenario("when: {endpoint: /api/chat/stream, message: hi, agent_type: product}\ntext: Hello\ndialect: typed")
AGENTS = scenario("when: {endpoint: GET /api/agents}\ncontent: {json: [{agent_type: a, name: b, description: c}]}")


def found(recording: Scenario, url: str, token: str | None = None, silence: float = 20.0) -> Drift:
    server = LiveServer(Upstream.of(url), {"jwt": token}, Limits(silence=silence))
    (one,) = asyncio.run(compared([recording], server))
    return one


def test_a_live_server_is_asked_the_same_again() -> None:
    with FakeServer(Settings(profile="server", speed=float("inf"))) as fake:
        token = fake.credentials().token
        assert found(CHAT, fake.url, token) == Drift(CHAT, "same")
        assert found(AGENTS, fake.url, token) == Drift(AGENTS, "same")
        assert [request.message for request in fake.requests()] == ["hi", None]
        refused = found(CHAT, fake.url)
    assert refused.verdict == "differs"
    assert "status: 200 -> 401" in refused.lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("text: x", "does not say which request"),
        ("when: {endpoint: /api/research}\ntext: x", "had a body that is not in the recording"),
        ("when: {endpoint: /api/chat/stream, message: {pattern: a.*}}\ntext: x", "something secret was taken out"),
    ],
)
def test_what_cannot_be_asked_again_is_said(text: str, reason: str) -> None:
    with FakeServer() as fake:
        one = found(scenario(text), fake.url)
        assert fake.requests() == []
    assert one.verdict == "cannot" and reason in one.lines[0]


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (
            saying(b"HTTP/1.1 429 X\r\nretry-after: 100\r\ncontent-length: 0\r\n\r\n"),
            "it limits requests: again in 100 s",
        ),
        (saying(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18), "speaks HTTP/2 only"),
        (saying(b"HTTP/1.1 200 X\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx"), "compressed with br"),
    ],
)
def test_a_server_of_which_nothing_can_be_said(says: Says, reason: str) -> None:
    with upstream(says) as url:
        one = found(AGENTS, url)
    assert one.verdict == "cannot" and reason in one.lines[0]


def test_a_server_that_cannot_be_reached_is_no_success() -> None:
    one = found(AGENTS, f"http://127.0.0.1:{lasting_port()}")
    assert one.verdict == "cannot" and "nobody listens there" in one.lines[0]
    assert status_of([one]) == 2


def test_a_server_that_hangs_differs() -> None:
    with upstream(lambda connection: connection.recv(65536) and connection.recv(1)) as url:
        assert "ends: complete -> hang" in found(AGENTS, url, silence=0.2).lines


def test_recordings_are_laid_beside_others_of_the_same_request() -> None:
    other = scenario("when: {endpoint: GET /api/agents}\nstatus: 503\ncontent: empty")
    verdicts = asyncio.run(compared([AGENTS, CHAT], OtherRecordings([other])))
    assert [one.verdict for one in verdicts] == ["differs", "cannot"]
    lines = [*report(verdicts)]
    assert lines[0] == "differs  x"
    assert "there is no recording of this request" in lines[-1]


def test_one_reply_of_several_is_enough() -> None:
    both = scenario(
        "when: {endpoint: GET /api/agents}\n"
        "replies: [{status: 503, content: empty}, {status: 200, content: {json: []}}]"
    )
    later = scenario("when: {endpoint: GET /api/agents}\nstatus: 200\ncontent: {json: [1]}")
    assert asyncio.run(compared([both], OtherRecordings([later])))[0].verdict == "same"


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [(["same"], 0), ([], 2), (["same", "differs"], 1), (["same", "cannot"], 2), (["differs", "cannot"], 1)],
)
def test_exit_status(verdicts: list[str], status: int) -> None:
    assert status_of([Drift(CHAT, verdict) for verdict in verdicts]) == status  # type: ignore[arg-type]

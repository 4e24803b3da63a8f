"""Servers that lie, and clients: what they say goes through, and what it comes to is told as theirs, never as a bug."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from mock_ares.authoring.load import load_all
from mock_ares.recorder.drift import LiveServer
from mock_ares.recorder.exchange.json_values import MOST_NESTED, is_deep
from mock_ares.recorder.exchange.secrets import FEW, Secrets
from mock_ares.recorder.proxy import Limits
from mock_ares.recorder.session import RecordingSession
from mock_ares.recorder.upstream import Upstream
from mock_ares.scenario.model import When
from tests.recorder.raw import ask
from tests.recorder.upstreams import saying, upstream


def answer(body: bytes, *fields: str, status: int = 200, media: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-type: {media}", *fields]
    if not any(field.startswith("content-length") for field in fields):
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def limited(date: str, after: str) -> bytes:
    return answer(b"{}", f"date: {date}", f"retry-after: {after}", status=429)


NOW = "Tue, 01 Dec 2026 15:00:00 GMT"
LIES = {
    "a length of 5,000 digits": answer(b"{}", f"content-length: {'1' * 5000}"),
    "a length of 5,000 zeros and a 2": answer(b"{}", f"content-length: {'0' * 5000}2"),
    "half a pair as a secret": answer(b'{"password":"\\ud800abcdef"}'),
    "half a pair as a name": answer(b'{"\\udfff":{"token":"\\udc00xyzzy"}}'),
    "900 lists": answer(b"[" * 900 + b"]" * 900),
    "700 objects": answer(b'{"a":' * 700 + b"1" + b"}" * 700),
    "3,000 lists": answer(b"[" * 3000 + b"]" * 3000),
    "100,000 lists": answer(b"[" * 100_000 + b"]" * 100_000),
    "lists that a file can just say": answer(b"[" * MOST_NESTED + b"]" * MOST_NESTED),
    "one list more": answer(b"[" * (MOST_NESTED + 1) + b"]" * (MOST_NESTED + 1)),
    "an event of 900 lists": answer(
        b"data: " + b"[" * 900 + b"]" * 900 + b"\n\n", "content-length: 1808", media="text/event-stream"
    ),
    "an event of 900 objects": answer(b"data: " + b'{"event":' * 900 + b"\n\n", media="text/event-stream"),
    "a number of 5,000 digits": answer(b"1" * 5000),
    "a date without a zone": limited(NOW, "Tue, 01 Dec 2026 15:00:10 -0000"),
    "a date of a year beyond all": limited(NOW, "Tue, 01 Dec 99999999999999999999 15:00:10 GMT"),
    "a date of a zone beyond all": limited(NOW, "Tue, 01 Dec 2026 15:00:10 +9999999999"),
    "a wait of 5,000 digits": limited(NOW, "9" * 5000),
}


@pytest.mark.parametrize("said", LIES.values(), ids=LIES)
def test_what_a_server_says_is_recorded_or_refused_in_words(said: bytes, tmp_path: Path) -> None:
    with upstream(saying(said)) as url, RecordingSession(Upstream.of(url), tmp_path, limits=Limits(0.5)) as session:
        heard = ask(session.url, "GET /api/x", give_up=5.0)
        session.settle()
    assert heard.data == said
    assert [outcome.reason for outcome in session.outcomes if "bug" in outcome.reason] == []
    assert len(session.outcomes) == 1
    if session.outcomes[0].file is not None:
        assert load_all([tmp_path])


@pytest.mark.parametrize("said", LIES.values(), ids=LIES)
def test_what_a_server_says_is_compared(said: bytes) -> None:
    with upstream(saying(said)) as url:
        live = LiveServer(Upstream.of(url), {}, Limits(silence=0.5))
        if b" 429 " in said:
            return
        (shape,) = asyncio.run(live.shapes(When(endpoint="GET /api/x")))
    assert shape.status == 200


@pytest.mark.parametrize(
    "body",
    [b'{"password":"\\ud800abcdef"}', b'{"a":' * 700 + b'{"password":"s3cr3tword"}' + b"}" * 700, b"password=%ff%fe"],
)
def test_what_a_client_says_is_looked_through(body: bytes, tmp_path: Path) -> None:
    with upstream(saying(answer(b"{}"))) as url, RecordingSession(Upstream.of(url), tmp_path) as session:
        assert ask(session.url, "POST /api/x", body).reader.status == 200
    assert [outcome.reason for outcome in session.outcomes] == [""]


def test_half_a_pair_is_found_in_each_spelling() -> None:
    secrets = Secrets()
    secrets.learn_body(b'{"password":"\\ud800abcdef"}')
    for spelled in (
        "\ud800abcdef",
        "\\ud800abcdef",
        "%ED%A0%80abcdef",
        "\ud800abcdef".encode(errors="surrogatepass").hex(),
    ):
        assert secrets.masked(spelled) == "x" * len(spelled)


@pytest.mark.parametrize("depth", [3, 700])
def test_secrets_are_found_at_any_depth(depth: int) -> None:
    secrets = Secrets()
    secrets.learn_body(b'{"a":' * depth + b'{"password":["s3cr3tword"]}' + b"}" * depth)
    assert secrets.masked("s3cr3tword") == "x" * 10


def test_depth() -> None:
    assert [is_deep(json.loads("[" * depth + "]" * depth)) for depth in (MOST_NESTED, MOST_NESTED + 1)] == [False, True]


def test_among_many_secrets_those_that_cannot_be_there_are_not_looked_for() -> None:
    """A thousand cookies made the last sweep of a folder last longer than anybody waits for a recorder to end."""
    secrets = Secrets()
    secrets.learn(f"{number:04}-cookie" for number in range(FEW + 500))
    text = "nothing of it " * 1000 + "0007-cookie"
    assert [each for each in secrets._possible(text) if "cookie" in each] == ["0007-cookie"]
    assert secrets.masked(text) == "nothing of it " * 1000 + "x" * 11
    secrets.learn(["another-secret"])
    assert secrets.masked("another-secret") == "x" * 14


def test_a_secret_that_comes_again_and_again_is_taken_out_each_time() -> None:
    secrets = Secrets()
    secrets.learn(["abcd"])
    assert secrets.masked("abcd " * 100_000) == "xxxx " * 100_000
    assert secrets.found["secret"] == 100_000


def test_spans_that_overlap_are_one() -> None:
    secrets = Secrets()
    secrets.learn(["first-sec", "sec-second"])
    assert secrets.spans("a first-sec-second b") == [(2, 18)]
    assert secrets.pattern("a first-sec-second b") == "^a (?s:.*) b$"

"""Providers with one bug each: each is told by the question that is named for it, and by none that asks otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mock_ares.verify.exchange import HttpAnswer
from mock_ares.verify.questions import TABLE
from tests.verify.rig import PROFILES, Heard, with_verdict

Alter = Callable[[HttpAnswer], HttpAnswer]


def status(number: int) -> Alter:
    return lambda answer: replace(answer, status=number)


def field(name: str, value: str | None) -> Alter:
    """A field with that value, or without it."""

    def alter(answer: HttpAnswer) -> HttpAnswer:
        others = tuple(pair for pair in answer.fields if pair[0] != name)
        return replace(answer, fields=others if value is None else (*others, (name, value)))

    return alter


def body(change: Callable[[bytes], bytes]) -> Alter:
    return lambda answer: replace(answer, reads=((0.0, change(answer.body)),))


def text(new: bytes) -> Alter:
    return body(lambda old: new)


def swap(old: bytes, new: bytes, times: int = -1) -> Alter:
    def change(whole: bytes) -> bytes:
        assert old in whole, whole
        return whole.replace(old, new, times)

    return body(change)


def member(change: Callable[[Any], Any]) -> Alter:
    """The JSON of a body, changed in place or by what is given back."""

    def alter(whole: bytes) -> bytes:
        value = json.loads(whole)
        changed = change(value)
        return json.dumps(value if changed is None else changed).encode()

    return body(alter)


def without(*names: str) -> Alter:
    return member(lambda value: [value.pop(name) for name in names] and value)


def both(*alters: Alter) -> Alter:
    def alter(answer: HttpAnswer) -> HttpAnswer:
        for each in alters:
            answer = each(answer)
        return answer

    return alter


def at(*moments: float) -> Alter:
    """The body in as many reads, the last one with what is left."""

    def alter(answer: HttpAnswer) -> HttpAnswer:
        events = answer.body.split(b"\n\n")
        parts = [event + b"\n\n" for event in events[: len(moments) - 1]]
        rest = answer.body[sum(map(len, parts)) :]
        reads = tuple(zip(moments, (*parts, rest), strict=True))
        return replace(answer, reads=reads, seconds=moments[-1])

    return alter


EVENTS = field("content-type", "text/event-stream")
TEXT = field("content-type", "text/plain")
DOCS = (
    ("health", text(b"fine")),
    ("health", field("content-type", "text/html")),
    ("no-token", status(403)),
    ("no-token", member(lambda said: {"detail": said["error"]})),
    ("error-no-stream", both(EVENTS, text(b"data: no\n\n"))),
    ("missing-member", status(422)),
    ("missing-member", both(TEXT, text(b"Missing required field: email"))),
    ("no-json", status(422)),
    ("agents", member(lambda agents: {"agents": agents})),
    ("agents", member(lambda agents: agents[0].update(colour="red"))),
    ("agents", member(lambda agents: agents[0].update(name=5))),
    ("agents", field("content-encoding", "gzip")),
    ("register", status(201)),
    ("login", without("access_token")),
    ("stream-type", field("content-type", "application/json")),
    ("stream-type", field("content-type", None)),
    ("stream-type", field("content-type", "text/event-stream; charset=iso-8859-1")),
    ("stream-framing", body(lambda whole: whole[:-1])),
    ("stream-framing", body(lambda whole: whole.removesuffix(b"\n\n"))),
    ("stream-framing", swap(b"\n\n", b"\n")),
    ("stream-framing", swap(b"data: ", b"chunk: ", 1)),
    ("stream-framing", text(b"")),
    ("stream-utf8", swap(b"data: ", b"data: \xe9", 1)),
    ("stream-dialect", text(b'data: {"delta": "one", "finish_reason": null}\n\n'
                            b'data: {"delta": "", "finish_reason": "stop", "tokens_used": 1}\n\n')),
    ("stream-events", swap(b"data: ", b"event: chunk\ndata: ", 1)),
    ("stream-end", text(b"data:\n\n")),
    ("stream-end", lambda answer: replace(answer, ending="the connection was lost")),
    ("stream-one-by-one", at(3.0)),
    ("chat", without("response")),
    ("unknown-path", text(b"")),
    ("unknown-path", both(field("content-type", "text/html"), text(b"<h1>Not found</h1>"))),
    ("wrong-method", field("allow", None)),
    ("wrong-method", field("allow", "GET")),
    ("wrong-type", status(400)),
    ("empty-body", status(422)),
    ("no-content-type", status(200)),
    ("bad-refresh", status(400)),
    ("bad-token", status(200)),
    ("no-key", status(403)),
    ("bad-key", status(200)),
    ("keep-alive", lambda answer: replace(answer, kept=False)),
    ("head", text(b"OK")),
    ("head", lambda answer: replace(answer, surplus=b"OK")),
    ("health-detailed", without("checks")),
    ("config", member(lambda config: config.update(ui_enabled="no"))),
    ("conversations", member(lambda found: {"items": found})),
    ("stream-refusal", both(status(200), EVENTS, text(b'data: {"error": "no message"}\n\n'))),
    ("memory", without("facts")),
    ("workflows", member(lambda names: [{"name": name} for name in names])),
    ("unknown-conversation", status(200)),
    ("remembered", status(404)),
    ("remembered", member(lambda found: found["messages"][0].update(role="bot"))),
    ("forgotten", status(200)),
    ("key-agents", member(lambda found: found["agents"])),
    ("key-stream-dialect", text(b"data: one\n\n")),
    ("key-stream-end", swap(b'"finish_reason": "stop"', b'"finish_reason": null')),
    ("usage", without("total_runs")),
    ("keys", member(lambda found: found["keys"])),
    ("unknown-agent", status(400)),
    ("bad-page", status(200)),
    ("key-made", status(200)),
    ("key-revoked", status(404)),
    ("refresh", without("access_token")),
    ("logout", status(204)),
)  # fmt: skip
SERVER = (
    ("stream-events", swap(b'"content":"', b'"text":"', 1)),
    ("stream-end", swap(b'"event":"done"', b'"event":"tail"')),
    ("stream-end", body(lambda whole: whole + b'data: {"event":"token","content":"more"}\n\n')),
    ("stream-comments", at(0.1, 16.0, 50.0)),
    ("stream-dialect", text(b"data: one\n\ndata: two\n\n")),
    ("unknown-path", text(b'{"error":"Not found"}')),
    ("bad-refresh", without("code")),
)
BUGS = [("docs", *row) for row in DOCS] + [("server", *row) for row in SERVER]


@pytest.fixture(scope="module")
def heard() -> dict[str, Heard]:
    return {profile: Heard.of(profile) for profile in PROFILES}


@pytest.mark.parametrize(("profile", "name", "alter"), BUGS, ids=[f"{row[0]}-{row[1]}" for row in BUGS])
def test_a_bug_is_told_by_its_question(profile: str, name: str, alter: Alter, heard: dict[str, Heard]) -> None:
    asked = next(question for question in TABLE if question.info.id == name).ask(profile)
    run = heard[profile].run(asked, alter)
    differing = with_verdict(run, "differs")
    assert name in differing
    assert set(differing) <= {question.info.id for question in TABLE if question.ask(profile) == asked}


def test_each_question_has_a_bug() -> None:
    assert {name for _, name, _ in BUGS} == {question.info.id for question in TABLE}

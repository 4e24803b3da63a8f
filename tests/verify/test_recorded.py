"""The real server as it was recorded: what it answered, with the status that a question wants, is as it should be."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator

import h11
import pytest

from mock_ares.paths import CONTRACTS
from mock_ares.verify.compare import difference
from mock_ares.verify.exchange import HttpAnswer
from mock_ares.verify.judgements import UnableError, UndecidedError
from mock_ares.verify.openapi import document
from mock_ares.verify.questions import TABLE, Question

KNOWN = {"key-made": 'does not match "^ares_', "stream-end": "the answer has no text"}
"""What it does otherwise: its keys lack the beginning for which they would be taken, and a provider may say nothing."""


def answers() -> Iterator[tuple[str, str, HttpAnswer]]:
    """Method, path and answer of each exchange that came to its end."""
    for line in (CONTRACTS / "recordings" / "server.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        exchange = json.loads(line)
        method, _, rest = exchange["request"].partition(" ")
        answer = parsed(method, exchange["response"].encode("latin-1"))
        if answer is not None:
            yield method, rest.split(" ")[0], answer


def parsed(method: str, response: bytes) -> HttpAnswer | None:
    http = h11.Connection(h11.CLIENT)
    try:
        http.send(h11.Request(method=method.encode("latin-1"), target="/", headers=[("host", "x")]))
        http.send(h11.EndOfMessage())
        http.receive_data(response)
        while isinstance(head := http.next_event(), h11.InformationalResponse):
            continue
        reads = list[tuple[float, bytes]]()
        while isinstance(event := http.next_event(), h11.Data):
            reads.append((0.1 * len(reads), bytes(event.data)))
    except h11.ProtocolError:
        return None
    if not isinstance(head, h11.Response) or not isinstance(event, h11.EndOfMessage):
        return None
    fields = tuple((bytes(name).decode(), bytes(value).decode("latin-1")) for name, value in head.headers)
    return HttpAnswer(head.status_code, fields, tuple(reads))


Recorded = dict[tuple[str, int], list[tuple[str, HttpAnswer]]]
"""Paths and answers, by method and status."""


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    found = defaultdict[tuple[str, int], list[tuple[str, HttpAnswer]]](list)
    for method, path, answer in answers():
        found[method, answer.status].append((path, answer))
    return found


def to(question: Question, recorded: Recorded) -> list[HttpAnswer]:
    """The answers to requests like the question's."""
    ask = question.ask("server")
    path = re.sub(r"{\w+}|no-such-\w+|0{8}-[-\d]+", "PART", ask.path)
    pattern = re.escape(path).replace("PART", "[^/?]+")
    there = recorded[ask.method, question.status("server")]
    return [answer for asked, answer in there if re.fullmatch(pattern, asked)]


@pytest.mark.parametrize("question", TABLE, ids=lambda question: question.info.id)
def test_the_real_server_is_not_accused(question: Question, recorded: Recorded) -> None:
    wrong = set[str]()
    for answer in to(question, recorded):
        try:
            found = difference(question, "server", answer, document("server"))
        except (UnableError, UndecidedError):
            continue
        if found is not None and KNOWN.get(question.info.id, "nothing") not in found.diagnosis:
            wrong.add(found.diagnosis)
    assert not wrong


def test_nearly_all_questions_were_answered(recorded: Recorded) -> None:
    unanswered = [question.info.id for question in TABLE if not to(question, recorded)]
    assert unanswered == ["no-json", "empty-body", "no-content-type", "head", "bad-page"]

"""The language's words as Python calls."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_ares.authoring.calls import reply, scenario
from mock_ares.authoring.load import loads
from mock_ares.faults import empty_reply, hang, missing_end, reset_peer
from mock_ares.scenario.model import Body, Chunks, Content, Match, Pace, Position, Reply, Scenario, Segments, Text, When
from mock_ares.scenario.reply_words import ReplyWords


@pytest.mark.parametrize(
    ("made", "same"),
    [
        (reply("x"), Reply(text="x")),
        (reply("x", pace={"first": "300ms", "every": 0.04}), Reply(text="x", pace=Pace(first=0.3, every=0.04))),
        (reply("abc", chunks={"every": 2}), Reply(text="abc", chunks=Chunks(every=2))),
        (reply(chunks=["a", "b"]), Reply(chunks=("a", "b"))),
        (reply({"words": 5}), Reply(text=Text(words=5))),
        (reply(text=Text(words=5)), Reply(text=Text(words=5))),
        (reply("x", segments="byte", body="close"), Reply(text="x", segments="byte", body="close")),
        (reply("x", faults=[reset_peer(after="x")]), Reply(text="x", faults=(reset_peer(after="x"),))),
        (reply("x", faults=["missing_end"]), Reply(text="x", faults=(missing_end(),))),
        (
            reply("x", faults=[{"hang": {"after": {"time": 2}}}, missing_end()]),
            Reply(text="x", faults=(hang(after=Position(time=2.0)), missing_end())),
        ),
        (reply(faults=["empty_reply"]), Reply(faults=(empty_reply(),))),
        (reply(error="internal", retry_after=2), Reply(error="internal", retry_after=2)),
        (reply(error="internal", retry_after="2s"), Reply(error="internal", retry_after=2.0)),
        (reply("x", interim=[103], headers={"X-A": None}), Reply(text="x", interim=(103,), headers={"X-A": None})),
        (reply(content={"json": None}), Reply(content=Content(json=None))),
        (reply("x", dialect=None, seed=None), Reply(text="x")),
    ],
)
def test_words_make_the_same_reply_as_objects(made: Reply, same: Reply) -> None:
    assert made == same


def test_python_and_yaml_say_the_same() -> None:
    made = scenario(
        reply("Neural nets", segments={"every": 3}, body={"trailers": {"x": "y"}}, faults=[{"hang": {"after": "Neu"}}]),
        {"error": "unavailable", "retry_after": {"date": 3}},
        "Good.",
        when={"message": {"contains": "q"}},
        then="cycle",
        name="n",
    )
    assert made == loads("""
name: n
when: {message: {contains: q}}
then: cycle
replies:
  - text: Neural nets
    segments: {every: 3}
    body: {trailers: {x: y}}
    faults: [{hang: {after: Neu}}]
  - error: unavailable
    retry_after: {date: 3s}
  - text: Good.
""")
    assert made.when == When(message=Match(contains="q"))


def test_a_reply_is_taken_as_it_is() -> None:
    own = Reply(text="x", segments=Segments(every=2), body=Body(gzip="event"))
    assert scenario(own).replies[0] is own
    assert scenario(own, when={"message": "m"}).replies[0] is own


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: reply("x", pase=1),  # type: ignore[call-arg]  # what is refused at run time
            TypeError,
            "reply() has no word 'pase'; did you mean 'pace'?",
        ),
        (lambda: reply("x", text="y"), TypeError, "reply() is given its text twice"),
        (lambda: scenario("x", sumary="y"), TypeError, "scenario() has no word 'sumary'; did you mean 'summary'?"),
        (
            lambda: scenario("x", {"txt": "y"}),
            TypeError,
            "replies[1]: reply() has no word 'txt'; did you mean 'text'?",
        ),
        (
            lambda: scenario("x", 5),  # type: ignore[arg-type]  # what is refused at run time
            TypeError,
            "replies[1]: expected a text, a reply, or a dict of its words, not the number 5",
        ),
        (
            lambda: reply("x", chunks="word"),  # type: ignore[arg-type]  # what is refused at run time
            ValueError,
            "chunks: expected words, characters, graphemes, mid-word, whole or recorded, not 'word'; "
            "did you mean 'words'?",
        ),
        (
            lambda: reply("x", pace={"frist": 1}),
            ValueError,
            "pace.frist: unknown word 'frist'; did you mean 'first'?",
        ),
        (
            lambda: reply("x", pace={"first": "300"}, seed=True),
            ValueError,
            "pace.first: a duration needs a unit: write 300ms or 300s\n"
            "seed: expected a whole number, not the switch true",
        ),
        (
            lambda: reply("x", faults=[hang(after="x"), {"rest_peer": {"after": 1}}]),
            ValueError,
            "faults[1].rest_peer: unknown word 'rest_peer'; did you mean 'reset_peer'?",
        ),
        (
            lambda: reply("x", faults=hang(after="x")),  # type: ignore[arg-type]  # what is refused at run time
            ValueError,
            "faults: expected a list, not a Hang; begin each item with a dash",
        ),
        (
            lambda: reply("x", headers={"a": "b\n", "c": 3}),  # type: ignore[dict-item]  # what is refused at run time
            ValueError,
            "headers.a: a field is one line: there is a line end in it\n"
            "headers.c: expected a text, not the number 3; put it in quotes",
        ),
        (lambda: reply("x", retry_after=3), ValueError, "retry_after goes with an error or a status"),
        (lambda: scenario("x", then="cyle"), ValueError, "then: expected repeat, cycle or fail, not 'cyle'; did you"),
        (lambda: scenario(), ValueError, "replies: at least one item must stand here"),
        (lambda: reply({"file": "/etc/hostname"}), ValueError, "the file '/etc/hostname' lies outside the folder"),
        (lambda: scenario("x", {"seed": 1}), ValueError, "replies[1]: a reply needs text, chunks, error, "),
    ],
)
def test_mistakes_name_the_word(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_a_text_is_read_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("Hello.\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert reply({"file": "a.txt"}).text == "Hello.\n"


def test_objects_and_plain_texts_need_neither_pydantic_nor_yaml() -> None:
    code = """
import sys
from mock_ares.faults import reset_peer
from mock_ares.scenario.model import Pace
from mock_ares.authoring.calls import reply, scenario
scenario(
    "a",
    reply("x", pace=Pace(first=0.3), chunks="characters", segments="byte", headers={"a": "b"},
          faults=[reset_peer(after="x"), "missing_end"]),
    reply(chunks=["a", "b"], dialect="typed", body="length", interim=[103], seed=3),
    reply(error="internal", retry_after=2), then="cycle", name="n",
)
print(sorted({"pydantic", "pydantic_core", "yaml"} & sys.modules.keys()))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_scenarios_are_scenarios() -> None:
    assert scenario("a", "b") == Scenario(replies=(Reply(text="a"), Reply(text="b")))


def test_the_words_that_type_checkers_know_are_the_reply_s() -> None:
    assert ReplyWords.__annotations__.keys() == {field.name for field in dataclasses.fields(Reply)}

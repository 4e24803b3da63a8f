"""What authors get wrong, and what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_ares.authoring.load import loads
from mock_ares.dialects import having
from mock_ares.scenario.diagnostics import Mistake, ScenarioError

ERRORS = ("internal", "unavailable")
LISTS = {
    "DIALECTS_OF_LF": having(lambda dialect: "\n" in dialect.newlines, quote="`"),
    "DIALECTS": having(lambda dialect: True),
}
"""Words of the file that stand for what is listed at that place."""
CASES = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8").rstrip("\n").split("\n---\n")


def told(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(text, "file.yaml", errors=ERRORS)
    assert all(mistake.file == "file.yaml" for mistake in caught.value.mistakes)
    return [f"{mistake.line}:{mistake.column}: {mistake.message}" for mistake in caught.value.mistakes]


def listed(message: str) -> str:
    for word, names in LISTS.items():
        message = message.replace(word, names)
    return message


@pytest.mark.parametrize("case", CASES, ids=[case.split("\n# ")[0][:60] for case in CASES])
def test_a_mistake_is_told_at_its_place(case: str) -> None:
    lines = case.split("\n")
    text = "".join(f"{line}\n" for line in lines if not line.startswith("# "))
    assert told(text) == [listed(line[2:]) for line in lines if line.startswith("# ")]


def test_a_sound_reply_is_looked_at_beside_a_broken_one() -> None:
    text = """
replies:
  - text: one
    pace: {frist: 1s}
  - text: two
    faults: [{hang: {after: three}}]
  - text: "four\\rfive"
  - error: unavailble
"""
    assert [line.split(": ")[0] for line in told(text)] == ["4:12", "6:14", "7:11", "8:12"]


def test_every_fault_of_a_reply_is_looked_at() -> None:
    text = """
text: Neural nets
faults:
  - duplicate_chunk: {chunk: 9}
  - invalid_utf8: {after: neural}
  - hang: {after: {byte: 4000}}
"""
    assert [line.split(": ")[0] for line in told(text)] == ["4:5", "5:5", "6:5"]


def test_every_chunk_that_the_dialect_cannot_carry_is_named() -> None:
    assert [line.split(": ")[0] for line in told('chunks: [ok, "a\\r", ok, "\\rb"]')] == ["1:14", "1:25"]


def test_the_words_that_exist_are_told_where_none_is_near() -> None:
    (line,) = told("text: x\npace: {qqq: 1s}")
    assert line.endswith(
        "the words here are every, first, head, intervals, jitter, keep_alive, pauses, tokens_per_second"
    )


ENDS = "lasts so long, or until it is released, not both"


@pytest.mark.parametrize(
    ("pause", "said"),
    [
        ("{at: x, until: release}", "2:32: expected released, not 'release'; did you mean 'released'?"),
        ("{at: x, lasts: 1s, until: released}", f"2:43: a pause {ENDS}; leave out lasts or until"),
        ("{at: x, untill: released}", "2:25: unknown word 'untill'; did you mean 'until'?"),
    ],
)
def test_a_pause_ends_in_one_way(pause: str, said: str) -> None:
    assert told(f"text: x\npace: {{pauses: [{pause}]}}") == [said]


def test_a_word_of_another_mapping_is_sent_home() -> None:
    assert told("text: x\njitter: 10%") == ["2:1: 'jitter' does not stand here; it is a word of pace"]


def test_all_mistakes_of_one_mapping_are_told_at_once() -> None:
    text = """
text: x
headers:
  x-count: 3
  "bad name": y
  x-split: "a\\r\\nset-cookie: b"
  x-moon: 月
  X-Count: "4"
  content-length: "5"
  x-good: é
"""
    assert told(text) == [
        "4:12: expected a text, not the number 3; put it in quotes",
        "5:3: 'bad name' is no field name: letters, digits and hyphens",
        "6:12: a field is one line: there is a line end in it",
        "7:11: a field holds Latin-1 without control characters; there is '月' (U+6708) in it",
        "8:3: the field x-count stands here a second time (names are the same in any case)",
        "9:3: content-length cannot be set here: body: length writes it; "
        "mock-ares list faults names those that write a wrong one",
    ]


def test_mistakes_are_sorted_as_they_stand_in_the_file() -> None:
    with pytest.raises(ScenarioError) as caught:
        loads("then: agian\nreplies:\n  - {text: 5, chunks: wrods}\n  - {}\n", "a.yaml")
    places = [(mistake.line, mistake.column) for mistake in caught.value.mistakes]
    assert places == sorted(places)
    assert str(caught.value).splitlines() == [str(mistake) for mistake in caught.value.mistakes]


def test_a_mistake_reads_as_compilers_write_theirs() -> None:
    assert str(Mistake("night.yaml", 3, 5, "expected a list")) == "night.yaml:3:5: expected a list"

"""The reference for authors says what is so: its examples load, and it leaves no word out."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args

import pytest

from mock_ares.ares.errors import NAMES, lookup
from mock_ares.ares.profiles import PROFILES
from mock_ares.authoring.load import loads
from mock_ares.faults import FAULTS
from mock_ares.scenario import model
from mock_ares.scenario.position import Position
from tests.documents import examples, text

NAME = "docs/scenarios.md"
PAGE = text(NAME)
YAML = [example.code for example in examples(NAME, "yaml")]
PYTHON = [example.code for example in examples(NAME, "python")]


def section(title: str) -> str:
    """The text under a heading, up to the next heading of any level."""
    return re.split(rf"^#+ {re.escape(title)}$", PAGE, flags=re.MULTILINE)[1].split("\n#")[0]


def words_of_table(title: str) -> list[str]:
    return re.findall(r"^\| \[?`(\w+)`", section(title), re.MULTILINE)


@pytest.mark.parametrize("example", YAML, ids=range(len(YAML)))
def test_an_example_is_a_scenario(example: str) -> None:
    assert loads(example, errors=NAMES).replies


@pytest.mark.parametrize("example", PYTHON, ids=range(len(PYTHON)))
def test_python_examples_run(example: str) -> None:
    exec(compile(example, NAME, "exec"), {})


@pytest.mark.parametrize(
    ("title", "kind", "elsewhere"),
    [
        ("A scenario", model.Scenario, set()),
        ("When it answers by itself", model.When, set()),
        ("A reply", model.Reply, {"content", "error", "retry_after", "redirect"}),
        ("Text", model.Text, set()),
        ("Pace", model.Pace, set()),
        ("Framing", model.Framing, set()),
        ("Body", model.Body, set()),
    ],
)
def test_each_word_has_its_row(title: str, kind: type, elsewhere: set[str]) -> None:
    assert set(words_of_table(title)) == {field.name for field in fields(kind)} - elsewhere


def test_words_of_answers_that_are_no_stream_have_their_rows() -> None:
    known = {field.name for field in fields(model.Reply)}
    assert {"content", "error", "retry_after", "redirect"} <= set(words_of_table("Answers that are no stream")) <= known


@pytest.mark.parametrize(
    ("title", "kind"), [("Chunks", model.Chunks), ("Segments", model.Segments), ("Positions", Position)]
)
def test_each_way_has_its_row(title: str, kind: type) -> None:
    assert set(re.findall(r"`\{(\w+): ", section(title))) == {f.name for f in fields(kind)}


def test_each_fault_has_its_row_with_its_arguments() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section("Faults"), re.MULTILINE))
    assert set(rows) == set(FAULTS)
    for name, fault in FAULTS.items():
        arguments = {field.name for field in fields(fault)}
        assert set(re.findall(r"`(\w+)`(?= \(|,|$)", rows[name])) & arguments == arguments, name


def test_each_error_stands_beside_its_status() -> None:
    found = dict[str, set[str]]()
    for statuses, names in re.findall(r"^\| (\d[^|]*?) \| (.*) \|$", section("Errors by name"), re.MULTILINE):
        for name in re.findall(r"`([a-z-]+)`(?!\))", names):
            found.setdefault(name, set()).update(re.findall(r"\d{3}", statuses))
    assert set(found) == set(NAMES)
    for name, statuses in found.items():
        assert str(lookup(PROFILES["docs"], name).status) in statuses


def test_each_value_of_a_choice_is_named() -> None:
    for choice in (model.DialectName, model.ChunkWord, model.SegmentWord, model.BodyWord):
        for word in get_args(choice):
            assert f"`{word}`" in PAGE

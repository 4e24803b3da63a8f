"""The JSON Schema that editors use: fresh, right about the library, and never stricter than the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from mock_ares.authoring.load import loads
from mock_ares.authoring.schema import json_schema, published
from mock_ares.authoring.yaml.nodes import compose
from mock_ares.authoring.yaml.values import values
from mock_ares.paths import CONTRACTS, FIXTURES
from mock_ares.scenario.diagnostics import ScenarioError

FILE = CONTRACTS / "scenario.schema.json"
VALIDATOR = jsonschema_rs.validator_for(json.loads(FILE.read_text(encoding="utf-8")))
CASES = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8").rstrip("\n").split("\n---\n")


def value_of(text: str) -> Any:
    return values(compose(text, "f"), "f")[0]


def test_the_file_is_fresh() -> None:
    message = "stale: run .venv/bin/python -m mock_ares.authoring.schema > contracts/scenario.schema.json"
    assert FILE.read_text(encoding="utf-8") == published(), message


def test_it_is_a_schema() -> None:
    jsonschema_rs.meta.validate(json_schema())


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_library_is_valid(path: Path) -> None:
    VALIDATOR.validate(value_of(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "txt: hello",
        "text: 5",
        "text: x\npace: {frist: 1s}",
        "text: x\npace: {first: 300}",
        "text: x\npace: {first: 300 msec}",
        "text: x\nchunks: word",
        "text: x\nchunks: {every: 0}",
        "text: x\nchunks: {every: 3, sizes: [1]}",
        "text: x\nchunks: {sizes: []}",
        "text: x\nfaults: [rest_peer]",
        "text: x\nfaults: [reset_peer]",
        "text: x\nfaults: [{reset_peer: {after: 1}, hang: {after: 2}}]",
        "text: x\nfaults: [{reset_peer: {after: {text: x, byte: 3}}}]",
        "text: x\nfaults: [{reset_peer: {after: {fraction: 140}}}]",
        "text: x\nheaders: {x-count: 3}",
        "text: x\nframing: {space: no}",
        "text: x\nbody: {gzip: yes}",
        "text: {template: hello}",
        "text: x\nwhen: {endpoint: chat}",
        "text: x\nwhen: {message: {contains: a, exact: b}}",
        "status: 100",
        "error: unavailble",
        "redirect: {status: 302}",
        "replies: []",
        "replies: {text: x}",
        "replies: [{text: x}]\npace: {}",
        "- text: x",
        "text: x\nthen: agian",
    ],
)
def test_wrong_files_are_wrong_to_both(text: str) -> None:
    from mock_ares.ares.errors import NAMES

    assert not VALIDATOR.is_valid(value_of(text))
    with pytest.raises(ScenarioError):
        loads(text, errors=NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "text: x\npace: {first: 300MS, every: .5 s, jitter: 0.3, pauses: [{at: 3}, {at: {fraction: 5%}, lasts: 1h}]}",
        "text: {bytes: 70KB}",
        "text: {bytes: 64}",
        "text: x\nfaults: [{long_length: {by: 3}}]",
        "text: x\nfaults: [{long_length: }]",
        "faults: [empty_reply]",
        "content: {json: null}",
        "content: empty\nheaders: {cache-control: null}",
        "error: internal\nretry_after: {date: 3s}",
        "chunks: []",
        "text: x\nwhen: {endpoint: get /api/x}",
    ],
)
def test_odd_but_right_files_are_right_to_both(text: str) -> None:
    VALIDATOR.validate(value_of(text))
    if "at: 3" not in text:  # a place that this text has not
        loads(text)


def test_descriptions_are_there_for_every_word_of_a_reply() -> None:
    kinds = json_schema()["$defs"]
    for name in ("Reply", "Scenario", "Pace", "Framing", "Body", "Position"):
        words = kinds[name]["properties"]
        assert [word for word, part in words.items() if "description" not in part] == []

"""Scenario files that are large, damaged or odd: a row is a text, and what is said of it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml

from mock_ares.ares.credentials import Keyring
from mock_ares.ares.errors import NAMES
from mock_ares.authoring import findings, load
from mock_ares.authoring.load import loads
from mock_ares.authoring.yaml import nodes
from mock_ares.client import stream_chat
from mock_ares.paths import FIXTURES
from mock_ares.scenario.diagnostics import MOST_MISTAKES, ScenarioError, WordsError
from mock_ares.server.replies.library import BUILT_IN, Library

MANY = 2 * MOST_MISTAKES
REFUSED: dict[str, tuple[str | bytes, str, int | None]] = {
    "brackets": ("[" * 100_000, "nested more than 60 deep", 1),
    "braces": ("a: " + "{a: " * 100_000, "nested more than 60 deep", 1),
    "controls": ("text: " + "\0" * 100_000, "U+0000 cannot stand in YAML", 10),
    "digits": ("text: a\nseed: " + "9" * 100_000, "expected a whole number", 1),
    "digits of a float": ("text: a\npace: {first: 1." + "9" * 100_000 + "}", "", 1),
    "an alias in itself": ("a: &a [*a]", "an alias stands inside its own anchor", None),
    "aliases of aliases": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)),
        "aliases make this more than",
        None,
    ),
    "unknown words": ("".join(f"k{number}: a\n" for number in range(1000)), "unknown word 'k0'", MOST_MISTAKES + 1),
    "the same word": ("text: a\n" * MANY, "'text' stands here a second time", MOST_MISTAKES + 1),
    "unknown errors": ("replies:\n" + "  - {error: nothing}\n" * MANY, "no error is named", MOST_MISTAKES + 1),
    "mistyped words": ("replies:\n" + "  - {txet: a}\n" * MANY, "did you mean 'text'?", MOST_MISTAKES + 1),
    "places outside": (f"text: a\nchunks: {{at: {list(range(1, MANY))}}}", "no character", MOST_MISTAKES + 1),
    "half a file": ((FIXTURES / "read-utf8.yaml").read_text(encoding="utf-8") + "'", "", None),
    "bytes of a program": (b"\x7fELF\x02\x01\x01\0\0", "U+007F", None),
    "UTF-16": ("text: a".encode("utf-16"), "not UTF-8", 1),
    "nothing": (b"", "the file is empty", 1),
}


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_wrong_is_told_and_how_much_of_it(row: str) -> None:
    text, said, count = REFUSED[row]
    with pytest.raises(ScenarioError) as refused:
        loads(text, "f.yaml", errors=NAMES)
    mistakes = refused.value.mistakes
    assert said in mistakes[0].message and len(mistakes[0].message) < 2000
    assert count in (None, len(mistakes))
    if count == MOST_MISTAKES + 1:
        assert mistakes[-1].message.startswith("and more from here on")


def test_mistakes_that_are_not_told_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    told, placed = Mock(side_effect=findings._told), Mock(side_effect=nodes.mistake_at)
    monkeypatch.setattr(findings, "_told", told)
    monkeypatch.setattr(nodes, "mistake_at", placed)
    with pytest.raises(ScenarioError):
        loads(REFUSED["unknown words"][0])
    assert told.call_count <= 3 * MOST_MISTAKES and placed.call_count <= 3 * MOST_MISTAKES


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.yaml")), ids=lambda file: file.stem)
def test_libyaml_reads_what_pyyaml_reads(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    fast = nodes._fast_nodes(text)
    assert fast is not None
    assert _tree(fast) == _tree(nodes.compose(text, "f.yaml", exactly=True))


def _tree(node: yaml.Node) -> object:
    """Tags and values."""
    value = node.value
    if isinstance(node, yaml.MappingNode):
        value = [(_tree(key), _tree(each)) for key, each in node.value]
    elif isinstance(node, yaml.SequenceNode):
        value = [_tree(each) for each in node.value]
    return node.tag, value


def test_what_only_pyyaml_takes_is_read_by_it() -> None:
    assert load.loads('text: "\\ud83d\\ude00"').replies[0].text == "\U0001f600"


def test_mistakes_cross_over_to_another_process() -> None:
    with pytest.raises(ScenarioError) as refused:
        loads("txet: a")
    assert pickle.loads(pickle.dumps(refused.value)).mistakes == refused.value.mistakes
    words = WordsError((("a", 1), "is wrong"))
    assert pickle.loads(pickle.dumps(words)).found == words.found


def test_a_default_that_is_away_for_one_look_answers_again() -> None:
    library = Library([loads("text: a", name="day")])
    library.answer_by_default("day")
    library.swap([])
    assert library.default is BUILT_IN
    again = loads("text: b", name="day")
    library.swap([again])
    assert library.default is again


def test_serve_starts_with_broken_files_and_serves_what_is_mended(tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text("text: Good night.\n")
    (tmp_path / "day.yaml").write_text("txet: Good day.\n")
    command = [sys.executable, "-m", "mock_ares", "serve", "--port", "0", "--scenario", "day", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:  # until it has ended, if it must
            told += line
            if "until then the built-in one does" in line:
                break
        assert "day.yaml:1:1: unknown word 'txet'; did you mean 'text'?" in told
        url = f"{told.partition('a fake ARES at ')[2].split()[0]}/api/chat/stream"
        token = Keyring().issue_jwt(lifetime=60)
        assert "".join(stream_chat(url, token, "hi")).startswith("Neural")
        (tmp_path / "day.yaml").write_text("text: Good day.\n")
        assert "".join(stream_chat(url, token, "hi")) == "Good day."
        process.terminate()


def test_a_scenario_that_no_file_can_have_is_a_mistake_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "day.yaml").write_text("txet: Good day.\n")
    command = [sys.executable, "-m", "mock_ares", "serve", "--port", "0", "--scenario", "dya", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "no scenario is named 'dya'" in done.stderr

"""YAML's traps, and files that are none of ours."""

from __future__ import annotations

from typing import Any

import pytest

from mock_ares.authoring.load import loads
from mock_ares.authoring.yaml.nodes import compose
from mock_ares.authoring.yaml.values import values
from mock_ares.scenario.diagnostics import ScenarioError


def value_of(text: str) -> Any:
    value, mistakes = values(compose(text, "f"), "f")
    assert not mistakes
    return value


def told(data: str | bytes) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads(data, "f")
    return [str(mistake).removeprefix("f:") for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    "word",
    ["no", "yes", "on", "off", "y", "n", "NO", "1:30", "010", "0o17", "0x1f", "1_000", ".inf", "-.INF", ".nan", "+1",
     ".5", "1.", "2026-01-01", "2026-01-01T00:00:00Z", "1e", "--", "0.0.1", "=", "9" * 41, "40%", "nULL", "tRUE"],
)  # fmt: skip
def test_what_older_yaml_reads_as_something_else_is_a_text(word: str) -> None:
    assert value_of(word) == word
    assert loads(f"text: {word}").replies[0].text == word


@pytest.mark.parametrize(
    ("word", "value"),
    [("0", 0), ("-7", -7), ("12.50", 12.5), ("1e3", 1000.0), ("-2.5E-1", -0.25), ("true", True), ("False", False),
     ("~", None), ("null", None), ("", None), ('"5"', "5"), ("'true'", "true"), ("!!str 5", "5"),
     ("9" * 40, 10**40 - 1)],
)  # fmt: skip
def test_numbers_are_what_json_calls_numbers(word: str, value: object) -> None:
    assert value_of(f"- {word}") == [value]
    assert type(value_of(f"- {word}")[0]) is type(value)


def test_keys_are_texts_as_they_are_written() -> None:
    assert value_of("{1: a, true: b, null: c, 2026-01-01: d, 010: e, '': f}") == {
        "1": "a", "true": "b", "null": "c", "2026-01-01": "d", "010": "e", "": "f",
    }  # fmt: skip


def test_two_json_escapes_for_one_character_are_that_character() -> None:
    assert value_of(r'["\ud83d\ude00", "\u0041", "a\ud83d\ude00b"]') == ["\U0001f600", "A", "a\U0001f600b"]


@pytest.mark.parametrize("text", [r'text: "\ud83d"', r'summary: "a\ude00b"', r'{"\udc00": 1, text: x}'])
def test_half_a_character_is_refused(text: str) -> None:
    assert any("holds a lone surrogate, U+D" in line for line in told(text))


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_move_no_mistake(ends: str, mark: str) -> None:
    data = mark + ends.join(["text: x", "", "pace:", "  frist: 1s", ""])
    assert told(data) == told(data.encode()) == ["4:3: unknown word 'frist'; did you mean 'first'?"]


def test_a_duplicate_key_is_a_mistake_wherever_it_stands() -> None:
    text = "text: x\nheaders: {a: b, a: c}\ncontent: {json: {k: 1, l: {k: 2, k: 3}}}\ntext: y\n"
    assert [line.split(": ")[0] for line in told(text)][:3] == ["2:17", "3:10", "3:34"]
    assert "4:1: 'text' stands here a second time" in told(text)


def test_a_value_may_stand_in_several_places() -> None:
    text = """
replies:
  - text: &said Hello.
    pace: &slow {every: 1s}
  - {text: *said, pace: *slow}
"""
    first, second = loads(text).replies
    assert first == second


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "1:1: the file is empty; a scenario needs replies, or a text"),
        (b"# nothing yet\n", "1:1: the file is empty; a scenario needs replies, or a text"),
        (b"text: a\n---\ntext: b\n", "2:1: a file holds one scenario, and here begins a second document"),
        (b"text: ok\nsummary: Gr\xfc\xdfe", "2:12: the file is not UTF-8: there is a byte 0xfc; save it as UTF-8"),
        ("text: hi".encode("utf-16"), "1:1: the file is not UTF-8: there is a byte 0xff; save it as UTF-8"),
        (b"text: a\0b", "1:8: U+0000 cannot stand in YAML; write it as \\x00 in double quotes"),
        (b"a: b\ntext: \x1b[1m", "2:7: U+001B cannot stand in YAML; write it as \\x1b in double quotes"),
        ("text: a\u2028b", "1:8: U+2028 is a line break to YAML; write it as \\u2028 in double quotes"),
        ("text: 'a\u0085b'", "1:9: U+0085 is a line break to YAML; write it as \\x85 in double quotes"),
        ("text: \ud800", "1:7: U+D800 cannot stand in YAML; write it as \\ud800 in double quotes"),
        ("text: &a [*a]", "1:7: an alias stands inside its own anchor"),
        ("? [a]\n: b\n", "1:3: a key is a word, not a list; a text that begins with a bracket needs quotes"),
        ("text: x\n<<: {seed: 1}", "2:1: << is no part of YAML 1.2; repeat the words, or give a whole value as *alias"),
        ("text: !secret x", "1:7: the tag !secret has no meaning here; leave it out"),
        (
            "text: !!python/object:os.system x",
            "1:7: the tag !!python/object:os.system has no meaning here; leave it out",
        ),
        ("content: {json: !!set {a}}", "1:17: the tag !!set has no meaning here; leave it out"),
        ("content: {json: [1e999]}", "1:18: the number 1e999 is too large"),
        ("seed: !!int x\ntext: a", "1:7: 'x' is no number"),
    ],
)
def test_what_is_no_scenario_is_told_in_one_line(data: str | bytes, message: str) -> None:
    assert message in told(data)


def test_nesting_is_bounded() -> None:
    assert "nested more than 60 deep" in told("content: {json: " + "[" * 100_000)[0]
    assert loads("content: {json: " + "[" * 50 + "]" * 50 + "}").replies[0].content is not None


def test_aliases_cannot_say_a_billion_values() -> None:
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert told("\n".join(lines)) == ["6:5: aliases make this more than 1000000 values, or more than 60 deep"]


def test_aliases_cannot_nest_deeper_than_the_file() -> None:
    lines = ["content:", "  json:", "    - &x0 [1]", *(f"    - &x{i} [*x{i - 1}]" for i in range(1, 2000))]
    assert any("more than 60 deep" in line for line in told("\n".join(lines)))


def test_of_many_forbidden_characters_the_first_are_told() -> None:
    assert len(told("text: " + "\0" * 5000)) == 10

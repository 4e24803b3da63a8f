"""Files and folders of scenarios."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.ares.errors import NAMES
from mock_ares.authoring.load import load, load_all, loads
from mock_ares.authoring.yaml.nodes import compose
from mock_ares.authoring.yaml.values import values
from mock_ares.paths import CONTRACTS, FIXTURES
from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import Reply, Scenario

SCHEMA = jsonschema_rs.validator_for(json.loads((CONTRACTS / "scenario.schema.json").read_text(encoding="utf-8")))


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def told(*paths: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_all(paths)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_one_line_is_a_scenario(tmp_path: Path) -> None:
    assert load(write(tmp_path / "hello.yaml", "text: Hello")) == Scenario(replies=(Reply(text="Hello"),), name="hello")


def test_the_words_of_the_only_reply_stand_beside_the_scenarios() -> None:
    short = loads("summary: s\ntext: x\nthen: fail\nseed: 3\npace: {every: 1s}\nwhen: {message: m}")
    long = loads("summary: s\nthen: fail\nseed: 3\nwhen: {message: m}\nreplies: [{text: x, pace: {every: 1s}}]")
    assert short == long


def test_a_name_in_the_file_counts_more_than_the_files(tmp_path: Path) -> None:
    assert load(write(tmp_path / "a.yaml", "text: x\nname: b")).name == "b"


@pytest.mark.parametrize("stem", ["two words", "größe", ".hidden"])
def test_a_name_must_fit_into_a_header(tmp_path: Path, stem: str) -> None:
    path = write(tmp_path / f"{stem}.yaml", "text: x")
    assert told(path) == [
        f"{path}:1:1: {stem!r} is no scenario's name: letters, digits and . _ - have to do; "
        "without name: the file's own counts"
    ]


def test_a_text_file_is_taken_to_the_last_byte(tmp_path: Path) -> None:
    write(tmp_path / "t.txt", "\ufeffLine.\n")
    assert load(write(tmp_path / "a.yaml", "text: {file: t.txt}")).replies[0].text == "\ufeffLine.\n"


def test_a_text_file_stays_inside_the_scenarios_folder(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "s")
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    for name in ("../secret.txt", str(tmp_path / "secret.txt"), "link.txt", "a/../../secret.txt"):
        (line,) = told(write(folder / "a.yaml", f"text: {{file: {name}}}"))
        assert line.endswith("lies outside the folder of the scenario")
        assert f"{folder / 'a.yaml'}:1:14:" in line


def test_a_text_file_that_cannot_be_read_is_told_at_its_word(tmp_path: Path) -> None:
    write(tmp_path / "latin.txt", b"abc\xff")
    (tmp_path / "folder").mkdir()
    for name, reason in (
        ("none.txt", "cannot be read: No such file or directory"),
        ("folder", "cannot be read: it is a folder"),
        ("latin.txt", "is not UTF-8: byte 3 is 0xff"),
    ):
        path = write(tmp_path / "a.yaml", f"replies:\n  - text: x\n  - text:\n      file: {name}\n")
        assert told(path) == [f"{path}:4:13: the file {name!r} {reason}"]


def test_a_scenario_file_is_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "big.yaml", b"text: x\n" + b"#" * 17_000_000)
    assert told(path) == [
        f"{path}:1:1: the file has more than 1000000 bytes; put long texts in files, as text: {{file: ...}}"
    ]


def test_what_is_no_file_is_told_by_load_all_and_raised_by_load(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    for name, reason in (
        ("none.yaml", "No such file or directory"),
        ("pipe.yaml", "it is no ordinary file"),
        ("loop.yaml", "Too many levels of symbolic links"),
    ):
        assert told(tmp_path / name) == [f"{tmp_path / name}:1:1: cannot be read: {reason}"]
        with pytest.raises(OSError, match=reason):
            load(tmp_path / name)
    with pytest.raises(OSError, match="it is a folder"):
        load(tmp_path)


def test_a_linked_scenario_is_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").symlink_to(write(tmp_path / "a.yaml", "text: x"))
    assert [scenario.name for scenario in load_all([tmp_path])] == ["a", "b"]


def test_folders_are_read_with_all_below_them_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.yaml", "a-z.yml", "a.yaml", "deep/er/c.yaml", "notes.txt"):
        write(tmp_path / name, "text: x")
    assert [scenario.name for scenario in load_all([tmp_path])] == ["a", "a-z", "b", "c"]


def test_the_mistakes_of_all_files_are_told(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.yaml", "txt: x"), write(tmp_path / "b.yaml", "text: 5")
    third = write(tmp_path / "c.yaml", "text: x\nname: d")
    fourth = write(tmp_path / "d.yaml", "text: x")
    assert [line.split(": ")[0] for line in told(tmp_path)] == [f"{first}:1:1", f"{second}:1:7", f"{fourth}:1:1"]
    assert str(third) in told(tmp_path)[-1]


def test_error_names_are_checked_where_they_are_known(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", "error: unavailble")
    assert load(path).replies[0].error == "unavailble"
    with pytest.raises(ScenarioError, match=r"1:8: no error is named 'unavailble'; did you mean 'unavailable'\?"):
        load(path, errors=["unavailable"])


SMALL = [p for p in FIXTURES.glob("*.yaml") if not p.stem.startswith(("long-", "many-", "cancel"))]
PIECES = st.sampled_from(
    [
        *"-:,#\"'&*!|>%@`\t\0[]{}\u2028",
        "null",
        "true",
        "-1",
        "1e9",
        "[]",
        "{}",
        "{chunk: 3}",
        "text: ",
        "faults: ",
        "\n",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SMALL)).read_text(encoding="utf-8")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(PIECES) + text[at + draw(st.sampled_from([0, 0, 1, 4])) :]
    return text


@given(damaged())
def test_a_damaged_file_is_valid_to_editors_too_or_has_mistakes_with_places_inside_it(text: str) -> None:
    try:
        loads(text, "f", base=FIXTURES, errors=NAMES)
    except ScenarioError as error:
        for mistake in error.mistakes:
            assert 1 <= mistake.line <= text.count("\n") + text.count("\u2028") + 2
            assert mistake.column >= 1
            assert mistake.message.isprintable()
            assert "Input should" not in mistake.message
    else:
        SCHEMA.validate(values(compose(text, "f"), "f")[0])

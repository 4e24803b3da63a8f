"""`mock-ares docs`: the pages by a word each."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.handbook.check_page import index, page
from mock_ares.manual import listed_in, topics
from mock_ares.paths import DOCS

INDEX = """# A book

- [no section](one.md)

## First

- [One](one.md): with `code`
- [Another](sub/README.md)
- Made later: no link

## Last

- [Gone](gone.md)
- [Two](two.md#there)
- [Three](THREE.md)
"""


def asked(*words: str) -> Result:
    return CliRunner().invoke(main, ["docs", *words])


def test_topics_are_the_entries_of_the_front_page(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("one.md", "two.md", "THREE.md", "sub/README.md"):
        (tmp_path / name).touch()
    assert [(topic.name, topic.section, topic.title) for topic in listed_in(INDEX, tmp_path)] == [
        ("one", "First", "One: with code"),
        ("sub", "First", "Another"),
        ("three", "Last", "Three"),
    ]


def test_no_word_stands_for_two_pages() -> None:
    found = [topic.name for topic in listed_in((DOCS / "index.md").read_text(encoding="utf-8"), DOCS)]
    assert len(found) > 10
    assert sorted(found) == sorted({*found}) and not CHECKS.keys() & {*found}


def test_all_are_listed() -> None:
    said = asked()
    assert said.exit_code == 0
    assert [name for name in topics() if f"  {name} " not in said.output] == []


def test_a_page_is_printed_as_it_is() -> None:
    assert asked("scenarios").output == (DOCS / "scenarios.md").read_text(encoding="utf-8")


def test_a_check_has_a_page_too() -> None:
    assert asked("read-line").output == page("read-line")
    assert asked("checks").output == index()


def test_an_unknown_word_is_one_line() -> None:
    said = asked("scenarois")
    assert (said.exit_code, said.output) == (
        2,
        "mock-ares: there is no page on 'scenarois'; did you mean scenarios?\n",
    )
    assert asked("xxqq").output == "mock-ares: there is no page on 'xxqq'; mock-ares docs lists the topics\n"

"""`mock-ares docs`: the pages by a word each, searched, and printed with links that lead somewhere."""

from __future__ import annotations

import re
import subprocess
import webbrowser
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.handbook.check_page import index, page
from mock_ares.manual import commands as command
from mock_ares.manual.links import anchor, links, sections
from mock_ares.manual.page_search import search
from mock_ares.manual.printed import part, printed, where, with_places
from mock_ares.manual.topics import ALIASES, Topic, checks, listed_in, topics
from mock_ares.paths import CONTRACTS, DOCS, FIXTURES
from tests.documents import ROOT

INDEX = """# A book

- [no section](one.md)

## First

- [One](one.md): with `code`
- [Another](sub/README.md)
- Made: from the code
- Made elsewhere: no link

## Last

- [Gone](gone.md)
- [Two](two.md#there)
- [Three](THREE.md)
"""


def asked(*words: str) -> Result:
    return CliRunner().invoke(main, ["docs", *words])


@cache
def by_place() -> dict[str, Topic]:
    return {topic.place: topic for topic in (*topics(main).values(), *checks().values())}


def named(name: str, title: str, text: str) -> Topic:
    return Topic(name, "", title, f"docs/{name}.md", lambda: text)


def test_topics_are_the_entries_of_the_front_page(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("one.md", "two.md", "THREE.md", "sub/README.md"):
        (tmp_path / name).touch()
    made = {"Made": named("made", "", "")}
    assert [(topic.name, topic.section, topic.title) for topic in listed_in(INDEX, tmp_path, made)] == [
        ("one", "First", "One: with code"),
        ("sub", "First", "Another"),
        ("made", "First", "Made: from the code"),
        ("three", "Last", "Three"),
    ]


def test_no_word_stands_for_two_pages() -> None:
    pages = topics(main)
    listed = re.findall(r"^- ", (DOCS / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(pages) == len(listed) > 30  # all are here, and none has taken another's place
    assert not CHECKS.keys() & pages.keys()
    assert not ALIASES.keys() & (pages.keys() | CHECKS.keys())


def test_each_alias_leads_to_a_page() -> None:
    for target in ALIASES.values():
        name, _, section = target.partition("#")
        assert printed(topics(main)[name], by_place(), section)


def test_all_are_listed() -> None:
    said = asked()
    assert said.exit_code == 0
    assert [name for name in topics(main) if f"  {name} " not in said.output] == []


def test_pages_are_printed() -> None:
    assert "# Scenario files\n" in asked("scenarios").output
    assert asked("faults").output.startswith("# Faults\n")
    assert asked("read-line").output == page("read-line")
    assert asked("checks").output.startswith(index().partition("\n")[0])
    assert "`make trial` finds out" in asked("grid").output


def test_a_section_is_printed_alone() -> None:
    said = asked("scenarios#segments").output
    assert said.startswith(("### Segments\n", "## Segments\n"))
    assert (
        asked("SSL").output == asked("tls").output
        and asked("errors").output == asked("scenarios#errors-by-name").output
    )
    refused = asked("scenarios#segmnts")
    assert refused.exit_code == 2 and "has no section 'segmnts'; there are" in refused.output


def test_a_part_ends_where_the_next_of_its_rank_begins() -> None:
    text = "# T\n\n## A `b`, c!\n\n```sh\n# no heading\n```\n\n### D\n\nd\n\n## E\n\ne\n"
    assert [heading for _, heading, _ in sections(text)] == ["T", "A `b`, c!", "D", "E"]
    assert part(text, "a-b-c") == text.partition("## A")[1] + text.partition("## A")[2].partition("## E")[0]
    assert part(text, "e") == "## E\n\ne\n"
    with pytest.raises(LookupError, match="a-b-c, d, e"):
        part(text, "x")


def test_behind_a_link_stands_where_it_leads() -> None:
    pages = {"docs/b.md": named("b", "", ""), "contracts/ci/README.md": named("ci", "", "")}
    text = (
        "[a `b`](b.md#c), [here](#x), ![p](p.png), [d](https://example.org/), [e](../contracts/ci), [f](../tests/pages)"
        " and `a[0](b.md)`\n\n```js\na[0](b.md)\n```\n"
    )
    assert with_places("docs/a.md", text, pages) == (
        "a `b` (mock-ares docs b#c), here, [a picture: p], [d](https://example.org/), e (mock-ares docs ci), "
        "f (in the repository: tests/pages) and `a[0](b.md)`\n\n```js\na[0](b.md)\n```\n"
    )
    assert where("contracts/checks.yaml", "", pages) == str(CONTRACTS / "checks.yaml")
    assert where("fixtures", "", pages) == str(FIXTURES)


def test_no_page_that_is_printed_has_a_link_to_nowhere() -> None:
    """What is said of a place holds: the page and the section are there, and files that are the repository's alone."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    pages = {topic.name: topic for topic in by_place().values()}
    for topic in by_place().values():
        shown = topic.text() if topic.section == "Checks" else printed(topic, by_place())
        assert [target for target in links(shown) if not re.match(r"https?:", target)] == [], topic.name
        for name, _, section in re.findall(r"\(mock-ares docs ([\w-]+)(#([\w-]+))?\)", shown):
            anchors = {anchor(heading) for _, heading, _ in sections(pages[name].text())}
            assert not section or section in anchors, (topic.name, name, section)
        for path in re.findall(r"\(in the repository: ([^)]+)\)", shown):
            assert any(file == path or file.startswith(f"{path}/") for file in files), (topic.name, path)


def test_a_search_has_the_best_first() -> None:
    pages = [
        named("one", "Of cats", "# Of cats\n\nA dog.\n\n## Food\n\nDogs eat.\n"),
        named("two", "Of dogs", "# Of dogs\n\nNothing.\n"),
        named("three", "Dog-days", "# Summer\n\nHot.\n"),
        named("four", "Birds", "# Birds\n\nThe dogma.\n"),
    ]
    assert [(hit.topic.name, hit.section, hit.by_title) for hit in search(["dogs"], pages)] == [
        ("two", "", True),
        ("one", "food", False),
    ]
    assert [hit.topic.name for hit in search(["dog"], pages)] == ["three", "one"]
    assert [hit.topic.name for hit in search(["dogs", "eat"], pages)] == ["one"]
    assert search(["fish"], pages) == []


def test_a_heading_comes_before_what_a_text_says() -> None:
    pages = [
        named("often", "Of cats", "# Of cats\n\nFull moon, full moon, full moon.\n"),
        named("headed", "Of nights", "# Of nights\n\nThe moon is full.\n\n## Full moon\n\nBright.\n"),
    ]
    hits = [(hit.topic.name, hit.section) for hit in search(["full", "moon"], pages)]
    assert hits == [("headed", "full-moon"), ("often", "")]


def test_one_page_that_speaks_of_it_is_told_with_its_place() -> None:
    said = asked("hadolint")
    assert said.output == (
        "No page is called 'hadolint'. This one speaks of it:\n\n"
        "  ci#what-is-tried  CI: GitHub, GitLab, pre-commit, an image\n"
    )


def test_a_page_without_sections_says_so() -> None:
    with_none = next(topic for topic in topics(main).values() if not [s for s in sections(topic.text()) if s[0] > 1])
    said = asked(f"{with_none.name}#x")
    assert (said.exit_code, said.output) == (2, f"mock-ares: the page {with_none.name} has no sections\n")


def test_recipes_are_printed_behind_their_page() -> None:
    said = asked("ci#githubworkflowyml").output
    assert (CONTRACTS / "ci" / "github" / "workflow.yml").read_text(encoding="utf-8") in said


@pytest.mark.parametrize(
    ("words", "name"),
    [(["freezegun"], "time-travel"), (["WireMock"], "coming-from"), (["load", "tests"], "load-tests"),
     (["django"], "app-that-starts-once"), (["nginx"], "frontends"), (["GitLab"], "ci")],
)  # fmt: skip
def test_a_word_of_one_title_is_that_page(words: list[str], name: str) -> None:
    assert asked(*words).output == asked(name).output


def test_what_several_pages_speak_of_is_listed() -> None:
    said = asked("proxy")
    assert said.exit_code == 0
    assert said.output.startswith("No page is called 'proxy'. These speak of it:\n\n  ")
    for name, section in re.findall(r"^  ([\w-]+)#([\w-]+)", said.output, re.MULTILINE):
        assert asked(f"{name}#{section}").exit_code == 0


def test_an_unknown_word_is_one_line() -> None:
    said = asked("scenarois")
    assert (said.exit_code, said.output) == (
        2,
        "mock-ares: there is no page on 'scenarois'; did you mean scenarios?\n",
    )
    assert asked("xxqq").output == "mock-ares: there is no page on 'xxqq'; mock-ares docs lists the topics\n"


def test_it_opens_the_book_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = list[str]()
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(command, "BOOK", tmp_path)
    assert "make docs" in asked("--open", "scenarios").output and opened == []
    for name in ("index", "scenarios", "checks/read-line", "reference/faults"):
        (tmp_path / f"{name}.html").parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.html").touch()
    for words in ([], ["scenarios#segments"], ["read-line"], ["faults"]):
        assert asked("--open", *words).exit_code == 0
    assert [address.removeprefix(tmp_path.as_uri()) for address in opened] == [
        "/index.html", "/scenarios.html#segments", "/checks/read-line.html", "/reference/faults.html",
    ]  # fmt: skip
    monkeypatch.setattr(command, "INSTALLED", True)
    refused = asked("--open", "scenarios")
    assert refused.exit_code == 2 and "as text alone" in refused.output

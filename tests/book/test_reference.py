"""Everything that somebody can write or read has a description, and what the pages name is there."""

from __future__ import annotations

import inspect
import re
from typing import Any

import click
import pytest

from mock_ares import ClientContract, FakeServer, Settings
from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import Report
from mock_ares.harness.plugin import options as plugin_options
from mock_ares.harness.report.json import as_dict
from mock_ares.manual.reference import (
    CLASSES,
    WIDEST,
    command_line,
    commands,
    fixtures,
    made_pages,
    mappings,
    members,
    operations,
    schema,
)
from mock_ares.manual.tables import default, one_line, table, value
from mock_ares.scenario.fault import FAULTS
from tests.documents import ROOT, pages, text
from tests.harness.report.samples import REPORT

PAGES = made_pages(main)
WRITTEN = "\n".join(text(page) for page in pages())
ELSEWHERE = {
    "--dist", "--hypothesis-profile", "--hypothesis-seed",  # of pytest's plugins
    "--experimental-vm-modules",  # Node's
    "--factory",  # uvicorn's
    "--rounds",  # of `make bench`
    "--settings",  # Django's
}  # fmt: skip
"""Options of other programs that the pages name."""


class Options:
    """Takes the place of pytest's parser, and remembers."""

    def __init__(self) -> None:
        self.words = dict[str, str]()
        self.ini = dict[str, str]()

    def getgroup(self, *_: str) -> Options:
        return self

    def addoption(self, name: str, **more: Any) -> None:
        self.words[name] = more["help"]

    def addini(self, name: str, help: str, **more: Any) -> None:
        self.ini[name] = help


@pytest.fixture(scope="module")
def of_pytest() -> Options:
    found = Options()
    plugin_options.add(found)  # type: ignore[arg-type]  # all that it asks of a parser
    return found


def of_commands(main: click.Group) -> set[str]:
    given = (parameter for _, command in commands(main) for parameter in command.params)
    return {word for each in given if isinstance(each, click.Option) for word in (*each.opts, *each.secondary_opts)}


@pytest.mark.parametrize("title", PAGES)
def test_a_made_page_begins_with_its_title(title: str) -> None:
    made = PAGES[title][1]()
    assert made.startswith(f"# {title}\n\n")
    assert not re.search(r"(?<!\\)\| `?None`? \|", made)


def test_no_option_makes_its_table_too_wide() -> None:
    options = re.findall(r"^\| `(-.+?)` \|", command_line(main), re.MULTILINE)
    assert len(options) > 50
    assert [option for option in options if len(option.replace("\\|", "|")) > WIDEST] == []


def test_each_command_and_option_says_what_it_is() -> None:
    untold = [
        (words, parameter.name)
        for words, command in commands(main)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert untold == []
    assert [words for words, command in commands(main) if not command.help] == []


def test_each_word_of_the_language_says_what_it_is() -> None:
    definitions = schema()["$defs"]
    words = [(name, word, of) for name in mappings(definitions) for word, of in definitions[name]["properties"].items()]
    assert len(words) > 80
    assert [(name, word) for name, word, of in words if not of.get("description")] == []


def test_each_argument_of_a_fault_says_what_it_is() -> None:
    """Under its field, or within what the fault says of itself; ``after`` is the same for all."""
    definitions = schema()["$defs"]
    for name, fault in FAULTS.items():
        said = inspect.getdoc(fault) or ""
        assert said, name
        for word, of in definitions[fault.__name__].get("properties", {}).items():
            assert word == "after" or of.get("description") or f"``{word}``" in said, (name, word)


def test_each_name_in_python_says_what_it_is() -> None:
    assert [(kind.__name__, name) for kind in CLASSES for name, said in members(kind).items() if not said] == []
    assert [name for name, said in fixtures().items() if not said] == []


def test_each_fixture_is_told_and_no_other() -> None:
    asked_for = fixtures().keys()
    assert asked_for >= {"ares", "ares_server", "ares_settings", "ares_address"}
    assert [name for name in asked_for if f"`{name}" not in text("docs/pytest.md")] == []


def test_each_route_of_the_control_api_says_what_it_is() -> None:
    assert [path for _, path, operation in operations() if not operation.get("summary")] == []


def test_each_route_that_the_page_names_is_there() -> None:
    known = {path.removeprefix("/_mock/api") for _, path, _ in operations()}
    rows = text("docs/control-api.md").split("## What there is")[1].split("\n## ")[0]
    told = {
        path for cell in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE) for path in re.findall(r"/[^\s`,]*", cell)
    }
    assert {path for path in told if path not in known} == set()
    assert len(told) > 15


def test_each_option_that_the_pages_name_is_there(of_pytest: Options) -> None:
    """And none of other programs is listed here that no page names any more."""
    known = of_commands(main) | of_pytest.words.keys() | {"--help", "--version"}
    spans = re.findall(r"`[^`\n]+`", re.sub(r"^```.*?^```$", "", WRITTEN, flags=re.DOTALL | re.MULTILINE))
    named = {word for span in spans for word in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", span)}
    assert named - known == ELSEWHERE


def test_each_option_for_pytest_is_told_and_no_other(of_pytest: Options) -> None:
    page = text("docs/pytest.md")
    assert all(of_pytest.words.values()) and all(of_pytest.ini.values())
    assert set(re.findall(r"--ares-[a-z-]+", page)) == of_pytest.words.keys()
    assert set(re.findall(r"`(ares_[a-z]+)`", page)) - fixtures().keys() == of_pytest.ini.keys()


def test_each_check_that_a_page_names_is_there() -> None:
    lists = re.findall(r"^Checks: (?:.+\n)+", WRITTEN, re.MULTILINE)
    named = {name for each in lists for name in re.findall(r"`([\w-]+)`", each)}
    assert len(named) > 30 and named - CHECKS.keys() == set()


def test_each_field_of_a_report_is_told_and_no_other() -> None:
    made = as_dict(REPORT, lambda client, check: None)
    servers = as_dict(Report(version="1", seed=0, clients=(), subject="servers"), lambda client, check: None)
    client = made["clients"][0]
    told = text("docs/check.md").split("### The JSON report")[1].split("\n## ")[0]
    for title, fields in (("report", {*made, *servers}), ("client", {*client}), ("check", {*client["checks"][0]})):
        rows = told.split(f"| of the {title} |")[1].split("\n\n")[0]
        heads = re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE)
        assert {name for head in heads for name in re.findall(r"`(\w+)`", head)} == fields, title


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ({"type": "string"}, "text"),
        ({"type": ["string", "null"]}, "text or null"),
        ({"type": "array", "items": {"$ref": "#/$defs/Pause"}}, "list of `Pause`"),
        ({"anyOf": [{"enum": ["a", 1]}, {"type": "boolean"}]}, "`a`, `1` or `true` or `false`"),
        ({"const": True}, "`true`"),
        ({}, "anything"),
    ],
)
def test_a_value_in_words(part: dict[str, Any], shown: str) -> None:
    assert value(part) == shown


@pytest.mark.parametrize(
    ("part", "shown"),
    [({}, ""), ({"default": "ff"}, "`ff`"), ({"default": ""}, '`""`'), ({"default": "\x16"}, '`"\\u0016"`'),
     ({"default": False}, "`false`"), ({"default": None}, "`null`")],
)  # fmt: skip
def test_a_default_as_it_is_written(part: dict[str, Any], shown: str) -> None:
    assert default(part) == shown


def test_cells_hold_what_would_end_them() -> None:
    assert table(("a", "b"), [("x|y", one_line("two\n  lines of ``code``"))]) == [
        "| a | b |",
        "| --- | --- |",
        "| x\\|y | two lines of `code` |",
        "",
    ]
    assert table(("a",), []) == []


def test_each_variable_of_the_environment_that_the_page_names_is_read() -> None:
    rows = text("docs/check.md").split("## Environment variables")[1]
    named = {name for cell in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)}
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "mock_ares").rglob("*.py"))
    assert len(named) > 15
    assert {name for name in named if not re.search(rf"\b{name}\b", source)} == set()


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("Another profile or address", [Settings]),
        ("Without the fixture", [FakeServer]),
        ("The contract for a client", [ClientContract]),
    ],
)
def test_each_name_in_a_table_for_pytest_is_there(title: str, kinds: list[type]) -> None:
    section = text("docs/pytest.md").split(f"# {title}\n")[1].split("\n## ")[0].split("\n### ")[0]
    heads = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = {name for head in heads for name in re.findall(r"`(\w+)", head)}
    known = {name for kind in kinds for name in members(kind)} | {"url"}
    assert len(named) > 5 and named - known == set()

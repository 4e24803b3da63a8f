"""The rooms of the house: who may import whom, no circles, and no more modules in a folder than one can take in."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path

import pytest

from tests.documents import text

PACKAGE = Path(__file__).parents[1] / "mock_ares"
MOST_MODULES = 12
MOST_WORDS = 25
ALIKE = {
    "agents", "app", "client", "clients", "commands", "exchange", "framing", "head", "http", "http2", "judgements",
    "model", "page", "reads", "report", "run", "scenarios", "session", "stream", "table", "text", "write",
}  # fmt: skip
"""Names that several rooms give to what is the same to each: its shapes, its commands, its clients, its whole page."""
ROWS = {"dialects", "faults"}
"""Folders of rows, each a file of its own: there may be any number of them."""
ORDER = (
    "_version", "monotonic", "paths", "whole_file", "starter",
    "sse", "dialects",
    "scenario", "plan", "plan.http", "faults", "expectation",
    "client",
    "ares.serde", "ares.memory", "ares",
    "authoring.yaml", "authoring",
    "server.timing", "server.transport", "server.certificates", "server.playback", "server.record", "server.replies",
    "server.files", "server.state", "server.http", "ares.routes",
    "control", "server.hosting", "recorder",
    "harness.model", "harness.settings", "harness.result", "harness.stopping", "harness.surroundings",
    "harness.verdict", "harness.checks", "harness.clients", "harness.play", "harness.run", "harness.report",
    "harness.handbook", "harness.commands", "verify", "harness.plugin",
    "pytest_plugin", "manual", "cli",
)  # fmt: skip
"""Each room may import those before it. A folder within a room that is not named here is a part of it."""
DOORS = {"mock_ares", "mock_ares.server", "mock_ares.__main__"}
"""They give names from anywhere, once they are asked for."""


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported(path: Path) -> Iterator[str]:
    """Modules of ours, wherever in the file they are imported, and be it for types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def imports() -> dict[str, set[str]]:
    """What each module imports; not known when tests are collected, which each worker does."""
    return {
        name: {found for found in imported(path) if found in MODULES} - {name} - DOORS
        for name, path in MODULES.items()
        if name not in DOORS
    }


def room_of(name: str) -> str:
    """The longest name in the order that the module's begins with."""
    parts = name.split(".")[1:]
    for end in range(len(parts), 0, -1):
        if (room := ".".join(parts[:end])) in ORDER:
            return room
    return name


def test_no_module_imports_itself_by_way_of_others() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_each_room_imports_only_those_before_it() -> None:
    wrong = defaultdict[str, list[str]](list)
    for name, others in imports().items():
        room = room_of(name)
        for other in others:
            there = room_of(other)
            if room not in ORDER or there not in ORDER or ORDER.index(there) > ORDER.index(room):
                wrong[f"{room} -> {there}"].append(f"{name} imports {other}")
    assert not wrong


def test_the_order_names_no_room_that_is_gone() -> None:
    assert set(ORDER) <= {room_of(name) for name in imports()}


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES.values()} - {PACKAGE}), ids=str)
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    if folder.name in ROWS:
        return
    names = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(names) <= MOST_MODULES, names


def several(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names that stand in more than one place, from names and places."""
    found = defaultdict[str, list[str]](list)
    for name, place in named:
        found[name].append(place)
    return {name: places for name, places in found.items() if len(places) > 1}


def test_no_class_has_the_name_of_another() -> None:
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
    assert (
        several(
            (node.name, name) for name, tree in trees.items() for node in tree.body if isinstance(node, ast.ClassDef)
        )
        == {}
    )


def test_modules_of_one_name_are_one_thing_in_several_rooms() -> None:
    found = several((name.rpartition(".")[2], name) for name in MODULES)
    assert found.keys() - ALIKE == set()
    assert ALIKE - found.keys() == set(), "one is left"


def test_the_words_of_the_house_can_be_learned() -> None:
    _, _, words = text("ARCHITECTURE.md").partition("| word | is |\n|---|---|\n")
    rows = takewhile(lambda line: line.startswith("|"), words.splitlines())
    said = [word.strip() for row in rows for word in row.split("|")[1].split(",")]
    assert 0 < len(said) <= MOST_WORDS
    assert len(set(said)) == len(said)

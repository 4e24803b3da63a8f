"""The rooms of the house: who may import whom, no circles, and no more modules in a folder than one can take in."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mock_ares"
MOST_MODULES = 12
ROWS = {"dialects", "faults"}
"""Folders of rows, each a file of its own: there may be any number of them."""
ORDER = (
    "_version", "monotonic", "paths", "whole_file", "starter", "manual",
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
    "pytest_plugin", "cli",
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


def test_no_class_and_no_module_has_the_name_of_another() -> None:
    classes = defaultdict[str, list[str]](list)
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(name)
    assert {name: places for name, places in classes.items() if len(places) > 1} == {}

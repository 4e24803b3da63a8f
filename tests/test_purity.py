"""Left of the player everything is pure: each core module, imported alone, brings in no socket, clock or framework."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import mock_ares.faults
import mock_ares.plan

FOREIGN = (
    "_asyncio", "_socket", "_ssl", "asyncio", "httptools", "hypothesis", "pydantic", "pydantic_core", "pytest",
    "selectors", "socket", "ssl", "starlette", "uvicorn", "uvloop", "yaml",
)  # fmt: skip
CORE = (
    "mock_ares",
    "mock_ares.sse",
    "mock_ares.dialects",
    "mock_ares.scenario.model",
    "mock_ares.scenario.position",
    "mock_ares.expectation",
    "mock_ares.plan",
    *(f"mock_ares.plan.{module.name}" for module in pkgutil.iter_modules(mock_ares.plan.__path__)),
    "mock_ares.faults",
    *(f"mock_ares.faults.{module.name}" for module in pkgutil.iter_modules(mock_ares.faults.__path__)),
)
# One process will do: what a module brings in by itself is a part of what all of them bring in. The first to bring in
# something foreign is the one that is named.
PROBE = """
import importlib, json, sys
modules, foreign = json.loads(sys.argv[1])
seen = set(sys.modules)
found = {}
for name in modules:
    importlib.import_module(name)
    found[name] = sorted((set(sys.modules) - seen).intersection(foreign))
    seen |= set(sys.modules)
print(json.dumps(found))
"""


def probed(*modules: str) -> dict[str, list[str]]:
    arguments = json.dumps([modules, FOREIGN])
    done = subprocess.run([sys.executable, "-c", PROBE, arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def brought_in() -> dict[str, list[str]]:
    return probed(*CORE)


@pytest.mark.parametrize("module", CORE)
def test_brings_in_nothing_foreign(module: str, brought_in: dict[str, list[str]]) -> None:
    assert brought_in[module] == []


def test_the_probe_names_the_first_that_does() -> None:
    found = probed("json", "asyncio", "ssl")
    assert {"asyncio", "ssl"} <= set(found["asyncio"])
    assert found["json"] == found["ssl"] == []


def test_a_fake_starts_without_what_it_may_never_be_asked_for() -> None:
    code = (
        "import sys; from mock_ares.server.hosting.in_thread import FakeServer\n"
        "with FakeServer(): print([name for name in sys.modules if name.startswith(('mock_ares.ares.routes', "
        "'mock_ares.control', 'pydantic', 'yaml'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

"""The library as it is built from JSON is the library as its files are read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mock_ares.ares.errors import NAMES
from mock_ares.authoring import shipped
from mock_ares.authoring.load import load_all
from mock_ares.paths import FIXTURES
from mock_ares.scenario.catalogue import Entry
from mock_ares.scenario.model import Scenario

STALE = "stale: run .venv/bin/python -m mock_ares.authoring.shipped, and put what it prints into fixtures/library.json"


@pytest.fixture(scope="module")
def read() -> list[Scenario]:
    return load_all([FIXTURES], errors=NAMES)


def test_the_file_is_fresh() -> None:
    assert shipped.FILE.read_text(encoding="utf-8") == shipped.compiled(), STALE


def test_what_is_built_is_what_would_be_read(read: list[Scenario]) -> None:
    built = shipped.library()
    assert list(built.items()) == [(scenario.name, scenario) for scenario in read]
    assert repr([*built.values()]) == repr(read), "of the same types, too"


def test_what_was_changed_in_a_checkout_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[Scenario]
) -> None:
    (tmp_path / "new.yaml").write_text("text: {file: a.txt}")
    (tmp_path / "a.txt").write_text("one")
    monkeypatch.setattr(shipped, "FIXTURES", tmp_path)
    assert [scenario.replies[0].text for scenario in shipped.library().values()] == ["one"]
    monkeypatch.setattr(shipped, "FILE", tmp_path / "library.json")
    shipped.FILE.write_text(shipped.compiled())
    for text in ("two", "three"):
        (tmp_path / "a.txt").write_text(text)
        assert shipped.library()["new"].replies[0].text == text
    monkeypatch.setattr(shipped, "INSTALLED", True)
    assert shipped.library()["new"].replies[0].text == "one", "a package is as it was built"


def test_nothing_heavy_is_imported_for_it() -> None:
    code = (
        "import sys; from mock_ares.authoring.shipped import library; library(); "
        "print({'pydantic', 'yaml', 'mock_ares.plan.build'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_it_is_found_without_being_built(read: list[Scenario]) -> None:
    entries = shipped.entries()
    assert [(each.name, each.when, each.answers_early) for each in entries] == [
        (scenario.name, scenario.when, scenario.answers_early) for scenario in read
    ]
    assert [each.read() for each in entries if isinstance(each, Entry)] == read


def test_a_start_imports_neither_faults_nor_what_reads_files() -> None:
    code = (
        "import sys; from mock_ares.authoring.shipped import entries; from mock_ares.server.hosting import foreground\n"
        "from mock_ares.server.replies.lookup import Facts; from mock_ares.server.state import FakeState\n"
        "from mock_ares.control.context import Control; fake = FakeState.make(scenarios=entries()); Control(fake)\n"
        "assert fake.library.find(Facts('POST', '/api/chat/stream', {}, 'hello')) is None\n"
        "late = {'pydantic', 'yaml', 'regex'}\n"
        "late |= {f'mock_ares.{name}' for name in ('faults', 'authoring.load', 'authoring.dump')}\n"
        "print(late & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

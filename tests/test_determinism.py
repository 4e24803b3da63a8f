"""What ``make test`` generates follows from the tests' own source."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[list[int]]:
    seen = list[list[int]]()

    @given(st.lists(st.integers(), min_size=10))
    def draw(value: list[int]) -> None:
        seen.append(value)

    draw()
    return seen


def test_two_runs_draw_the_same() -> None:
    assert drawn() == drawn()


def test_nothing_is_kept_from_one_run_to_the_next() -> None:
    assert settings().database is None


def test_what_is_imported_makes_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    source = tmp_path / "full_of_constants.py"
    source.write_text(f"NUMBERS = {[*range(1000, 1400)]}")
    spec = importlib.util.spec_from_file_location(source.stem, source)
    assert spec is not None
    monkeypatch.setitem(sys.modules, source.stem, importlib.util.module_from_spec(spec))
    assert drawn() == before

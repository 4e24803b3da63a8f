"""`mock-ares init --driver`: what it writes, and the lines it prints, as they are pasted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.starter.drivers import languages, scaffold
from tests.documents import examples
from tests.pasted.conftest import Paste
from tests.programs import RUST
from tests.toolchains import require_tool

TOOLS = {"go": "go", "java": "javac", "node": "node", "rust": "cargo"}
FOLDER = "my driver"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "language",
    [pytest.param(each, marks=pytest.mark.toolchain(TOOLS[each]) if each in TOOLS else ()) for each in languages()],
)
def test_the_lines_it_prints_check_a_right_client(language: str, paste: Paste, tmp_path: Path) -> None:
    if language in TOOLS:
        require_tool(TOOLS[language])
    made = CliRunner().invoke(main, ["init", FOLDER, "--driver", language])
    assert made.exit_code == 0, made.output
    lines = made.output.partition("This checks it:\n\n")[2]
    assert "check --quick --driver -- " in lines
    lines = lines.replace("check --quick", "check --quick --only plain --only no-space")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    assert "2 passed" in paste(lines, where=tmp_path, PATH=path, GOTOOLCHAIN="local", CARGO_TARGET_DIR=str(RUST))


def test_the_page_has_the_lines_that_it_prints() -> None:
    """docs/howto/other-languages.md; the test above pastes them."""
    pasted = [example.code for example in examples("docs/howto/other-languages.md", "sh")]
    printed = [
        "\n".join([f"mock-ares init --driver {language}", *scaffold(language).lines("driver", "mock-ares"), ""])
        for language in languages()
        if language != "python"
    ]
    assert sorted(pasted) == sorted(printed)


def test_what_is_there_is_left_alone() -> None:
    Path("driver").mkdir()
    Path("driver/driver.mjs").write_text("mine")
    made = CliRunner().invoke(main, ["init", "--driver", "node"])
    assert "kept  driver/driver.mjs" in made.output and "made  driver/fixed.mjs" in made.output
    assert Path("driver/driver.mjs").read_text() == "mine"


def test_a_language_that_there_is_no_driver_for() -> None:
    refused = CliRunner().invoke(main, ["init", "--driver", "nod"])
    assert refused.exit_code == 2 and "no driver in nod; did you mean 'node'" in refused.output
    refused = CliRunner().invoke(main, ["init", "--driver", "cobol"])
    assert "there are go, java, node, python and rust" in refused.output

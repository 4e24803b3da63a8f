"""Lines that commands print for people to paste, pasted: in a folder whose name needs quotes."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.paths import program
from tests.pasted.conftest import Paste

FOLDERS = ["scenarios", 'it\'s a "folder" & $HOME \\ naïve', "-x", "~", "#", "new\nline"]


def serve_at_any_port(line: str) -> str:
    """A line that serves, as a shell's job that ends when it has greeted."""
    greeted = "sed '/list scenarios/q' said >greeting"
    return f"mkfifo said; {line} --port 0 --instant >said & {greeted}; kill -INT $!; wait"


@pytest.mark.parametrize("folder", FOLDERS)
def test_init_says_how_to_serve_its_folder(
    folder: str, odd: Path, paste: Paste, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(odd)
    made = CliRunner().invoke(main, ["init", "--", folder], catch_exceptions=False)
    assert made.exit_code == 0
    line = made.output.split("\n\n", 1)[1].split("\n\n", 1)[1].strip()
    paste(serve_at_any_port(line))
    assert "hello, " in (odd / "greeting").read_text()


def test_serve_prints_a_question_and_a_line_that_names_scenarios(odd: Path, paste: Paste) -> None:
    (odd / "it.yaml").write_text("text: pasted")
    asked = "sh -c \"$(grep '^curl' greeting)\"; $(grep -o '`.*`' greeting | tr -d '`')"
    line = serve_at_any_port("mock-ares serve . --scenario it").replace("; kill", f"; {asked}; kill")
    said = paste(line)
    assert "data: pasted" in said and "read-utf8" in said


def test_the_program_as_it_is_typed(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer's PATH does not lead into .venv."""
    monkeypatch.chdir(odd)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert program() == shlex.quote(str(Path(sys.executable).parent / "mock-ares"))
    monkeypatch.chdir(Path(sys.executable).parents[2])
    assert program() == str(Path(sys.executable).parent.relative_to(Path.cwd()) / "mock-ares")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin")
    assert program() == "mock-ares"


def test_the_program_in_a_folder_that_needs_quotes(odd: Path, paste: Paste, monkeypatch: pytest.MonkeyPatch) -> None:
    (odd / "bin").mkdir()
    monkeypatch.setattr(sys, "executable", str(odd / "bin" / "python"))
    for name, said in (("python", "-m mock_ares list"), ("mock-ares", "list")):
        (odd / "bin" / name).write_text('#!/bin/sh\necho "$@"')
        (odd / "bin" / name).chmod(0o755)
        assert paste(f"{program()} list") == f"{said}\n"

"""Which Python is set up: ``.ci/python``, and ``make PYTHON=...``, which leaves .venv as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WORKS = f'exec "{sys.executable}" "$@"'
OLD = 'case "$1$2" in -V) echo Python 3.9.1;; -c) ;; *) exit 1;; esac'
BARE = f'case "$2" in *ensurepip*) exit 1;; esac; {WORKS}'
PLACEHOLDER = "echo no such version is chosen >&2; exit 127"


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A folder on PATH, as version managers have it, with a space in its name."""
    shims = tmp_path / "a manager" / "shims"
    chosen = tmp_path / "a manager" / "versions" / "3.12.1" / "bin"
    for folder in (shims, chosen):
        folder.mkdir(parents=True)
    for name, what in {"works": WORKS, "old": OLD, "bare": BARE, "nothing": PLACEHOLDER, "chosen": PLACEHOLDER}.items():
        program(shims / name, what)
    program(chosen / "chosen", WORKS)
    return shims


def program(path: Path, what: str) -> None:
    path.write_text(f"#!/bin/sh\n{what}\n")
    path.chmod(0o755)


def ran(places: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{places}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_the_first_that_will_do(places: Path) -> None:
    done = ran(places, ".ci/python", "nowhere", "nothing", "old", "works")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{places / 'works'}\n", "")


def test_behind_a_placeholder_is_the_managers_own(places: Path) -> None:
    done = ran(places, ".ci/python", "chosen")
    assert Path(done.stdout.strip()).resolve() == places.parent / "versions" / "3.12.1" / "bin" / "chosen"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["nowhere"], "There is no nowhere here that runs. It may be a name on PATH, or a path.\n"),
        (["nothing"], "There is no nothing here that runs. It may be a name on PATH, or a path.\n"),
        (["./no such"], "There is no ./no such here that runs. It may be a name on PATH, or a path.\n"),
        (["old"], "old is Python 3.9.1, and mock-ares needs Python 3.11 or newer.\n"),
        (["bare"], "{places}/bare cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv\n"),
        (
            ["old", "nowhere"],
            "Found no Python 3.11 or newer, which mock-ares needs (tried old nowhere). "
            "Install one, or name it: make PYTHON=/path/to/python\n",
        ),
    ],
)
def test_why_there_is_none(places: Path, names: list[str], said: str) -> None:
    done = ran(places, ".ci/python", *names)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said.format(places=places))


def test_a_chosen_one_has_an_environment_of_its_own(places: Path) -> None:
    done = ran(places, "make", "--always-make", "--dry-run", "test", "PYTHON=works")
    assert done.returncode == 0, done.stderr
    version = ".".join(map(str, sys.version_info[:3]))
    assert f"build/venv/{sys.implementation.name}-{version}/bin/python -m pytest" in done.stdout
    assert ".venv" not in done.stdout


def test_one_that_will_not_do_is_told(places: Path) -> None:
    done = ran(places, "make", "--dry-run", "test", "PYTHON=old")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("old is Python 3.9.1, and mock-ares needs Python 3.11 or newer.\n")

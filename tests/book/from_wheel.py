"""The pages' examples with nothing but the wheel: ``python -m tests.book.from_wheel --python python3.13``.

For each Python a new environment gets the wheel with the extras of docs/start/install.md, and what the examples want
beside it (the group ``examples`` of pyproject.toml). The tests that run the pages' examples are run there, in a copy of
the tree that has no ``mock_ares/``: whatever they start finds the installed package, or nothing. Exit status 1: a test
has failed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.book.__main__ import tracked
from tests.documents import ROOT, WHEEL, text
from tests.pasted.test_documented import RUN_BY

HERE = "tests/pasted/test_documented.py"
INSTALL = "docs/start/install.md"
OF_THE_TREE = "is_told or its_row or its_attribute or targets_of_make or readmes_first_lines or version_is_ours"
"""Tests, by their names, that hold the pages to the source, or are about the checkout: they run no example."""
BUILT = "build/rust"
"""What Cargo has made of the sample clients, which takes minutes and is the same for each Python."""
LAST = 500
"""Characters of what pytest says that are kept."""


class Ran(NamedTuple):
    python: str
    status: int
    said: str
    """pytest's last line."""


def extras() -> list[str]:
    """Those that the page on installing names."""
    return re.findall(r"^\| `(\w+)` \|", text(INSTALL), re.MULTILINE)


def tests() -> list[str]:
    """The files whose tests run the pages' examples."""
    return sorted({HERE if where == "here" else where for where in RUN_BY.values()})


def build_wheel(folder: Path) -> Path:
    _run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)], quiet=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def interpreter(name: str) -> str:
    """The path of a Python by its name. Ends the program where there is none."""
    found = subprocess.run(["sh", ".ci/python", name], cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        sys.exit(found.stderr.strip())
    return found.stdout.strip()


def environment(python: str, wheel: Path, where: Path) -> Path:
    """A new environment with the wheel; its interpreter."""
    _run([python, "-m", "venv", str(where)])
    own = where / "bin" / "python"
    install = [str(own), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    _run([*install, "pip>=25.1"])  # which knows groups
    _run([*install, f"{wheel}[{','.join(extras())}]", "--group", f"{ROOT / 'pyproject.toml'}:examples"])
    return own


def copy_tree(where: Path) -> None:
    """All of the repository but the package."""
    for name in tracked():
        if not name.startswith("mock_ares/"):
            (where / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, where / name)
    (ROOT / BUILT).mkdir(parents=True, exist_ok=True)
    (where / BUILT).parent.mkdir()
    (where / BUILT).symlink_to(ROOT / BUILT)


def run(python: str, wheel: Path, folder: Path, words: Sequence[str]) -> Ran:
    """``words`` are pytest's. ``folder`` is empty, and full of things afterwards."""
    tree = folder / "tree"
    tree.mkdir()
    copy_tree(tree)
    own = environment(python, wheel, folder / "environment")
    chosen = ["-m", "slow or not slow", "-k", f"not ({OF_THE_TREE})", "--numprocesses", "auto", "--dist", "worksteal"]
    command = [str(own), "-m", "pytest", "-q", *chosen, *words]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    search = os.pathsep.join([str(own.parent), os.environ["PATH"]])
    env = {**inherited, "PATH": search, WHEEL: str(wheel), "PYTHONHASHSEED": "0"}
    said = ""
    with subprocess.Popen(command, cwd=tree, env=env, stdout=subprocess.PIPE) as tried:
        assert tried.stdout is not None
        while read := os.read(tried.stdout.fileno(), 4096):  # dots come without a line's end
            sys.stdout.write(read.decode(errors="replace"))
            sys.stdout.flush()
            said = (said + read.decode(errors="replace"))[-LAST:]
    return Ran(python, tried.returncode, (said.splitlines() or ["nothing was said"])[-1])


def _run(command: Sequence[str], *, quiet: bool = False) -> None:
    """Ends the program where it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL if quiet else None)
    if done.returncode:
        sys.exit(f"exit status {done.returncode}: {' '.join(command)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.book.from_wheel", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--python", action="append", metavar="PYTHON", help="A name or a path; may be repeated.")
    parser.add_argument("words", nargs="*", metavar="PYTEST", help="pytest's, behind --; by default all such tests.")
    given = parser.parse_args()
    pythons = [interpreter(name) for name in given.python or [sys.executable]]
    ran = list[Ran]()
    with tempfile.TemporaryDirectory(prefix="mock-ares-wheel-") as folder:
        wheel = build_wheel(Path(folder, "dist"))
        for number, python in enumerate(pythons):
            print(f"==> {wheel.name} in {python}", flush=True)  # noqa: T201
            (own := Path(folder, str(number))).mkdir()
            ran.append(run(python, wheel, own, given.words or tests()))
            shutil.rmtree(own)
    for each in ran:
        print(f"==> {each.python}: {each.said}")  # noqa: T201
    sys.exit(any(each.status for each in ran))


if __name__ == "__main__":
    main()

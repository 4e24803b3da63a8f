"""Where the contract's data and the scenario library lie, inside an installed package or beside it in a checkout;
the program itself, as a person would type it; and what may be asked of any path."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
INSTALLED = (_PACKAGE / "_data").is_dir()
_DATA = _PACKAGE / "_data" if INSTALLED else _PACKAGE.parent

CONTRACTS = _DATA / "contracts"
FIXTURES = _DATA / "fixtures"
DOCS = _DATA / "docs"
"""What is written in words; of an installed package as much as it prints."""


def program() -> str:
    """This program for a POSIX shell: ``mock-ares``, or its path where that would find another one or none."""
    import shlex
    import shutil

    own = Path(sys.executable).parent / "mock-ares"
    if not own.exists():
        return f"{shlex.quote(sys.executable)} -m mock_ares"
    on_path = shutil.which("mock-ares")
    if on_path is not None and own.samefile(on_path):
        return "mock-ares"
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        return shlex.quote(str(own))
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))


# pathlib's own questions raise OSError for a name that is too long or a folder that may not be searched, and
# RuntimeError for a ring of links, each in some versions of Python.


def is_there(path: Path) -> bool:
    """Whether anything is, behind all links."""
    return _mode(path) is not None


def is_file(path: Path) -> bool:
    """Whether it is an ordinary file, behind all links."""
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def is_folder(path: Path) -> bool:
    """Whether it is a folder, behind all links."""
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def resolved(path: Path) -> Path:
    """Where links lead. A ring of them stays as it is, and is an OSError to who opens it.

    Raises FileNotFoundError for a relative path where the working directory was removed.
    """
    return Path(os.path.realpath(path))


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):  # ValueError: U+0000
        return None

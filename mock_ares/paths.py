"""Where the contract's data and the scenario library lie, inside an installed package or beside it in a checkout;
and the program itself, as a person would type it."""

from __future__ import annotations

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
    here = Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))

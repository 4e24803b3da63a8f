"""Where the contract's data and the scenario library lie: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_DATA = _PACKAGE / "_data" if (_PACKAGE / "_data").is_dir() else _PACKAGE.parent

CONTRACTS = _DATA / "contracts"
FIXTURES = _DATA / "fixtures"

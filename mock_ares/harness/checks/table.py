"""The one table of checks: what ``contracts/checks.yaml`` says of a row, joined with the cases that show it."""

from __future__ import annotations

import difflib
from typing import Any

import yaml

from mock_ares.harness.checks import behaviour, everything, failure, framing, reads, text, transfer
from mock_ares.harness.checks.rows import Check, Row
from mock_ares.harness.model import CAPABILITIES, CheckInfo, HarnessError, UsageError
from mock_ares.paths import CONTRACTS

TIERS = ("documented", "standard", "defensive")

ROWS: dict[str, Row] = {
    **text.ROWS,
    **reads.ROWS,
    **framing.ROWS,
    **transfer.ROWS,
    **failure.ROWS,
    **behaviour.ROWS,
    **everything.ROWS,
}


def load_infos() -> dict[str, CheckInfo]:
    """The rows of ``checks.yaml``, in their order. Raises HarnessError for a row that is none."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load((CONTRACTS / "checks.yaml").read_text(encoding="utf-8"), loader)
    return {row["id"]: _info(row) for row in found}


def _info(row: dict[str, Any]) -> CheckInfo:
    row = {**row, "dialects": tuple(row.get("dialects", CheckInfo.__dataclass_fields__["dialects"].default))}
    info = CheckInfo(**row)
    if info.tier not in TIERS or not (info.capability is None or info.capability in CAPABILITIES):
        raise HarnessError(f"checks.yaml: {info.id}: tier {info.tier!r}, capability {info.capability!r}")
    return info


def _checks() -> dict[str, Check]:
    infos = load_infos()
    if infos.keys() != ROWS.keys():
        raise HarnessError(f"checks.yaml and the cases differ in {sorted(infos.keys() ^ ROWS.keys())}")
    return {name: Check(info, ROWS[name]) for name, info in infos.items()}


CHECKS: dict[str, Check] = _checks()


def find(name: str) -> Check:
    """The check of that id. Raises UsageError that names the nearest."""
    if name not in CHECKS:
        near = difflib.get_close_matches(name, CHECKS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(CHECKS)}"
        raise UsageError(f"no check is named {name!r}; {hint}")
    return CHECKS[name]

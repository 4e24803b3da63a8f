"""The one table of checks: what ``contracts/checks.yaml`` says of a row, joined with the cases that show it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import yaml

from mock_ares.dialects import DIALECTS, Dialect
from mock_ares.harness.checks import everything
from mock_ares.harness.checks.families import behaviour, failure, framing, http2, reads, text, transfer
from mock_ares.harness.checks.gathered import GATHERED
from mock_ares.harness.checks.rows import Check, Row
from mock_ares.harness.model import CAPABILITIES, OF_PAGES, CheckInfo, HarnessError, LibraryFlaw, UsageError
from mock_ares.paths import CONTRACTS

TIERS = ("documented", "standard", "defensive")

ROWS: dict[str, Row] = {
    **text.ROWS,
    **reads.ROWS,
    **framing.ROWS,
    **transfer.ROWS,
    **failure.ROWS,
    **behaviour.ROWS,
    **http2.ROWS,
    **everything.ROWS,
}

_SHOWN_IN: dict[str | None, Callable[[Dialect], bool]] = {
    None: lambda dialect: True,
    "raw": lambda dialect: dialect.raw,
    "newlines": lambda dialect: "\n" in dialect.newlines,
    "blank-lines": lambda dialect: dialect.blank_line,
    "standard": lambda dialect: dialect.standard,
    "end-record": lambda dialect: dialect.ends,
    "no-end-record": lambda dialect: not dialect.ends,
    "error-events": lambda dialect: dialect.reports_errors,
}


def load_infos() -> dict[str, CheckInfo]:
    """The rows of ``checks.yaml``, in their order. Raises HarnessError for a row that is none."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load((CONTRACTS / "checks.yaml").read_text(encoding="utf-8"), loader)
    return {row["id"]: _info(row) for row in found}


def _info(row: dict[str, Any]) -> CheckInfo:
    shown_in = _SHOWN_IN[row.pop("shown_in", None)]
    dialects: Any = tuple(name for name, dialect in DIALECTS.items() if shown_in(dialect))
    flaws = tuple(LibraryFlaw(**flaw) for flaw in row.pop("flaws", ()))
    info = CheckInfo(**row, dialects=dialects, flaws=flaws)
    if info.tier not in TIERS or not (info.capability is None or info.capability in CAPABILITIES | OF_PAGES):
        raise HarnessError(f"checks.yaml: {info.id}: tier {info.tier!r}, capability {info.capability!r}")
    return info


def _checks() -> dict[str, Check]:
    infos = load_infos()
    todo = [f"checks.yaml has no row {name!r}" for name in ROWS if name not in infos]
    todo += [f"no ROWS of harness/checks/ have the cases of {name!r}" for name in infos if name not in ROWS]
    if todo:
        raise HarnessError("; ".join(todo))
    return {name: Check(info, ROWS[name], GATHERED.get(name, {})) for name, info in infos.items()}


CHECKS: dict[str, Check] = _checks()


def find(name: str) -> Check:
    """The check of that id. Raises UsageError that names the nearest."""
    if name not in CHECKS:
        near = difflib.get_close_matches(name, CHECKS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(CHECKS)}"
        raise UsageError(f"no check is named {name!r}; {hint}")
    return CHECKS[name]

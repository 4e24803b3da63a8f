"""The report as JSON, in the form that other tools rely on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mock_ares.harness.model import CheckResult, Report
from mock_ares.harness.report.grouping import by_check, told_elsewhere
from mock_ares.harness.report.verdicts import diagnosis, hindrance


def as_json(report: Report) -> str:
    """ASCII only, since diagnoses hold what clients said."""
    return json.dumps(as_dict(report), indent=2) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    clients = [
        {"name": client.name, "boundaries": client.boundaries, "checks": _checks(client.checks)}
        for client in report.clients
    ]
    return {
        "version": report.version,
        "seed": report.seed,
        "hindrance": hindrance(report.hindrance),
        "clients": clients,
    }


def _checks(results: Sequence[CheckResult]) -> list[dict[str, Any]]:
    of = by_check(results)
    return [_check(result, told_elsewhere(result, of.get(result.info.id))) for result in results]


def _check(result: CheckResult, same_as: str | None) -> dict[str, Any]:
    return {
        "id": result.info.id,
        "tier": result.info.tier,
        "verdict": result.verdict,
        "outcome": result.outcome,
        "examples": result.examples,
        "diagnosis": diagnosis(result),
        "needs": list(result.failure.needs) if result.failure else [],
        "same_as": same_as,
        "replay": result.replay,
    }

"""The report as JSON, in the form that other tools rely on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mock_ares.harness.model import CheckResult, ClientReport, Report
from mock_ares.harness.report.counterexample.failure_text import labelled
from mock_ares.harness.report.grouping import by_check, told_elsewhere
from mock_ares.harness.report.joined import counterexample
from mock_ares.harness.report.verdicts import diagnosis, hindrance

Replay = Callable[[ClientReport, CheckResult], str | None]


def as_json(report: Report, replay: Replay) -> str:
    """ASCII only, since diagnoses hold what clients said."""
    return json.dumps(as_dict(report, replay), indent=2) + "\n"


def as_dict(report: Report, replay: Replay) -> dict[str, Any]:
    if report.subject == "servers":
        checked = [{"name": server.name, "checks": _checks(server, replay)} for server in report.clients]
        return {"version": report.version, "notes": list(report.notes), "servers": checked}
    clients = [
        {"name": client.name, "boundaries": client.boundaries, "checks": _checks(client, replay)}
        for client in report.clients
    ]
    return {
        "version": report.version,
        "contract": report.edition,
        "seed": report.seed,
        "hindrance": hindrance(report.hindrance),
        "notes": list(report.notes),
        "clients": clients,
    }


def _checks(client: ClientReport, replay: Replay) -> list[dict[str, Any]]:
    of = by_check(client.checks)
    return [
        _check(result, told_elsewhere(result, of.get(result.info.id)), replay(client, result))
        for result in client.checks
    ]


def _check(result: CheckResult, same_as: str | None, command: str | None) -> dict[str, Any]:
    failure = result.finding
    return {
        "id": result.info.id,
        "tier": result.info.tier,
        "verdict": result.verdict_name,
        "outcome": result.outcome,
        "examples": result.examples,
        "diagnosis": diagnosis(result),
        "needs": list(failure.needs) if failure else [],
        "same_as": same_as,
        "replay": result.replay,
        "command": command,
        "seconds": round(result.duration, 3),
        "title": result.info.title,
        "clause": result.info.clause,
        "advice": result.info.advice if failure else None,
        "reason": result.reason,
        "facts": [{"label": label, "lines": lines} for label, lines in labelled(failure)] if failure else [],
        "counterexample": counterexample(result.info, result.failure) if result.failure else None,
    }

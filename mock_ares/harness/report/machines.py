"""The report for programs that show a word of it: a badge, and GitLab's widget of code quality."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mock_ares.harness.model import CheckResult, ClientReport, Report
from mock_ares.harness.report.verdicts import counts, diagnosis, tally

COLORS = {"failed": "red", "errored": "orange", "passed": "brightgreen"}


def as_badge(report: Report) -> str:
    """What shields.io asks an endpoint for."""
    numbers = counts(check for client in report.clients for check in client.checks)
    color = next((color for verdict, color in COLORS.items() if numbers[verdict]), "lightgrey")  # type: ignore[index]
    return _written({"schemaVersion": 1, "label": "ARES contract", "message": tally(report.clients), "color": color})


def as_code_quality(report: Report) -> str:
    """GitLab's form of the Code Climate specification: an entry for each failure, at its saved counterexample."""
    return _written(
        [
            _entry(client, check)
            for client in report.clients
            for check in client.checks
            if check.verdict in ("failed", "errored")
        ]
    )


def _entry(client: ClientReport, check: CheckResult) -> dict[str, Any]:
    fingerprint = hashlib.sha256(f"{client.name}\n{check.info.id}".encode(errors="replace")).hexdigest()
    return {
        "description": f"{client.name}: {check.info.title}: {diagnosis(check)}",
        "check_name": check.info.id,
        "fingerprint": fingerprint,
        "severity": "major" if check.verdict == "failed" else "info",
        "location": {"path": check.replay or "contracts/checks.yaml", "lines": {"begin": 1}},
    }


def _written(data: Any) -> str:
    return json.dumps(data, indent=2) + "\n"

"""Flaws of libraries are told as the libraries', each that the trial expects of a corrected client."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.report.counterexample.failure_text import failure_text
from mock_ares.harness.report.verdicts import flaw_of
from mock_ares.paths import CONTRACTS
from tests.harness.report.samples import SMALLEST


@pytest.mark.parametrize(
    ("check", "agent", "said"),
    [
        ("early-100", "node", "fetch of Node"),
        ("drop-fin-close", "node", "undici#5273"),
        ("early-103", "python-requests/2.34.2", "http.client"),
        ("early-103", "Python-urllib/3.11", "http.client"),
        ("malformed-chunk", "Java-http-client/17.0.15", "java.net.http"),
        ("drop-gzip", "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36", "Chromium"),
        ("read-line", "node", None),
        ("early-100", "node-of-ours/1.0", None),
        ("early-100", "", None),
    ],
)
def test_a_flaw_is_known_by_check_and_agent(check: str, agent: str, said: str | None) -> None:
    failure = replace(SMALLEST, request={"headers": {"user-agent": agent}})
    found = flaw_of(CHECKS[check].info, failure)
    assert (found is None) if said is None else (found is not None and said in found)
    assert ("library " in failure_text(CHECKS[check].info, failure)) == (said is not None)


def test_all_that_the_trial_expects_are_known() -> None:
    clients = tomllib.loads((Path(CONTRACTS) / "trial.toml").read_text())["client"]
    expected = {name for client in clients if "corrected" in client["name"] for name in client.get("expect", {})}
    assert expected == {name for name, check in CHECKS.items() if check.info.flaws}

"""Flaws of libraries are told as the libraries', and fail nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.report.counterexample.failure_text import failure_text
from mock_ares.harness.run.check_runner import verdict_on
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.library_flaws import flaw_of
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
        ("tls-truncation", "curl/7.88.1", "curl"),
        ("tls-truncation", "Go-http-client/1.1", "net/http of Go"),
        ("tls-truncation", "python-requests/2.34.2", None),
        ("tls-broken", "node", None),
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


def test_a_library_s_flaw_fails_nothing_but_a_strict_run() -> None:
    check = CHECKS["early-100"]
    failure = replace(SMALLEST, request={"headers": {"user-agent": "node"}})
    verdict, reason = verdict_on(check, failure, RunSettings())
    assert (verdict, "fetch of Node" in reason) == ("informational", True)
    assert verdict_on(check, failure, RunSettings(strict=True)) == ("failed", "")
    assert verdict_on(check, replace(failure, request={"headers": {}}), RunSettings()) == ("failed", "")

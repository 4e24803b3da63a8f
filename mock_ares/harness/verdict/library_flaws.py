"""Failures that are the HTTP library's, whatever a client on top of it does: by the table in ``checks.yaml``."""

from __future__ import annotations

import re

from mock_ares.harness.model import CheckInfo, Difference, Failure


def flaw_of(info: CheckInfo, failure: Failure | Difference) -> str | None:
    """What is to be told of a failure that is its library's, by its User-Agent; None: it is not known to be."""
    agent = str(dict((failure.request or {}).get("headers") or {}).get("user-agent", ""))
    known = next((flaw.said for flaw in info.flaws if re.match(flaw.agent, agent)), None)
    return known and f"{known}; no client on top of it can mend that"

"""The five verdicts: their order, signs and words, and what is said beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mock_ares.harness.model import NEWEST, OF_SERVERS, CheckResult, ClientReport, Report, Verdict

VERDICTS: tuple[Verdict, ...] = ("passed", "failed", "errored", "informational", "skipped")
SIGNS: dict[Verdict, str] = {"passed": "✓", "failed": "✗", "errored": "!", "informational": "i", "skipped": "–"}
MEANINGS: dict[Verdict, str] = {
    "passed": "every example came out as it must",
    "failed": "a counterexample was found",
    "errored": "the harness itself failed; nothing is said of the client",
    "informational": (
        "told, and fails nothing: it was expected, nothing on the wire tells it, a library makes it so, or no text "
        "demands it though users are hurt without it"
    ),
    "skipped": "not held to it: not declared, or not applicable",
}
MEANINGS_OF_SERVERS: dict[Verdict, str] = {
    "passed": "the answer is as it should be",
    "failed": "the answer is another one than it should be",
    "informational": "the server cannot answer this, and says so or says nothing: it fails nothing",
    "skipped": "not asked, or not told by the answer; the reason stands beside it",
}
HEADINGS = {
    "clients": "Does it give back exactly what was sent?",
    "servers": "Does it answer as ARES does?",
}
BEST_EFFORT = "read boundaries are best effort: what it reads is cut anew, or its sockets are not this machine's"
HINDRANCE = (
    "read boundaries are best effort here ({}): writes are a pause apart, and a client may read several at once; what "
    "fails is the client's all the same, and what passes may not have been shown every cut"
)


def origin(report: Report) -> str:
    """What it takes to have the same run again."""
    drawn = "" if report.seed is None else f", {_contract(report.edition)}, seed {report.seed}"
    return f"mock-ares {report.version}{drawn}"


def _contract(edition: str) -> str:
    return "the newest contract" if edition == NEWEST else f"contract {edition}"


def hindrance(reason: str | None) -> str | None:
    """What is said once, at the top of a report, where it cannot be known what a client has read."""
    return HINDRANCE.format(reason) if reason else None


def recut(report: Report, client: ClientReport) -> bool:
    """Whether a client's own way of reading makes boundaries best effort, where they need not be."""
    return client.boundaries == "best-effort" and not report.hindrance


def counts(checks: Iterable[CheckResult]) -> dict[Verdict, int]:
    """How often each verdict was given, none left out."""
    numbers = dict.fromkeys(VERDICTS, 0)
    for check in checks:
        numbers[check.verdict] += 1
    return numbers


def reserved(checks: Iterable[CheckResult]) -> int:
    """How many have passed with a reservation."""
    return sum(check.verdict == "passed" and bool(check.reason) for check in checks)


def with_reservation(count: int) -> str:
    """``(2 with a reservation)``, behind the number of those that have passed; empty where there are none."""
    return f" ({count} with a reservation)" if count else ""


def tally(clients: Iterable[ClientReport]) -> str:
    """``41 passed (1 with a reservation), 2 failed, 9 skipped``; what did not occur is left out, but for the first."""
    checks = [check for client in clients for check in client.checks]
    return said(counts(checks), reserved(checks), names_of(checks))


def names_of(checks: Iterable[CheckResult]) -> Mapping[Verdict, str]:
    """What the verdicts are called: on clients, or on servers."""
    return OF_SERVERS if any(check.of_server for check in checks) else {}


def said(numbers: Mapping[Verdict, int], reserved: int = 0, names: Mapping[Verdict, str] = MappingProxyType({})) -> str:
    behind = {"passed": with_reservation(reserved)}
    return ", ".join(
        f"{count} {names.get(verdict, verdict)}{behind.get(verdict, '')}"
        for verdict, count in numbers.items()
        if count or verdict == "passed"
    )


def diagnosis(result: CheckResult) -> str:
    """What there is to say: the failure's diagnosis, the reason, or both."""
    parts = [result.finding.diagnosis if result.finding else "", result.reason]
    return "; ".join(filter(None, parts))


def sentence(raw: str) -> str:
    """With a capital letter in front, unless it begins with something that is no word."""
    return raw[:1].upper() + raw[1:] if re.match("[a-z]+[ ,:]", raw) else raw


def label(result: CheckResult) -> str:
    """``failed, lost``."""
    return result.verdict_name if result.finding is None else f"{result.verdict_name}, {result.finding.word}"

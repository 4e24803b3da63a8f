"""The grid of checks and clients, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mock_ares.harness.model import CheckResult, Report, Tier, Verdict
from mock_ares.harness.report.counterexample.characters import clean, columns
from mock_ares.harness.report.counterexample.failure_text import Paint
from mock_ares.harness.report.verdicts import SIGNS, VERDICTS

STYLES: dict[Verdict, str] = {
    "passed": "green",
    "failed": "bold-red",
    "errored": "magenta",
    "informational": "yellow",
    "skipped": "dim",
}
TIERS: tuple[Tier, ...] = ("documented", "standard", "defensive")
ID = 20
"""Columns for a check's id."""


def grid(report: Report, width: int, paint: Paint) -> Iterator[str]:
    """Checks by tier and in their order, a column for each client; the clients' names hang above."""
    clients = report.clients
    for number, client in enumerate(clients):
        yield f"{'':<{ID + 2}}{'│ ' * number}┌ {cut(clean(client.name), width - ID - 6 - 2 * number)}"
    verdicts = [{check.info.id: check for check in client.checks} for client in clients]
    for tier, names in rows(report).items():
        yield paint(f"{tier:<{ID + 2}}{'│ ' * len(clients)}".rstrip(), "dim")
        for name in names:
            cells = " ".join(_cell(column.get(name), paint) for column in verdicts)
            words = _words(name, verdicts, width - ID - 6 - 2 * len(verdicts))
            yield f"  {name:<{ID}}{cells}{'   ' + paint(words, 'dim') if words else ''}"
    yield ""
    yield "   ".join(f"{paint(SIGNS[name], STYLES[name])} {name}" for name in VERDICTS)


def rows(report: Report) -> dict[Tier, list[str]]:
    """The ids of all checks that were run, by tier."""
    found: dict[Tier, dict[str, None]] = {tier: {} for tier in TIERS}
    for client in report.clients:
        for check in client.checks:
            found[check.info.tier][check.info.id] = None
    return {tier: list(names) for tier, names in found.items() if names}


def _cell(result: CheckResult | None, paint: Paint) -> str:
    return " " if result is None else paint(SIGNS[result.verdict], STYLES[result.verdict])


def _words(name: str, verdicts: Sequence[Mapping[str, CheckResult]], room: int) -> str:
    """The outcomes of a row, as far as the line goes."""
    outcomes = [column[name].outcome for column in verdicts if name in column and column[name].verdict == "failed"]
    return cut(", ".join(dict.fromkeys(word for word in outcomes if word != "none")), room)


def cut(text: str, room: int) -> str:
    """As much of a line as fits into so many columns."""
    if sum(map(columns, text)) <= room:
        return text
    used, kept = 0, ""
    for char in text:
        used += columns(char)
        if used >= room:
            break
        kept += char
    return kept + "…"

"""What ``make trial`` found, from its report as JSON: who fails a check, the grid as a page, badges for clients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from mock_ares.harness.model import CheckResult, ClientReport, Report, UsageError
from mock_ares.harness.report.grid import rows
from mock_ares.harness.report.joined import read
from mock_ares.harness.report.machines import as_badge
from mock_ares.harness.report.summary import as_text
from mock_ares.harness.report.verdicts import MEANINGS, SIGNS, VERDICTS, diagnosis, origin, sentence, tally


class FailedBy(NamedTuple):
    """Clients that fail a check in the same way."""

    names: tuple[str, ...]
    """With their versions, where these are known."""
    said: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The clients of ``contracts/trial.toml`` and what the contract said of them."""

    clients: tuple[ClientReport, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of what a client stands on, by its name: ``httpx 0.28.1``."""
    report: Report | None = None
    """Where ``clients`` are from."""

    @classmethod
    def of(cls, path: Path) -> Trial:
        """From ``trial.json``, with ``trial.versions.json`` beside it. Raises UsageError for what is no report."""
        report, beside = read(path).report, path.with_suffix(".versions.json")
        try:
            versions = dict(json.loads(beside.read_text(encoding="utf-8"))) if beside.is_file() else {}
        except (ValueError, TypeError) as error:
            raise UsageError(f"{beside} says no versions ({error}): make trial writes it anew") from None
        return cls(report.clients, versions, report)

    def asked(self, check: str) -> bool:
        """Whether any client was held to the check."""
        return any(result.verdict != "skipped" for _, result in self._results(check))

    def failed_by(self, check: str) -> list[FailedBy]:
        """Those that fail it, in the order of the grid."""
        found = dict[str, list[str]]()
        for client, result in self._results(check):
            if result.failure is not None:
                found.setdefault(as_text(sentence(diagnosis(result))), []).append(self.title(client))
        return [FailedBy(tuple(names), said) for said, names in found.items()]

    def title(self, client: ClientReport) -> str:
        """The client's name, and what it stands on."""
        version = self.versions.get(client.name)
        if version and version.startswith(f"{client.name} "):
            return as_text(version)
        return as_text(f"{client.name} ({version})" if version else client.name)

    def _results(self, check: str) -> Iterator[tuple[ClientReport, CheckResult]]:
        return ((client, result) for client in self.clients for result in client.checks if result.info.id == check)


NO_TRIAL = Trial()


def grid(trial: Trial) -> str:
    """The page: a column for each client by its number, a row for each check that one of them fails."""
    if trial.report is None:
        return f"# The grid\n\n{_UNTRIED}\n"
    results = [{result.info.id: result for result in client.checks} for client in trial.clients]
    lines = ["# The grid", "", _ABOUT, "", *_clients(trial), ""]
    columns = [str(number) for number in range(1, len(trial.clients) + 1)]
    passed = list[str]()
    for tier, names in rows(trial.report).items():
        lines += ["", f"## {tier.capitalize()}", "", _row("check", columns), _row("---", [":-:"] * len(columns))]
        for name in names:
            cells = [column.get(name) for column in results]
            if any(cell is not None and cell.verdict not in ("passed", "skipped") for cell in cells):
                lines.append(_row(f"[`{name}`]({name}.md)", [_sign(name, cell) for cell in cells]))
            elif any(cell is not None and cell.verdict == "passed" for cell in cells):
                passed.append(f"[`{name}`]({name}.md)")
    lines += ["", *(f"- {SIGNS[verdict]} {verdict}: {MEANINGS[verdict]}" for verdict in VERDICTS)]
    lines += ["", "## Passed by all who are held to them", "", f"{', '.join(passed)}."]
    return "\n".join([*lines, "", f"By {origin(trial.report)}."]) + "\n"


_ABOUT = """\
The samples of ARES's own page, with one each for Java and Rust, a corrected client beside each, and libraries in wide
use, put to the contract by `make trial`. A sign that stands for a failure leads to the page of its check, which tells
what the client makes of the smallest example."""
_UNTRIED = "`make trial` finds out who fails what; these pages were made without its report, `trial.json`."


def badges(trial: Trial) -> Iterator[tuple[str, str]]:
    """For each client the name of a file and its text: what an endpoint of shields.io answers."""
    if trial.report is not None:
        for client in trial.clients:
            yield f"{slug(client.name)}.badge.json", as_badge(replace(trial.report, clients=(client,)))


def slug(name: str) -> str:
    """``httpx, the page's`` as a part of a file's name: ``httpx-the-page-s``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _clients(trial: Trial) -> Iterator[str]:
    yield from ("| | client | the contract says | for a badge |", "|--:|---|---|---|")
    for number, client in enumerate(trial.clients, 1):
        badge = f"[JSON](badges/{slug(client.name)}.badge.json)"
        yield f"| {number} | {trial.title(client)} | {tally([client])} | {badge} |"


def _row(head: str, cells: list[str]) -> str:
    return f"| {' | '.join([head, *cells])} |"


def _sign(name: str, cell: CheckResult | None) -> str:
    if cell is None:
        return ""
    return SIGNS[cell.verdict] if cell.failure is None else f"[{SIGNS[cell.verdict]}]({name}.md#who-fails-it)"

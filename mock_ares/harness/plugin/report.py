"""The contract's report from a pytest run. Results travel on pytest's own reports, so that xdist brings them along."""

from __future__ import annotations

import base64
import pickle
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from mock_ares._version import __version__
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import NEWEST, CheckResult, ClientReport, HarnessError, Report, UsageError
from mock_ares.harness.plugin.collect import runs
from mock_ares.harness.plugin.options import options_of
from mock_ares.harness.plugin.run import RESULT, command_of
from mock_ares.harness.report.write import write
from mock_ares.harness.run.baseline import update
from mock_ares.server.transport.client_socket import BARRIER

CARRIED = "ares_result"
"""The attribute of a pytest report that holds the result, as text: other plugins write reports out as JSON."""


class ReportedClient(NamedTuple):
    """A contract, with the parameters of its tests."""

    node: str
    name: str


@dataclass(frozen=True, slots=True)
class Carried:
    """The result of a test."""

    subject: ReportedClient
    result: CheckResult
    command: str
    """Runs the test again."""


def attach(report: pytest.TestReport, item: pytest.Item) -> None:
    """Puts the test's result on pytest's report of it, if somebody is going to write one."""
    if not options_of(item.config).results_wanted or (result := _result(report, item)) is None:
        return
    parent, parameters = item.parent, "".join(item.name.partition("[")[1:])
    assert parent is not None
    subject = ReportedClient(parent.nodeid + parameters, parent.name + parameters)
    carried = Carried(subject, result, command_of(item))
    setattr(report, CARRIED, base64.b64encode(pickle.dumps(carried)).decode())


def _result(report: pytest.TestReport, item: pytest.Item) -> CheckResult | None:
    info = runs(item)
    if info is None:
        return None
    if report.when == "call" and RESULT in item.stash:
        return item.stash[RESULT]
    if report.skipped:
        return CheckResult(info, "skipped", reason=_reason(report))
    if report.failed and report.when != "teardown":
        return CheckResult(info, "errored", reason=f"the test could not run: {report.longreprtext.splitlines()[-1]}")
    return None


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


class Writer:
    """Collects the results of all processes, and writes the reports at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._options = options_of(config)
        self._found: dict[ReportedClient, dict[str, Carried]] = {}
        self._written: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if (text := getattr(report, CARRIED, None)) is not None:
            carried: Carried = pickle.loads(base64.b64decode(text))
            self._found.setdefault(carried.subject, {})[carried.result.info.id] = carried

    def pytest_sessionfinish(self) -> None:
        report = self._report()
        for path in self._options.reports:
            self._written.append(self._write(report, path))
        if self._options.write_baseline and self._options.baseline is not None:
            self._written.append(self._write_baseline(self._options.baseline))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._written:
            terminalreporter.write_line(line)

    def _report(self) -> Report:
        names = Counter(subject.name for subject in self._found)
        clients = [
            ClientReport(
                subject.name if names[subject.name] == 1 else subject.node,
                "exact" if BARRIER.available else "best-effort",
                tuple(found[name].result for name in CHECKS if name in found),
            )
            for subject, found in sorted(self._found.items())
        ]
        edition = self._options.edition
        name = edition.name if edition else NEWEST
        return Report(__version__, self._options.seed(), tuple(clients), BARRIER.reason, edition=name)

    def _write_baseline(self, path: Path) -> str:
        clients = [
            ClientReport(subject.node, "exact", tuple(each.result for each in found.values()))
            for subject, found in sorted(self._found.items())
        ]
        try:
            written = update(path, clients)
        except (OSError, UsageError) as error:
            return f"mock-ares: the baseline {path} could not be written: {error}"
        return f"mock-ares: {path}: {written.said}"

    def _write(self, report: Report, path: Path) -> str:
        commands = {id(each.result): each.command for found in self._found.values() for each in found.values()}
        try:
            write(report, path, lambda client, result: commands.get(id(result)))
        except (OSError, HarnessError) as error:
            return f"mock-ares: the report {path} could not be written: {error}"
        return f"mock-ares: report written to {path}"

"""A report to a file, in the form that its ending names."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from mock_ares.harness.model import CheckResult, ClientReport, Report, UsageError
from mock_ares.harness.report import ENDINGS, ending
from mock_ares.paths import program
from mock_ares.scenario.diagnostics import listed
from mock_ares.whole_file import write_whole

Replay = Callable[[ClientReport, CheckResult], str | None]


def write(report: Report, path: Path, replay: Replay | None = None) -> None:
    """Whole or not at all. Raises UsageError for an ending that is none of ``ENDINGS``, and OSError.
    ``replay`` gives the command that plays a failure again; by default with a blank in the client's place.
    """
    write_whole(path, _text(report, path.name, replay or with_blank))


def _text(report: Report, name: str, replay: Replay) -> str:
    match ending(name):
        case ".json":
            from mock_ares.harness.report.json import as_json

            return as_json(report, replay)
        case ".xml":
            from mock_ares.harness.report.junit import as_junit

            return as_junit(report, replay)
        case ".html":
            from mock_ares.harness.report.html import as_html

            return as_html(report, replay)
        case ".md":
            from mock_ares.harness.report.summary import as_markdown

            return as_markdown(report, replay)
        case ".badge.json":
            from mock_ares.harness.report.machines import as_badge

            return as_badge(report)
        case ".codequality.json":
            from mock_ares.harness.report.machines import as_code_quality

            return as_code_quality(report)
        case _:
            raise UsageError(f"a report ends in {listed(ENDINGS)}, not as {name!r} does")


def with_blank(client: ClientReport, result: CheckResult) -> str | None:
    return f"{program()} replay {shlex.quote(result.replay)} -- CMD" if result.replay else None

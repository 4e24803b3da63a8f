"""A report to a file, in the form that its ending names."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from mock_ares.harness.model import CheckResult, ClientReport, Report, UsageError
from mock_ares.paths import program
from mock_ares.whole_file import write_whole

Replay = Callable[[ClientReport, CheckResult], str | None]


def write(report: Report, path: Path, replay: Replay | None = None) -> None:
    """Whole or not at all. Raises UsageError for an ending that is none of .json, .html and .xml, and OSError.
    ``replay`` gives the command that plays a failure again; by default with a blank in the client's place.
    """
    write_whole(path, _text(report, path.suffix, replay or _with_blank))


def _text(report: Report, suffix: str, replay: Replay) -> str:
    if suffix == ".json":
        from mock_ares.harness.report.json import as_json

        return as_json(report)
    if suffix == ".xml":
        from mock_ares.harness.report.junit import as_junit

        return as_junit(report, replay)
    if suffix == ".html":
        from mock_ares.harness.report.html import as_html

        return as_html(report, replay)
    raise UsageError(f"a report ends in .json, .html or .xml, not in {suffix or 'nothing'}")


def _with_blank(client: ClientReport, result: CheckResult) -> str | None:
    return f"{program()} replay {shlex.quote(result.replay)} -- CMD" if result.replay else None

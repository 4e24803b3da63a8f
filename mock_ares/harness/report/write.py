"""A report to a file, in the form that its ending names."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from mock_ares.harness.model import CheckResult, ClientReport, Report, UsageError
from mock_ares.paths import program

Replay = Callable[[ClientReport, CheckResult], str | None]


def write(report: Report, path: Path, replay: Replay | None = None) -> None:
    """Whole or not at all: what was there before stays until all of it lies beside it.

    Raises UsageError for an ending that is none of .json, .html and .xml, and OSError.
    ``replay`` gives the command that plays a failure again; by default with a blank in the client's place.
    """
    text = _text(report, path.suffix, replay or _with_blank)
    target = path.resolve()  # a link stays one
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


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

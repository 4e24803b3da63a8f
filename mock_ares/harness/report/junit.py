"""The report as JUnit XML: a suite for each client, a test case for each check."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from xml.etree import ElementTree as Xml

from mock_ares.harness.model import CheckResult, ClientReport, Report
from mock_ares.harness.report.counterexample.failure_text import failure_text
from mock_ares.harness.report.grouping import Group, by_check, told_elsewhere
from mock_ares.harness.report.verdicts import counts, diagnosis, hindrance

Replay = Callable[[ClientReport, CheckResult], str | None]
Again = Callable[[CheckResult], str | None]
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold, not even escaped."""


def as_junit(report: Report, replay: Replay) -> str:
    """Informational and expected failures are test cases that pass, and say so: they ran, and fail nothing."""
    root = Xml.Element("testsuites", name="mock-ares")
    properties = {"version": report.version}
    if report.seed is not None:
        properties |= {"contract": report.edition, "seed": str(report.seed)}
    properties |= {f"note {number}": _text(note) for number, note in enumerate(report.notes, 1)}
    if (notice := hindrance(report.hindrance)) is not None:
        properties["hindrance"] = _text(notice)
    for client in report.clients:
        root.append(_suite(client, properties, replay))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(client: ClientReport, properties: dict[str, str], replay: Replay) -> Xml.Element:
    verdicts = counts(client.checks)
    suite = Xml.Element(
        "testsuite",
        name=_text(client.name),
        tests=str(len(client.checks)),
        failures=str(verdicts["failed"]),
        errors=str(verdicts["errored"]),
        skipped=str(verdicts["skipped"]),
        time=f"{sum(check.duration for check in client.checks):.3f}",
    )
    told = Xml.SubElement(suite, "properties")
    if client.boundaries is not None:
        properties = {**properties, "boundaries": client.boundaries}
    for name, value in properties.items():
        Xml.SubElement(told, "property", name=name, value=value)
    of = by_check(client.checks)
    suite.extend(_case(client, check, of.get(check.info.id), partial(replay, client)) for check in client.checks)
    return suite


def _case(client: ClientReport, check: CheckResult, group: Group | None, replay: Again) -> Xml.Element:
    classname = _text(f"{client.name}.{check.info.tier}")
    case = Xml.Element("testcase", classname=classname, name=check.info.id, time=f"{check.duration:.3f}")
    message = _text(diagnosis(check))
    if check.verdict == "failed":
        element = Xml.SubElement(case, "failure", message=message, type=check.outcome)
        if group is not None:
            element.text = _text(_failure(check, group, replay))
    elif check.verdict == "errored":
        Xml.SubElement(case, "error", message=message, type="harness")
    elif check.verdict == "skipped":
        Xml.SubElement(case, "skipped", message=message)
    elif message:
        Xml.SubElement(case, "system-out").text = f"{check.verdict_name}: {message}"
    return case


def _failure(check: CheckResult, group: Group, replay: Again) -> str:
    assert check.finding is not None
    if (name := told_elsewhere(check, group)) is not None:
        return "\n".join(filter(None, (f"the same as {name}: {check.finding.diagnosis}", replay(check))))
    return failure_text(check.info, check.finding, replay(check), same=[(c.info.id, replay(c)) for c in group.same])


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)

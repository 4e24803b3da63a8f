"""The report as Markdown, for a job's summary or a comment: failures first, by cause, each with its bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from mock_ares.harness.model import CheckResult, ClientReport, Report
from mock_ares.harness.report.counterexample.characters import clean
from mock_ares.harness.report.counterexample.failure_text import failure_text
from mock_ares.harness.report.grouping import Group, groups
from mock_ares.harness.report.verdicts import HEADINGS, SIGNS, diagnosis, hindrance, origin, sentence, tally

Replay = Callable[[ClientReport, CheckResult], str | None]
MOST = 500_000
"""Characters: GitHub takes a summary of a megabyte, or none."""
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def as_markdown(report: Report, replay: Replay) -> str:
    """Where it grows too long the last failures are left out, and it says how many."""
    parts, size, left_out = list[str](), 0, 0
    for part in _parts(report, replay):
        size += len(part)
        if size <= MOST:
            parts.append(part)
        else:
            left_out += 1
    if left_out:
        parts.append(f"{left_out} more left out: a summary is bounded. The other reports have them.")
    return "\n\n".join(parts) + "\n"


def workflow_commands(report: Report) -> Iterator[str]:
    """The failures for GitHub's runner, which shows them at the pull request: a line for each cause."""
    for client in report.clients:
        for group in groups(client.checks):
            if group.told.verdict == "failed":
                names = ", ".join(check.info.id for check in (group.told, *group.same))
                yield f"::error title={_property(f'{client.name}: {names}')}::{_data(diagnosis(group.told))}"
        for check in client.checks:
            if check.verdict == "errored" or (check.verdict == "failed" and check.finding is None):
                yield f"::error title={_property(f'{client.name}: {check.info.id}')}::{_data(diagnosis(check))}"


def _parts(report: Report, replay: Replay) -> Iterator[str]:
    bad = any(check.verdict in ("failed", "errored") for client in report.clients for check in client.checks)
    subject = "The contract of streaming clients" if report.subject == "clients" else HEADINGS[report.subject]
    yield f"## {'✗' if bad else '✓'} {subject}: {tally(report.clients)}"
    yield from (f"> {as_text(sentence(note))}" for note in report.notes)
    if (notice := hindrance(report.hindrance)) is not None:
        yield f"> {as_text(sentence(notice))}"
    if len(report.clients) > 1:
        lines = (f"| {as_text(client.name)} | {tally([client])} |" for client in report.clients)
        yield "\n".join(("| client | |", "|---|---|", *lines))
    for client in report.clients:
        yield from _failures(client, partial(replay, client), several=len(report.clients) > 1)
    for client in report.clients:
        yield from _let_pass(client)
    yield origin(report)


def _failures(client: ClientReport, replay: Callable[[CheckResult], str | None], *, several: bool) -> Iterator[str]:
    of = f"{as_text(client.name)}: " if several else ""
    for group in groups(client.checks):
        if group.told.verdict == "failed":
            yield f"### ✗ {of}{_names(group)}"
            yield _fenced(_told(group, replay))
    for check in client.checks:
        if check.verdict == "errored" or (check.verdict == "failed" and check.finding is None):
            yield f"### {SIGNS[check.verdict]} {of}{check.info.id}"
            yield as_text(sentence(diagnosis(check)))


def _told(group: Group, replay: Callable[[CheckResult], str | None]) -> str:
    check = group.told
    assert check.finding is not None
    return failure_text(check.info, check.finding, replay(check))


def _let_pass(client: ClientReport) -> Iterator[str]:
    told = [(check.info.id, diagnosis(check)) for check in client.checks if check.verdict == "informational"]
    told += [(check.info.id, check.reason) for check in client.checks if check.verdict == "passed" and check.reason]
    if told:
        lines = "\n".join(f"- {name}: {as_text(why)}" for name, why in told)
        said = f"{as_text(client.name)}: {len(told)} that fail nothing"
        yield f"<details><summary>{said}</summary>\n\n{lines}\n\n</details>"


def _names(group: Group) -> str:
    return ", ".join(check.info.id for check in (group.told, *group.same))


def as_text(raw: str) -> str:
    """Anything from outside, in one line that is nothing but text."""
    return _MARKS.sub(r"\\\1", " ".join(clean(raw).split()))


def _fenced(block: str) -> str:
    longest = max(map(len, re.findall("`+", block)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{block}\n{fence}"


def _data(raw: str) -> str:
    return clean(raw).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(raw: str) -> str:
    return _data(raw).replace(":", "%3A").replace(",", "%2C")

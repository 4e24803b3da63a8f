"""The report as one HTML page that needs nothing else: the grid, and a panel for each cell.

There is no script in it. A cell is a button that opens its panel (the HTML standard's ``popover``), by pointer or key;
Escape closes it. A policy in the page forbids everything but its own style sheet, so that nothing a client said can do
any more than be read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from pathlib import Path

from mock_ares.harness.model import CheckResult, ClientReport, Report, Verdict
from mock_ares.harness.report.counterexample.characters import clean
from mock_ares.harness.report.counterexample.panel import panel
from mock_ares.harness.report.grid import rows
from mock_ares.harness.report.grouping import by_check, gathered, told_elsewhere
from mock_ares.harness.report.verdicts import (
    BEST_EFFORT,
    HEADINGS,
    MEANINGS,
    MEANINGS_OF_SERVERS,
    SIGNS,
    VERDICTS,
    counts,
    diagnosis,
    hindrance,
    label,
    names_of,
    origin,
    recut,
    sentence,
    tally,
)

Replay = Callable[[ClientReport, CheckResult], str | None]
CSS = Path(__file__).with_name("page.css")
_BAD = ("failed", "errored")
FEW = 5
"""Clients up to which a cell says the outcome's word."""


def as_html(report: Report, replay: Replay) -> str:
    """``replay`` gives the command that plays a failure again."""
    style = "\n" + CSS.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    pictured = any(check.failure and check.failure.picture for client in report.clients for check in client.checks)
    pictures = "; img-src data:" if pictured else ""
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'{pictures}"
    names = ", ".join(client.name for client in report.clients)
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(names)} · mock-ares</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "".join(_body(report, replay))
        + "</body>\n</html>\n"
    )


def text(raw: str) -> str:
    """Anything from outside, as text of a page."""
    return escape(clean(raw))


def _body(report: Report, replay: Replay) -> Iterator[str]:
    several = len(report.clients) > 1
    yield f"<header>\n<h1>{HEADINGS[report.subject]}</h1>\n"
    yield f'<p class="lede">{tally(report.clients)} · {text(origin(report))}</p>\n'
    yield from (f'<p class="lede">{text(sentence(note))}</p>\n' for note in report.notes)
    if (notice := hindrance(report.hindrance)) is not None:
        yield f'<p class="best-effort">{text(sentence(notice))}</p>\n'
    yield "</header>\n<main>\n"
    size = "many" if len(report.clients) > FEW else "few" if several else "one"
    yield (
        f'<ul class="clients {size}" aria-label="{report.subject.capitalize()}">\n'
        + "".join(_client(report, client) for client in report.clients)
        + "</ul>\n"
    )
    yield '<ul class="legend" aria-label="Signs">\n' + "".join(_legend(report)) + "</ul>\n"
    yield f'<div class="scroll" role="region" aria-label="Checks and clients" tabindex="0">\n<table class="{size}">\n'
    yield from _head(report)
    for title, names in _groups(report).items():
        yield f'<tbody>\n<tr><th class="tier" scope="rowgroup" colspan="{len(report.clients) + 2}">{title}</th></tr>\n'
        yield from (_row(report, name) for name in names)
        yield "</tbody>\n"
    yield "</table>\n</div>\n"
    for number, client in enumerate(report.clients):
        of = by_check(client.checks)
        for check in client.checks:
            yield panel(_id(number, check), client, check, of.get(check.info.id), partial(replay, client))
    yield f"</main>\n<footer><p>{_footer(report)}</p></footer>\n"


def _groups(report: Report) -> dict[str, list[str]]:
    """The rows by tier; in front of them, for a client alone, what failed. Of several each tier begins with that."""
    tiers = rows(report)
    bad = {check.info.id for client in report.clients for check in client.checks if check.verdict in _BAD}
    if len(report.clients) > 1:
        return {tier: sorted(names, key=lambda name: name not in bad) for tier, names in tiers.items()}
    checks = [check for client in report.clients for check in client.checks]
    of = by_check(checks)
    first = {
        names_of(checks).get("failed", "failed"): list(
            gathered([name for names in tiers.values() for name in names if name in bad], of)
        )
    }
    rest = {tier: [name for name in names if name not in bad] for tier, names in tiers.items()}
    return {title: names for title, names in (first | rest).items() if names}


def _id(number: int, check: CheckResult) -> str:
    return f"c{number}-{escape(check.info.id)}"


def _client(report: Report, client: ClientReport) -> str:
    verdicts = counts(client.checks)
    best_effort = f'<div class="best-effort">{BEST_EFFORT}</div>' if recut(report, client) else ""
    total, at, parts = max(len(client.checks), 1), 0.0, list[str]()
    for verdict, count in verdicts.items():
        width = 100 * count / total
        parts.append(f'<rect class="{verdict}" x="{at:.2f}" y="0" width="{width:.2f}" height="4"/>' if count else "")
        at += width
    share = (
        f'<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    )
    called = names_of(client.checks)
    signs = "".join(
        _count(verdict, called.get(verdict, verdict), count) for verdict, count in verdicts.items() if count
    )
    return f'<li><b>{text(client.name)}</b>{share}<div class="counts">{signs or "no checks"}</div>{best_effort}</li>\n'


def _count(verdict: Verdict, name: str, count: int) -> str:
    return f'<span class="{verdict}" role="img" aria-label="{count} {name}">{SIGNS[verdict]} {count}</span>'


def _legend(report: Report) -> Iterator[str]:
    checks = [check for client in report.clients for check in client.checks]
    verdicts, called = counts(checks), names_of(checks)
    meanings = MEANINGS_OF_SERVERS if called else MEANINGS
    for verdict in VERDICTS:
        if verdicts[verdict]:
            sign = f'<span class="sign {verdict}" aria-hidden="true">{SIGNS[verdict]}</span>'
            yield f"<li>{sign}<b>{called.get(verdict, verdict)}</b>: {escape(meanings[verdict])}</li>\n"


def _head(report: Report) -> Iterator[str]:
    yield '<thead>\n<tr><th scope="col">check</th>'
    if len(report.clients) == 1:
        yield '<th scope="col">verdict</th>'
    else:
        for client in report.clients:
            yield f'<th scope="col"><div class="client" title="{text(client.name)}">{text(client.name)}</div></th>'
    what = "what was found" if len(report.clients) == 1 else "what a correct client does"
    yield f'<th scope="col" class="title">{what}</th>'
    yield "</tr>\n</thead>\n"


def _row(report: Report, name: str) -> str:
    cells, title = list[str](), ""
    for number, client in enumerate(report.clients):
        result = next((check for check in client.checks if check.info.id == name), None)
        cells.append(_cell(number, client, result, words=len(report.clients) <= FEW) if result else "<td></td>")
        title = _title(report, result) if result and not title else title
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}<td class="title">{title}</td></tr>\n'


def _cell(number: int, client: ClientReport, check: CheckResult, *, words: bool) -> str:
    verdict = check.verdict
    name = f"{check.info.id}, {client.name}: {label(check)}"
    word = f'<span class="word">{check.outcome}</span>' if words and verdict == "failed" and check.finding else ""
    return (
        f'<td class="verdict"><button type="button" class="cell {verdict}" popovertarget="{_id(number, check)}" '
        f'aria-label="{text(name)}" title="{text(name)}"><span class="sign" aria-hidden="true">{SIGNS[verdict]}</span>'
        f"{word}</button></td>"
    )


def _title(report: Report, check: CheckResult) -> str:
    """What a row is about; for a client alone, what was found where there is anything to say."""
    remark = " ".join(diagnosis(check).split())
    if len(report.clients) > 1 or not remark or check.verdict == "passed":
        return escape(check.info.title)
    group = by_check(report.clients[0].checks).get(check.info.id)
    if (name := told_elsewhere(check, group)) is not None:
        return f'<span class="reason">the same as {escape(name)}</span>'
    kind = "diagnosis" if check.verdict in _BAD else "reason"
    same = f' <span class="reason">{escape(group.said)}</span>' if group and group.same else ""
    return f'<span class="{kind}">{text(remark)}</span>{same}'


def _footer(report: Report) -> str:
    if report.subject == "servers":
        return f"{sum(len(server.checks) for server in report.clients)} questions."
    seconds = sum(check.duration for client in report.clients for check in client.checks)
    examples = sum(check.examples for client in report.clients for check in client.checks)
    return f"{examples:,} examples in {seconds:.0f} s. Everything random comes from the seed {report.seed}."

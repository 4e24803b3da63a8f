"""A run in the terminal: what is going on while it runs; then a list for one client, a grid for several.

Where the output is no terminal, or a dumb one, lines follow each other and rich is not even imported.
"""

from __future__ import annotations

import os
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from mock_ares.harness.model import NEWEST, CheckResult, ClientReport, Report, Verdict
from mock_ares.harness.report.counterexample.characters import clean
from mock_ares.harness.report.counterexample.failure_text import WIDTH, Paint, failure_text, painter
from mock_ares.harness.report.grid import ID, STYLES, cut, grid
from mock_ares.harness.report.grouping import Group, by_check, groups, told_elsewhere
from mock_ares.harness.report.verdicts import (
    BEST_EFFORT,
    MEANINGS,
    SIGNS,
    counts,
    diagnosis,
    hindrance,
    names_of,
    recut,
    reserved,
    said,
    sentence,
    with_reservation,
)

if TYPE_CHECKING:
    from mock_ares.harness.run.check_runner import Event

ROOM_FOR_A_BAR = 120
"""Columns."""
BESIDE = 20
"""Columns of a line of progress that the name of what goes on does not get: a sign, counts, time."""
Replay = Callable[[ClientReport, CheckResult], str | None]
"""The command that plays a failure again."""


def has_color(stream: TextIO) -> bool:
    """By the conventions: NO_COLOR forbids it, FORCE_COLOR asks for it, else a terminal that is not dumb has it."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_live(stream)


def is_live(stream: TextIO) -> bool:
    """Whether lines can be drawn over."""
    return stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


class Terminal:
    """Writes to one stream; its methods may be called from several threads."""

    def __init__(self, stream: TextIO | None = None, *, clients: int = 1, width: int | None = None) -> None:
        self._stream = stream or sys.stdout
        self._several = clients > 1
        self._width = width or width_of(self._stream)
        self._color = has_color(self._stream)
        self._paint: Paint = painter(self._color)
        self._live: Any = None
        self._tasks: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._results: dict[str, list[CheckResult]] = {}
        """Of the clients that are being checked, by name."""
        self._unasked: list[CheckResult] = []
        """Those behind the last line."""

    def progress(self) -> AbstractContextManager[Any]:
        """While it is entered, what goes on is shown."""
        if not is_live(self._stream):
            return nullcontext()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(file=self._stream, no_color=not self._color, highlight=False, width=self._width)
        bar = (BarColumn(),) if self._width >= ROOM_FOR_A_BAR else ()
        parts = (SpinnerColumn(), TextColumn("{task.description}", markup=False), *bar, MofNCompleteColumn())
        progress = Progress(*parts, TimeElapsedColumn(), console=console, transient=True)
        self._live = progress
        return progress

    def line(self, text: str = "") -> None:
        """One line, above whatever is drawn over."""
        if self._live is not None and self._live.live.is_started:
            from rich.text import Text

            self._live.console.print(Text.from_ansi(text), soft_wrap=True)
        else:
            print(text, file=self._stream, flush=True)

    def head(self, reason: str | None) -> None:
        """What is said before a run: ``reason`` is why it cannot be known what clients have read, if that is so."""
        if (notice := hindrance(reason)) is not None:
            for line in textwrap.wrap(sentence(clean(notice)), self._width):
                self.line(self._paint(line, "yellow"))
            self.line()

    def watch(self, client: str, event: Event) -> None:
        """Shows an event of a run."""
        with self._lock:
            if self._live is not None:
                self._draw(client, event)
            if event.kind == "finished" and event.result is not None:
                self._finished(client, event, event.result)

    def _finished(self, client: str, event: Event, result: CheckResult) -> None:
        results = self._results.setdefault(client, [])
        results.append(result)
        if not self._several:
            if result.unasked:
                if self._unasked and self._unasked[0].reason != result.reason:
                    self._tell_unasked()
                self._unasked.append(result)
            else:
                self._tell_unasked()
                self.line(self.row(result))
            if len(results) == event.total:
                self._tell_unasked()
        elif len(results) == event.total:
            self.line(f"{clean(client)}: {said(counts(results))}")
            if self._live is not None:
                self._live.remove_task(self._tasks.pop(client))

    def _tell_unasked(self) -> None:
        """One line for all of them: they have one reason."""
        if self._unasked:
            unasked, self._unasked = self._unasked, []
            name = unasked[0].info.id if len(unasked) == 1 else f"{len(unasked)} checks"
            self.line(self.row(unasked[0], name))

    def _draw(self, client: str, event: Event) -> None:
        if client not in self._tasks:
            self._tasks[client] = self._live.add_task("", total=event.total)
        examples = f", {event.examples} example{'s' * (event.examples != 1)}" if event.examples else ""
        who = f"{cut(clean(client), 28)}  " if self._several else ""
        what = f"{who}{event.check.id}{examples}"
        counted = {} if event.kind == "example" else {"completed": event.done, "total": event.total}
        room = min(36 + len(who), self._width - BESIDE)
        self._live.update(self._tasks[client], description=f"{cut(what, room):<{room}}", **counted)

    def row(self, result: CheckResult, name: str = "") -> str:
        """A check and its verdict, on one line; what is told nowhere else is not cut, and goes on below."""
        verdict = result.verdict
        head = f"{self._paint(SIGNS[verdict], STYLES[verdict])} {name or result.info.id:<{ID}}"
        if verdict == "passed" and result.of_server:
            return f"{head} {self._paint(result.info.title, 'dim')}"
        if verdict == "passed":
            many = f"{result.examples} example{'s' * (result.examples != 1)}"
            text = f"{many:>12}  {result.duration:5.1f} s" + f"  {result.reason}" * bool(result.reason)
            return f"{head} {self._paint(text, 'dim')}"
        named = self._paint(f"{result.verdict_name}: ", STYLES[verdict]) if verdict != "failed" else ""
        word = f"{result.finding.word}: " if result.finding else ""
        remark = clean(" ".join(diagnosis(result).split()))
        room = max(30, self._width - ID - 4 - len(named and f"{result.verdict_name}: "))
        if result.finding is not None or verdict in ("errored", "informational"):
            return f"{head} {named}{cut(word + remark, room)}"
        lines = textwrap.wrap(remark, room, break_on_hyphens=False) or [""]
        below = "\n" + " " * (ID + 3)
        return f"{head} {named}{below.join(lines)}"

    def report(self, report: Report, replay: Replay) -> Iterator[str]:
        """The lines that close a run."""
        if len(report.clients) > 1:
            yield ""
            yield from grid(report, self._width, self._paint)
            yield from self._failures_in_short(report, replay)
        for client in report.clients if len(report.clients) == 1 else ():
            yield from self._failures(client, replay)
            yield from self._reasons(client)
        yield ""
        yield from self._summary(report)

    def _failures(self, client: ClientReport, replay: Replay) -> Iterator[str]:
        causes = groups(client.checks)
        for group in causes:
            check = group.told
            if check.verdict == "failed" and check.finding is not None:
                same = [(each.info.id, replay(client, each)) for each in group.same]
                yield ""
                yield failure_text(check.info, check.finding, replay(client, check), self._width, self._color, same)
        for group in causes:
            if group.told.verdict == "informational":
                yield ""
                yield from self._let_pass(group, partial(replay, client))
        for check in client.checks:
            if check.verdict == "errored":
                yield ""
                yield f"{self._paint(f'{SIGNS[check.verdict]} {check.info.id}', STYLES[check.verdict])}  errored"
                yield from textwrap.wrap(clean(check.reason), self._width, initial_indent="  ", subsequent_indent="  ")

    def _reasons(self, server: ClientReport) -> Iterator[str]:
        """What a server was not asked, or could not answer, reason by reason."""
        why: dict[tuple[Verdict, str], list[CheckResult]] = {}
        for check in server.checks:
            if check.of_server and check.reason:
                why.setdefault((check.verdict, check.reason), []).append(check)
        for (verdict, reason), checks in why.items():
            told = f"{checks[0].verdict_name}: {clean(' '.join(reason.split()))}"
            said, *more = textwrap.wrap(told, self._width - 2)
            yield from ("", f"{self._paint(SIGNS[verdict], STYLES[verdict])} {said}", *(f"  {line}" for line in more))
            ids = textwrap.wrap(", ".join(check.info.id for check in checks), self._width - 2, break_on_hyphens=False)
            yield from (self._paint(f"  {line}", "dim") for line in ids)

    def _let_pass(self, group: Group, again: Callable[[CheckResult], str | None]) -> Iterator[str]:
        """A failure that fails nothing, in short, and uncut."""
        check = group.told
        sign = self._paint(f"{SIGNS[check.verdict]} {check.info.id}", STYLES[check.verdict])
        yield f"{sign}  {check.outcome}, {check.verdict}"
        said = (check.finding.diagnosis if check.finding else "", check.reason, check.info.advice, group.said)
        for each in said:
            whole = sentence(clean(" ".join(each.split())))
            yield from textwrap.wrap(whole, self._width, initial_indent="  ", subsequent_indent="  ")
        for command in filter(None, map(again, (check, *group.same))):
            yield self._paint(f"  {clean(command)}", "dim")

    def _failures_in_short(self, report: Report, replay: Replay) -> Iterator[str]:
        for client in report.clients:
            failures = [check for check in client.checks if check.verdict in ("failed", "errored")]
            if failures:
                yield ""
                yield self._paint(clean(client.name), "bold")
            of = by_check(failures)
            for check in failures:
                group = of.get(check.info.id)
                if told_elsewhere(check, group) is None:
                    yield "  " + self.row(check)
                    if group and group.same:
                        indent = " " * (ID + 5)
                        lines = textwrap.wrap(group.said, self._width, initial_indent=indent, subsequent_indent=indent)
                        yield from (self._paint(line, "dim") for line in lines)
            if command := next((replay(client, check) for check in failures if check.replay), None):
                yield self._paint(f"    one of them again: {clean(command)}", "dim")

    def _summary(self, report: Report) -> Iterator[str]:
        checks = [check for client in report.clients for check in client.checks]
        verdicts, behind = counts(checks), {"passed": with_reservation(reserved(checks))}
        called = names_of(checks)
        parts = [
            self._paint(f"{count} {called.get(name, name)}{behind.get(name, '')}", STYLES[name])
            for name, count in verdicts.items()
            if count
        ]
        seconds = sum(check.duration for client in report.clients for check in client.checks)
        edition = f"contract {report.edition}, " if report.edition != NEWEST else ""
        spent = "" if report.seed is None else f"; {seconds:.1f} s of checks, {edition}seed {report.seed}"
        yield f"{', '.join(parts) or 'nothing was checked'}{spent}"
        yield from (line for note in report.notes for line in textwrap.wrap(clean(note), self._width))
        for client in report.clients:
            if recut(report, client):
                yield self._paint(f"{clean(client.name)}: {BEST_EFFORT}", "yellow")
        if verdicts["informational"] and not called:
            yield self._paint(f"informational: {MEANINGS['informational']} (with --strict the last two fail)", "dim")


def width_of(stream: TextIO) -> int:
    try:
        return max(60, min(os.get_terminal_size(stream.fileno()).columns, 160))
    except (OSError, ValueError):  # no terminal, or no file at all
        return WIDTH

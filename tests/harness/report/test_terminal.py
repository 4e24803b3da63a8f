"""Progress and summary, on a terminal and where there is none."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from mock_ares.harness.model import CheckResult, ClientReport
from mock_ares.harness.report.counterexample.failure_text import painter
from mock_ares.harness.report.grid import cut, grid
from mock_ares.harness.report.terminal import Terminal, has_color, is_live
from mock_ares.harness.report.verdicts import MEANINGS
from mock_ares.harness.run.check_runner import Event
from tests.harness.report.samples import CHECKS, HOSTILE, ONE, REPORT


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def replay(client: ClientReport, check: CheckResult) -> str | None:
    return f"mock-ares replay {check.replay} -- node" if check.replay else None


def finished(stream: io.StringIO, clients: int = 1) -> Terminal:
    terminal = Terminal(stream, clients=clients, width=100)
    with terminal.progress():
        for done, check in enumerate(CHECKS, 1):
            terminal.watch("node", Event("started", check.info, done=done - 1, total=len(CHECKS)))
            terminal.watch("node", Event("example", check.info, 3, done=done - 1, total=len(CHECKS)))
            terminal.watch("node", Event("finished", check.info, 3, done, len(CHECKS), check))
    return terminal


def test_without_a_terminal_each_check_is_a_plain_line() -> None:
    stream = io.StringIO()
    finished(stream)
    lines = stream.getvalue().splitlines()
    assert len(lines) == len(CHECKS)
    assert lines[0] == "✓ chunk-split           12 examples    0.5 s"
    assert lines[1].startswith("✗ read-line            lost: text is lost from the first read")
    assert lines[4].startswith("! eol-cr               errored: flaky")
    assert lines[6] == "– cancel               skipped: the client does not declare cancel"
    assert "\x1b" not in stream.getvalue()


def test_what_is_not_asked_any_more_is_one_line() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream, width=100)
    reason = "a plain stream comes out wrong, see plain"
    unasked = [CheckResult(CHECKS[-1].info, "skipped", reason=reason, unasked=True)]
    results = [CHECKS[0], *unasked * 3, CHECKS[1], *unasked]
    for done, check in enumerate(results, 1):
        terminal.watch("node", Event("finished", check.info, 3, done, len(results), check))
    told = [line.split("  ")[0] for line in stream.getvalue().splitlines()]
    assert told == ["✓ chunk-split", "– 3 checks", "✗ read-line", f"– {CHECKS[-1].info.id}"]
    assert "– 3 checks             skipped: a plain stream comes out wrong, see plain" in stream.getvalue()


def test_of_several_clients_each_is_one_line() -> None:
    stream = io.StringIO()
    finished(stream, clients=2)
    assert stream.getvalue() == "node: 1 passed, 3 failed, 1 errored, 2 informational, 1 skipped\n"


def test_on_a_terminal_there_is_progress_above_which_the_lines_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Tty()
    finished(stream)
    assert "\x1b[" in stream.getvalue() and "8/8" in stream.getvalue()
    assert all(check.info.id in stream.getvalue() for check in CHECKS)


def test_color_follows_the_conventions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert has_color(Tty()) and not has_color(io.StringIO())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert has_color(io.StringIO()) and not is_live(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_color(Tty())
    monkeypatch.setenv("TERM", "dumb")
    assert not is_live(Tty())


def test_one_client_ends_in_its_failures_and_a_count() -> None:
    text = "\n".join(Terminal(io.StringIO(), width=100).report(ONE, replay))
    assert text.count("✗ read-line  lost\n") == 1 and "✗ drop-rst  silent-truncation\n" in text
    assert "replay    mock-ares replay .mock-ares/failures/node-read-line.yaml -- node" in text
    assert "! eol-cr  errored\n  flaky: a case failed" in text
    assert text.splitlines()[-2:] == [
        "1 passed, 3 failed, 1 errored, 2 informational, 1 skipped; 4.0 s of checks, seed 77",
        f"informational: {MEANINGS['informational']} (with --strict the last two fail)",
    ]


def test_several_clients_end_in_a_grid() -> None:
    text = "\n".join(Terminal(io.StringIO(), clients=2, width=100).report(REPORT, replay))
    assert "┌ node client.mjs\n" in text and "│ ┌ " in text
    assert "  read-line           ✗ ✗   lost\n" in text
    assert "  chunk-split         ✓ ✓\n" in text
    assert "best effort" in text
    assert "one of them again: mock-ares replay" in text


def test_what_a_client_said_stays_on_its_line() -> None:
    check = REPORT.clients[1].checks[-1]
    stream = io.StringIO()
    terminal = Terminal(stream, width=100)
    terminal.watch(HOSTILE, Event("finished", check.info, 1, 1, 1, check))
    text = stream.getvalue() + "\n".join(terminal.report(REPORT, replay))
    assert not set(text) & {"\x1b", "\0", "\u202e", "\ud800"}
    assert stream.getvalue().count("\n") == 1


def test_thirty_clients_fit() -> None:
    many = replace(REPORT, clients=tuple(replace(REPORT.clients[0], name=f"client {n}") for n in range(30)))
    assert max(map(len, grid(many, 100, painter(False)))) <= 100


def test_text_is_cut_by_columns() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 4) == "abc…"
    assert cut("字字字字", 5) == "字字…"


def test_rich_is_not_imported_where_nothing_is_drawn() -> None:
    code = "import sys; from mock_ares.harness.report import terminal; t = terminal.Terminal(); t.progress(); "
    code += "print('rich' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=True)
    assert ran.stdout == "False\n"

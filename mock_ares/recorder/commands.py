"""The commands `record` and `drift`."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from types import FrameType
from typing import Any, Self

import click

from mock_ares.authoring.load import load_all
from mock_ares.monotonic import monotonic
from mock_ares.paths import program
from mock_ares.recorder.drift import LiveServer, Other, OtherRecordings, compared, report, status_of
from mock_ares.recorder.exchange.versions import newer
from mock_ares.recorder.folder import FolderError
from mock_ares.recorder.proxy import Limits, Outcome
from mock_ares.recorder.session import RecordingSession
from mock_ares.recorder.upstream import Upstream, UpstreamError
from mock_ares.scenario.diagnostics import ScenarioError, counted
from mock_ares.scenario.model import Scenario
from mock_ares.scenario.words import parse_duration, parse_size
from mock_ares.server.hosting.loop import CannotListenError

PATH = click.Path(path_type=Path)
PORT = 3001
"""Unless a command is run, which is told another."""
LOOK = 0.1
"""Seconds between two looks at what was told: a signal that another thread has got, or that comes just before a wait,
wakes nobody.
"""
GRACE = 5.0
"""Seconds for a command that was told to end, before it is killed; a second signal does not wait for them."""
_INT, _TERM = signal.SIGINT, signal.SIGTERM
_HEEDED = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGQUIT") if hasattr(signal, name))
"""Which end it, too, where whoever started this does not let them be ignored."""
_HASH = re.compile(r"[0-9a-f]{6}(?:-\d+)?\.yaml$")
CACERT = click.option("--cacert", type=PATH, help="A PEM file of certificates to trust, instead of the system's.")


class _Refused(click.ClickException):
    """Something the caller has to put right."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"mock-ares: {self.message}", err=True)


def _duration(context: click.Context, option: click.Parameter, value: str) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _bytes(context: click.Context, option: click.Parameter, value: str) -> int:
    try:
        return parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(context_settings={"ignore_unknown_options": False})
@click.option(
    "--upstream", required=True, metavar="URL", help="The real server's origin, such as https://ares.example."
)
@click.option("--out", default="recordings", show_default=True, type=PATH, help="The folder of the recordings.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@CACERT
@click.option("--silence", default="2m", show_default=True, callback=_duration, help="Ends an exchange: it hangs.")
@click.option("--longest", default="30m", show_default=True, callback=_duration, help="An exchange may take so long.")
@click.option("--most", default="16MB", show_default=True, callback=_bytes, help="Of an answer that is kept.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def record(
    upstream: str, out: Path, host: str, port: int, cacert: Path | None, silence: float, longest: float, most: int,
    command: tuple[str, ...],
) -> None:  # fmt: skip
    """Pass requests on to a real server, and save each exchange as a scenario file.

    COMMAND, behind --, is run with ARES_URL set; recording ends with it, with its exit status. Without it Ctrl-C ends.
    """
    limits, beside = Limits(silence, longest, most), bool(command)  # what a command prints stays its own
    tell = partial(_tell, beside=beside)
    sys.setswitchinterval(0.0005)  # seconds: what is written down in a thread must not hold up a stream
    try:
        server = Upstream.of(upstream, cacert)
        asyncio.run(server.reached())
        with (
            _Signals() as signals,
            RecordingSession(
                server, out, tell, host=host, port=0 if command and port == PORT else port, limits=limits
            ) as it,
        ):
            _say(f"mock-ares: {it.url} passes requests on to {server.authority}, and writes to {out}", beside=beside)
            status = _run(command, it.url, signals) if command else _wait(signals)
            signals.ending = True
    except (UpstreamError, FolderError, CannotListenError) as error:
        raise _Refused(str(error.args[0])) from None
    _summary(it, out, beside=beside)
    sys.exit(status)


def _say(line: str, *, beside: bool) -> None:
    with suppress(OSError):  # the terminal has gone, and what is recorded is written all the same
        click.echo(line, err=beside)


class _Signals:
    """Those that end a recording, as they come. Whatever comes while it is ending, it ends whole; but for a second
    SIGINT or SIGTERM, which raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.came = list[int]()
        self.ending = False
        self._before = dict[int, Any]()

    def __enter__(self) -> Self:
        for number in (_INT, _TERM, *_HEEDED):
            before = signal.getsignal(number)
            if number not in _HEEDED or before is not signal.SIG_IGN:  # who says nohup means it
                self._before[number] = signal.signal(number, self)
        return self

    def __exit__(self, *error: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.ending and number in (_INT, _TERM):
            raise KeyboardInterrupt
        self.came.append(number)


def _run(command: tuple[str, ...], url: str, signals: _Signals) -> int:
    """The exit status of a command that has run to its end. It gets the signals that come meanwhile.

    It has a process group of its own, so that what it has started gets them, too. On a terminal it could not read in
    one, and has Ctrl-C from there.
    """
    grouped = os.name == "posix" and not (sys.stdin and sys.stdin.isatty())
    try:
        process = subprocess.Popen(command, env={**os.environ, "ARES_URL": url}, process_group=0 if grouped else None)
    except OSError as error:
        raise _Refused(f"{command[0]} cannot be run: {error.strerror}") from None
    passed, deadline, killed = 0, inf, False
    while process.poll() is None or (grouped and deadline < inf and not killed and _send(process, 0, grouped=True)):
        for number in signals.came[passed:]:
            passed += 1
            if (ends := number in (_TERM, getattr(signal, "SIGHUP", None))) and deadline < inf:
                deadline = 0.0
                break
            if grouped or number not in (_INT, getattr(signal, "SIGQUIT", None)):
                _send(process, number, grouped=grouped)
            if ends:  # others may be no end: a prompt, a dump of threads
                deadline = monotonic() + GRACE
        if monotonic() >= deadline:
            killed = _send(process, getattr(signal, "SIGKILL", _TERM), grouped=grouped)
        with suppress(subprocess.TimeoutExpired):
            if process.wait(LOOK) is not None and deadline < inf:
                time.sleep(LOOK)  # for those that it leaves in its group
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _send(process: subprocess.Popen[bytes], number: int, *, grouped: bool) -> bool:
    """False: there is nobody any more."""
    if not grouped:
        process.send_signal(number)
        return process.returncode is None
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # one of another user, or macOS of a zombie
        return process.returncode is None
    return True


def _wait(signals: _Signals) -> int:
    while not signals.came:
        time.sleep(LOOK)
    return 0


def _tell(outcome: Outcome, *, beside: bool) -> None:
    exchange = outcome.exchange
    said = f"{exchange.method} {exchange.path}  {exchange.status or 'no response'}  {exchange.ending}"
    what = f"not kept: {outcome.reason}" if outcome.file is None else _end_of(outcome.file.name)
    out = ", ".join(counted(number, kind) for kind, number in sorted(outcome.taken_out.items()))
    _say(f"{said}  {what}{f' (taken out: {out})' if out else ''}", beside=beside)


def _end_of(name: str) -> str:
    """By which a file is found. What was asked stands before it, and may yet turn out to be secret."""
    return f"...{name[found.start() :]}" if (found := _HASH.search(name)) else name


def _summary(session: RecordingSession, out: Path, *, beside: bool) -> None:
    kept = {outcome.file for outcome in session.outcomes if outcome.file is not None}
    _say(f"mock-ares: {counted(len(kept) - session.swept.removed, 'recording')} in {out}", beside=beside)
    _say("  fields, credentials and bodies of requests are never kept", beside=beside)
    for reason, number in Counter(each.reason for each in session.outcomes if each.file is None).items():
        _say(f"  {counted(number, 'exchange')} not kept: {reason}", beside=beside)
    for new, old in session.folder.doubles.items():
        _say(f"  {old} was there before and answers first; remove it, or {new}", beside=beside)
    for path in session.swept.changed:
        _say(f"  {path.name}: something that turned out to be secret was taken out", beside=beside)
    if removed := session.swept.removed:
        _say(f"  {counted(removed, 'recording')} removed: what turned out to be secret is part of it", beside=beside)
    if kept:
        _say(f"This plays them: {program()} serve {shlex.quote(str(out))}", beside=beside)


@click.command()
@click.argument("recordings", nargs=-1, required=True, type=PATH)
@click.option("--against", required=True, metavar="URL|DIR", help="A live server, or a folder of other recordings.")
@click.option("--token", envvar="ARES_TOKEN", help="A JWT for the live server; also ARES_TOKEN.")
@click.option("--api-key", envvar="ARES_API_KEY", help="A key for its key routes; also ARES_API_KEY.")
@CACERT
@click.option(
    "--silence", default="30s", show_default=True, callback=_duration, help="An answer that says so long nothing hangs."
)
def drift(
    recordings: tuple[Path, ...],
    against: str,
    token: str | None,
    api_key: str | None,
    cacert: Path | None,
    silence: float,
) -> None:
    """Say what has changed in shape since RECORDINGS were made: statuses, fields, events, members and their types.

    Exit status: 0 nothing, 1 something, 2 of some of them it cannot be said.
    """
    scenarios = _loaded(recordings)
    try:
        other: Other
        if "://" in against:
            credentials = {"jwt": token, "api-key": api_key}
            other = LiveServer(Upstream.of(against, cacert), credentials, Limits(silence=silence, longest=10 * silence))
        else:
            other = OtherRecordings(_loaded((Path(against),)))
        found = asyncio.run(compared(scenarios, other))
    except UpstreamError as error:
        raise _Refused(str(error)) from None
    for line in report(found):
        click.echo(line)
    numbers = Counter[str](each.verdict for each in found)
    click.echo(
        ", ".join(f"{numbers[word]} {said}" for word, said in _VERDICTS if numbers[word]) or "nothing to compare"
    )
    sys.exit(status_of(found))


_VERDICTS = (("same", "the same"), ("differs", "changed"), ("cannot", "that cannot be compared"))


def _loaded(paths: tuple[Path, ...]) -> list[Scenario]:
    try:
        found = load_all(paths)
    except ScenarioError as error:
        raise _Refused(f"{error}{newer(error)}") from None
    if not found:
        raise _Refused(f"no recordings in {', '.join(map(str, paths))}")
    return found

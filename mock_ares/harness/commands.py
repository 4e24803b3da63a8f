"""The commands `check` and `replay`."""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mock_ares.dialects import DIALECTS, STANDARD
from mock_ares.harness.clients.kinds import KINDS, OF_COMMANDS, OF_WORDS, OPTIONS
from mock_ares.harness.clients.processes.strays import adopt
from mock_ares.harness.model import CheckResult, Edition, HarnessError, KnownFailure, UsageError
from mock_ares.harness.report import ENDINGS, ending
from mock_ares.harness.run.baseline import read, update
from mock_ares.harness.run.clients_file import ClientEntry, read_grid, refuse_options
from mock_ares.harness.run.replay import FOLDER, UNSAVED
from mock_ares.harness.settings import TRANSPORTS, HttpVersion, RunSettings, Transport, transport_named
from mock_ares.harness.stopping import Stopping, stoppable
from mock_ares.harness.surroundings import trusting
from mock_ares.paths import program
from mock_ares.scenario.diagnostics import listed, nearest
from mock_ares.scenario.words import whole_number

if TYPE_CHECKING:
    from mock_ares.harness.model import ClientReport, Report
    from mock_ares.harness.report.write import Replay
    from mock_ares.harness.run.check_runner import Event

HTTP_HELP = "What is spoken, alone; clients are told by ARES_HTTP_VERSION, and http_version in a driver's request."
TLS_HELP = "Over https; clients are told of the authority: ARES_CA, and what their libraries read."
PROFILE_HELP = "ARES as its pages have it, or as its source has it."
TIERS = ("documented", "standard", "defensive")
MOST_SEED = 2**32
MOST_SHARDS = 100
FEW, SLOW = 20, 0.1
"""Examples, and seconds for each, from which on a command is told what a driver would save."""
KEEP = (
    "To keep what was found: put the file behind replay beside your tests, and name it in `regressions` of a contract, "
    "or play it with `mock-ares replay`."
)
PATH = click.Path(path_type=Path)


class Refused(click.ClickException):
    """Something the caller has to put right."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"mock-ares: {self.message}", err=True)


class Broken(Refused):
    """The harness itself failed."""

    exit_code = 3


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong is told in a line, with the exit status that goes with it."""
    from mock_ares.harness.surroundings import obstacle

    try:
        yield
    except UsageError as error:
        raise Refused(str(error)) from None
    except HarnessError as error:
        raise Broken(f"the harness failed: {error}") from None
    except BrokenPipeError:  # nobody reads on, as behind head
        raise
    except (OSError, MemoryError) as error:
        message = f"{type(error).__name__}: {error}"
        raise Broken(
            f"the harness failed: {obstacle(message) or 'the system refused what it needs'} ({message})"
        ) from None


def _option(name: str) -> Any:
    kind = KINDS[name]
    if kind.takes is None:
        return click.option(f"--{name}", is_flag=True, help=kind.help)
    return click.option(f"--{name}", metavar=kind.takes, help=kind.help)


def _client_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD...]"),
            *(_option(name) for name in KINDS),
            *(
                click.option(f"--{word}", metavar=word.upper(), help=f"With --{kind}: {about}")
                for word, (kind, about) in OPTIONS.items()
            ),
            click.option("--can", multiple=True, metavar="CAPABILITIES", help="Such as incremental,retry,timeout=5."),
            click.option("--best-effort", is_flag=True, help="CMD pipes what it reads: promise no read boundaries."),
        )
    ):
        command = option(command)
    return command


@click.command()
@_client_options
@click.option("--grid", type=PATH, metavar="FILE.toml", help="Several clients, with what each can and is expected to.")
@click.option("--jobs", type=click.IntRange(1), help="Clients of a grid at once; by default two for each processor.")
@click.option("--contract", "edition", metavar="EDITION", help="The contract as it was then, such as 2026.1.")
@click.option("--quick", is_flag=True, help="Fixed examples alone, and none of the checks that last.")
@click.option("--tier", metavar="TIER", help="Only documented, standard or defensive checks.")
@click.option("--only", multiple=True, metavar="ID", help="Only this check; may be given again.")
@click.option("--expect", multiple=True, metavar="ID=WHY", help="This check fails, and why; may be given again.")
@click.option("--baseline", type=PATH, metavar="FILE.toml", help="The failures that are known: only others fail.")
@click.option(
    "--write-baseline", is_flag=True, help="Write down in FILE.toml what fails now, and take out what passes."
)
@click.option("--shard", metavar="I/N", help="One of N parts of the checks; `mock-ares report` joins.")
@click.option("--strict", is_flag=True, help="Defensive checks that fail are failures.")
@click.option("--profile", default="docs", type=click.Choice(["docs", "server"]), show_default=True, help=PROFILE_HELP)
@click.option("--tls", is_flag=True, help=TLS_HELP)
@click.option("--http", default="1.1", type=click.Choice(["1.1", "2"]), show_default=True, help=HTTP_HELP)
@click.option(
    "--transports", metavar="NAMES", help=f"Over each of these, a column for each: {', '.join(TRANSPORTS)}; all."
)
@click.option(
    "--dialect",
    default=STANDARD,
    type=click.Choice([*DIALECTS]),
    show_default=True,
    help="How the client wants its chunks.",
)
@click.option("--seed", type=click.IntRange(0), help="Other generated examples: those of this seed.")
@click.option(
    "--explore", is_flag=True, help="Other generated examples in each run; it says how to keep what it finds."
)
@click.option("--examples", type=click.IntRange(0), help="Generated ones for each check, behind its fixed ones.")
@click.option("--report", "reports", multiple=True, type=PATH, metavar="PATH", help=f"Write it as {listed(ENDINGS)}.")
@click.option("--name", default="", help="What the client is called in reports.")
@click.option("--failures", default=FOLDER, type=PATH, show_default=True, help="Where counterexamples are saved.")
def check(**options: Any) -> None:
    """Check a client: does it give back exactly what was sent?

    CMD is the client, behind two dashes: mock-ares check -- node client.mjs. It finds ARES_URL, ARES_PATH, ARES_TOKEN
    and ARES_MESSAGE in its environment, writes the text to standard output, and exits with a status that is not 0 to
    report failure.

    Exit status: 0 all passed, 1 the client failed, 2 wrong use, 3 the harness itself failed or a report could not be
    written. SIGINT, SIGTERM and SIGHUP end the clients and leave a report of what there is by then; the status is 128
    and the signal's number.
    """
    with told():
        entries = read_grid(options["grid"]) if options["grid"] else [_entry(options)]
        if options["grid"] and _given(options):
            raise UsageError(
                f"--grid names its clients itself; {listed(_given(options), 'and')} cannot stand beside it"
            )
        refuse_reports(options["reports"])
        entries = [replace(entry, transport=each) for entry in entries for each in _transports(options)]
        if (path := options["baseline"]) is not None:
            known = read(path, new_ok=options["write_baseline"])
            entries = [replace(entry, expect={**known.of(entry.title), **entry.expect}) for entry in entries]
        elif options["write_baseline"]:
            raise UsageError("--write-baseline needs --baseline FILE.toml, the file to write")
        with stoppable() as stopping:
            adopt()
            status = _check(entries, _settings(options), options, stopping)
    sys.exit(status)


def _check(entries: list[ClientEntry], settings: RunSettings, options: dict[str, Any], stopping: Stopping) -> int:
    from mock_ares.harness.report.summary import workflow_commands
    from mock_ares.harness.report.terminal import Terminal
    from mock_ares.harness.run.session import run
    from mock_ares.server.transport.client_socket import BARRIER

    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text stream all the same
    terminal = Terminal(clients=len(entries))

    def watch(entry: ClientEntry, event: Event) -> None:
        terminal.watch(entry.title, event)

    terminal.head(BARRIER.reason)
    with terminal.progress():
        session = run(entries, settings, options["failures"], watch, options["jobs"] or _jobs(entries))
    profiled = _profiled(settings.profile)
    arguments = {
        entry.title: profiled + (entry.transport or settings.transport).arguments + entry.arguments for entry in entries
    }

    def replayed(client: ClientReport, result: CheckResult) -> str | None:
        return replay_command(result, arguments[client.name])

    unwritten = write_reports(session.report, options["reports"], replayed)
    with suppress(OSError) if session.stopped else nullcontext():  # the terminal may be what has gone
        for line in terminal.report(session.report, replayed):
            click.echo(line)
        checks = [check for client in session.report.clients for check in client.checks]
        for why in sorted({check.reason.partition(UNSAVED)[2] for check in checks} - {""}):
            click.echo(f"counterexamples are not saved: {why}; --failures FOLDER names another place", err=True)
        if session.replaced:
            names = listed([path.name for path in session.replaced], "and")
            click.echo(
                f"other streams, of an earlier run, were replaced in {options['failures']}: {names}; "
                "--failures FOLDER, or another --name, keeps both"
            )
        for said in unwritten:
            click.echo(f"mock-ares: {said}", err=True)
        if os.environ.get("GITHUB_ACTIONS") == "true" and not options["write_baseline"]:
            for line in workflow_commands(session.report):
                click.echo(line)
        started = {e.words: _spent_in_starting(e, c) for e, c in zip(entries, session.report.clients, strict=False)}
        for said in filter(None, started.values()):
            click.echo(said)
        if session.stopped:
            click.echo("stopped before the end", err=True)
    if session.stopped:
        return stopping.status
    if options["write_baseline"] and session.status != 3:
        return 3 if unwritten else _written(options["baseline"], session.report)
    if options["explore"] and session.status == 1:
        click.echo(f"--seed {session.report.seed} draws the same examples again. {KEEP}")
    return 3 if unwritten else session.status


def _written(path: Path, report: Report) -> int:
    """The exit status: what fails now is known from here on."""
    try:
        written = update(path, report.clients)
    except OSError as error:
        click.echo(f"mock-ares: cannot write {path}: {error.strerror or error}; it is as it was", err=True)
        return 3
    click.echo(f"{path}: {written.said}. What fails now is known from here on, so the exit status is 0")
    return 0


def _spent_in_starting(entry: ClientEntry, client: ClientReport) -> str | None:
    """Points to drivers where a command takes long for each example; what it takes is mostly its start."""
    from mock_ares.harness.checks import CHECKS
    from mock_ares.starter.drivers import languages

    passed = [check for check in client.checks if check.verdict == "passed" and not CHECKS[check.info.id].row.lasts]
    examples, seconds = sum(check.examples for check in passed), sum(check.duration for check in passed)
    if not KINDS[entry.kind].starts_each or examples < FEW or seconds < SLOW * examples:
        return None
    known = languages()
    named = Path(entry.words[0]).name.rstrip("0123456789.")
    language = named if named in known else "|".join(known)
    return (
        f"{entry.title} was started anew for each example; {examples} that passed took {seconds:.0f} s, side by side; "
        f"a client that is kept running takes a fraction: `{program()} init --driver "
        f"{language}` writes what runs it"
    )


def replay_command(result: CheckResult, arguments: str) -> str | None:
    """The command line that plays a saved counterexample to its client again."""
    return f"{program()} replay {shlex.quote(result.replay)} {arguments}" if result.replay else None


def _profiled(profile: str) -> str:
    return "" if profile == "docs" else f"--profile {profile} "


def _settings(options: dict[str, Any]) -> RunSettings:
    tier = options["tier"]
    if tier is not None and tier not in TIERS:
        raise UsageError(f"no tier is named {tier!r}{nearest(tier, TIERS)}")
    return RunSettings(
        dialect=options["dialect"],
        profile=options["profile"],
        transport=Transport(options["tls"], options["http"]),
        seed=_seed(options["seed"], options["explore"]),
        examples=options["examples"],
        quick=options["quick"],
        tier=tier,
        only=options["only"],
        strict=options["strict"],
        expect=dict(map(_expected, options["expect"])),
        edition=_edition(options["edition"]),
        shard=_shard(options["shard"]),
    )


def _transports(options: dict[str, Any]) -> list[Transport | None]:
    """Those that were named; one None: --tls and --http say it."""
    words = options["transports"]
    if words is None:
        return [None]
    if options["tls"] or options["http"] != "1.1":
        raise UsageError(f"--transports {words} says it all; --tls and --http cannot stand beside it")
    names = TRANSPORTS if words == "all" else dict.fromkeys(map(str.strip, words.split(",")))
    return [transport_named(name, "--transports") for name in names]


def _jobs(entries: list[ClientEntry]) -> int | None:
    """Clients that look for their server at one port take turns."""
    return 1 if any("port" in KINDS[entry.kind].options for entry in entries) else None


def _edition(name: str | None) -> Edition | None:
    from mock_ares.harness.checks.editions import read

    return None if name is None else read(name)


def _shard(word: str | None) -> tuple[int, int] | None:
    if word is None:
        return None
    said, slash, all_said = word.partition("/")
    if not (slash and said.isascii() and said.isdigit() and all_said.isascii() and all_said.isdigit()):
        raise UsageError(f"--shard {word}: write which of how many, as in --shard 1/3")
    number, of = whole_number(said, MOST_SHARDS), whole_number(all_said, MOST_SHARDS)
    if not number or not of or number > of:
        raise UsageError(f"--shard {word}: there are shards 1 to N, and N is at most {MOST_SHARDS}")
    return number, of


def _seed(given: int | None, explore: bool) -> int:
    if given is not None and explore:
        raise UsageError("--explore draws a seed of its own; it cannot stand beside --seed")
    return secrets.randbelow(MOST_SEED) if explore else given or 0


def _expected(word: str) -> tuple[str, KnownFailure]:
    name, equals, why = word.partition("=")
    if not equals or not why.strip():
        raise UsageError(f"--expect {word}: write the check and the reason, as in --expect 'bom=the proxy strips it'")
    return name.strip(), KnownFailure(why.strip())


def _given(options: dict[str, Any]) -> list[str]:
    names = {name: f"--{name}" for name in (*KINDS, *OPTIONS, "name")}
    more = {"can": "--can", "best_effort": "--best-effort", "command": "a command"}
    return [flag for name, flag in (names | more).items() if options[name]]


def _entry(options: dict[str, Any]) -> ClientEntry:
    """The one client of a command line. Raises UsageError where that is none, or more than one."""
    command, flags = options["command"], [name for name in OF_COMMANDS if options[name]]
    words = {name: options[name] for name in OF_WORDS if options[name]}
    kinds = ["a command"] * bool(command) + [f"--{name}" for name in words]
    if len(kinds) != 1:
        there = f"there are {listed(kinds, 'and')}" if kinds else "there is none"
        ways = listed(["-- CMD", *(f"--{name} {KINDS[name].takes}" for name in OF_WORDS)])
        raise UsageError(f"name one client: {ways}; {there}")
    if not command and flags:
        kind_flags = listed([f"--{name}" for name in OF_COMMANDS], "and")
        raise UsageError(f"{kind_flags} go with a command; {kinds[0]} takes none")
    if len(flags) > 1:
        raise UsageError(f"choose one of {listed([f'--{name}' for name in flags], 'and')}: {KINDS[flags[0]].help}")
    kind = next(iter(words), None) or next(iter(flags), OF_COMMANDS[0])
    further = {word: options[word] for word in OPTIONS if options[word]}
    refuse_options(kind, further, mark="--")
    return ClientEntry(
        kind=kind,
        words=tuple(command or words.values()),
        name=options.get("name", ""),
        capabilities=tuple(word.strip() for words in options["can"] for word in words.split(",")),
        boundaries="best-effort" if options["best_effort"] else None,
        options=further,
    )


def refuse_reports(paths: tuple[Path, ...]) -> None:
    for path in paths:
        if ending(path.name) is None:
            raise UsageError(f"--report {path}: the ending says the form, and there are {listed(ENDINGS, 'and')}")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"--report {path}: there is no folder {path.parent}")


def write_reports(report: Report, paths: tuple[Path, ...], replay: Replay) -> list[str]:
    """Why some could not be written."""
    from mock_ares.harness.report.write import write

    unwritten = list[str]()
    for path in paths:
        try:
            write(report, path, replay)
        except OSError as error:
            unwritten.append(f"cannot write {path}: {error.strerror or error}; what was there before is still there")
    return unwritten


@click.command()
@click.argument("file", type=PATH)
@_client_options
@click.option("--tls", is_flag=True, help=TLS_HELP)
@click.option("--http", default="1.1", type=click.Choice(["1.1", "2"]), show_default=True, help=HTTP_HELP)
@click.option("--profile", default="docs", type=click.Choice(["docs", "server"]), show_default=True, help=PROFILE_HELP)
def replay(file: Path, profile: str, tls: bool, http: HttpVersion, **options: Any) -> None:
    """Play a saved counterexample FILE to a client again: FIXED, or STILL FAILS.

    The client is given as to check: mock-ares replay FILE -- node client.mjs.

    Exit status: 0 fixed, 1 still failing, 2 wrong use, 3 the harness itself failed.
    """
    with told(), stoppable() as stopping:
        adopt()
        try:
            with trusting(transport := Transport(tls, http)):
                status = _replay(file, _entry(options), profile, transport)
        except KeyboardInterrupt:
            status = stopping.status
    sys.exit(status)


def _replay(file: Path, entry: ClientEntry, profile: str, transport: Transport) -> int:
    from mock_ares.harness.checks import find
    from mock_ares.harness.play.example_runner import ExampleRunner
    from mock_ares.harness.report.counterexample.failure_text import failure_text, painter
    from mock_ares.harness.report.terminal import has_color, width_of
    from mock_ares.harness.run.check_runner import judge_case
    from mock_ares.harness.run.replay import load

    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text stream all the same
    name, case = load(file)
    info = find(name).info
    client = entry.make()
    client.start()
    try:
        with ExampleRunner.of(client, profile, transport) as arena:
            failure = judge_case(client, case, arena, info)
    finally:
        client.close()
    color = has_color(sys.stdout)
    paint = painter(color)
    if failure is None:
        click.echo(f"{paint('FIXED', 'green')}  {info.id}: {info.title}")
        return 0
    click.echo(f"{paint('STILL FAILS', 'bold-red')}\n")
    command = f"{program()} replay {shlex.quote(str(file))} {_profiled(profile)}{transport.arguments}{entry.arguments}"
    click.echo(failure_text(info, failure, command, width_of(sys.stdout), color))
    return 1


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option(
    "--report", "-o", "reports", multiple=True, type=PATH, metavar="PATH", help="Write it as the ending says."
)
def report(files: tuple[Path, ...], reports: tuple[Path, ...]) -> None:
    """Join the JSON reports of shards, or of several clients, to one.

    Exit status: as of the run that they are parts of.
    """
    with told():
        refuse_reports(reports)
        status = _joined(files, reports)
    sys.exit(status)


def _joined(files: tuple[Path, ...], reports: tuple[Path, ...]) -> int:
    from mock_ares.harness.report.joined import join, read
    from mock_ares.harness.report.terminal import Terminal
    from mock_ares.harness.run.session import status_of

    joined, commands = join({str(path): read(path) for path in files})

    def replayed(client: ClientReport, result: CheckResult) -> str | None:
        return commands.get((client.name, result.info.id))

    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text stream all the same
    for line in Terminal(clients=len(joined.clients)).report(joined, replayed):
        click.echo(line)
    unwritten = write_reports(joined, reports, replayed)
    for said in unwritten:
        click.echo(f"mock-ares: {said}", err=True)
    return 3 if unwritten else status_of(joined.clients)

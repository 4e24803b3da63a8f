"""The command line. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import difflib
import gc
import math
import os
import re
import shlex
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from mock_ares._version import __version__
from mock_ares.ares.chats import CHATS

if TYPE_CHECKING:
    from mock_ares.scenario.catalogue import Entry
    from mock_ares.scenario.model import BadTls, Scenario
    from mock_ares.server.certificates.identity import Certificate
    from mock_ares.server.files.scenario_files import Folder
    from mock_ares.starter.drivers import Scaffold

PROFILES = click.Choice(["docs", "server"])
FILES = click.Path(path_type=Path)
MOST_REQUESTS = 10**15
"""That a limit may allow."""
MOST_LIFETIME = 36500 * 86400
"""Seconds: a hundred years."""
UNREADABLE = "cannot be read: "


class DialectChoice(click.Choice[str]):
    """One of the dialects, which are imported when somebody asks for one."""

    def __init__(self) -> None:
        super().__init__(())

    @property
    def choices(self) -> tuple[str, ...]:
        from mock_ares.dialects import DIALECTS

        return tuple(DIALECTS)

    @choices.setter
    def choices(self, none: object) -> None:
        pass


class WrongUse(click.ClickException):
    """Something the caller has to put right: one line or more, exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


class _Lazy(click.Group):
    """Heavy commands are imported when they are asked for."""

    later: ClassVar = {
        "check": "mock_ares.harness.commands",
        "replay": "mock_ares.harness.commands",
        "report": "mock_ares.harness.commands",
        "verify": "mock_ares.verify.commands",
        "record": "mock_ares.recorder.commands",
        "drift": "mock_ares.recorder.commands",
        "docs": "mock_ares.manual.commands",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.later])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.later:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(self.later[cmd_name]), cmd_name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="mock-ares")
@click.pass_context
def main(context: click.Context) -> None:
    """A fake ARES: scripted SSE streams, exact to the byte; and checks of any client that reads them."""
    if context.invoked_subcommand != "serve":  # which starts the collector itself, when all is there
        gc.enable()


def _limit(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, float] | None:
    """N/DURATION, as in 10/60s or 100/24h."""
    if value is None:
        return None
    from mock_ares.scenario.words import parse_duration, whole_number

    said, slash, period = value.partition("/")
    count = whole_number(said, MOST_REQUESTS)
    try:
        if not slash or not count:
            raise ValueError("write requests/duration, such as 10/60s")
        seconds = parse_duration(period)
        if not seconds:
            raise ValueError("a limit holds for some time, such as 10/60s")
        return count, seconds
    except ValueError as error:
        raise click.BadParameter(f"{value!r}: {error}") from None


def _speed(context: click.Context, option: click.Parameter, value: float) -> float:
    if math.isnan(value):
        raise click.BadParameter("a number above 0 is wanted")
    return value


def _host(context: click.Context, option: click.Parameter, value: str) -> str:
    """Not the empty one, which a variable leaves that is not set: it would mean every address of this machine."""
    if not value:
        raise click.BadParameter("an address is wanted, such as 127.0.0.1; 0.0.0.0 is every one of this machine")
    return value


def _bad_tls(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[BadTls, int]:
    """Kinds with their ports; 0: any free one."""
    if not values:
        return {}
    from mock_ares.scenario.diagnostics import nearest
    from mock_ares.scenario.words import whole_number
    from mock_ares.server.certificates.bad_tls import BAD_TLS

    found: dict[BadTls, int] = {}
    for value in values:
        name, equals, port = value.partition("=")
        number = whole_number(port, 65535) if equals else 0
        if number is None:
            raise click.BadParameter(f"{value!r}: behind = a port is wanted, a number from 0 to 65535")
        if name == "all" and not equals:
            found.update((kind, found.get(kind, 0)) for kind in BAD_TLS)
            continue
        kind = next((kind for kind in BAD_TLS if kind == name), None)
        if kind is None:
            raise click.BadParameter(f"{value!r}: there is no such kind{nearest(name, ['all', *BAD_TLS])}")
        found[kind] = number
    return found


def _secret(context: click.Context, option: click.Parameter, value: str | None) -> bytes | None:
    return os.fsencode(value) if value else None


def _seconds(context: click.Context, option: click.Parameter, value: str) -> float:
    from mock_ares.scenario.words import parse_duration

    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r}: {error}") from None


@main.command()
@click.argument("files", nargs=-1, type=FILES)
@click.option("--host", default="127.0.0.1", show_default=True, callback=_host, help="The address to listen on.")
@click.option(
    "--port", show_default="3000, or the next free one", type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option("--profile", default="docs", type=PROFILES, help="Whose behaviour: ARES's pages, or its server.")
@click.option("--scenario", help="The scenario that answers where none is asked for and none applies.")
@click.option("--dialect", type=DialectChoice(), help="How chunks become events; by default the profile's way.")
@click.option(
    "--speed", default=1.0, type=click.FloatRange(min=0, min_open=True), callback=_speed, help="2: twice as fast."
)
@click.option("--instant", is_flag=True, help="Wait for nothing.")
@click.option("--cors", "origins", multiple=True, help="An allowed origin, or *; by default loopback ones and null.")
@click.option("--rate-limit", callback=_limit, metavar="N/DURATION", help="For each token, as in 10/60s.")
@click.option(
    "--address-limit",
    callback=_limit,
    metavar="N/DURATION",
    help="For each address: N at once, then one each DURATION.",
)
@click.option("--quota", callback=_limit, metavar="N/DURATION", help="For each token, as in 100/24h.")
@click.option(
    "--secret", envvar="MOCK_ARES_SECRET", callback=_secret, help="Signs tokens; by default one that everybody knows."
)
@click.option("--refuse-port", type=click.IntRange(0, 65535), help="Also a port that refuses connections.")
@click.option("--reset-port", type=click.IntRange(0, 65535), help="Also a port that accepts and resets them.")
@click.option("--latency", default="0s", callback=_seconds, metavar="DURATION", help="Every answer is so late.")
@click.option(
    "--tls", is_flag=True, help="https, by an authority of its own, which is made once; how to trust it is told."
)
@click.option(
    "--bad-tls",
    multiple=True,
    callback=_bad_tls,
    metavar="KIND[=PORT]",
    help="--tls, and also a port that clients must refuse, such as expired; all: one of each kind.",
)
@click.option("--cert", type=FILES, metavar="FILE", help="https, with this certificate (PEM) and its --key.")
@click.option("--key", type=FILES, metavar="FILE", help="The certificate's key (PEM).")
@click.option(
    "--http", default="both", show_default=True, type=click.Choice(["1.1", "2", "both"]), help="The versions spoken."
)
@click.option(
    "--http2-streams", default=128, show_default=True, type=click.IntRange(0), help="Streams at once, on a connection."
)
@click.option("--control-token", envvar="MOCK_ARES_CONTROL_TOKEN", help="Opens console and control API to its holders.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes, for load tests.")
@click.option("--json-logs", is_flag=True, help="A JSON object per line, for machines.")
@click.option(
    "--until-stdin-closes", is_flag=True, help="End with the program that holds standard input, however that ends."
)
def serve(files: tuple[Path, ...], host: str, port: int | None, **options: Any) -> None:
    """Serve the fake. FILES are scenario files or folders of them; by default the library that comes with it.

    A file that is saved is served anew; one with mistakes keeps the last good version. The console is at /_mock/.
    """
    from dataclasses import replace

    from mock_ares.authoring.shipped import entries
    from mock_ares.scenario.diagnostics import ScenarioError
    from mock_ares.server.certificates.identity import CertificateError
    from mock_ares.server.hosting.foreground import end_with_stdin, run
    from mock_ares.server.hosting.loop import CannotListenError, raise_file_limit
    from mock_ares.server.transport.read_barrier import SwitchError

    raise_file_limit()
    if options["until_stdin_closes"]:
        end_with_stdin()
    folder = _folder(files) if files else None
    try:
        scenarios = _of_folder(folder, options) if folder is not None else entries()
        if "pydantic" in sys.modules:  # files have been read, which leaves cycles behind
            gc.collect()
        gc.freeze()  # modules and scenarios stay: the collector's pauses need not grow with them
        gc.enable()
        if options["workers"] > 1:
            _serve_alike(scenarios, host, port, options)
            return
        ports = {"refuse": options["refuse_port"], "reset": options["reset_port"]}
        settings = _settings(options, host)
        if folder is not None and settings.scenario is not None and folder.may_have(settings.scenario):
            settings = replace(settings, awaited=True)
        bad = options["bad_tls"]
        run(settings, scenarios, host, port, folder=folder, json_logs=options["json_logs"], bad_tls=bad, **ports)
    except ScenarioError as error:
        raise WrongUse(str(error)) from None
    except (CannotListenError, CertificateError, SwitchError, LookupError) as error:
        raise WrongUse(f"mock-ares: {error.args[0]}") from None


def _folder(files: tuple[Path, ...]) -> Folder:
    from mock_ares.server.files.scenario_files import Folder

    try:
        return Folder(files)
    except FileNotFoundError:
        raise WrongUse(f"mock-ares: {files[0]}: the folder that this was started in is no more") from None


def _of_folder(folder: Folder, options: dict[str, Any]) -> list[Scenario]:
    """What can be served: files are mended while the fake runs. Raises ScenarioError where that would not help."""
    from mock_ares.scenario.diagnostics import ScenarioError

    folder.scan()
    if folder.mistakes and (folder.missing or options["workers"] > 1):  # workers read no file again
        raise ScenarioError(folder.mistakes)
    return folder.scenarios


def _serve_alike(scenarios: Iterable[Scenario | Entry], host: str, port: int | None, options: dict[str, Any]) -> None:
    from dataclasses import replace

    from mock_ares.server.hosting.workers import NeedsStateError, run

    given = [
        name
        for name in ("refuse_port", "reset_port", "json_logs", "bad_tls")
        if options[name] is not None and options[name] is not False and options[name] != {}
    ]
    if given:
        raise WrongUse(f"mock-ares: --workers cannot be used with --{given[0].replace('_', '-')}")
    settings = replace(_settings(options, host), replica=True)
    try:
        run(settings, scenarios, host, port, options["workers"], click.echo)
    except NeedsStateError as error:
        raise WrongUse(f"mock-ares: --workers: {error}") from None


def _settings(options: dict[str, Any], host: str) -> Any:
    from mock_ares.server.replies.cors import is_loopback
    from mock_ares.server.state import Settings

    return Settings(
        profile=options["profile"],
        scenario=options["scenario"],
        dialect=options["dialect"],
        speed=math.inf if options["instant"] else options["speed"],
        origins=options["origins"] or None,
        rate_limit=options["rate_limit"],
        quota=options["quota"],
        address_limit=options["address_limit"],
        secret=options["secret"],
        latency=options["latency"],
        exposed=not is_loopback(f"http://[{host}]" if ":" in host else f"http://{host}"),
        control_token=options["control_token"] or None,
        tls=_tls(options),
        http=options["http"],
        http2_streams=options["http2_streams"],
    )


def _tls(options: dict[str, Any]) -> bool | Certificate:
    from mock_ares.server.certificates.identity import Certificate

    cert, key = options["cert"], options["key"]
    if (cert is None) != (key is None):
        there, missing = ("--cert", "--key") if key is None else ("--key", "--cert")
        raise WrongUse(f"mock-ares: {there} without {missing}: a certificate and its key belong together")
    if cert is not None and options["bad_tls"]:
        raise WrongUse(
            "mock-ares: --bad-tls is certified by the authority that --tls makes: leave out --cert and --key"
        )
    return Certificate(cert, key) if cert is not None else bool(options["tls"] or options["bad_tls"])


def _scaffold(language: str) -> Scaffold:
    from mock_ares.scenario.diagnostics import listed, nearest
    from mock_ares.starter.drivers import languages, scaffold

    if language not in (known := languages()):
        hint = nearest(language, known, tell_all=False)
        raise WrongUse(f"mock-ares: there is no driver in {language}{hint}; there are {listed(known, 'and')}")
    return scaffold(language)


@main.command()
@click.argument("folder", required=False, type=FILES)
@click.option("--driver", metavar="LANGUAGE", help="Instead a driver for `check`, by default in ./driver.")
def init(folder: Path | None, driver: str | None) -> None:
    """Write a starter FOLDER (by default ./scenarios): scenarios to change, and a schema with which editors complete
    and check them. Nothing that is there is overwritten."""
    from mock_ares.paths import program
    from mock_ares.starter import write

    kit = None if driver is None else _scaffold(driver)
    folder = folder or Path("scenarios" if kit is None else "driver")
    try:
        made, kept = write(folder) if kit is None else kit.write(folder)
    except (FileExistsError, NotADirectoryError) as error:
        raise WrongUse(f"mock-ares: {error.filename or folder} is a file; name a folder") from None
    except OSError as error:
        raise WrongUse(f"mock-ares: {error.filename or folder}: {error.strerror}") from None
    for path in made:
        click.echo(f"made  {path}")
    for path in kept:
        click.echo(f"kept  {path}, which was there")
    named = f"./{folder}" if str(folder).startswith("-") else str(folder)
    if kit is not None:
        click.echo(f"\nYour client goes in the place of {kit.client}. This checks it:\n")
        for line in kit.lines(shlex.quote(named), program()):
            click.echo(line)
        return
    click.echo(f"\nThis serves it, and each file anew when you save it:\n\n{program()} serve {shlex.quote(named)}")


@main.command()
@click.option("--api-key", is_flag=True, help="An API key, for the /v1 paths.")
@click.option("--expired", is_flag=True, help="One that expired an hour ago.")
@click.option("--refresh", is_flag=True, help="A refresh token, which is no access token in the docs profile.")
@click.option("--lifetime", default="30d", show_default=True, help="How long it is valid, such as 30s or 15m.")
@click.option("--profile", default="docs", type=PROFILES, help="Whose behaviour: ARES's pages, or its server.")
@click.option(
    "--secret", envvar="MOCK_ARES_SECRET", callback=_secret, help="The running server's, if it has one of its own."
)
def token(api_key: bool, expired: bool, refresh: bool, lifetime: str, profile: str, secret: bytes | None) -> None:
    """Print a token that the running server accepts."""
    from mock_ares.ares.credentials import Keyring
    from mock_ares.ares.profiles import PROFILES as TABLE

    keyring = Keyring(secret, TABLE[profile]) if secret else Keyring(profile=TABLE[profile])
    seconds = -3600.0 if expired else _lifetime(lifetime)
    if api_key:
        click.echo(keyring.issue_api_key(lifetime=seconds))
    else:
        click.echo(keyring.issue_jwt(kind="refresh" if refresh else "access", lifetime=seconds))


def _lifetime(text: str) -> float:
    from mock_ares.scenario.words import parse_duration

    try:
        days = re.fullmatch(r"([0-9.]+)\s*d", text)
        seconds = 24 * parse_duration(f"{days[1]}h") if days else parse_duration(text)
        if not 1 <= seconds <= MOST_LIFETIME:
            raise ValueError("a token lives from 1s to 36500d; --expired makes one that is over")
    except ValueError as error:
        raise WrongUse(f"mock-ares: --lifetime {text}: {error}") from None
    return seconds


@main.command()
@click.argument("file", type=FILES)
@click.option("--reply", type=click.IntRange(1), help="Only this one, counted from 1.")
@click.option("--message", default="Explain how neural networks learn", help="What the request says.")
@click.option("--profile", default="docs", type=PROFILES, help="Whose behaviour: ARES's pages, or its server.")
@click.option("--gzip/--no-gzip", default=True, help="Whether the client accepts gzip.")
@click.option(
    "--http", type=click.Choice(["1.0", "1.1", "2"]), help="What the client speaks; by default what can say the reply."
)
@click.option(
    "--path", type=click.Choice(list(CHATS)), help="Which of ARES's chats is asked; by default the scenario's own path."
)
@click.option("--messages", is_flag=True, help="The request has the form of the v1 page.")
@click.option("--tls", is_flag=True, help="Over TLS: where records end, and how it says that it ends.")
@click.option("--all", "everything", is_flag=True, help="Every write and every byte.")
def show(file: Path, **options: Any) -> None:
    """Print what a scenario FILE would send, or one of the library by its name: a timeline of every byte."""
    from mock_ares.server.replies.preview import preview

    scenario = _one(file)
    for line in preview(scenario, **options):
        click.echo(line)


@main.command()
@click.argument("files", nargs=-1, required=True, type=FILES)
def validate(files: tuple[Path, ...]) -> None:
    """Check scenario FILES and folders. Exit status: 0 all right, 1 mistakes, 2 a file cannot be read."""
    from mock_ares.scenario.diagnostics import ScenarioError

    try:
        scenarios_of_files = _load(files)
    except ScenarioError as error:
        click.echo(error)
        count = len(error.mistakes)
        click.echo(f"{count} mistake{'s' * (count != 1)}")
        sys.exit(2 if any(UNREADABLE in mistake.message for mistake in error.mistakes) else 1)
    if not scenarios_of_files:
        raise WrongUse(f"mock-ares: no scenario files in {', '.join(map(str, files))}")
    click.echo(f"{len(scenarios_of_files)} scenario{'s' * (len(scenarios_of_files) != 1)}, no mistakes")


@main.group("list")
def list_() -> None:
    """What there is to choose from."""


@list_.command()
@click.argument("files", nargs=-1, type=FILES)
def scenarios(files: tuple[Path, ...]) -> None:
    """The scenarios of the library, or of FILES."""
    _table((scenario.name, scenario.summary) for scenario in load_all(files))


@list_.command()
def faults() -> None:
    """The faults, with their arguments."""
    import dataclasses
    import inspect

    from mock_ares.faults import FAULTS

    def row(name: str, fault: Any) -> tuple[str, str]:
        arguments = ", ".join(
            f.name if f.default is dataclasses.MISSING else f"{f.name}={f.default!r}" for f in dataclasses.fields(fault)
        )
        return f"{name}({arguments})" if len(arguments) < 40 else f"{name}(...)", inspect.getdoc(fault) or ""

    _table(row(name, fault) for name, fault in FAULTS.items())


@list_.command()
def errors() -> None:
    """The named HTTP errors."""
    from mock_ares.ares.errors import NAMES

    _table(NAMES.items())


@list_.command()
@click.option("--since", metavar="EDITION", help="Only what is newer than this edition of the contract.")
def checks(since: str | None) -> None:
    """The checks of the contract, with their tiers."""
    from mock_ares.harness.checks import CHECKS

    if since is not None:
        _newer(since)
        return
    _table((name, f"{check.info.tier:<12} {check.info.title}") for name, check in CHECKS.items())


def _newer(since: str) -> None:
    from mock_ares.harness.checks.editions import newer, read
    from mock_ares.harness.model import UsageError

    try:
        edition = read(since)
    except UsageError as error:
        raise WrongUse(f"mock-ares: {error}") from None
    rows = list[tuple[str, str]]()
    for check, examples in newer(edition):
        what = f"{examples} new examples" if check.id in edition.checks else "a new check"
        rows.append((check.id, f"{what:<16} {check.info.title}"))
    _table(rows)
    if not rows:
        click.echo(f"nothing is newer than {since}")


def _table(rows: Iterable[tuple[str, str]]) -> None:
    found = list(rows)
    width = max((len(name) for name, _ in found), default=0)
    for name, text in found:
        click.echo(f"{name:<{width}}  {' '.join(text.split())}")


# --- scenario files -------------------------------------------------------------------------------------------------


def load_all(files: tuple[Path, ...]) -> list[Scenario]:
    """The scenarios of files and folders, by default the library's. Raises Usage with every mistake of all of them."""
    from mock_ares.scenario.diagnostics import ScenarioError

    try:
        return _load(files)
    except ScenarioError as error:
        raise WrongUse(str(error)) from None


def _load(files: tuple[Path, ...]) -> list[Scenario]:
    if not files:
        from mock_ares.authoring.shipped import library

        return [*library().values()]
    from mock_ares.ares.errors import NAMES
    from mock_ares.authoring.load import load_all as load

    return load(files, errors=NAMES)


def _one(path: Path) -> Scenario:
    """The scenario of a file, or of the library by its name."""
    from mock_ares.paths import is_there

    if not is_there(path):
        from mock_ares.authoring.shipped import library

        known = library()
        if str(path) not in known:
            near = difflib.get_close_matches(str(path), known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "; mock-ares list scenarios names those of the library"
            raise WrongUse(f"mock-ares: {path} is neither a file nor a scenario of the library{hint}")
        return known[str(path)]
    scenarios = load_all((path,))
    if not scenarios:
        raise WrongUse(f"mock-ares: {path}: no scenario files in this folder")
    return scenarios[0]

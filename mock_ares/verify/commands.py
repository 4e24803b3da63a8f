"""The command `verify`."""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import click

from mock_ares.harness.commands import PATH, Broken, refuse_reports, told, write_reports
from mock_ares.harness.model import CheckResult, UsageError
from mock_ares.harness.report.terminal import Terminal
from mock_ares.harness.stopping import Stopping, stoppable
from mock_ares.scenario.diagnostics import nearest
from mock_ares.scenario.words import parse_duration
from mock_ares.verify.asking import Asker
from mock_ares.verify.exchange import NoAnswerError, is_credential
from mock_ares.verify.limiter import Limiter
from mock_ares.verify.questions import TABLE
from mock_ares.verify.run import Verification

AUTO = "auto"


def _seconds(context: click.Context, option: click.Parameter, value: str) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r}: {error}") from None


@click.command()
@click.argument("url")
@click.option("--token", envvar="ARES_TOKEN", help="A JWT, for what a user asks.")
@click.option("--api-key", envvar="ARES_API_KEY", help="A key, for what an application asks.")
@click.option("--login", metavar="EMAIL:PASSWORD", envvar="ARES_LOGIN", help="An account to log in with, for a JWT.")
@click.option("--profile", default=AUTO, type=click.Choice([AUTO, "docs", "server"]), show_default=True,
              help="ARES as its pages have it, or as its source has it; auto: by the first answers.")  # fmt: skip
@click.option("--only", multiple=True, metavar="ID", help="Only this question; may be given again.")
@click.option("--write", is_flag=True, help="Ask what leaves something behind or costs something, too: streams, ...")
@click.option("--wait", default="1m", callback=_seconds, metavar="DURATION", show_default=True,
              help="How long in all the server's rate limiter is waited for.")  # fmt: skip
@click.option("--timeout", default="20s", callback=_seconds, metavar="DURATION", show_default=True,
              help="The longest silence before an answer is given up.")  # fmt: skip
@click.option("--ca", type=PATH, metavar="FILE", help="The authority of its certificate, as PEM.")
@click.option("--http", default="1.1", type=click.Choice(["1.1", "2"]), show_default=True,
              help="The version that is spoken; 2: by ALPN, or in clear text with prior knowledge.")  # fmt: skip
@click.option("--report", "reports", multiple=True, type=PATH, metavar="PATH", help="Write it as the ending says.")
def verify(url: str, **options: Any) -> None:
    """Verify a server: does it answer as ARES does?

    URL is its origin, such as http://127.0.0.1:3000. Only what leaves no trace is asked, unless --write is there.

    Exit status: 0 it does, 1 it answers otherwise, 2 wrong use, or credentials that the server does not take, 3 there
    is no answer, or a report could not be written. SIGINT, SIGTERM and SIGHUP leave a report of what there is by then;
    the status is 128 and the signal's number.
    """
    with told():
        refuse_reports(options["reports"])
        run = Verification(
            Asker(url, timeout=options["timeout"], ca=options["ca"], http=options["http"]),
            "" if options["profile"] == AUTO else options["profile"],
            dict(_credentials(options)),
            _only(options["only"]),
            options["write"],
            Limiter(options["wait"]),
        )
        with stoppable() as stopping:
            status = _verify(run, options["reports"], stopping)
    sys.exit(status)


def _verify(run: Verification, reports: tuple[Path, ...], stopping: Stopping) -> int:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text stream all the same
    terminal = Terminal()

    def watch(result: CheckResult) -> None:
        if result.verdict != "skipped":  # those are told together
            terminal.line(terminal.row(result))

    run.watch, run.tell = watch, terminal.line
    try:
        run.run()
    except KeyboardInterrupt:
        run.notes.append("stopped before the end")
    except NoAnswerError as error:
        raise Broken(f"{run.asker.url} {error}") from None
    report = run.report()
    unwritten = write_reports(report, reports, _never)
    with suppress(OSError) if stopping.asked else nullcontext():  # the terminal may be what has gone
        for line in terminal.report(report, _never):
            click.echo(line)
        for said in unwritten:
            click.echo(f"mock-ares: {said}", err=True)
    return stopping.status if stopping.asked else 3 if unwritten else run.status


def _never(*_: object) -> None:
    """No command plays a difference again but the one that found it."""


def _only(ids: tuple[str, ...]) -> frozenset[str]:
    known = [question.info.id for question in TABLE]
    for unknown in (id_ for id_ in ids if id_ not in known):
        raise UsageError(f"--only: there is no question {unknown!r}{nearest(unknown, known)}")
    return frozenset(ids)


def _credentials(options: dict[str, Any]) -> Any:
    for kind, word in (("jwt", "token"), ("api-key", "api_key")):
        if value := options[word]:
            if not is_credential(value):
                flag = word.replace("_", "-")
                raise UsageError(f"--{flag}: a credential has neither spaces nor characters beyond ASCII")
            yield kind, value
    if login := options["login"]:
        email, colon, password = login.partition(":")
        if not colon or not email or not password:
            raise UsageError("--login: write EMAIL:PASSWORD")
        yield from (("email", email), ("password", password))

"""A run of the contract over one client or several: progress passed on, counterexamples saved, a stop survived."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mock_ares._version import __version__
from mock_ares.harness.model import NEWEST, ClientReport, Report, UsageError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.checks_in_order import Contract, selected
from mock_ares.harness.run.clients_file import ClientEntry
from mock_ares.harness.run.parallel import Abreast, Checked, Watch
from mock_ares.harness.run.replay import replaced_by, with_replay
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.surroundings import trusting
from mock_ares.server.transport.client_socket import BARRIER


@dataclass(slots=True)
class CheckSession:
    """What has been found out so far."""

    settings: RunSettings
    folder: Path
    clients: list[ClientReport] = field(default_factory=list)
    stopped: bool = False
    """By a signal; the last client's checks are not all there."""
    replaced: list[Path] = field(default_factory=list)
    """Counterexamples of earlier runs, of other streams, in whose place there are others now."""

    @property
    def report(self) -> Report:
        edition = self.settings.edition
        name = edition.name if edition else NEWEST
        transport = self.settings.transport
        over = ["over TLS"] * bool(transport.tls) + ["by HTTP/2"] * (transport.http == "2")
        notes = (f"Everything went {' and '.join(over)}.",) if over else ()
        return Report(__version__, self.settings.seed, tuple(self.clients), BARRIER.reason, notes=notes, edition=name)

    @property
    def status(self) -> int:
        """The exit status."""
        return status_of(self.clients)


def status_of(clients: Iterable[ClientReport]) -> int:
    """3 the harness failed, 1 contract failures, 0 none."""
    verdicts = {check.verdict for client in clients for check in client.checks}
    return 3 if "errored" in verdicts else 1 if "failed" in verdicts else 0


def run(
    entries: Sequence[ClientEntry], settings: RunSettings, folder: Path, watch: Watch, jobs: int | None = None
) -> CheckSession:
    """Runs the checks on each client, ``jobs`` of them at once; None: two for each processor.

    Raises UsageError before the first check, for all that can be told then. A KeyboardInterrupt ends the run, and what
    there is by then is reported.
    """
    each = [_settings(entry, settings) for entry in entries]
    session = CheckSession(settings, folder)
    found: dict[int, Checked] = {}
    runs = list[EntryRun]()
    jobs = min(jobs or 2 * (os.cpu_count() or 1), len(entries))
    try:
        if len(entries) > 1:
            _try_all(zip(entries, each, strict=True))
        if jobs > 1:
            Abreast(EntryRun.of, entries, each, jobs, watch, found).run()
        else:
            for entry, own in zip(entries, each, strict=True):
                runs.append(EntryRun.of(entry, own, watch))
                runs[-1].run()
    except KeyboardInterrupt:
        session.stopped = True
    found.update((number, Checked(each.report, stopped=False)) for number, each in enumerate(runs))
    for number, (report, stopped) in sorted(found.items()):
        session.stopped = session.stopped or stopped
        title = entries[number].title
        session.replaced += filter(None, (replaced_by(check, folder, title) for check in report.checks))
        checks = (with_replay(check, folder, title) for check in report.checks)
        session.clients.append(replace(report, checks=tuple(checks)))
    return session


def _settings(entry: ClientEntry, settings: RunSettings) -> RunSettings:
    own = replace(
        settings,
        dialect=entry.dialect or settings.dialect,
        expect={**settings.expect, **entry.expect},
        transport=entry.transport or settings.transport,
    )
    if not selected(own):
        raise UsageError(f"there is nothing to check: no {settings.tier} check is among {', '.join(settings.only)}")
    return own


def _try_all(entries: Iterable[tuple[ClientEntry, RunSettings]]) -> None:
    """A client that cannot be started is told of before the others take their minutes."""
    for entry, settings in entries:
        client = entry.make()
        try:
            with trusting(settings.transport):
                client.start()
        except UsageError as error:
            raise UsageError(f"{entry.title}: {error}") from None
        finally:
            client.close()


@dataclass(slots=True)
class EntryRun:
    """The contract and one client of a file, or the only one."""

    entry: ClientEntry
    settings: RunSettings
    contract: Contract

    @classmethod
    def of(cls, entry: ClientEntry, settings: RunSettings, watch: Watch) -> EntryRun:
        client = entry.make()
        arena = ExampleRunner.of(client, settings.profile, settings.transport)
        return cls(entry, settings, Contract(client, settings, arena, partial(watch, entry)))

    def run(self) -> None:
        """Raises UsageError."""
        with trusting(self.settings.transport):
            self.contract.run()

    @property
    def report(self) -> ClientReport:
        return replace(self.contract.report, name=self.entry.title)

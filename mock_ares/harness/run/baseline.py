"""Failures that are known: a file that says of each client which checks it fails, and why.

    [clients."node client.mjs"]
    bom = "our proxy strips it"
    read-crlf = { why = "a race in our buffer", sometimes = true }

A check that is in it and passes is a failure until it is taken out, but for one that comes and goes. Clients go by the
names that reports have for them. Comments, and the reasons that stand there, survive an update.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from mock_ares.authoring.text_files import MOST_SETTINGS, read_whole
from mock_ares.harness.model import CheckResult, ClientReport, Failure, KnownFailure, UsageError
from mock_ares.scenario.diagnostics import nearest
from mock_ares.whole_file import write_whole

CLIENTS = "clients"
WRITER = "--write-baseline"
MOST_REASON = 200
"""Characters of a diagnosis that is written down as a reason."""


class Update(NamedTuple):
    """What has been written, in failures of the clients of a run."""

    known: int
    new: int
    """Of the known ones."""
    gone: int
    """Taken out, for they pass."""

    @property
    def said(self) -> str:
        return f"{self.known} failure{'s' * (self.known != 1)} in it now: {self.new} added, {self.gone} taken out"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known failures of each client, by check."""

    path: Path
    clients: Mapping[str, Mapping[str, KnownFailure]]
    new_ok: bool = False
    """It is about to be written: a client that it does not name has no known failures yet."""
    option: str = WRITER
    """What writes it."""

    def of(self, client: str) -> Mapping[str, KnownFailure]:
        """Those of one client. Raises UsageError for one that the file does not name."""
        if client not in self.clients and self.new_ok:
            return {}
        if client not in self.clients:
            raise UsageError(
                f"{self.path} has no client {client!r}{nearest(client, self.clients)}; {self.option} puts it there"
            )
        return self.clients[client]


def read(path: Path, *, new_ok: bool = False, option: str = WRITER) -> Baseline:
    """``new_ok``: neither the file nor a client in it need be there. Raises UsageError, with the place in the file."""
    try:
        data = tomllib.loads(text := read_whole(path, MOST_SETTINGS).decode())
    except FileNotFoundError:
        if new_ok:
            return Baseline(path, {}, new_ok, option)
        raise UsageError(f"there is no baseline {path}; {option} makes it") from None
    except OSError as error:
        raise UsageError(f"cannot read the baseline {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the baseline {path} is no TOML file: {error}") from None
    if unknown := sorted(data.keys() - {CLIENTS}):
        raise UsageError(
            f'{path}: unknown word {unknown[0]!r}; a baseline has a table [clients."NAME"] for each client'
        )
    clients = data.get(CLIENTS, {})
    if not isinstance(clients, dict):
        raise UsageError(f'{path}: clients are tables, [clients."NAME"], not {clients!r}')
    known = {name: known_failures(of, f"{path}: client {name!r}") for name, of in clients.items()}
    lines = lines_of(text)
    placed = {
        name: {check: replace(each, place=_placed(path, lines.get((name, check)))) for check, each in of.items()}
        for name, of in known.items()
    }
    return Baseline(path, placed, new_ok, option)


def lines_of(text: str) -> dict[tuple[str, str], int]:
    """Where each check of a client stands, counted from 1; without those that are spelled in another way than
    ``--write-baseline`` has it.
    """
    found, client = dict[tuple[str, str], int](), ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            client = _client_of(line)
        elif key := re.match(r"""["']?([\w-]+)["']?\s*=""", line):
            found.setdefault((client, key[1]), number)
    return found


def _client_of(header: str) -> str:
    """``node client.mjs``, of ``[clients."node client.mjs"]``; empty where it is the header of something else."""
    try:
        tables = tomllib.loads(header).get(CLIENTS)
    except tomllib.TOMLDecodeError:
        return ""
    return str(next(iter(tables), "")) if isinstance(tables, dict) else ""


def _placed(path: Path, line: int | None) -> str:
    return str(path) if line is None else f"{path}:{line}"


def known_failures(value: Any, where: str) -> dict[str, KnownFailure]:
    """A table of check ids and reasons: ``{"bom": "why"}``, or ``{"bom": {"why": "...", "sometimes": True}}``.

    Raises UsageError.
    """
    if not isinstance(value, Mapping):
        raise UsageError(f'{where}: checks and reasons are wanted, as in {{ bom = "why" }}, not {value!r}')
    return {name: _known(name, said, where) for name, said in value.items()}


def _known(name: str, said: Any, where: str) -> KnownFailure:
    from mock_ares.harness.checks import find

    try:
        find(name)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    words = dict(said) if isinstance(said, Mapping) else {"why": said}
    why, sometimes = words.pop("why", ""), words.pop("sometimes", False)
    if words:
        unknown = next(iter(words))
        raise UsageError(f"{where}: {name} has a word {unknown!r}{nearest(unknown, ('why', 'sometimes'))}")
    if not isinstance(why, str) or not why.strip():
        raise UsageError(f"{where}: {name} needs a reason, a text that is not empty")
    if not isinstance(sometimes, bool):
        raise UsageError(f"{where}: sometimes of {name} is true or false, not {sometimes!r}")
    return KnownFailure(why.strip(), sometimes)


def update(path: Path, clients: Sequence[ClientReport]) -> Update:
    """Writes down what these clients fail at now, whole or not at all; what was not run, and other clients, stay.

    Raises UsageError for a file that is no baseline, and OSError.
    """
    import tomlkit

    read(path, new_ok=True)
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    tables = document.setdefault(CLIENTS, tomlkit.table(is_super_table=True))
    known = new = gone = 0
    for client in clients:
        table = tables.setdefault(client.name, tomlkit.table())
        for check in client.checks:
            if check.verdict == "failed" and check.failure is not None and check.info.id not in table:
                table[check.info.id] = reason_of(check.failure)
                new += 1
            elif _is_mended(check) and check.info.id in table:
                del table[check.info.id]
                gone += 1
        known += len(table)
    write_whole(path, tomlkit.dumps(document))
    return Update(known, new, gone)


def _is_mended(check: CheckResult) -> bool:
    """Whether it passes though it is expected to fail. One that comes and goes has not failed by passing."""
    return check.verdict == "failed" and check.failure is None


def reason_of(failure: Failure) -> str:
    """What is written down of one, until somebody puts it better."""
    said = " ".join(f"{failure.word}: {failure.diagnosis}".split())
    return said if len(said) <= MOST_REASON else f"{said[: MOST_REASON - 1]}…"

"""The kill matrix: every mutant through every check. ``python -m tests.mutants.matrix`` prints it.

What takes work is shared out among processes. The checks that only last run meanwhile in this one, a thread for each
client, since all they do is wait.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest

from mock_ares.harness.arena import Arena
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.python import PythonClient
from mock_ares.harness.model import CheckResult
from mock_ares.harness.runner import run_check, run_contract
from mock_ares.harness.settings import Settings
from tests.mutants.base import Right
from tests.mutants.table import RIGHT, TABLE, Mutant, name_of

EXAMPLES = 6
"""Generated ones for each check, behind its fixed ones, which alone are to tell a mutant."""
LASTING = tuple(check for check in CHECKS.values() if check.row.lasts)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one check says of one client."""

    verdict: str
    word: str
    said: str

    @classmethod
    def of(cls, result: CheckResult) -> Cell:
        said = result.failure.diagnosis if result.failure else result.reason
        return cls(result.verdict, result.outcome, said)


Row = Mapping[str, Cell]


def client_of(kind: type[Right]) -> PythonClient:
    return PythonClient(kind().stream_chat, name_of(kind), kind.capabilities)


def settings_of(kind: type[Right], seed: int, quick: bool) -> Settings:
    return Settings(dialect=kind.dialect, seed=seed, quick=quick, examples=EXAMPLES, strict=True)  # type: ignore[arg-type]


def at_work(kind: type[Right], seed: int) -> Row:
    """All checks but those that last, which are said to be skipped."""
    report = run_contract(client_of(kind), settings_of(kind, seed, quick=True))
    return {result.info.id: Cell.of(result) for result in report.checks}


def in_time(kind: type[Right], seed: int) -> Row:
    """The checks that last."""
    settings = settings_of(kind, seed, quick=False)
    with client_of(kind) as client, Arena(settings.profile) as arena:
        return {check.id: Cell.of(run_check(client, check, arena, settings)) for check in LASTING}


def matrix(kinds: Sequence[type[Right]], seed: int = 0, processes: int | None = None) -> dict[str, Row]:
    """By client and check."""
    spawn = multiprocessing.get_context("spawn")
    jobs = processes or max(2, os.cpu_count() or 2)
    with ProcessPoolExecutor(jobs, spawn) as workers, ThreadPoolExecutor(len(kinds)) as waiting:
        working: list[Future[Row]] = [workers.submit(at_work, kind, seed) for kind in kinds]
        lasting: list[Future[Row]] = [waiting.submit(in_time, kind, seed) for kind in kinds]
        both = zip(kinds, working, lasting, strict=True)
        return {name_of(kind): {**work.result(), **lasts.result()} for kind, work, lasts in both}


def failed_by(row: Row) -> frozenset[str]:
    return frozenset(check for check, cell in row.items() if cell.verdict == "failed")


def errors_in(row: Row) -> dict[str, str]:
    """Where the harness erred."""
    return {check: cell.said for check, cell in row.items() if cell.verdict == "errored"}


# Printing

SIGNS = {"passed": "·", "informational": "·", "skipped": " ", "errored": "E", "failed": "x"}
LEGEND = "x failed, as foreseen   ! failed, not foreseen   ? foreseen, not failed   · passed   E the harness erred"


def sign(cell: Cell, check: str, foreseen: frozenset[str]) -> str:
    if (cell.verdict == "failed") != (check in foreseen) and cell.verdict != "errored":
        return "!" if cell.verdict == "failed" else "?"
    return SIGNS[cell.verdict]


def printed(rows: Mapping[str, Row], foreseen: Mapping[str, frozenset[str]]) -> Iterable[str]:
    checks, width = list(CHECKS), max(map(len, rows))
    for letters in zip_longest(*(name.rjust(max(map(len, checks))) for name in checks)):
        yield " " * width + " " + "".join(letters)
    for name, row in rows.items():
        yield f"{name:{width}} " + "".join(sign(row[check], check, foreseen[name]) for check in checks)
    yield ""
    yield LEGEND
    for name, row in rows.items():
        yield from (f"{name}: {line}" for line in surprises(row, foreseen[name]))


def surprises(row: Row, foreseen: frozenset[str]) -> Iterable[str]:
    for check in sorted(failed_by(row) - foreseen):
        yield f"failed by {check}, not foreseen: {row[check].word}: {row[check].said}"
    for check in sorted(foreseen - failed_by(row)):
        yield f"not failed by {check}, as was foreseen: {row[check].verdict} {row[check].said}"
    for check, said in errors_in(row).items():
        yield f"{check}: the harness erred: {said}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Prints which check fails which mutant.")
    parser.add_argument("mutants", nargs="*", help="by name; by default all, and the clients they are made of")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    known = {name_of(kind): Mutant(kind, frozenset(), "") for kind in RIGHT} | {m.name: m for m in TABLE}
    if unknown := set(chosen.mutants) - known.keys():
        parser.error(f"no mutant is named {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    mutants = [known[name] for name in chosen.mutants] or list(known.values())
    rows = matrix([m.kind for m in mutants], chosen.seed)
    foreseen = {m.name: m.failed_by for m in mutants}
    lines = list(printed(rows, foreseen))
    sys.stdout.write("\n".join(lines) + "\n")
    surprised = [name for name, row in rows.items() if list(surprises(row, foreseen[name]))]
    killed = sum(bool(failed_by(row)) for row in rows.values())
    sys.stdout.write(f"{killed} of {len(rows)} killed, {len(surprised)} not as foreseen\n")
    return 1 if surprised else 0


if __name__ == "__main__":
    sys.exit(main())

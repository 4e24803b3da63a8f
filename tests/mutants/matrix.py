"""The kill matrix: every mutant through every check. ``python -m tests.mutants.matrix`` prints it.

What takes work is shared out among processes. The checks that only last run meanwhile in this one, a thread for each
client, since all they do is wait.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import CheckResult
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.check_runner import run_check
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import TRANSPORTS, RunSettings, Transport
from tests.mutants.base import Right
from tests.mutants.by_http2 import ByHttp2
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


CLEAR = Transport()


def settings_of(kind: type[Right], seed: int, quick: bool, transport: Transport = CLEAR) -> RunSettings:
    return RunSettings(
        dialect=kind.dialect, seed=seed, quick=quick, examples=EXAMPLES, strict=True, transport=transport
    )


def spoken(kind: type[Right], transport: Transport) -> type[Right]:
    """The same client, as wrong as it is, where something else lies beneath its body."""
    if transport.http == "1.1":
        return kind
    return ByHttp2 if issubclass(ByHttp2, kind) else type(kind.__name__, (kind, ByHttp2), {"__doc__": kind.__doc__})


def at_work(kind: type[Right], seed: int, transport: Transport = CLEAR) -> Row:
    """All checks but those that last, which are said to be skipped."""
    client = client_of(spoken(kind, transport))
    report = run_contract(client, settings_of(kind, seed, quick=True, transport=transport))
    return {result.info.id: Cell.of(result) for result in report.checks}


def in_time(kind: type[Right], seed: int) -> Row:
    """The checks that last."""
    settings = settings_of(kind, seed, quick=False)
    with client_of(kind) as client, ExampleRunner(settings.profile) as arena:
        return {check.id: Cell.of(run_check(client, check, arena, settings)) for check in LASTING}


def matrix(
    kinds: Sequence[type[Right]], seed: int = 0, jobs: int | None = None, transport: Transport = CLEAR
) -> Iterator[tuple[str, Row]]:
    """Each client and what the checks say of it, in turn; ``jobs``: so many processes, by default one for each CPU.

    The checks that last are about time, and asked in clear text alone.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs or os.cpu_count(), spawn) as workers, ThreadPoolExecutor(len(kinds)) as waiting:
        working: list[Future[Row]] = [workers.submit(at_work, kind, seed, transport) for kind in kinds]
        lasting = [waiting.submit(in_time, kind, seed) for kind in kinds] if transport == CLEAR else []
        for kind, work, lasts in zip_longest(kinds, working, lasting):
            yield name_of(kind), {**work.result(), **(lasts.result() if lasts is not None else {})}


def failed_by(row: Row) -> frozenset[str]:
    return frozenset(check for check, cell in row.items() if cell.verdict == "failed")


# Printing

SIGNS = {"passed": "·", "informational": "·", "skipped": " ", "errored": "E", "failed": "x"}
LEGEND = "x failed, as foreseen   ! failed, not foreseen   ? foreseen, not failed   · passed   E the harness erred"


def sign(cell: Cell, check: str, foreseen: frozenset[str]) -> str:
    if (cell.verdict == "failed") != (check in foreseen) and cell.verdict != "errored":
        return "!" if cell.verdict == "failed" else "?"
    return SIGNS[cell.verdict]


def heading(width: int) -> Iterator[str]:
    """The ids of the checks, from top to bottom."""
    for letters in zip_longest(*(name.rjust(max(map(len, CHECKS))) for name in CHECKS)):
        yield " " * width + " " + "".join(letters)


def asked(row: Row, foreseen: frozenset[str], transport: Transport) -> frozenset[str]:
    """What of it is foreseen elsewhere than in clear text: what means something there."""
    if transport == CLEAR:
        return foreseen
    return frozenset(check for check in foreseen if row[check].verdict != "skipped")


def surprises(row: Row, foreseen: frozenset[str]) -> Iterator[str]:
    for check in sorted(failed_by(row) - foreseen):
        yield f"failed by {check}, not foreseen: {row[check].word}: {row[check].said}"
    for check in sorted(foreseen - failed_by(row)):
        yield f"not failed by {check}, as was foreseen: {row[check].verdict} {row[check].said}"
    for check, cell in row.items():
        if cell.verdict == "errored":
            yield f"{check}: the harness erred: {cell.said}"


def show(mutants: Sequence[Mutant], seed: int, jobs: int | None, transport: Transport = CLEAR) -> int:
    """Prints the matrix as it comes, and how many clients are not as foreseen."""
    begun = time.monotonic()
    width, surprised = max(len(mutant.name) for mutant in mutants), list[str]()
    say = sys.stdout.write
    say("\n".join(heading(width)) + "\n")
    rows = matrix([mutant.kind for mutant in mutants], seed, jobs, transport)
    for mutant, (name, row) in zip(mutants, rows, strict=True):
        foreseen = asked(row, mutant.failed_by, transport)
        say(f"{name:{width}} " + "".join(sign(row[check], check, foreseen) for check in CHECKS) + "\n")
        sys.stdout.flush()
        surprised += [f"{name}: {line}" for line in surprises(row, foreseen)]
    took = f"{time.monotonic() - begun:.0f} s"
    say("\n".join(["", LEGEND, *surprised, f"{len(mutants)} clients, {len(surprised)} surprises, {took}", ""]))
    return len(surprised)


def main() -> int:
    parser = argparse.ArgumentParser(description="Prints which check fails which mutant.")
    parser.add_argument("mutants", nargs="*", help="by name; by default all, and the clients they are made of")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--transport", choices=TRANSPORTS, default=CLEAR.name, help="what lies beneath the body")
    parser.add_argument("-j", "--jobs", type=int, metavar="N", help="processes; by default one for each CPU")
    chosen = parser.parse_args()
    known = {name_of(kind): Mutant(kind, frozenset(), "") for kind in RIGHT} | {m.name: m for m in TABLE}
    if unknown := set(chosen.mutants) - known.keys():
        parser.error(f"no mutant is named {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return (
        1
        if show(
            [known[name] for name in chosen.mutants] or list(known.values()),
            chosen.seed,
            chosen.jobs,
            TRANSPORTS[chosen.transport],
        )
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())

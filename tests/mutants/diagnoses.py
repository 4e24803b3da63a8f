"""What a user is told of forty bugs, to be judged by who knows them: ``python -m tests.mutants.diagnoses``.

Each bug is named above its report. 3 points: the cause is named, the smallest stream is shown with the feature marked,
and the advice mends it; a point less for each that is missing, and for what is told beside the bug.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor

from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import Report
from mock_ares.harness.report.terminal import Terminal
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import DialectName
from tests.mutants.matrix import client_of
from tests.mutants.parsers import CAPABILITIES, PARSERS
from tests.mutants.table import TABLE

FORTY = """
    decodes-latin-1 decodes-read-by-read drops-bad-bytes takes-every-mark compatible-characters lf-only no-bare-cr
    lf-cr-is-one line-separator-ends-lines forgets-cr-between-reads unfinished-line-is-lost lines-of-4096
    first-event-of-a-read the-space-is-the-formats takes-all-spaces splits-at-the-last-colon decodes-entities
    stops-at-done dies-without-a-colon names-in-any-case comments-are-errors retry-is-a-number any-line-ends-the-event
    joins-with-nothing ends-in-a-newline loses-the-last-newline an-empty-event-ends-it empty-data-ends-it
    repeated-text-is-dropped any-2xx types-begin-alike obeys-charset gzip-needs-no-end unzips-read-by-read
    sizes-in-small-letters no-trailers needs-a-length
    early-hints-are-final eof-is-success close-is-success adds-the-attempts
"""


def client(name: str) -> tuple[PythonClient, str]:
    """The client with that bug, and what the bug is."""
    for parser in PARSERS:
        if parser.name == name:
            bug = f"{parser.right}\n--> {parser.wrong}"
            return PythonClient(parser.stream_chat(), name, CAPABILITIES), bug
    (kind,) = (mutant.kind for mutant in TABLE if mutant.name == name)
    return client_of(kind), kind.__doc__ or ""


def dialect_of(name: str) -> DialectName:
    for parser in PARSERS:
        if parser.name == name:
            return parser.dialect
    return next(mutant.kind.dialect for mutant in TABLE if mutant.name == name)


def told(name: str, seed: int) -> str:
    """The end of a quick run, as the terminal shows it."""
    of, bug = client(name)
    report = Report("", seed, (run_contract(of, RunSettings(dialect=dialect_of(name), seed=seed, quick=True)),))
    lines = Terminal(width=100).report(report, lambda client, check: None)
    return "\n".join([f"=== {name}", bug, "", *lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description="Prints what a quick check says of known bugs.")
    parser.add_argument("names", nargs="*", help="by default forty of them")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    names = chosen.names or FORTY.split()
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as workers:
        for said in workers.map(told, names, [chosen.seed] * len(names)):
            sys.stdout.write(said)
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.mutation``: all first-order mutants of the corrected clients, put to the contract.

Exit status 1: one survives, or a row of the table of equivalents is about nothing any more.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.mutation.changes import Change
from tests.mutation.equivalents import EQUIVALENTS, stale
from tests.mutation.judge import SUBJECTS, Subject, judged


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Puts mutants to the contract.")
    parser.add_argument("subjects", nargs="*", choices=[[], *(s.name for s in SUBJECTS)], help="by default all")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth mutant")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="mutants at once")
    parser.add_argument("--quick", action="store_true", help="fixed examples only")
    parser.add_argument("--verbose", action="store_true", help="say what kills each")
    chosen = parser.parse_args()
    subjects = [subject for subject in SUBJECTS if not chosen.subjects or subject.name in chosen.subjects]
    # A list: who fails in one must be told of all.
    return max([_run(subject, chosen) for subject in subjects])


def _run(subject: Subject, chosen: argparse.Namespace) -> int:
    begun, made = time.monotonic(), list(subject.mutants(subject.source))
    if (wrong := judged(subject, subject.source, quick=chosen.quick or chosen.every > 1)) is not None:
        _say(f"{subject.name}: it fails {wrong} itself, so that no mutant of it can be judged")
        return 1
    outdated = stale(subject.name, made)
    equivalent = [each for each in made if any(row.covers(subject.name, each) for row in EQUIVALENTS if not row.beyond)]
    beyond = [each for each in made if any(row.covers(subject.name, each) for row in EQUIVALENTS if row.beyond)]
    tried = [each for each in made if each not in equivalent and each not in beyond][:: chosen.every]
    survivors = list[Change]()
    with ThreadPoolExecutor(chosen.jobs) as pool:  # each waits for a process
        for change, reason in zip(
            tried, pool.map(lambda each: judged(subject, each.source, quick=chosen.quick), tried), strict=True
        ):
            if reason is None:
                survivors.append(change)
            if reason is None or chosen.verbose:
                _say(f"{'SURVIVES' if reason is None else 'killed'}  {subject.file}:{change.number}: {change.what}  |  "
                     f"{change.line}{f'  |  {reason}' if reason else ''}")  # fmt: skip
    for row in outdated:
        _say(f"STALE  {subject.name}: {row.what}  |  {row.line}")
    killed = len(tried) - len(survivors)
    _say(
        f"{subject.name}: {len(made)} mutants, {len(equivalent)} equivalent, {len(beyond)} beyond the contract; "
        f"of {len(tried)} tried {killed} killed, {len(survivors)} survive; {time.monotonic() - begun:.0f} s"
    )
    return 1 if survivors or outdated else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

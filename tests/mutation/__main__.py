"""``python -m tests.mutation``: all first-order mutants of the corrected clients, put to the contract.

Exit status 1: one survives, or a row of the table of equivalents is about nothing any more.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from tests.mutation.changes import Change
from tests.mutation.equivalents import EQUIVALENTS, Equivalent, stale
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
    begun = time.monotonic()
    with ThreadPoolExecutor(chosen.jobs) as pool:  # each waits for a process
        # The last first, whose mutants hold a process up for longest: nobody waits for one of them at the end.
        trials = [_Trial.begun(subject, chosen, pool) for subject in reversed(subjects)]
        # A list: who fails in one must be told of all.
        status = max([_told(trial, chosen.verbose) for trial in trials])
    _say(f"in all, {time.monotonic() - begun:.0f} s")
    return status


@dataclass(frozen=True, slots=True)
class _Trial:
    """A client and its mutants, each being put to the contract; a reason is what kills one."""

    subject: Subject
    made: list[Change]
    equivalent: int
    beyond: int
    itself: Future[str | None]
    tried: list[tuple[Change, Future[str | None]]]

    @classmethod
    def begun(cls, subject: Subject, chosen: argparse.Namespace, pool: ThreadPoolExecutor) -> _Trial:
        made = list(subject.mutants(subject.source))
        itself = pool.submit(judged, subject, subject.source, quick=chosen.quick or chosen.every > 1)
        rows = [_row_of(subject, each) for each in made]
        tried = [each for each, row in zip(made, rows, strict=True) if row is None][:: chosen.every]
        return cls(
            subject,
            made,
            sum(row is not None and not row.beyond for row in rows),
            sum(row is not None and row.beyond for row in rows),
            itself,
            [(each, pool.submit(judged, subject, each.source, quick=chosen.quick)) for each in tried],
        )


def _row_of(subject: Subject, change: Change) -> Equivalent | None:
    return next((row for row in EQUIVALENTS if row.covers(subject.name, change)), None)


def _told(trial: _Trial, verbose: bool) -> int:
    """What came of it, line by line. Gives the exit status."""
    subject = trial.subject
    if (wrong := trial.itself.result()) is not None:
        for _, judging in trial.tried:
            judging.cancel()
        _say(f"{subject.name}: it fails {wrong} itself, so that no mutant of it can be judged")
        return 1
    survivors = 0
    for change, judging in trial.tried:
        reason = judging.result()
        survivors += reason is None
        if reason is None or verbose:
            _say(f"{'SURVIVES' if reason is None else 'killed'}  {subject.file}:{change.number}: {change.what}  |  "
                 f"{change.line}{f'  |  {reason}' if reason else ''}")  # fmt: skip
    outdated = stale(subject.name, trial.made)
    for row in outdated:
        _say(f"STALE  {subject.name}: {row.what}  |  {row.line}")
    tried = len(trial.tried)
    _say(
        f"{subject.name}: {len(trial.made)} mutants, {trial.equivalent} equivalent, {trial.beyond} beyond the "
        f"contract; of {tried} tried {tried - survivors} killed, {survivors} survive"
    )
    return 1 if survivors or outdated else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

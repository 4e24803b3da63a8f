"""Whether the reference gets the same verdicts whatever the seed: ``python -m tests.mutants.steadiness --runs 20``.

Run by hand: twenty runs of the whole contract take as many minutes, on a machine with nothing else to do; half of each
is waiting, so several with seeds of their own can go on at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from functools import partial

from mock_ares.client import stream_chat
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import DialectName
from tests.mutants.base import TIMEOUT

CAPABILITIES = ("incremental", "cancel", "v1", f"timeout={TIMEOUT:g}")


def verdicts(seed: int, dialect: DialectName, examples: int | None) -> dict[str, str]:
    """By check; with what was said, where it is not that the check is passed."""
    client = PythonClient(partial(stream_chat, timeout=TIMEOUT, dialect=dialect), "reference", CAPABILITIES)
    settings = RunSettings(dialect=dialect, seed=seed, strict=True, examples=examples)
    report = run_contract(client, settings)
    said = {r.info.id: r.failure.diagnosis if r.failure else r.reason for r in report.checks}
    return {r.info.id: f"{r.verdict} {said[r.info.id]}".strip() for r in report.checks}


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Runs the contract on the reference client, each time with another seed."
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--dialect", choices=("text", "delta", "typed"), default="text")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--examples", type=int, help="generated ones for each check; by default as many as in any run")
    chosen = parser.parse_args()
    found = Counter[tuple[tuple[str, str], ...]]()
    for seed in range(chosen.first, chosen.first + chosen.runs):
        begun = time.monotonic()
        run = verdicts(seed, chosen.dialect, chosen.examples)
        found[tuple(run.items())] += 1
        bad = {check: said for check, said in run.items() if said.startswith(("failed", "errored"))}
        counts = Counter(said.split()[0] for said in run.values())
        took = f"{time.monotonic() - begun:.0f} s at load {os.getloadavg()[0]:.1f}"
        sys.stdout.write(f"seed {seed}: {dict(counts)} in {took} {bad or ''}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(found)} sets of verdicts in {chosen.runs} runs\n")
    return 0 if len(found) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())

"""Whether the reference gets the same verdicts whatever the seed: ``python -m tests.mutants.steadiness --runs 20``.

Run by hand: twenty runs of the whole contract take as many minutes, on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from functools import partial

from mock_ares.client import stream_chat
from mock_ares.harness.clients.python import PythonClient
from mock_ares.harness.runner import run_contract
from mock_ares.harness.settings import Settings
from tests.mutants.base import TIMEOUT

CAPABILITIES = ("incremental", "cancel", "v1", f"timeout={TIMEOUT:g}")


def verdicts(seed: int, dialect: str) -> dict[str, str]:
    """By check; with what was said, where it is not that the check is passed."""
    client = PythonClient(partial(stream_chat, timeout=TIMEOUT, dialect=dialect), "reference", CAPABILITIES)
    report = run_contract(client, Settings(dialect=dialect, seed=seed, strict=True))  # type: ignore[arg-type]
    said = {r.info.id: r.failure.diagnosis if r.failure else r.reason for r in report.checks}
    return {r.info.id: f"{r.verdict} {said[r.info.id]}".strip() for r in report.checks}


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Runs the contract on the reference client, each time with another seed."
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--dialect", choices=("text", "delta", "typed"), default="text")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    chosen = parser.parse_args()
    found = Counter[tuple[tuple[str, str], ...]]()
    for seed in range(chosen.first, chosen.first + chosen.runs):
        begun = time.monotonic()
        run = verdicts(seed, chosen.dialect)
        found[tuple(run.items())] += 1
        bad = {check: said for check, said in run.items() if said.startswith(("failed", "errored"))}
        counts = Counter(said.split()[0] for said in run.values())
        sys.stdout.write(f"seed {seed}: {dict(counts)} in {time.monotonic() - begun:.0f} s {bad or ''}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(found)} sets of verdicts in {chosen.runs} runs\n")
    return 0 if len(found) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())

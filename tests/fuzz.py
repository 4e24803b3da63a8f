"""``make fuzz``: the property tests with seeds that nobody has tried, round after round, on all cores.

    make fuzz ARGS="--minutes 5"

Each round is a run of pytest with a seed of its own. A failure is told with a line that repeats it: a seed gives the
same examples again, in any order and on any machine. What has failed is left out of the rounds behind; what failed in
an earlier run is tried first (``build/fuzz``).
"""

from __future__ import annotations

import argparse
import math
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "build" / "fuzz"
FAILED = "MOCK_ARES_FUZZ_FAILED"
"""Names the file for the ids of tests that fail."""
WORKER = "PYTEST_XDIST_WORKER"
SEEDS = 2**32
"""As many as PYTHONHASHSEED may be."""
CHOSEN = "hypothesis and not slow"
PATIENCE = 60
"""Seconds for pytest to end when it is interrupted."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """As a plugin of the rounds (``-p tests.fuzz``); in xdist's workers it is silent."""
    if report.failed and FAILED in os.environ and WORKER not in os.environ:
        with Path(os.environ[FAILED]).open("a") as file:
            print(report.nodeid, file=file)


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a run with one seed."""

    seed: int
    status: int
    output: str
    failed: tuple[str, ...]
    interrupted: bool = False

    @property
    def summary(self) -> str:
        return next((line.strip("= ") for line in reversed(self.output.splitlines()) if line.strip()), "nothing said")

    @property
    def erred(self) -> bool:
        """Pytest could not run, which says nothing about any test."""
        return self.status not in (0, 1) and not self.interrupted


@dataclass(slots=True)
class Fuzz:
    until: float
    chosen: tuple[str, ...]
    failures: dict[str, int] = field(default_factory=dict)
    """By the id of a test, the seed."""
    rounds: int = 0

    def run(self, seeds: Iterator[int]) -> int:
        """Rounds until the time is over. Gives the exit status."""
        for seed in seeds:
            if self.rounds and time.monotonic() > self.until:
                return 0
            print(f"round {self.rounds + 1}, seed {seed}: ", end="", flush=True)
            done = self._round(seed)
            print(done.summary)
            if done.erred:
                print(done.output)
                return done.status
            self._tell(done)
            if done.interrupted and (self.rounds == 1 or time.monotonic() <= self.until):
                return 130
        raise AssertionError("there are always more seeds")

    def _tell(self, done: Round) -> None:
        self.rounds += 1
        if done.failed:
            print(done.output)
        for test in done.failed:
            self.failures[test] = done.seed
            print(f"to repeat it: {repeats(test, done.seed)}")

    def _round(self, seed: int) -> Round:
        PLACE.mkdir(parents=True, exist_ok=True)
        failed, output = PLACE / "failed", PLACE / "output"
        failed.write_text("")
        left_out = [f"--deselect={test}" for test in self.failures]
        command = [*line(seed), *("-p", "tests.fuzz", "-n", "auto", "--dist", "worksteal"), *("-m", CHOSEN)]
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), FAILED: str(failed)}
        environment.pop(WORKER, None)  # of a run that this one is inside of
        with output.open("w") as file:
            process = subprocess.Popen(
                [*command, *left_out, *self.chosen],
                stdout=file,
                stderr=file,
                env=environment,
                start_new_session=True,  # of Ctrl-C it is told once, by us
            )
            interrupted = not ended(process, self.until if self.rounds else math.inf)
        found = tuple(dict.fromkeys(failed.read_text().splitlines()))
        return Round(seed, process.returncode, output.read_text(), found, interrupted)


def ended(process: subprocess.Popen[bytes], until: float) -> bool:
    """Whether it has ended by itself; at the end of the time, or of one's patience (Ctrl-C), it is ended."""
    try:
        process.wait(max(until - time.monotonic(), 0) if until < math.inf else None)
        return True
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
    return False


def line(seed: int, python: str = sys.executable) -> list[str]:
    return [python, "-m", "pytest", "-q", "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}"]


def repeats(test: str, seed: int) -> str:
    """The line for a shell, in the project's folder."""
    python = os.path.relpath(sys.executable, ROOT) if ROOT in Path(sys.executable).parents else sys.executable
    return f"PYTHONHASHSEED={seed} {shlex.join([*line(seed, python), test])}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description="The property tests with fresh seeds.")
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="then the round that runs is ended, but for the first"
    )
    parser.add_argument("--seed", type=int, help="of the first round; the others count on from it")
    parser.add_argument("chosen", nargs="*", metavar="TESTS", help="files, folders or ids; by default all")
    asked = parser.parse_args()
    first = secrets.randbelow(SEEDS) if asked.seed is None else asked.seed
    os.chdir(ROOT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs have it ignored
    fuzz = Fuzz(time.monotonic() + 60 * asked.minutes, tuple(asked.chosen))
    try:
        status = fuzz.run(seed % SEEDS for seed in count(first))
    except KeyboardInterrupt:  # between two rounds
        status = 130
    print(f"{fuzz.rounds} rounds from seed {first}, {len(fuzz.failures)} tests failed")
    for test, seed in fuzz.failures.items():
        print(f"  {repeats(test, seed)}")
    return int(bool(fuzz.failures)) or status


if __name__ == "__main__":
    sys.exit(main())

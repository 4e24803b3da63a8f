"""Runs figures and prints them; each leaves its numbers in build/bench, from which ``page`` writes the document."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from importlib import import_module, metadata
from pathlib import Path

from tests.bench.figure import Result
from tests.bench.places import RESULTS

FIGURES = (
    "throughput", "writes", "lateness", "crowd", "tokens", "startup", "thread", "plugin", "memory", "barrier",
    "contract", "growth", "planning", "recorder", "transports",
)  # fmt: skip


def machine() -> dict[str, str]:
    """Where the numbers come from."""
    cpus = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    packages = ("uvicorn", "starlette", "uvloop", "httptools", "hypothesis", "pytest")
    return {
        "measured": time.strftime("%Y-%m-%d"),
        "machine": f"{len(cpus)} x {cpus[0]}" if cpus else platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in packages},
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=FIGURES, help="one figure; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="of everything, in turn")
    parser.add_argument("--command", default="make bench", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in asked.only or FIGURES:
        result: Result = import_module(f"tests.bench.{name}").measure(asked.rounds)
        print("\n".join(result.lines()), flush=True)
        found = {"machine": machine(), "rounds": asked.rounds, **result.as_dict()}
        (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Where the benchmarks keep what they install and what they find; make sets it up."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"
RESULTS = BUILD / "results"
OURS = ROOT / ".venv" / "bin"
RIVALS = BUILD / "venv" / "bin"
"""Rivals in Python have an environment of their own."""
AIMOCK = BUILD / "node" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
CONTENDERS = Path(__file__).parent / "contenders"
SCRATCH = Path(os.environ.get("TMPDIR", "/tmp"))

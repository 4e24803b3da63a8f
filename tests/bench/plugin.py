"""What the plugin adds to pytest's start where no test uses it."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from pathlib import Path

from tests.bench.figure import OURS, Result, Row
from tests.bench.places import OURS as BIN


def measure(rounds: int) -> Result:
    with_, without = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_nothing.py").write_text("def test_nothing(): pass\n")
        for turn in range(4 * rounds + 1):
            pair = _run(folder, "-p", "mock_ares.pytest_plugin"), _run(folder)
            if turn:
                with_.append(pair[0])
                without.append(pair[1])
    what = "CPU time of a run of one empty test"
    added = [a - b for a, b in zip(with_, without, strict=True)]
    rows = [
        Row(what, "pytest with the plugin", "ms", with_),
        Row(what, "pytest without it", "ms", without),
        Row("added by the plugin", OURS, "ms", added),
    ]
    result = Result("plugin", "The plugin, installed and not used", rows)
    result.judge("added by the plugin", "under 10 ms", lambda row: row.median < 10)
    return result


def _run(folder: str, *options: str) -> float:
    """Milliseconds of CPU time of the whole process, so that nothing is left out."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # others that are installed only add noise
    command = [
        str(BIN / "python"),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        folder,
        *options,
        folder,
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False, env=environment, cwd=folder)
    assert done.returncode == 0, done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

"""What the plugin adds to pytest's start where no test uses it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from tests.bench.figure import OURS, Result, Row
from tests.bench.places import OURS as BIN

PLUGIN = ("-p", "mock_ares.pytest_plugin")


def measure(rounds: int) -> Result:
    """The time that importing takes, of the modules that are there with the plugin only.

    Of two whole runs, of half a second each, the difference is less than a machine's moods. What else the plugin does
    is to name its options.
    """
    added = list[float]()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_nothing.py").write_text("def test_nothing(): pass\n")
        bare = _imported(folder)
        for turn in range(4 * rounds + 1):
            found = _imported(folder, *PLUGIN)
            if turn:
                added.append(sum(taken for name, taken in found.items() if name not in bare))
    what = f"modules that it imports: {len(found.keys() - bare.keys())}"
    result = Result("plugin", "The plugin, installed and not used", [Row(what, OURS, "ms", added)])
    result.judge(what, "under 10 ms", lambda row: row.median < 10)
    return result


def _imported(folder: str, *options: str) -> dict[str, float]:
    """Milliseconds for each module of a run of pytest, those that it imports itself not counted."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    run = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, *options, folder)
    command = [str(BIN / "python"), "-X", "importtime", *run]
    done = subprocess.run(command, capture_output=True, check=False, env=environment, cwd=folder, text=True)
    assert done.returncode == 0, done.stdout
    lines = re.finditer(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE)
    return {line[2]: int(line[1]) / 1000 for line in lines}

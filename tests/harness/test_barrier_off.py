"""``check --quick`` with the read barrier switched off: processes as they are in CI, a right client and wrong ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mock_ares.server.transport.read_barrier import SWITCH

ROOT = Path(__file__).parents[2]
WRONG = {
    "without_a_line_buffer": "read-line",
    "without_an_incremental_decoder": "read-utf8",
    "end_is_success": "drop-fin",
}


def checked(client: str, folder: Path) -> tuple[int, dict[str, str]]:
    """The exit status, and the verdict of each check."""
    report = folder / "report.json"
    words = ("check", "--quick", "--seed", "0", "--client", client, "--report", str(report))
    environment = {**os.environ, SWITCH: "off", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "mock_ares", *words], env=environment, cwd=folder, capture_output=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    (found,) = json.loads(report.read_text())["clients"]
    assert found["boundaries"] == "best-effort"
    return done.returncode, {check["id"]: check["verdict"] for check in found["checks"]}


@pytest.mark.slow
def test_the_reference_passes(tmp_path: Path) -> None:
    status, verdicts = checked("mock_ares.client:stream_chat", tmp_path)
    assert status == 0
    assert not {"failed", "errored"} & set(verdicts.values()), verdicts


@pytest.mark.slow
@pytest.mark.parametrize(("client", "name"), WRONG.items(), ids=list(WRONG))
def test_a_wrong_client_fails(client: str, name: str, tmp_path: Path) -> None:
    status, verdicts = checked(f"tests.harness.wrong_clients:{client}", tmp_path)
    assert status == 1 and "errored" not in verdicts.values(), verdicts
    assert verdicts[name] == "failed"

"""A folder with a name that needs quotes, and shells into which lines are pasted there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PATIENCE = 300
"""Seconds after which lines are taken to hang; a busy machine takes a while for some of them."""
SHELLS = {"sh": ["sh"], "bash": ["bash", "--noprofile", "--norc", "-i"]}
"""bash as people meet it, where an exclamation mark asks for a line of the past."""
Paste = Callable[..., str]


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / """it's "mine" & $HOME's naïve"""
    folder.mkdir()
    return folder


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def paste(shell: str, odd: Path) -> Paste:
    """Types lines into a shell in the odd folder; what they print. Fails where the last one does."""

    def type_in(lines: str, *, status: int = 0, where: Path = odd, **environment: str) -> str:
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            SHELLS[shell],
            input=f"PS1=; PS2=\n{lines}\nexit $?\n".encode(),
            cwd=where,
            env={**os.environ, "PATH": search, "HISTFILE": "", **environment},
            capture_output=True,
            timeout=PATIENCE,
        )
        said = done.stdout.decode(errors="replace")
        assert done.returncode == status, f"{lines}\n{said}\n{done.stderr.decode(errors='replace')}"
        return said

    return type_in

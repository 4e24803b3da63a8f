"""The npm package, packed and installed elsewhere: in a folder that knows nothing of this tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documents import ROOT, examples
from tests.programs import built_once
from tests.toolchains import require_tool

PAGE = "docs/frontend-tests.md"
CONSUMER = Path(__file__).parent / "consumer"
QUIETLY = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
PATIENCE = 400
BUILT = ROOT / "build" / "npm"


@dataclass(frozen=True, slots=True)
class Consumer:
    """Somebody's frontend, with the package and the examples of the page in it."""

    folder: Path

    def run(self, *command: str, status: int = 0, path: str | None = None, **environment: str) -> str:
        """What a command has said. ``path``: in the place of one that finds the Python part first."""
        search = path or os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        unset = ("ARES_URL", "APP_URL", "CI", "FORCE_COLOR", "MOCK_ARES_WHEEL")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**inherited, "NO_COLOR": "1", "PATH": search, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        said = done.stdout + done.stderr
        assert done.returncode == status, said
        return said


@pytest.fixture(scope="session")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    for tool in ("npm", "node", "make"):
        require_tool(tool)
    return Consumer(built_once(tmp_path_factory, "npm", _install))


def _install(folder: Path) -> None:
    subprocess.run(["make", "--silent", "npm"], cwd=ROOT, check=True, timeout=PATIENCE)
    (package,) = BUILT.glob("*.tgz")
    shutil.copytree(CONSUMER, folder, dirs_exist_ok=True)
    for example in examples(PAGE, "js"):
        (folder / example.name).parent.mkdir(parents=True, exist_ok=True)
        example.write(folder)
    environment = {**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
    for command in (("ci",), ("install", "--no-save", "--no-package-lock", str(package))):
        subprocess.run(["npm", *command, *QUIETLY], cwd=folder, env=environment, check=True, timeout=PATIENCE)

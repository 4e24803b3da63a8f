"""The wheel: what it says of itself, and what comes with it."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

import mock_ares
from mock_ares.paths import CONTRACTS, DOCS, FIXTURES

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.iterdir()
    return ZipFile(found)


def test_its_version_is_the_package_s(wheel: ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert message_from_bytes(wheel.read(name))["Version"] == mock_ares.__version__
    assert name.startswith(f"mock_ares-{mock_ares.__version__}.")


@pytest.mark.parametrize("data", [CONTRACTS, FIXTURES], ids=lambda data: data.name)
def test_data_comes_with_it(wheel: ZipFile, data: Path) -> None:
    """All of it that anybody uses, and nothing that was installed or compiled there."""
    packed = {Path(name) for name in wheel.namelist() if name.startswith(f"mock_ares/_data/{data.name}/")}
    here = {file.relative_to(data) for file in data.rglob("*") if file.is_file()}
    assert packed == {
        Path("mock_ares/_data", data.name, file)
        for file in here
        if not {"node_modules", "__pycache__", "recordings", "npm", "Cargo.lock"} & {*file.parts}
    }


def test_pages_come_with_it_and_not_what_only_the_book_has(wheel: ZipFile) -> None:
    packed = {name for name in wheel.namelist() if name.startswith("mock_ares/_data/docs/")}
    words = {path.relative_to(DOCS) for kind in ("*.md", "*.yaml") for path in DOCS.rglob(kind)}
    assert packed == {f"mock_ares/_data/docs/{path}" for path in words}

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.rig import Api, served
from tests.server.fakes import docs

__all__ = ["docs"]


@pytest.fixture
def api(caplog: pytest.LogCaptureFixture) -> Iterator[Api]:
    with served(caplog) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "day.yaml").write_text("summary: A day.\ntext: Good day.\n")
    (folder / "night.yaml").write_text("when: {message: night}\ntext: Good night.\n")
    return folder


@pytest.fixture
def files(caplog: pytest.LogCaptureFixture, folder: Path) -> Iterator[Api]:
    with served(caplog, folder) as found:
        yield found

"""What ``mock-ares init --driver`` writes: a driver with a client that is right, to put one's own in the place of."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mock_ares.paths import CONTRACTS
from mock_ares.starter import write_new

SCAFFOLD = "scaffold.toml"


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A driver in one language."""

    files: tuple[str, ...]
    """Below ``contracts``."""
    client: str
    """Where one's own client goes."""
    run: str
    build: str = ""

    def write(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """What was made, and what was there and is left alone. Raises OSError."""
        return write_new(folder, {Path(name).name: self._text(name) for name in self.files})

    def lines(self, folder: str, program: str) -> Iterator[str]:
        """For a shell: how it is built, and checked. ``folder`` is quoted."""
        if self.build:
            yield self.build.format(folder=folder)
        yield f"{program} check --quick --driver -- {self.run.format(folder=folder)}"

    def _text(self, name: str) -> str:
        """A file that names another one of these finds it beside itself."""
        text = (CONTRACTS / name).read_text(encoding="utf-8")
        for other in self.files:
            text = text.replace(f"../../{other}", f"./{Path(other).name}")
        return text


def languages() -> list[str]:
    """Those that there is a driver for."""
    return sorted(path.parent.name for path in (CONTRACTS / "drivers").glob(f"*/{SCAFFOLD}"))


def scaffold(language: str) -> Scaffold:
    data = tomllib.loads((CONTRACTS / "drivers" / language / SCAFFOLD).read_text(encoding="utf-8"))
    return Scaffold(tuple(data["files"]), data["client"], data["run"], data.get("build", ""))

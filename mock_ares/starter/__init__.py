"""What ``mock-ares init`` writes: the files beside this module, and the JSON Schema that their first lines name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SCHEMA = "scenario.schema.json"


def write(folder: Path) -> tuple[list[Path], list[Path]]:
    """What was made, and what was there and is left alone. Raises OSError."""
    from mock_ares.paths import CONTRACTS

    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.yaml"))}
    texts[SCHEMA] = (CONTRACTS / SCHEMA).read_text(encoding="utf-8")
    return write_new(folder, texts)


def write_new(folder: Path, texts: Mapping[str, str]) -> tuple[list[Path], list[Path]]:
    """The files of these names, but for those that are there. Returns as ``write``. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    made, kept = list[Path](), list[Path]()
    for name, text in texts.items():
        path = folder / name
        try:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            kept.append(path)
        else:
            made.append(path)
    return made, kept

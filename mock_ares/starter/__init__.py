"""What ``mock-ares init`` writes: the files beside this module, and the JSON Schema that their first lines name."""

from __future__ import annotations

from pathlib import Path

SCHEMA = "scenario.schema.json"


def write(folder: Path) -> tuple[list[Path], list[Path]]:
    """What was made, and what was there and is left alone. Raises OSError."""
    from mock_ares.paths import CONTRACTS

    folder.mkdir(parents=True, exist_ok=True)
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.yaml"))}
    texts[SCHEMA] = (CONTRACTS / SCHEMA).read_text(encoding="utf-8")
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

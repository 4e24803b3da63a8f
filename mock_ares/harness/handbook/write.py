"""All pages on checks, as the files that the documentation is built from."""

from __future__ import annotations

from pathlib import Path

from mock_ares.harness.handbook.check_page import index, pages
from mock_ares.harness.handbook.trial import NO_TRIAL, Trial, badges, grid


def write(folder: Path, trial: Trial = NO_TRIAL) -> list[Path]:
    """``index.md``, ``grid.md``, a page for each check, and badges where there was a trial; the files that are there
    now. Raises HarnessError for a text that is missing or wrong, and OSError."""
    files = {"index.md": index(), "grid.md": grid(trial)}
    files |= {f"{name}.md": text for name, text in pages(trial)}
    files |= {f"badges/{name}": text for name, text in badges(trial)}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:  # a build looks at what is new
            path.write_text(text, encoding="utf-8")
    return [folder / name for name in files]

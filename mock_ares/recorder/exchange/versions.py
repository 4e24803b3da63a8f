"""Which mock-ares a recording was made by."""

from __future__ import annotations

import re
from pathlib import Path

from mock_ares._version import __version__
from mock_ares.authoring.text_files import read_some
from mock_ares.scenario.diagnostics import ScenarioError

HEAD = 200
"""Bytes in which a recording says who made it."""
LINE = "Recorded by mock-ares "


def newer(error: ScenarioError) -> str:
    """The end of a message about mistakes: which of the files a newer version has written; empty if none."""
    for name in dict.fromkeys(mistake.file for mistake in error.mistakes):
        path = Path(name)
        try:
            head = read_some(path, HEAD).decode(errors="replace")
        except OSError:  # which is what the message is about
            continue
        found = re.match(rf"# {LINE}([0-9.]+)", head)
        if found and _numbers(found[1]) > _numbers(__version__):
            return f"\n{name} was recorded by mock-ares {found[1]}; this is {__version__}"
    return ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]

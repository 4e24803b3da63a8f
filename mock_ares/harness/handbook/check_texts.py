"""What a person wrote of the checks: ``docs/checks/*.yaml``, a file for each family, by the ids of its checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import yaml

from mock_ares.harness.model import HarnessError
from mock_ares.paths import DOCS

FOLDER = DOCS / "checks"
MENDS = "mends.yaml"
"""The one file of the folder that is about no check: ``handbook.mends`` reads it."""


@dataclass(frozen=True, slots=True)
class WrongClient:
    """What a client does that a check is about, and what comes of it."""

    does: str
    """The end of a sentence that begins with "A client that"."""
    by: str = ""
    """The client of tests/mutants that does it, which a test asks; empty: tests/pages has it."""
    example: int = 0
    """Which of the check's fixed examples it gets wrong, from 0."""
    asks: int | None = None
    """How many of the example's replies it asks for; None: all."""
    gives: str | None = None
    """The text that it makes of that."""
    reports: str | None = None
    """The failure that it reports, though it should not."""
    shows: str = ""
    """The text that it has shown before that."""
    said: str | None = None
    """The report's sentence, where no text tells what is wrong, or where it takes more than this example to say why."""


@dataclass(frozen=True, slots=True)
class CheckText:
    """A check in words."""

    family: str
    text: str
    """Markdown: the hazard, why it happens in the wild, and which code causes it."""
    wrong: WrongClient | None
    """None: no client can do anything about it."""
    mends: tuple[str, ...]
    """Names in ``mends.yaml``."""


@cache
def texts() -> dict[str, CheckText]:
    """By check, a family after the other. Raises HarnessError for what is no text of a check."""
    found = dict[str, CheckText]()
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name == MENDS:
            continue
        for name, row in read(path.name).items():
            if name in found:
                raise HarnessError(f"docs/checks/{path.name}: {name} has a text in {found[name].family}.yaml already")
            found[name] = _text(path.stem, name, row)
    return found


def read(name: str) -> dict[str, Any]:
    """A file of the folder. Raises HarnessError for what is no YAML."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return dict(yaml.load((FOLDER / name).read_text(encoding="utf-8"), loader))
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise HarnessError(f"docs/checks/{name}: {' '.join(str(error).split())}") from None


def _text(family: str, name: str, row: Any) -> CheckText:
    mistakes = list(_mistakes(row))
    if mistakes:
        raise HarnessError(f"docs/checks/{family}.yaml: {name}: {'; '.join(mistakes)}")
    wrong = row.get("wrong")
    return CheckText(family, row["text"].strip(), WrongClient(**wrong) if wrong else None, tuple(row.get("mends", ())))


_WORDS = {"text", "wrong", "mends"}
_OF_WRONG = {word.name for word in fields(WrongClient)}


def _mistakes(row: Any) -> Iterator[str]:
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        yield "a mapping with a text is wanted"
        return
    if unknown := row.keys() - _WORDS:
        yield f"it has {', '.join(sorted(unknown))}, beside text, wrong and mends"
    wrong = row.get("wrong", {})
    if unknown := wrong.keys() - _OF_WRONG:
        yield f"wrong has {', '.join(sorted(unknown))}, beside {', '.join(sorted(_OF_WRONG))}"
    if wrong and not {"gives", "reports", "said"} & wrong.keys():
        yield "wrong has what the client gives or reports, or what is said of it"
    if {"gives", "reports"} <= wrong.keys():
        yield "a client gives a text or reports a failure, not both"

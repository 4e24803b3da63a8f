"""Editions of the contract: the checks and fixed examples that there were, so that an update turns no build red.

An edition is a file of ``contracts/editions``: for each check the sums of its fixed examples. What is not in it is left
out of a run that asks for it. Examples that depend on the client have no sum, and belong to their check.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from mock_ares.harness.checks.rows import Check
from mock_ares.harness.checks.table import CHECKS
from mock_ares.harness.model import Case, Edition, UsageError
from mock_ares.paths import CONTRACTS
from mock_ares.scenario.diagnostics import nearest

FOLDER = CONTRACTS / "editions"


def names() -> list[str]:
    """Oldest first."""
    return sorted((path.stem for path in FOLDER.glob("*.json")), key=lambda name: [int(n) for n in name.split(".")])


def read(name: str) -> Edition:
    """Raises UsageError for one that there is not."""
    if name not in (known := names()):
        raise UsageError(f"there is no edition {name!r} of the contract{nearest(name, known)}")
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Edition(name, {check: frozenset(sums) for check, sums in data.items()})


def written() -> str:
    """The file of an edition of all that there is now."""
    rows = (f"  {json.dumps(name)}: {json.dumps(sorted(sums))}" for name, sums in current().items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


def has(edition: Edition, check: Check, case: Case | None = None) -> bool:
    """Whether an edition has the check, and the fixed example where one is given."""
    sums = edition.checks.get(check.id)
    if sums is None or case is None:
        return sums is not None
    return check.row.fitted is not None or sum_of(case) in sums


def newer(edition: Edition) -> Iterator[tuple[Check, int]]:
    """What there is now and was not then: checks, and how many of their fixed examples."""
    for check in CHECKS.values():
        examples = sum(not has(edition, check, case) for case in check.examples)
        if examples or not has(edition, check):
            yield check, examples


def current() -> Mapping[str, set[str]]:
    """What may be asked by now, the few that stand for many included."""
    return {check.id: {*map(sum_of, (*check.examples, *chain(*check.gathered.values())))} for check in CHECKS.values()}


def sum_of(case: Case) -> str:
    """The same for what is asked the same, whatever words the language has been given since."""
    return hashlib.sha256(repr(_said(case)).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _said(value: Any) -> Any:
    """What is not as it is by default."""
    if isinstance(value, type) or not dataclasses.is_dataclass(value):
        if isinstance(value, tuple | list):
            return [_said(item) for item in value]
        if isinstance(value, Mapping):
            return [(name, _said(item)) for name, item in value.items()]
        return value
    told = [
        (field.name, _said(now))
        for field in dataclasses.fields(value)
        if (now := getattr(value, field.name)) != _default(field)
    ]
    return (type(value).__name__, told)


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()

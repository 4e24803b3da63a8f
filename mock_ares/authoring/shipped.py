"""The library that comes with this package, read once for everybody: ``fixtures/library.json``.

To read a scenario file right takes YAML, pydantic and a dry run of each reply, for the whole library a second. What
comes of its files is the same on every machine, so it is written down as plain JSON when one of them changes
(``python -m mock_ares.authoring.shipped``, and a test that it was done). A start finds what is there, and builds what
is asked for. In a checkout files are edited: each start compares their digest there, and reads the files where it is
another.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from mock_ares.paths import FIXTURES, INSTALLED
from mock_ares.scenario import model
from mock_ares.scenario.catalogue import Entry
from mock_ares.scenario.model import Content, Scenario

FILE = FIXTURES / "library.json"
KIND = "is"
"""Names the class of a JSON object; one without it is a mapping."""
_KINDS = {kind.__name__: kind for kind in vars(model).values() if isinstance(kind, type) and is_dataclass(kind)}


def library() -> dict[str, Scenario]:
    """The scenarios of the library by their names, in their order."""
    if (compiled := _fresh()) is not None:
        return {each["name"]: _built(each) for each in compiled}
    return {scenario.name: scenario for scenario in _read()}


def entries() -> list[Entry] | list[Scenario]:
    """The same, each to be built when somebody asks for it: most never are, and neither are the faults imported."""
    compiled = _fresh()
    return _read() if compiled is None else [_entry(each) for each in compiled]


def _fresh() -> list[dict[str, Any]] | None:
    """The scenarios as JSON; None: their files are others by now."""
    compiled = json.loads(FILE.read_bytes())
    fresh = INSTALLED or compiled["digest"] == _digest()
    return compiled["scenarios"] if fresh else None


def _entry(plain: dict[str, Any]) -> Entry:
    early = any(reply.get("before_body", False) for reply in plain["replies"])
    return Entry(plain["name"], _built(plain.get("when")), early, partial(_built, plain))


def compiled() -> str:
    """The text of the file, of the scenario files as they are now."""
    lines = ",\n".join(json.dumps(_plain(scenario), separators=(",", ":")) for scenario in _read())
    return f'{{"digest": "{_digest()}", "scenarios": [\n{lines}\n]}}\n'


def _read() -> list[Scenario]:
    from mock_ares.ares.errors import NAMES
    from mock_ares.authoring.load import load_all

    return load_all([FIXTURES], errors=NAMES)


def _digest() -> str:
    digest = hashlib.sha256()
    for path in _files():
        digest.update(f"{path.relative_to(FIXTURES)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files() -> Iterable[Path]:
    return sorted(path for path in FIXTURES.rglob("*") if path != FILE and path.is_file())


def _plain(value: Any) -> Any:
    """A value of the model for JSON, without what is as it is by default."""
    if is_dataclass(value):
        parts = ((field, getattr(value, field.name)) for field in fields(value))
        return {KIND: type(value).__name__} | {
            field.name: _plain(part) for field, part in parts if part != _default(field)
        }
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _kind(name: Any) -> Any:
    """The class of that name: the model's, or a fault; None: it is none."""
    return None if name is None else _KINDS.get(name) or _faults().get(name)


@cache
def _faults() -> dict[str, Any]:
    from mock_ares.faults import FAULTS

    return {kind.__name__: kind for kind in FAULTS.values()}


def _built(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_built, value))
    if not isinstance(value, dict):
        return value
    kind, parts = _kind(value.get(KIND)), {key: part for key, part in value.items() if key != KIND}
    if kind is Content:  # its JSON is anybody's
        return Content(**parts)
    built = {key: _built(part) for key, part in parts.items()}
    return built if kind is None else kind(**built)


if __name__ == "__main__":
    sys.stdout.write(compiled())

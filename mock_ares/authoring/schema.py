"""pydantic's view of the model, and the JSON Schema made from it: ``python -m mock_ares.authoring.schema`` prints it.

What the types cannot say is added here: exactly one word of some mappings, the short form of a file, and the
descriptions that stand as docstrings under the fields.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Collection, Iterator
from functools import cache
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from mock_ares.faults import FAULTS
from mock_ares.scenario import model, stream
from mock_ares.scenario.mapping import OneOf
from mock_ares.scenario.model import Scenario
from mock_ares.scenario.position import Position

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


_BOUNDS: dict[tuple[str, str], Schema] = {
    ("Chunks", "at"): {"minItems": 1},
    ("Chunks", "sizes"): {"minItems": 1},
    ("Pace", "intervals"): {"minItems": 1},
    ("Reply", "status"): {"minimum": 200, "maximum": 599},
    ("Scenario", "replies"): {"minItems": 1},
    ("Segments", "at"): {"minItems": 1},
    ("Text", "recorded"): {"minItems": 1},
    ("Text", "template"): {"pattern": r"\{message\}"},
    ("When", "endpoint"): {"pattern": r"^([A-Za-z]+ )?/[^\s?#]*$"},
}
"""What ``checks`` of the model say of single words, as far as a schema can."""


@cache
def adapter() -> TypeAdapter[Scenario]:
    """Validates a scenario in its long form."""
    from pydantic import TypeAdapter

    return TypeAdapter(Scenario)


@cache
def raw_schema() -> Schema:
    """The model as pydantic tells it; ``$defs`` has the scenario too."""
    from pydantic.json_schema import GenerateJsonSchema

    class Quiet(GenerateJsonSchema):
        ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012

    schema = adapter().json_schema(schema_generator=Quiet)
    definitions = schema.pop("$defs")
    return {"$ref": "#/$defs/Scenario", "$defs": {**definitions, "Scenario": schema}}


def json_schema(errors: Collection[str] | None = None) -> Schema:
    """The JSON Schema (2020-12) of a scenario file, for editors. ``errors``: the names that ``error`` may have."""
    schema = json.loads(json.dumps(raw_schema()))
    definitions = {name: _plainer(part) for name, part in schema["$defs"].items()}
    for kind in _classes():
        if kind.__name__ in definitions:
            _describe(definitions[kind.__name__], kind)
    for (mapping, word), bounds in _BOUNDS.items():
        definitions[mapping]["properties"][word].update(bounds)
    if errors is not None:
        definitions["Reply"]["properties"]["error"]["enum"] = list(errors)
    definitions["OneReply"] = _short_form(definitions["Scenario"], definitions["Reply"])
    return {
        "$schema": DRAFT,
        "title": "mock-ares scenario",
        "description": "When a scenario applies, and the replies it gives in turn; or the words of its only reply.",
        "type": "object",
        "if": {"required": ["replies"]},
        "then": {"$ref": "#/$defs/Scenario"},
        "else": {"$ref": "#/$defs/OneReply"},
        "$defs": dict(sorted(definitions.items())),
    }


def _classes() -> Iterator[type]:
    rooms = (stream, model)
    yield from (kind for room in rooms for _, kind in inspect.getmembers(room, inspect.isclass))
    yield Position
    yield from FAULTS.values()


def _plainer(part: Any) -> Any:
    """Without what only repeats: titles, empty defaults, and alternatives that are the same."""
    if isinstance(part, list):
        return [_plainer(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: value for key, value in part.items() if not _idle(key, value)}
    for choice in ("oneOf", "anyOf"):
        if choice in kept:
            alternatives = list(map(_plainer, kept.pop(choice)))
            different = [item for at, item in enumerate(alternatives) if item not in alternatives[:at]]
            kept.update({"anyOf": different} if len(different) > 1 else different[0])
    return {key: _plainer(value) for key, value in kept.items()}


def _idle(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and not isinstance(value, (str, bool, int)))


def _describe(definition: Schema, kind: type) -> None:
    """Descriptions for the words of a mapping, and that it takes exactly one of them."""
    definition["description"] = sentence(kind.__doc__ or "")
    docstrings = docstrings_of(kind)
    for word, part in definition.get("properties", {}).items():
        if word in docstrings:
            definition["properties"][word] = {"description": sentence(docstrings[word]), **part}
    if issubclass(kind, OneOf):
        definition.update(minProperties=1, maxProperties=1)


def docstrings_of(kind: type) -> dict[str, str]:
    """The docstrings under the fields of a class; they exist in its source only."""
    (tree,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    docstrings = dict[str, str]()
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            value = ast.literal_eval(text.value) if isinstance(text.value, ast.Constant) else None
            if isinstance(value, str):
                docstrings[field.target.id] = value
    return docstrings


def sentence(text: str) -> str:
    """A docstring as one line of plain text."""
    return " ".join(text.replace("``", "`").split())


def _short_form(scenario: Schema, reply: Schema) -> Schema:
    own = {word: part for word, part in scenario["properties"].items() if word != "replies"}
    return {
        "description": "A scenario with one reply, whose words stand at the top.",
        "type": "object",
        "properties": {**reply["properties"], **own},
        "additionalProperties": False,
    }


def published() -> str:
    """The file in ``contracts/``."""
    from mock_ares.ares.errors import NAMES

    return json.dumps(json_schema(NAMES), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(published())

"""What generated pages are made of: tables in Markdown, and values as a schema has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

Schema = dict[str, Any]


def one_line(text: str) -> str:
    """A docstring, or a description, as one line of Markdown."""
    return " ".join(text.replace("``", "`").split())


def code(text: str) -> str:
    """``text`` between backticks; nothing, where there is nothing."""
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}" if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines; none where there are no rows. What stands in a cell is Markdown, of one line."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    if not cells:
        return []
    lines = [head, ["---"] * len(head), *cells]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def value(part: Schema) -> str:
    """What a place in a schema takes, in words: `true` or `false`, a text, a list of texts, a `Position`."""
    if "$ref" in part:
        return code(part["$ref"].rpartition("/")[2])
    if "enum" in part or "const" in part:
        return ", ".join(code(_plain(choice)) for choice in part.get("enum", [part.get("const")]))
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in part:
            return (" and " if choice == "allOf" else " or ").join(dict.fromkeys(map(value, part[choice])))
    kind = part.get("type", "")
    if isinstance(kind, list):
        return " or ".join(value({**part, "type": each}) for each in kind)
    if kind == "array":
        return f"list of {value(part.get('items', {}))}"
    return _KINDS.get(kind, kind or "anything")


_KINDS = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`", "null": "null",
    "object": "mapping",
}  # fmt: skip


def _plain(choice: Any) -> str:
    return choice if isinstance(choice, str) else json.dumps(choice)


def default(part: Schema) -> str:
    """A default as it is written, or nothing; JSON, where a text would not show."""
    if "default" not in part:
        return ""
    given = part["default"]
    shown = given if isinstance(given, str) and given.isprintable() and given.strip() == given != "" else None
    return code(shown if shown is not None else json.dumps(given))

"""YAML text to a tree of nodes that remember where they stand.

Scalars are what JSON makes of them, with YAML's spellings of true, false and null: ``no`` is a text, and so are
``1:30``, ``010``, ``1_000``, ``0x1f``, ``.inf`` and dates. Depth is bounded, and what YAML would take for a line
break or refuse is found before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from mock_ares.scenario.diagnostics import KEY, Mistake, Place, ScenarioError

MOST_DEPTH = 60
"""Mappings and lists inside one another."""
_SAID = 10
"""Mistakes of one kind that are told before the rest is left out."""


class _Nodes(Composer, BaseResolver):
    """Events to nodes, with scalars of our own. Depth is bounded here: libyaml's own composer has no bound."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise ComposerError(None, None, f"nested more than {MOST_DEPTH} deep", self.peek_event().start_mark)  # type: ignore[attr-defined]
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"-?(0|[1-9][0-9]{0,39})", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]{0,39})(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?", "-0123456789"),
):
    _Nodes.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


class _Loader(Reader, Scanner, Parser, _Nodes):
    """PyYAML as far as nodes."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)


_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def compose(data: bytes | str, file: str, *, exactly: bool = False) -> yaml.Node:
    """The node tree of a file. Raises ScenarioError.

    ``exactly``: with PyYAML's own places, which it takes several times as long for; libyaml's differ in what is empty.
    """
    text = _decoded(data, file).removeprefix("\ufeff")
    if refusals := [_refused(text, match, file) for match in islice(_NOT_YAML.finditer(text), _SAID)]:
        raise ScenarioError(refusals)
    try:
        node = (None if exactly else _fast_nodes(text)) or _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise ScenarioError([_syntax(error, file)]) from None
    if node is None:
        raise ScenarioError([Mistake(file, 1, 1, "the file is empty; a scenario needs replies, or a text")])
    return node


def _fast_nodes(text: str) -> yaml.Node | None:
    """The node tree by libyaml, several times faster; None where it is not there or finds a mistake.

    What it says of mistakes is less than PyYAML does, and it takes no escaped surrogates: such a text is read again.
    """
    if not yaml.__with_libyaml__:
        return None
    try:
        node: yaml.Node | None = _libyaml()(text).get_single_node()
    except (yaml.YAMLError, UnicodeError):
        return None
    return node


@cache
def _libyaml() -> type[Any]:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    class Loader(_Nodes, CParser):
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            BaseResolver.__init__(self)

    return Loader


def _decoded(data: bytes | str, file: str) -> str:
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"the file is not UTF-8: there is a byte 0x{data[error.start]:02x}; save it as UTF-8"
        raise ScenarioError([_at_character(before, len(before), file, message)]) from None


def _refused(text: str, match: re.Match[str], file: str) -> Mistake:
    code = ord(match[0])
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    why = "is a line break to YAML" if code in (0x85, 0x2028, 0x2029) else "cannot stand in YAML"
    message = f"U+{code:04X} {why}; write it as {escape} in double quotes"
    return _at_character(text, match.start(), file, message)


def _at_character(text: str, index: int, file: str, message: str) -> Mistake:
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return Mistake(file, before.count("\n") + 1, len(before) - before.rfind("\n"), message)


_PROBLEMS = (
    (r"found character '\\t'", "a tab cannot indent in YAML; use spaces"),
    (r"found character ('.*') that cannot start", r"a text that begins with \1 needs quotes"),
    (r"mapping values are not allowed", "a colon and a space do not fit here; a text that has them needs quotes"),
    (r"could not find expected ':'", "expected a word with a colon behind it"),
    (r"expected <block end>, but found '-'|block sequence entries", "this list item is not indented as the others are"),
    (r"expected <block end>, but found", "this does not fit what stands before it: check indentation and quotes"),
    (r"found undefined alias '?(.*?)'?$", r"the alias *\1 has no anchor &\1 above it"),
    (r"but found another document", "a file holds one scenario, and here begins a second document"),
    (r"expected ',' or '([\]}])'", r"expected a comma, or \1 that closes what is opened before"),
    (r"found unknown escape character ('.*')", r"there is no escape \1 in double quotes; single quotes have none"),
    (r"expected the node content", "expected a value"),
)


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Mistake:
    mark, problem = error.problem_mark or error.context_mark, str(error.problem)
    if "unexpected end of stream" in problem and error.context_mark is not None:
        mark, problem = error.context_mark, "the quote that is opened here is never closed"
    for pattern, words in _PROBLEMS:
        if match := re.search(pattern, problem):
            problem = match.expand(words)
            break
    return Mistake(file, (mark.line if mark else 0) + 1, (mark.column if mark else 0) + 1, problem)


def mistake_at(root: yaml.Node, file: str, place: Place, message: str) -> Mistake:
    """A mistake at the value that stands at a place, or at its key."""
    mark = node_at(root, place).start_mark
    return Mistake(file, mark.line + 1, mark.column + 1, message)


def node_at(root: yaml.Node, place: Place) -> yaml.Node:
    """The node at a place; parts that only name an alternative of the model, or that are missing, are passed over."""
    key = node = root
    for part in place:
        if part == KEY:
            return key
        child = next(_children(node, part), None)
        if child is not None:
            key, node = child
    return node


def _children(node: yaml.Node, part: str | int) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The key and the value of a part; where a key stands twice the first counts."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        yield node.value[part], node.value[part]
    elif isinstance(node, yaml.MappingNode):
        yield from ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode) and key.value == part)

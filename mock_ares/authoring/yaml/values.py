"""A tree of YAML nodes to plain values: texts, numbers, switches, lists, and mappings whose keys are texts.

Whatever is wrong is collected, and what remains is still a value, so that the model's mistakes can be told as well.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from mock_ares.authoring.yaml.nodes import MOST_DEPTH
from mock_ares.scenario.diagnostics import Mistake

MOST_VALUES = 1_000_000
"""Aliases counted as often as they stand: ten lines of them can say a billion values."""

_PLAIN = "tag:yaml.org,2002:"
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE = re.compile("[\ud800-\udfff]")


def values(root: yaml.Node, file: str) -> tuple[Any, list[Mistake]]:
    """The value of a tree, and what is wrong in it; the value is None where the aliases are too much."""
    reader = _ValueReader(file)
    value = reader.read(root)
    return (None if reader.bomb else value), reader.mistakes


class _ValueReader:
    def __init__(self, file: str) -> None:
        self.mistakes = list[Mistake]()
        self.bomb = False
        self._file = file
        self._open = set[int]()
        self._known = dict[int, tuple[Any, int, int]]()
        """By node: its value, how many values it stands for, how deep it is."""

    def read(self, node: yaml.Node) -> Any:
        return self._measured(node)[0]

    def _measured(self, node: yaml.Node) -> tuple[Any, int, int]:
        if id(node) in self._known:
            return self._known[id(node)]
        if id(node) in self._open:
            self._stop(node, "an alias stands inside its own anchor")
            return None, 1, 1
        self._open.add(id(node))
        known = self._sized(node)
        self._open.remove(id(node))
        self._known[id(node)] = known
        return known

    def _sized(self, node: yaml.Node) -> tuple[Any, int, int]:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node), 1, 1
        if isinstance(node, yaml.SequenceNode):
            parts = [self._measured(item) for item in node.value]
            value: Any = [part[0] for part in parts]
        else:
            assert isinstance(node, yaml.MappingNode)
            items = self._items(node)
            parts = list(items.values())
            value = {key: part[0] for key, part in items.items()}
        self._expect_tag(node, "seq" if isinstance(node, yaml.SequenceNode) else "map")
        size, depth = 1 + sum(part[1] for part in parts), 1 + max((part[2] for part in parts), default=0)
        if (size > MOST_VALUES or depth > MOST_DEPTH) and not self.bomb:
            self._stop(node, f"aliases make this more than {MOST_VALUES} values, or more than {MOST_DEPTH} deep")
        return value, min(size, MOST_VALUES + 1), depth

    def _items(self, node: yaml.MappingNode) -> dict[str, tuple[Any, int, int]]:
        items = dict[str, tuple[Any, int, int]]()
        for key, value in node.value:
            name = self._key(key)
            if name in items:
                self._mistake(key, f"{name!r} stands here a second time")
            elif name is not None:
                items[name] = self._measured(value)
        return items

    def _key(self, key: yaml.Node) -> str | None:
        if not isinstance(key, yaml.ScalarNode):
            kind = "a list" if isinstance(key, yaml.SequenceNode) else "a mapping"
            self._mistake(key, f"a key is a word, not {kind}; a text that begins with a bracket needs quotes")
        elif key.value == "<<" and key.style is None:
            self._mistake(key, "<< is no part of YAML 1.2; repeat the words, or give a whole value as *alias")
        else:
            return self._text(key)
        return None

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        tag, text = node.tag.removeprefix(_PLAIN), str(node.value)
        if tag == "null":
            return None
        if tag == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if tag in ("int", "float"):
            return self._number(node, tag, text)
        self._expect_tag(node, "str")
        return self._text(node)

    def _text(self, node: yaml.ScalarNode) -> str:
        text = _joined(node.value)
        if match := _LONE.search(text):
            what = f"a lone surrogate, U+{ord(match[0]):04X}"
            self._mistake(node, f"the text holds {what}, which UTF-8 cannot carry: write the whole character")
        return text

    def _number(self, node: yaml.ScalarNode, tag: str, text: str) -> float:
        try:
            number = int(text) if tag == "int" else float(text)
        except ValueError:
            self._mistake(node, f"{text[:60]!r} is no number")
            return 0
        if abs(number) == float("inf"):
            self._mistake(node, f"the number {text} is too large")
            return 0
        return number

    def _expect_tag(self, node: yaml.Node, tag: str) -> None:
        if node.tag != _PLAIN + tag:
            shown = node.tag.replace(_PLAIN, "!!")
            self._mistake(node, f"the tag {shown} has no meaning here; leave it out")

    def _stop(self, node: yaml.Node, message: str) -> None:
        self.bomb = True
        self._mistake(node, message)

    def _mistake(self, node: yaml.Node, message: str) -> None:
        self.mistakes.append(Mistake(self._file, node.start_mark.line + 1, node.start_mark.column + 1, message))


def _joined(text: str) -> str:
    r"""Two escapes that JSON writes for one character beyond U+FFFF, ``"\ud83d\ude00"``, are that character."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)

"""What ARES's events say beside the text: an agent's name, and how many tokens a text has."""

from __future__ import annotations

import unicodedata

_BUILT_IN_AGENTS = {
    "router": "Router",
    "orchestrator": "Orchestrator",
    "product": "Product",
    "invoice": "Invoice",
    "sales": "Sales",
    "finance": "Finance",
    "hr": "HR",
}
_RUST_ESCAPES = {"\0": "\\0", "\t": "\\t", "\r": "\\r", "\n": "\\n", '"': '\\"', "\\": "\\\\"}


def agent_label(agent: str, tier: str = "user") -> str:
    """An agent type as ARES's replies name it: the Rust debug form, and the tier in brackets."""
    name = _BUILT_IN_AGENTS.get(agent) or 'Custom("' + "".join(map(_rust_debug, agent)) + '")'
    return f"{name} ({tier})"


def _rust_debug(char: str) -> str:
    if char in _RUST_ESCAPES:
        return _RUST_ESCAPES[char]
    hidden = not char.isprintable() or unicodedata.category(char) in ("Mn", "Me")
    return f"\\u{{{ord(char):x}}}" if hidden else char


def count_tokens(text: str) -> int:
    """ARES's estimate: a token per four bytes of UTF-8, begun ones counted."""
    return -(-len(text.encode()) // 4)

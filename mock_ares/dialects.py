"""The four ways ARES puts the chunks of a reply into events.

    text    the chunk itself is the data; a LF in it makes a further ``data`` line. Nothing marks the end.
    lines   the same without the empty line between events, as ARES's page prints it. To a reader of the
            standard that is one event that never ends, so this dialect is decoded line by line.
    delta   a JSON object per event, as the page of the key route prints it; a last one says ``stop``.
    typed   a JSON object per event, as the real server sends it: start, token, done, error.

A dialect turns text into field lines (``mock_ares.sse.Line``) and bytes back into text. It writes no bytes
itself: line ends, the space after the colon and comments are framing, and belong to who encodes the lines.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from mock_ares.sse import Line, LineDecoder, decode

Event = list[Line]


@dataclass(frozen=True, slots=True)
class Names:
    """What events say beside the text."""

    agent: str = "product"
    """The agent type as a request spells it."""
    context_id: str = ""
    tier: str = "user"
    """Whose agent it is, as the typed dialect's ``done`` has it."""
    tokens_used: int | None = None
    """The delta dialect's count; None: counted from the text as ARES counts."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a whole body says."""

    text: str
    complete: bool
    """The end record was seen; always true in a dialect that has none."""
    error: str | None = None
    """The message of an error event."""


class Dialect:
    """How chunks become events; without an end record unless a dialect says otherwise."""

    name: ClassVar[str]
    blank_line: ClassVar[bool] = True
    """An empty line ends each event."""
    ends: ClassVar[bool] = False
    """An end record says that the reply is whole."""

    def refuse(self, chunk: str) -> str | None:
        """Why this chunk cannot be carried, and what to do about it; None if it can."""
        try:
            chunk.encode()
        except UnicodeEncodeError as found:
            what = f"a lone surrogate, U+{ord(chunk[found.start]):04X}"
            return (
                f"the chunk holds {what}, at character {found.start}, which UTF-8 cannot carry: "
                "write the whole character, or send bytes that are no UTF-8 with the fault for them"
            )
        return None

    def opening(self, names: Names) -> list[Event]:
        """The events before the first chunk."""
        return []

    def chunk(self, text: str) -> Event:
        """The event that carries one chunk; ``refuse`` must have let the chunk pass."""
        raise NotImplementedError

    def closing(self, names: Names, text: str) -> list[Event]:
        """The events after the last chunk of ``text``."""
        return []

    def error(self, names: Names, message: str) -> Event | None:
        """The event that reports a failure inside the stream; None where there is none."""
        return None

    def decode(self, body: bytes) -> Decoded:
        """What a body of this dialect says, all its content codings undone."""
        raise NotImplementedError


class Text(Dialect):
    """Plain chunks. Events of a type of their own are no part of the text: ARES has none."""

    name = "text"

    def refuse(self, chunk: str) -> str | None:
        return super().refuse(chunk) or _refuse_newline(chunk, "\r", self.name)

    def chunk(self, text: str) -> Event:
        return [("data", line) for line in text.split("\n")]

    def decode(self, body: bytes) -> Decoded:
        return Decoded("".join(event.data for event in decode(body) if event.event == "message"), True)


class Lines(Dialect):
    """Plain chunks, a line each. The last line counts without its end, as ARES's sample clients have it."""

    name = "lines"
    blank_line = False

    def refuse(self, chunk: str) -> str | None:
        return super().refuse(chunk) or _refuse_newline(chunk, "\n\r", self.name)

    def chunk(self, text: str) -> Event:
        return [("data", text)]

    def decode(self, body: bytes) -> Decoded:
        decoder = LineDecoder()
        fields = (line.partition(":") for line in decoder.feed(body) + decoder.close())
        return Decoded("".join(value.removeprefix(" ") for name, _, value in fields if name == "data"), True)


class Delta(Dialect):
    """``{"delta": ..., "finish_reason": null}`` per chunk, then one that says ``stop``."""

    name = "delta"
    ends = True

    def chunk(self, text: str) -> Event:
        return _json({"delta": text, "finish_reason": None}, ", ", ": ")

    def closing(self, names: Names, text: str) -> list[Event]:
        used = count_tokens(text) if names.tokens_used is None else names.tokens_used
        return [_json({"delta": "", "finish_reason": "stop", "tokens_used": used}, ", ", ": ")]

    def decode(self, body: bytes) -> Decoded:
        text: list[str] = []
        for record in _records(body):
            text.append(_string(record, "delta"))
            if record.get("finish_reason") == "stop":
                return Decoded("".join(text), True)
        return Decoded("".join(text), False)


class Typed(Dialect):
    """Compact objects with an ``event`` key; ``done`` or ``error`` is the last."""

    name = "typed"
    ends = True

    def opening(self, names: Names) -> list[Event]:
        return [_typed(event="start", agent=f"{names.agent} (system)", context_id=names.context_id)]

    def chunk(self, text: str) -> Event:
        return _typed(event="token", content=text)

    def closing(self, names: Names, text: str) -> list[Event]:
        agent = agent_label(names.agent, names.tier)
        return [_typed(event="done", agent=agent, context_id=names.context_id)]

    def error(self, names: Names, message: str) -> Event | None:
        return _typed(event="error", context_id=names.context_id, error=message)

    def decode(self, body: bytes) -> Decoded:
        text: list[str] = []
        for record in _records(body):
            match record.get("event"):
                case "token":
                    text.append(_string(record, "content"))
                case "done":
                    return Decoded("".join(text), True)
                case "error":
                    return Decoded("".join(text), False, _string(record, "error"))
        return Decoded("".join(text), False)


DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (Text(), Lines(), Delta(), Typed())}


def count_tokens(text: str) -> int:
    """ARES's estimate: a token per four bytes of UTF-8, begun ones counted."""
    return -(-len(text.encode()) // 4)


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


def _refuse_newline(chunk: str, newlines: str, name: str) -> str | None:
    names = {"\n": "LF", "\r": "CR"}
    for newline in newlines:
        if newline in chunk:
            others = "`delta` or `typed`" if newline == "\r" else "`text`, `delta` or `typed`"
            place = f"a {names[newline]} at character {chunk.index(newline)}"
            return (
                f"the chunk holds {place}, which the dialect `{name}` cannot carry: it would end the line. "
                f"Take it out of the text, or use the dialect {others}"
            )
    return None


def _json(record: dict[str, Any], comma: str, colon: str) -> Event:
    return [("data", json.dumps(record, ensure_ascii=False, separators=(comma, colon)))]


def _typed(**record: str) -> Event:
    return _json(record, ",", ":")


def _records(body: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects among the events' data; anything else is not a record and says nothing."""
    for event in decode(body):
        try:
            record = json.loads(event.data)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def _string(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""

"""The messages between harness and driver, as ``contracts/driver-protocol.md`` has them. Pure.

Each is one line of JSON. What is written here is ASCII: no character of a text can be taken for a line's end, whatever
the other side takes for one. What is read ends at LF and at nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from mock_ares.harness.model import Target

VERSION = 1
Kind = Literal["piece", "restart", "text", "error"]
KINDS: tuple[Kind, ...] = ("piece", "restart", "text", "error")
LONGEST_QUOTE = 200
"""Bytes."""


class ProtocolError(ValueError):
    """A line that is no message of the protocol; says what is wrong, and quotes it."""

    def __init__(self, wrong: str, line: bytes) -> None:
        quoted = repr(line[:LONGEST_QUOTE].decode(errors="replace"))
        more = f"... ({len(line)} bytes)" if len(line) > LONGEST_QUOTE else ""
        super().__init__(f"{wrong}: {quoted}{more}")


@dataclass(frozen=True, slots=True)
class Hello:
    """A driver's first line."""

    name: str | None = None
    capabilities: tuple[str, ...] = ()
    error: str | None = None
    """Why it cannot go on."""


@dataclass(frozen=True, slots=True)
class DriverMessage:
    """A driver's further lines; ``piece`` and ``restart`` while an example goes on, ``text`` or ``error`` to end it."""

    id: int
    kind: Kind
    text: str = ""

    @property
    def last(self) -> bool:
        return self.kind in ("text", "error")


def encode(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=True).encode("ascii") + b"\n"


def encode_hello(hello: Hello) -> bytes:
    fields: dict[str, Any] = {"protocol": VERSION}
    if hello.name is not None:
        fields["name"] = hello.name
    if hello.capabilities:
        fields["capabilities"] = list(hello.capabilities)
    if hello.error is not None:
        fields["error"] = hello.error
    return encode(fields)


def encode_message(message: DriverMessage) -> bytes:
    return encode({"id": message.id, message.kind: True if message.kind == "restart" else message.text})


def encode_request(number: int, target: Target, *, more: bool = False) -> bytes:
    """``more``: another request follows at once, and both are to be answered beside each other."""
    fields: dict[str, Any] = {"id": number, "url": target.url, "path": target.path}
    fields |= {"token": target.token, "message": target.message}
    if target.cancel_after is not None:
        fields["cancel_after"] = target.cancel_after
    if target.cancel_in is not None:
        fields["cancel_in"] = target.cancel_in
    if target.ca is not None:
        fields["ca"] = target.ca
    if target.http_version != "1.1":
        fields["http_version"] = target.http_version
    if more:
        fields["more"] = True
    return encode(fields)


def decode_hello(line: bytes) -> Hello:
    """Raises ProtocolError."""
    fields = _object(line)
    version = fields.get("protocol")
    if type(version) is not int:
        raise ProtocolError('it has no "protocol"', line)
    if version != VERSION:
        raise ProtocolError(f"it speaks version {version} of the protocol, expected {VERSION}", line)
    name, error = fields.get("name"), fields.get("error")
    for field, value in (("name", name), ("error", error)):
        if value is not None and not isinstance(value, str):
            raise ProtocolError(f"{field!r} is no text", line)
    capabilities = fields.get("capabilities", [])
    if not _texts(capabilities):
        raise ProtocolError("'capabilities' is no list of texts", line)
    return Hello(name, tuple(capabilities), error)


def decode_message(line: bytes) -> DriverMessage:
    """Raises ProtocolError. Members that the protocol does not know are passed over."""
    fields = _object(line)
    number = fields.get("id")
    if type(number) is not int:
        raise ProtocolError('it has no whole number "id"', line)
    kinds = [kind for kind in KINDS if kind in fields]
    if len(kinds) != 1:
        raise ProtocolError(f"it has {len(kinds) or 'none'} of {', '.join(KINDS)}, expected exactly one", line)
    value = fields[kinds[0]]
    if kinds[0] == "restart":
        if value is not True:
            raise ProtocolError("'restart' is not true", line)
        return DriverMessage(number, "restart")
    if not isinstance(value, str):
        raise ProtocolError(f"{kinds[0]!r} is no text", line)
    return DriverMessage(number, kinds[0], value)


def decode_request(line: bytes) -> tuple[int, Target, bool]:
    """For drivers in Python: the id, what to ask, and whether more is to be asked beside it.

    Raises ProtocolError; there is no deadline but the harness's.
    """
    fields = _object(line)
    try:
        target = Target(
            url=fields["url"],
            path=fields["path"],
            token=fields["token"],
            message=fields["message"],
            deadline=float("inf"),
            cancel_after=fields.get("cancel_after"),
            cancel_in=fields.get("cancel_in"),
            ca=fields.get("ca"),
            http_version=fields.get("http_version", "1.1"),
        )
        return fields["id"], target, bool(fields.get("more"))
    except KeyError as missing:
        raise ProtocolError(f"it has no {missing}", line) from None


def _object(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise ProtocolError("no JSON", line) from None
    if not isinstance(fields, dict):
        raise ProtocolError("no JSON object", line)
    return fields


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


class LineReader:
    """Bytes as they come in, whole lines out. Linear, however the bytes come."""

    def __init__(self) -> None:
        self.pending = 0
        """Bytes of the unfinished line."""
        self._unfinished: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        *ends, rest = data.split(b"\n")
        lines = []
        for end in ends:
            lines.append(b"".join([*self._unfinished, end]))
            self._unfinished.clear()
        if rest:
            self._unfinished.append(rest)
        self.pending = len(rest) + (0 if ends else self.pending)
        return lines

    @property
    def unfinished(self) -> bytes:
        return b"".join(self._unfinished)


class Halves:
    """Joins pieces of languages whose strings are UTF-16: one of theirs may end inside a character, ours must not."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, piece: str) -> str:
        """The piece, and what was held back; half a character at its end is held back."""
        if self._held:
            units = (self._held + piece).encode("utf-16-le", "surrogatepass")
            piece = units.decode("utf-16-le", "surrogatepass")
            self._held = ""
        if piece and "\ud800" <= piece[-1] <= "\udbff":
            piece, self._held = piece[:-1], piece[-1]
        return piece

    def rest(self) -> str:
        """What is still held back when no more comes."""
        half, self._held = self._held, ""
        return half

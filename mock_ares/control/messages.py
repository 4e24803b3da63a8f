"""Requests and answers of the control API: JSON both ways, and refusals that say what was expected."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from mock_ares.control.context import Control
from mock_ares.control.event_log import encode
from mock_ares.control.serializers import mistake_json
from mock_ares.scenario.diagnostics import Mistake, nearest
from mock_ares.scenario.words import describe
from mock_ares.server.replies.effort import much_to_read

MOST_BODY = 2_500_000
"""Bytes; a scenario file has 1 MB, and JSON may double that."""
DRAINED = 32 * 1024 * 1024
"""Bytes of a body that is too long, until the connection is closed instead."""
BODY_TIMEOUT = 60.0
"""Seconds without a part of it."""
SAFE = (
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
)

T = TypeVar("T")
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class RefusedError(Exception):
    """A request that is not granted; becomes the JSON error."""

    def __init__(
        self,
        status: int,
        error: str,
        *,
        where: str | None = None,
        mistakes: list[Mistake] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(error)
        self.status, self.error, self.where, self.headers = status, error, where, headers
        self.mistakes = mistakes

    def __reduce__(self) -> Any:
        return _refused, (self.status, self.error, self.where, self.mistakes, self.headers)

    def told(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"error": self.error}
        if self.where is not None:
            fields["where"] = self.where
        if self.mistakes is not None:
            fields["mistakes"] = [mistake_json(mistake) for mistake in self.mistakes]
        return fields


def _refused(status: int, error: str, where: Any, mistakes: Any, headers: Any) -> RefusedError:
    return RefusedError(status, error, where=where, mistakes=mistakes, headers=headers)


@dataclass(frozen=True, slots=True)
class ControlAnswer:
    """A whole response."""

    status: int
    body: bytes = b""
    kind: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def ok(value: Any, status: int = 200) -> ControlAnswer:
    return ControlAnswer(status, encode(value), "application/json")


DONE = ControlAnswer(204)


@dataclass(slots=True)
class Ask:
    """One request."""

    control: Control
    scope: Mapping[str, Any]
    receive: Receive
    headers: Mapping[str, str]
    path: dict[str, str]
    """What stands in the place of the path's names."""
    query: dict[str, str] = field(init=False)
    data: bytes = b""
    """The body, once it has been read."""

    def __post_init__(self) -> None:
        pairs = parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.query = dict(pairs)

    @property
    def url(self) -> str:
        """The origin that was asked."""
        return f"{self.scope['scheme']}://{self.headers.get('host', '')}"

    async def read(self) -> bytes:
        """The body. Raises RefusedError."""
        parts, size = list[bytes](), 0
        while True:
            try:
                async with asyncio.timeout(BODY_TIMEOUT):
                    message = await self.receive()
            except TimeoutError:
                raise RefusedError(408, f"the body stood still for {BODY_TIMEOUT:g} s") from None
            if message["type"] == "http.disconnect":
                raise CallerLeftError
            part: bytes = message.get("body", b"")
            size += len(part)
            if size <= MOST_BODY:
                parts.append(part)
            more = message.get("more_body", False)
            if size > DRAINED or (size > MOST_BODY and not more):
                raise RefusedError(413, f"a body has {MOST_BODY} bytes at most", headers=(("connection", "close"),))
            if not more:
                self.data = b"".join(parts)
                return self.data

    async def run(self, much: bool, function: Callable[..., T], *args: Any) -> T:
        """What a function says; where that may take long it is called elsewhere, for as long as the client waits.

        Raises what the function does, and ClientLeftError. The body must have been read.
        """
        if not much:
            return function(*args)
        return await self.unless_left(self.control.fake.executor.run(function, *args))

    async def unless_left(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of it. Raises ClientLeftError, and ends the work, where the client leaves before."""
        job = asyncio.ensure_future(work)
        left = asyncio.ensure_future(self.receive())
        try:
            await asyncio.wait({job, left}, return_when=asyncio.FIRST_COMPLETED)
            if not job.done():
                raise CallerLeftError
            return job.result()
        finally:
            job.cancel()
            left.cancel()

    @property
    def much_to_read(self) -> bool:
        """Whether the body holds scenarios that may take long to read and to plan."""
        return much_to_read(self.data.decode("utf-8", "replace"))

    async def body(self, members: Mapping[str, type | tuple[type, ...]], *, needed: bool = True) -> dict[str, Any]:
        """The JSON object that the body is, with these members and no others. Raises RefusedError."""
        data = await self.read()
        if not data and not needed:
            return {}
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise RefusedError(415, f"expected Content-Type: application/json, not {kind or 'none'}")
        try:
            value = json.loads(data, parse_constant=_no_constant)
            if b"\\u" in data:
                encode_strictly(value)
        except UnicodeEncodeError:
            raise RefusedError(422, "half a surrogate pair (such as \\ud800 alone) is no text") from None
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, f"expected a JSON object: {error}") from None
        if not isinstance(value, dict):
            raise RefusedError(422, f"expected a JSON object, not {describe(value)}")
        for name, member in value.items():
            if name not in members:
                raise RefusedError(422, f"there is no member {name!r} here{nearest(name, members)}", where=name)
            expected_kinds = members[name]
            kinds = expected_kinds if isinstance(expected_kinds, tuple) else (expected_kinds,)
            if not any(_is(member, each) for each in kinds):
                names = " or ".join(_NAMES[each] for each in kinds)
                raise RefusedError(422, f"{name}: expected {names}, not {describe(member)}", where=name)
        return value

    @staticmethod
    def short(body: dict[str, Any], name: str, most: int) -> None:
        """Raises RefusedError for a member that is too long to be kept."""
        if len(body.get(name) or "") > most:
            raise RefusedError(422, f"{name}: {most} characters at most", where=name)

    def parameter(self, name: str, default: str | None = None) -> str | None:
        return self.query.get(name, default)

    def integer(self, name: str, default: int | None, least: int, most: int = 10**15) -> int | None:
        """A whole number of the query or the path."""
        text = self.path.get(name, self.query.get(name))
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 15 and least <= int(text) <= most):
            raise RefusedError(422, f"{name}: expected a whole number from {least} to {most}, not {text!r}", where=name)
        return int(text)

    def number(self, name: str, default: float, most: float) -> float:
        text = self.query.get(name)
        try:
            number = default if text is None else float(text)
        except ValueError:
            number = -1.0
        if not 0.0 <= number <= most:
            raise RefusedError(422, f"{name}: expected a number from 0 to {most:g}, not {text!r}", where=name)
        return number

    def word(self, name: str, default: str | None, *words: str) -> str | None:
        text = self.query.get(name, default)
        if text is not None and text not in words:
            raise RefusedError(422, f"{name}: expected {', '.join(words)}, not {text!r}", where=name)
        return text

    def switch(self, name: str, default: bool) -> bool:
        return self.word(name, "true" if default else "false", "true", "false") == "true"


class CallerLeftError(Exception):
    """The client went away before its request was complete."""


_NAMES: dict[type, str] = {
    str: "a text", int: "a whole number", float: "a number", bool: "true or false", dict: "an object",
    list: "a list", type(None): "null",
}  # fmt: skip


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool) and kind is not bool:
        return False
    if kind is int:
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, (int, float)) if kind is float else isinstance(value, kind)


def encode_strictly(value: Any) -> bytes:
    """Raises UnicodeEncodeError for what UTF-8 cannot say."""
    return json.dumps(value, ensure_ascii=False).encode()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


async def send_answer(answer: ControlAnswer, send: Send, *, head: bool = False) -> None:
    fields = [("date", formatdate(usegmt=True)), *SAFE]
    if answer.kind is not None:
        fields.append(("content-type", answer.kind))
    if answer.status != 204:
        fields.append(("content-length", str(len(answer.body))))
    merged = dict((*fields, *answer.headers))
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in merged.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})

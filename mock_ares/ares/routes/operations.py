"""What an operation is asked, and what it says: the shapes between the table of routes and the handlers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from mock_ares.ares.credentials import Keyring
from mock_ares.ares.errors import HttpError, json_error, plain_error
from mock_ares.ares.memory.store import Store
from mock_ares.ares.profiles import Profile
from mock_ares.plan.model import Headers

NOTHING = object()
MOST_U32 = 2**32 - 1


@dataclass(frozen=True, slots=True)
class OperationCall:
    """An accepted request: credentials and body are in order."""

    profile: Profile
    keyring: Keyring
    store: Store
    user: str
    """The id of the JWT's user or of the key's owner; empty where no credentials are asked for."""
    address: tuple[str, int]
    """Where the fake listens."""
    now: float
    """Seconds since the epoch."""
    speed: float
    parts: Mapping[str, str]
    """What stands in the path for each name in braces, decoded."""
    query: str
    body: bytes
    fields: Mapping[str, Any]
    """The members of the body's object."""

    @property
    def docs(self) -> bool:
        return self.profile.name == "docs"

    def lasting(self, seconds: float) -> int:
        """How many milliseconds something takes that takes so long at speed 1; held streams will go on at that."""
        return round(1000 * seconds / (self.speed or 1.0))


@dataclass(frozen=True, slots=True)
class Result:
    """An answer. Without a ``value`` there is no body."""

    value: Any = NOTHING
    status: int = 200
    headers: Headers = ()
    wait: float = 0.0
    """Seconds until it comes, at speed 1."""


Handler = Callable[[OperationCall], Result]
"""Raises OperationRefusedError."""


class OperationRefusedError(Exception):
    """The answer is an error instead."""

    def __init__(self, error: HttpError) -> None:
        super().__init__(error.status)
        self.error = error


def refuse(call: OperationCall, status: int, message: str, code: str) -> NoReturn:
    """A handler's refusal; the pages' errors have no code."""
    raise OperationRefusedError(json_error(status, message, None if call.docs else code))


def refuse_unknown(call: OperationCall, docs: str, server: str) -> NoReturn:
    refuse(call, 404, docs if call.docs else server, "NOT_FOUND")


# Moments


def stamp(at: float, zone: str = "Z") -> str:
    """A moment in whole seconds as RFC 3339 has it; ``zone`` is how UTC is written."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%S") + zone


def precise(at: float, zone: str = "Z") -> str:
    """A moment with nine digits of the second, as ARES's library writes the present."""
    return stamp(at, f".{int(at % 1 * 1e6) * 1000:09d}{zone}")


# Query strings


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    number: int | None
    size: int | None

    def of(self, items: list[Any], size: int, number: int) -> list[Any]:
        start = (number - 1) * size
        return items[start : start + size]


def page_of(call: OperationCall) -> Page:
    """``page`` and ``per_page``, both Rust's ``Option<u32>`` in ARES. Raises OperationRefusedError for what is none."""
    numbers: dict[str, int] = {}
    for name, text in parse_qsl(call.query, keep_blank_values=True):
        if name not in ("page", "per_page"):
            continue
        mistake = f"duplicate field `{name}`" if name in numbers else _mistake(name, text)
        if mistake:
            in_docs = json_error(400, f"Invalid value for parameter: {name}")
            by_axum = plain_error(400, f"Failed to deserialize query string: {mistake}")
            raise OperationRefusedError(in_docs if call.docs else by_axum)
        numbers[name] = int(_digits(text))
    return Page(numbers.get("page"), numbers.get("per_page"))


def _mistake(name: str, text: str) -> str | None:
    """What Rust's number parser says."""
    if not text:
        return f"{name}: cannot parse integer from empty string"
    if not re.fullmatch(r"\+?[0-9]+", text, re.ASCII):
        return f"{name}: invalid digit found in string"
    if len(_digits(text)) > 10 or int(_digits(text)) > MOST_U32:
        return f"{name}: number too large to fit in target type"
    return None


def _digits(text: str) -> str:
    """Without zeros in front: ``int`` raises ValueError for thousands of digits."""
    return text.lstrip("+0") or "0"


def paged(call: OperationCall, items: list[Any], page: Page, size: int, name: str) -> Result:
    """A list as each profile wraps it: the pages under its own name, the server as ``items`` with a count of pages."""
    number, size = max(1, page.number or 1), min(100, size if page.size is None else page.size)
    shown = page.of(items, size, number)
    if call.docs:
        return Result({name: shown, "total": len(items), "page": number, "per_page": size})
    # Rust's conversion of an infinite quotient saturates.
    pages = -(-len(items) // size) if size else MOST_U32 * bool(items)
    return Result({"items": shown, "total": len(items), "page": number, "per_page": size, "total_pages": pages})


def value_of(body: bytes) -> Any:
    """The body as Python has it; it has been found to be JSON."""
    return json.loads(body)

"""What an answer is like, whatever it says: status, fields, kinds of events, members and their types. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from mock_ares import sse
from mock_ares.dialects import DIALECTS
from mock_ares.plan.model import BODILESS, EndingKind, Headers
from mock_ares.plan.recorded import events
from mock_ares.recorder.exchange.json_values import MOST_NESTED, parsed
from mock_ares.recorder.exchange.streams import recognised
from mock_ares.scenario.words import kind_of

_PASSING = frozenset(
    [
        "date",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "content-length",
        "content-encoding",
        "vary",
        "set-cookie",
        "trailer",
        "alt-svc",
        "server",
        "via",
        "age",
    ]
)
"""Fields that are about one connection, one user or one moment."""
Members = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one answer."""

    status: int
    """0: there is no response."""
    media: str
    fields: frozenset[str]
    dialect: str | None
    """None: it is no event stream."""
    sequence: tuple[str, ...]
    """The kinds of its events; what comes several times in a row stands once."""
    members: Mapping[str, Members]
    """By kind of event; of other content under ``body``."""
    ending: EndingKind


def shape_of(status: int, fields: Headers, payload: bytes, ending: EndingKind) -> Shape:
    """The shape of an answer; ``payload`` has its content codings undone."""
    named = {name.lower(): value for name, value in fields}
    media = named.get("content-type", "").partition(";")[0].strip().lower()
    kept = frozenset(name for name in named if name not in _PASSING and not name.startswith("access-control-"))
    if media != "text/event-stream" or status in BODILESS:
        body = {} if (found := _document(payload)) is None else {"body": _members([found.value])}
        return Shape(status, media, kept, None, (), body, ending)
    dialect = recognised(payload)
    kinds = list(_kinds(payload, dialect))
    by_kind = {kind: _members(data for each, data in kinds if each == kind) for kind in {kind for kind, _ in kinds}}
    return Shape(
        status, media, kept, dialect, tuple(kind for kind, _ in groupby(kind for kind, _ in kinds)), by_kind, ending
    )


class _Document(NamedTuple):
    value: Any


def _document(data: bytes) -> _Document | None:
    """What JSON says, which may be null; None: it is none."""
    try:
        return _Document(parsed(data))
    except ValueError:
        return None


def _kinds(payload: bytes, dialect: str) -> Iterator[tuple[str, Any]]:
    """Each event's kind: its type, and what its record says of itself; and its data."""
    if not DIALECTS[dialect].blank_line:
        yield from (("message", event.data) for event in events(payload, dialect) if event.chunk is not None)
        return
    for event in sse.decode(payload):
        data: Any = event.data
        if not DIALECTS[dialect].raw or event.data.startswith("{"):
            data = event.data if (found := _document(event.data.encode("utf-8", "replace"))) is None else found.value
        said = data.get("event", data.get("type")) if isinstance(data, dict) else None
        ends = isinstance(data, dict) and data.get("finish_reason") is not None
        named = [
            event.event if event.event != "message" else "",
            said if isinstance(said, str) else "",
            "end" if ends else "",
        ]
        yield " ".join(filter(None, named)) or "message", data


def _members(values: Iterable[Any]) -> Members:
    found = dict[str, set[str]]()
    for value in values:
        for place, kind in _places("", value):
            found.setdefault(place, set()).add(kind)
    return {place: frozenset(kinds) for place, kinds in found.items()}


def _places(place: str, value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """What lies deeper than a scenario file can say is not looked at."""
    yield place, kind_of(value) or "nothing"
    if depth > MOST_NESTED:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(f"{place}.{name}" if place else name, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _places(f"{place}[]", inner, depth + 1)


_PARTS = {
    "status": "status",
    "media": "content type",
    "dialect": "dialect",
    "sequence": "events",
    "ending": "ends",
}


def differences(before: Shape, now: Shape) -> list[str]:
    """What has changed, a line each. A member that is null may be anything; one of an empty list is not known."""
    lines = [
        f"{what}: {_said(getattr(before, name))} -> {_said(getattr(now, name))}"
        for name, what in _PARTS.items()
        if getattr(before, name) != getattr(now, name)
    ]  # fmt: skip
    lines += [f"field {name}: gone" for name in sorted(before.fields - now.fields)]
    lines += [f"field {name}: new" for name in sorted(now.fields - before.fields)]
    for kind in sorted(before.members.keys() & now.members.keys()):
        lines += _of_members(kind, before.members[kind], now.members[kind])
    return lines


def _of_members(kind: str, before: Members, now: Members) -> Iterator[str]:
    for place in sorted(before.keys() | now.keys()):
        where = f"{kind}: {place or 'value'}"
        old, new = before.get(place), now.get(place)
        if old is None or new is None:
            there = before if old is None else now
            if _is_known(place, there):
                yield f"{where}: {'new' if old is None else 'gone'}"
        elif (old - {"nothing"}) and (new - {"nothing"}) and not (old | new) - {"nothing"} <= (old & new) | {"nothing"}:
            yield f"{where}: {_said(old)} -> {_said(new)}"


def _is_known(place: str, members: Members) -> bool:
    """Whether a place could be there: what holds it is, and is no null and no empty list."""
    for end in (place.rfind("."), place.rfind("[]")):
        if end > 0 and place[:end] not in members:
            return False
    holder = place[: max(place.rfind("."), place.rfind("[]"), 0)]
    if place.endswith("[]"):
        return False
    return holder not in members or bool(members[holder] - {"nothing"})


def _said(value: object) -> str:
    if isinstance(value, (tuple, frozenset)):
        return ", ".join(sorted(value) if isinstance(value, frozenset) else value) or "none"
    return "none" if value in (None, "", 0) else str(value)

"""Plans as data: what will be sent, before it is sent; and, of what was sent, when."""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from mock_ares.ares.errors import NAMES
from mock_ares.ares.profiles import PROFILES
from mock_ares.authoring.load import loads
from mock_ares.control.context import Control
from mock_ares.control.event_log import encode
from mock_ares.control.messages import Ask, ControlAnswer, RefusedError
from mock_ares.control.resources.scenarios import named, summary, summary_json
from mock_ares.control.resources.tokens import base_of
from mock_ares.control.send_records import Record
from mock_ares.control.serializers import shown
from mock_ares.expectation import expect
from mock_ares.plan.http.head import render_head
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated, carried, version_for
from mock_ares.plan.model import Headers, Script, StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import DialectName, Reply, Scenario
from mock_ares.server.record.curl import EXAMPLE
from mock_ares.server.replies.cors import Cors
from mock_ares.server.replies.effort import much_to_plan
from mock_ares.server.replies.timeline import ENDINGS
from mock_ares.server.replies.unsent import Asking, draw, own_fields

MOST_TEXT = 1_000_000
"""Characters."""
MOST_ITEMS = 10_000
"""Events, and segments."""
MOST_BYTES = 1_000_000
"""Of an event or a segment."""
MOST_AT_ONCE = 20
"""Replies of a scenario that are planned in the event loop."""
JSON = "application/json"
MOST_IN_ALL = 4_000_000
"""Bytes that are told in one answer, however many items it has."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which events and segments are told, and how many bytes of each."""

    first: int = 0
    most: int = 500
    most_bytes: int = 2048

    @classmethod
    def of(cls, ask: Ask) -> Window:
        first = ask.integer("first", 0, 0) or 0
        most = ask.integer("most", 500, 1, MOST_ITEMS) or 500
        most_bytes = ask.integer("most_bytes", 2048, 0, MOST_BYTES)
        return cls(first, most, 2048 if most_bytes is None else most_bytes)

    def slice(self, total: int) -> range:
        return range(min(self.first, total), min(self.first + self.most, total))

    def bytes_each(self, count: int) -> int:
        return min(self.most_bytes, MOST_IN_ALL // max(1, count))


@dataclass(frozen=True, slots=True)
class Setup:
    """What of a fake its plans depend on."""

    profile: str
    dialect: DialectName | None
    cors: Cors

    @classmethod
    def of(cls, control: Control) -> Setup:
        return cls(control.fake.profile.name, control.fake.dialect, control.fake.cors)


async def of_scenario(ask: Ask) -> ControlAnswer:
    control, scenario = ask.control, named(ask.control, ask.path["name"])
    reply, message = ask.integer("reply", None, 0), ask.parameter("message", EXAMPLE) or ""
    window, gzip = Window.of(ask), ask.switch("gzip", True)
    _, chosen = _wanted(scenario, reply)
    await ask.read()
    much = len(chosen) > MOST_AT_ONCE or any(much_to_plan(each, message) for each in chosen)
    given = (Setup.of(control), scenario, reply, message, gzip, window, summary_json(control, scenario))
    return ControlAnswer(200, await ask.run(much, plans, *given), JSON)


async def of_text(ask: Ask) -> ControlAnswer:
    kinds = {"text": str, "reply": (int, type(None)), "message": str, "gzip": bool, "first": int, "most": int}
    body = await ask.body({**kinds, "most_bytes": int})  # type: ignore[dict-item]
    if "text" not in body:
        raise RefusedError(422, "expected text: a scenario file", where="text")
    window = Window(*(_bounded(body, *bounds) for bounds in _BOUNDS))
    reply = None if body.get("reply") is None else _bounded(body, "reply", 0, 0, 10**9)
    message, gzip, control = body.get("message", EXAMPLE), body.get("gzip", True), ask.control
    given = (Setup.of(control), body["text"], base_of(control), reply, message, gzip, window)
    return ControlAnswer(200, await ask.run(ask.much_to_read, plans_of_text, *given), JSON)


def plans_of_text(
    setup: Setup, text: str, base: Path, reply: int | None, message: str, gzip: bool, window: Window
) -> bytes:
    """The JSON of a scenario file's plans. Raises RefusedError."""
    try:
        scenario = loads(text, "<text>", base=base, name="text", errors=NAMES)
    except ScenarioError as error:
        raise RefusedError(422, "the text has mistakes", where="text", mistakes=error.mistakes) from None
    return plans(setup, scenario, reply, message, gzip, window, summary(scenario, "text"))


_BOUNDS = (("first", 0, 0, 10**9), ("most", 500, 1, MOST_ITEMS), ("most_bytes", 2048, 0, MOST_BYTES))


def _bounded(body: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = int(body.get(name, default))
    if not least <= value <= most:
        raise RefusedError(422, f"{name}: expected {least} to {most}, not {value}", where=name)
    return value


def plans(
    setup: Setup, scenario: Scenario, reply: int | None, message: str, gzip: bool, window: Window, summary: Any
) -> bytes:
    """The JSON of a scenario's plans, or of one. Raises RefusedError."""
    numbers, _ = _wanted(scenario, reply)
    drawn = [
        _plan_of(setup, scenario, index, message, Negotiated(version_for(scenario.replies[index]), gzip), window)
        for index in numbers
    ]
    return encode({"scenario": summary, "plans": drawn})


def _wanted(scenario: Scenario, reply: int | None) -> tuple[Sequence[int], Sequence[Reply]]:
    """The numbers of the replies that are asked for, and these. Raises RefusedError."""
    count = len(scenario.replies)
    if reply is None:
        return range(count), scenario.replies
    if reply >= count:
        reason = f"there is no reply {reply}: {scenario.name} has {count}, counted from 0"
        raise RefusedError(404, reason, where="reply")
    return (reply,), scenario.replies[reply : reply + 1]


def _plan_of(
    setup: Setup, scenario: Scenario, index: int, message: str, negotiated: Negotiated, window: Window
) -> dict[str, Any]:
    try:
        answer = draw(scenario, index, Asking(message, negotiated), PROFILES[setup.profile], setup.dialect)
    except (PlanError, LookupError) as error:
        return {"reply": index, "error": str(error.args[0])}
    return plan_json(
        answer.plan, answer.script, index, negotiated, window, extra=own_fields(PROFILES[setup.profile], setup.cors)
    )


def plan_json(
    plan: StreamPlan, script: Script, index: int, negotiated: Negotiated, window: Window, record: Record | None = None,
    extra: Headers = (),
) -> dict[str, Any]:  # fmt: skip
    """The document's ``Plan``; with a record, of what was really sent."""
    body = carried(plan, negotiated).body
    expected = expect(plan, gzip=negotiated.gzip, version=negotiated.version)
    head = render_head(script.head, extra) if script.head is not None else None
    return {
        "reply": index,
        "dialect": plan.dialect,
        "status": plan.head.status if plan.head else None,
        "head": _base64(head) if head is not None else None,
        "headers": [list(field) for field in (*script.head.headers, *extra)] if script.head else [],
        "interim": list(script.head.interim) if script.head else [],
        "framing": body.framing,
        "gzip": body.gzip is not None,
        "seed": plan.seed,
        "faults": list(plan.marks),
        "expected": {"outcome": expected.outcome, "text": shown(expected.text[:MOST_TEXT]), "why": expected.why},
        "text": shown(plan.text[:MOST_TEXT]),
        "chunks": len(plan.chunks),
        "payload_size": plan.size,
        "size": script.size,
        "duration": _end(script),
        "events": _events(plan, window, record),
        "segments": _segments(plan, script, window, record),
        "first": window.first,
        "holds": [{"at": round(hold.at, 6), "segments": hold.place} for hold in script.holds],
        "ending": _ending(plan, script),
    }


def _end(script: Script) -> float:
    last = script.writes[-1].at if script.writes else script.head.at if script.head else 0.0
    return round(max(last, script.ending.at or 0.0), 6)


def _ending(plan: StreamPlan, script: Script) -> dict[str, Any]:
    ending = script.ending
    return {
        "kind": ending.kind,
        "at": _end(script),
        "keep_alive": script.keep_alive and ending.kind == "complete",
        "stop": plan.ending.stop,
        "tail": _base64(ending.tail[:MOST_BYTES]),
        "heartbeat": ending.heartbeat[0] if ending.heartbeat else None,
        "said": ENDINGS[ending.kind](script),
    }


def _events(plan: StreamPlan, window: Window, record: Record | None) -> dict[str, Any]:
    ends = list(accumulate((len(piece.data) for piece in plan.pieces), initial=0))
    upto = record.upto if record is not None else plan.ending.stop if plan.ending.stop is not None else plan.size
    indexes = window.slice(len(plan.pieces))
    most, items = window.bytes_each(len(indexes)), []
    for index in indexes:
        piece = plan.pieces[index]
        items.append(
            {
                "index": index,
                "at": round(piece.at, 6),
                "offset": ends[index],
                "size": len(piece.data),
                "chunk": piece.chunk,
                "text": None if piece.chunk is None else shown(plan.chunks[piece.chunk][: most or 1]),
                "bytes": _base64(piece.data[:most]),
                "ends": piece.ends_event,
                "sent": ends[index] < upto,
            }
        )
    return {"total": len(plan.pieces), "items": items}


def _segments(plan: StreamPlan, script: Script, window: Window, record: Record | None) -> dict[str, Any]:
    writes = script.writes
    offsets = list(accumulate((len(write.data) for write in writes), initial=0))
    numbers, starts = _chunk_starts(plan)
    indexes = window.slice(len(writes))
    most, items = window.bytes_each(len(indexes)), []
    for index in indexes:
        write, sent_at = writes[index], record.sent_at(index) if record is not None else None
        before = writes[index - 1].upto if index else 0
        items.append(
            {
                "index": index,
                "at": round(write.at, 6),
                "sent_at": None if sent_at is None else round(sent_at, 6),
                "offset": offsets[index],
                "size": len(write.data),
                "upto": write.upto,
                "boundary": write.boundary,
                "chunks": _begun(numbers, starts, before, write.upto),
                "bytes": _base64(write.data[:most]),
            }
        )
    return {"total": len(writes), "items": items}


def _chunk_starts(plan: StreamPlan) -> tuple[list[int], list[int]]:
    """Each chunk, and where in the payload it begins; in the order of the payload."""
    known, offset = dict[int, int](), 0
    for piece in plan.pieces:
        if piece.chunk is not None:
            known.setdefault(piece.chunk, offset)
        offset += len(piece.data)
    return list(known), list(known.values())


def _begun(numbers: Sequence[int], starts: Sequence[int], first: int, stop: int) -> list[int] | None:
    start, end = bisect_left(starts, first), bisect_left(starts, stop)
    return [numbers[start], numbers[end - 1]] if end > start else None


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


__all__ = ["Window", "lay_out", "of_scenario", "of_text", "plan_json", "plans"]

"""Breaking the next reply: what it can be broken with, and what has been asked for."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, get_args, get_origin

from mock_ares.ares.errors import NAMES, lookup
from mock_ares.authoring.dump import words
from mock_ares.authoring.load import from_value
from mock_ares.control.messages import DONE, Ask, ControlAnswer, RefusedError, ok
from mock_ares.control.resources.scenarios import MOST_TOKEN
from mock_ares.control.serializers import break_json
from mock_ares.faults import FAULTS
from mock_ares.scenario.diagnostics import WordsError, dotted, nearest
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.position import Position
from mock_ares.scenario.words import Quantity
from mock_ares.server.replies.overrides import MOST_BREAKS

MOST_TIMES = 1000
MOST_BREAK = 16 * 1024
"""Bytes of its JSON."""


async def kinds(ask: Ask) -> ControlAnswer:
    profile = ask.control.fake.profile
    errors = [{"name": name, "status": lookup(profile, name).status, "summary": text} for name, text in NAMES.items()]
    return ok({"faults": [_kind(fault) for fault in FAULTS.values()], "errors": errors})


def _kind(fault: type[Fault]) -> dict[str, Any]:
    from mock_ares.authoring.schema import docstrings_of, sentence

    told = docstrings_of(fault)
    known = dataclasses.fields(fault)
    hints = inspect.get_annotations(fault, eval_str=True)
    required = fault.required()
    parameters = []
    for field in known:
        described = {
            "name": field.name,
            "kind": _kind_of(hints[field.name]),
            "required": field.name in required,
            "default": None if field.name in required else _default(fault, field),
            "description": sentence(told.get(field.name, "")) or _COMMON.get(field.name, ""),
        }
        if choices := _choices(hints[field.name]):
            described["choices"] = choices
        parameters.append(described)
    return {
        "name": fault.name,
        "summary": sentence(inspect.getdoc(fault) or ""),
        "needs": fault.needs,
        "stands_alone": fault.about == "response",
        "parameters": parameters,
    }


_COMMON = {
    "after": "Where: behind this text, or behind so many chunks.",
    "inside_http_chunk": "Leaves an HTTP chunk unfinished, too.",
    "by": "By so many bytes.",
    "chunk": "Which chunk, counted from 1.",
    "message": "What the error says.",
    "size": "What stands in the place of a chunk's size.",
    "reset": "RST in the place of FIN.",
    "bytes": "What is put in.",
}


def _default(fault: type[Fault], field: dataclasses.Field[Any]) -> Any:
    value = field.default if field.default is not dataclasses.MISSING else None
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    return words(value) if dataclasses.is_dataclass(value) else list(value)


def _kind_of(hint: Any) -> str:
    if _mentions(hint, Position):
        return "position"
    if (quantity := _marker(hint)) is not None:
        return "duration" if quantity.kind == "duration" else "number"
    if _choices(hint):
        return "choice"
    for kind, name in ((bool, "switch"), (int, "number"), (float, "number"), (bytes, "bytes")):
        if _mentions(hint, kind):
            return name
    return "text"


def _mentions(hint: Any, kind: type) -> bool:
    return hint is kind or any(_mentions(arm, kind) for arm in get_args(hint) if not isinstance(arm, str))


def _marker(hint: Any) -> Quantity | None:
    found = (each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Quantity))
    return next(found, None) or next((m for arm in get_args(hint) if (m := _marker(arm)) is not None), None)


def _choices(hint: Any) -> list[str]:
    from typing import Literal

    if get_origin(hint) is Literal:
        return [str(each) for each in get_args(hint)]
    return next((found for arm in get_args(hint) if (found := _choices(arm))), [])


async def listed(ask: Ask) -> ControlAnswer:
    return ok({"breaks": [break_json(each) for each in ask.control.fake.steering.breaks]})


async def add(ask: Ask) -> ControlAnswer:
    body = await ask.body({"fault": (str, dict), "error": str, "token": (str, type(None)), "times": int})
    ask.short(body, "token", MOST_TOKEN)
    if len(ask.data) > MOST_BREAK:
        raise RefusedError(413, f"a break has {MOST_BREAK} bytes at most; a scenario may have more")
    if ("fault" in body) == ("error" in body):
        raise RefusedError(422, "expected exactly one of fault and error")
    times = int(body.get("times", 1))
    if not 1 <= times <= MOST_TIMES:
        raise RefusedError(422, f"times: expected 1 to {MOST_TIMES}, not {times}", where="times")
    fault = _fault(body["fault"]) if "fault" in body else None
    error = body.get("error")
    if error is not None and error not in NAMES:
        raise RefusedError(422, f"no error is named {error!r}{nearest(error, NAMES)}", where="error")
    steering = ask.control.fake.steering
    if len(steering.breaks) >= MOST_BREAKS:
        raise RefusedError(409, f"{MOST_BREAKS} breaks are waiting, which is the most; cancel some")
    made = steering.add(body.get("token"), times, fault, error)
    ask.control.breaks_changed()
    return ok(break_json(made), 201)


def _fault(value: Any) -> Fault:
    """A fault in the words of a scenario file. Whether it suits the reply is known when that is given."""
    for name in (value,) if isinstance(value, str) else value:
        if name not in FAULTS:
            raise RefusedError(422, f"no fault is named {name!r}{nearest(name, FAULTS)}", where="fault")
    try:
        made = from_value({"replies": [{"text": "", "faults": [value]}]}, rehearsed=False)
    except WordsError as error:
        place, message = error.found[0]
        where = dotted(("fault", *place[4:]))
        raise RefusedError(422, f"{where}: {message}", where=where) from None
    return made.replies[0].faults[0]


async def cancel(ask: Ask) -> ControlAnswer:
    breaks = ask.control.fake.steering.breaks
    found = next((each for each in breaks if each.id == ask.path["id"]), None)
    if found is None:
        raise RefusedError(404, f"no break has the id {ask.path['id']!r}: it has happened, or was cancelled")
    breaks.remove(found)
    ask.control.breaks_changed()
    return DONE


async def cancel_all(ask: Ask) -> ControlAnswer:
    ask.control.fake.steering.breaks.clear()
    ask.control.breaks_changed()
    return DONE

"""Breaking the next reply: what it can be broken with, and what has been asked for."""

from __future__ import annotations

import dataclasses
import inspect
from functools import cache
from typing import Any

from mock_ares.ares.errors import NAMES, lookup
from mock_ares.authoring.dump import words
from mock_ares.authoring.load import from_value
from mock_ares.control.messages import DONE, Ask, ControlAnswer, RefusedError, ok
from mock_ares.control.resources.scenarios import MOST_TOKEN
from mock_ares.control.serializers import break_json
from mock_ares.faults import FAULTS
from mock_ares.scenario.diagnostics import WordsError, dotted, nearest
from mock_ares.scenario.fault import Fault
from mock_ares.server.replies.overrides import MOST_BREAKS

MOST_TIMES = 1000
MOST_BREAK = 16 * 1024
"""Bytes of its JSON."""


async def kinds(ask: Ask) -> ControlAnswer:
    profile = ask.control.fake.profile
    errors = [{"name": name, "status": lookup(profile, name).status, "summary": text} for name, text in NAMES.items()]
    return ok({"faults": [_kind(name) for name in FAULTS], "errors": errors})


@cache
def _kind(name: str) -> dict[str, Any]:
    """By the JSON Schema of its arguments, which takes 3 ms to be made."""
    from pydantic import TypeAdapter

    from mock_ares.authoring.schema import docstrings_of, sentence

    fault = FAULTS[name]
    docstrings, schema = docstrings_of(fault), TypeAdapter(fault).json_schema()
    parameters = []
    for field in dataclasses.fields(fault):
        alternatives = _alternatives(schema["properties"][field.name])
        choices = [word for part in alternatives for word in part.get("enum", ())]
        described = {
            "name": field.name,
            "kind": "choice" if choices else _kind_of(alternatives),
            "required": field.name in fault.required(),
            "default": None if field.default is dataclasses.MISSING else _plain(field.default),
            "description": sentence(docstrings.get(field.name, "")) or _COMMON.get(field.name, ""),
        }
        parameters.append(described | ({"choices": choices} if choices else {}))
    return {
        "name": fault.name,
        "summary": sentence(inspect.getdoc(fault) or ""),
        "needs": fault.needs,
        "stands_alone": fault.about == "response",
        "parameters": parameters,
    }


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for each in schema.get("anyOf", schema.get("oneOf", ())) for part in _alternatives(each)] or [schema]


def _kind_of(alternatives: list[dict[str, Any]]) -> str:
    types = {part.get("type", "") for part in alternatives} - {"null"}
    if any("$ref" in part for part in alternatives):
        return "position"
    return "switch" if types == {"boolean"} else "number" if types and types <= {"integer", "number"} else "text"


_COMMON = {
    "after": "Where: behind this text, or behind so many chunks.",
    "inside_http_chunk": "Leaves an HTTP chunk unfinished, too.",
    "by": "By so many bytes.",
    "how": "How TLS breaks off.",
    "chunk": "Which chunk, counted from 1.",
    "message": "What the error says.",
    "size": "What stands in the place of a chunk's size.",
    "reset": "RST in the place of FIN.",
    "bytes": "What is put in.",
}


def _plain(value: Any) -> Any:
    return words(value) if dataclasses.is_dataclass(value) else list(value) if isinstance(value, tuple) else value


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
    if fault is not None and (reason := fault.unsayable(tls=bool(ask.control.fake.settings.tls))) is not None:
        raise RefusedError(422, reason, where="fault")
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
    pending = next((each for each in breaks if each.id == ask.path["id"]), None)
    if pending is None:
        raise RefusedError(404, f"no break has the id {ask.path['id']!r}: it has happened, or was cancelled")
    breaks.remove(pending)
    ask.control.breaks_changed()
    return DONE


async def cancel_all(ask: Ask) -> ControlAnswer:
    ask.control.fake.steering.breaks.clear()
    ask.control.breaks_changed()
    return DONE

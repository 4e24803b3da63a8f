"""The library of what is served, and who was given which of it."""

from __future__ import annotations

from typing import Any

from mock_ares.authoring.dump import dump, words
from mock_ares.control.context import Control
from mock_ares.control.messages import Ask, ControlAnswer, RefusedError, ok
from mock_ares.control.serializers import chosen_json
from mock_ares.paths import FIXTURES
from mock_ares.scenario.model import Reply, Scenario
from mock_ares.server.files.scenario_files import ServedFile
from mock_ares.server.replies.library import BUILT_IN
from mock_ares.server.replies.overrides import MOST_CHOICES


def summary_json(control: Control, scenario: Scenario) -> dict[str, Any]:
    entry = control.folder.of(scenario) if control.folder is not None else None
    origin = "file" if entry else "built-in" if scenario is BUILT_IN else "library"
    return summary(scenario, origin, entry)


def summary(scenario: Scenario, origin: str, entry: ServedFile | None = None) -> dict[str, Any]:
    """The document's ``Scenario``."""
    kinds = [_kind(reply) for reply in scenario.replies]
    faults = dict.fromkeys(fault.name for reply in scenario.replies for fault in reply.faults)
    return {
        "name": scenario.name,
        "summary": scenario.summary,
        "origin": origin,
        "file": entry.name if entry else None,
        "when": words(scenario.when) if scenario.when else None,
        "replies": len(scenario.replies),
        "then": scenario.then,
        "kinds": kinds,
        "faults": list(faults),
        "broken": bool(entry and entry.mistakes),
    }


def _kind(reply: Reply) -> str:
    if reply.speaks:
        return "text"
    if reply.error is not None:
        return "error"
    if reply.redirect is not None:
        return "redirect"
    return "nothing" if any(fault.about == "response" for fault in reply.faults) else "content"


def named(control: Control, name: str) -> Scenario:
    """Raises RefusedError."""
    try:
        return control.fake.library.named(name)
    except LookupError as error:
        raise RefusedError(404, str(error.args[0])) from None


async def listed(ask: Ask) -> ControlAnswer:
    control = ask.control
    summaries = [summary_json(control, scenario) for scenario in control.fake.library.by_name.values()]
    return ok({"scenarios": summaries, "chosen": chosen_json(control.fake)})


async def one(ask: Ask) -> ControlAnswer:
    control, scenario = ask.control, named(ask.control, ask.path["name"])
    text, tag = _source(control, scenario)
    replies = [words(reply) for reply in scenario.replies]
    return ok({**summary_json(control, scenario), "text": text, "tag": tag, "reply_words": replies})


def _source(control: Control, scenario: Scenario) -> tuple[str, str | None]:
    entry = control.folder.of(scenario) if control.folder is not None else None
    if entry is not None:
        return entry.text, entry.tag
    path = FIXTURES / f"{scenario.name}.yaml"
    if scenario is not BUILT_IN and control.folder is None and path.is_file():
        return path.read_text(encoding="utf-8"), None
    try:
        return dump(scenario), None
    except ValueError as error:
        return f"# {error}\n", None


async def chosen(ask: Ask) -> ControlAnswer:
    return ok(chosen_json(ask.control.fake))


MOST_TOKEN = 200
"""Characters of a token's id."""


async def choose(ask: Ask) -> ControlAnswer:
    body = await ask.body({"scenario": (str, type(None)), "token": (str, type(None))})
    if "scenario" not in body:
        raise RefusedError(422, "expected scenario: the name of one, or null", where="scenario")
    name = None if body["scenario"] is None else named(ask.control, body["scenario"]).name
    ask.short(body, "token", MOST_TOKEN)
    choose_for(ask.control, name, body.get("token"))
    return ok(chosen_json(ask.control.fake))


def choose_for(control: Control, name: str | None, token: str | None) -> None:
    """Raises RefusedError where there are too many choices."""
    steering = control.fake.steering
    if token is None:
        steering.chosen = name
    elif name is None:
        steering.chosen_for.pop(token, None)
    elif len(steering.chosen_for) >= MOST_CHOICES and token not in steering.chosen_for:
        raise RefusedError(409, f"scenarios are chosen for {MOST_CHOICES} tokens, which is the most; take some back")
    else:
        steering.chosen_for[token] = name
    if name is not None:
        control.fake.library.begin(name, token)
    control.hub.publish("chosen", lambda: chosen_json(control.fake))

"""Tokens with a script of their own, so that tests that share a fake do not meet."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from mock_ares.ares.credentials import MONTH
from mock_ares.ares.errors import NAMES
from mock_ares.authoring.load import from_value, loads
from mock_ares.control.context import MOST_TOKENS, Control, Known
from mock_ares.control.messages import DONE, Ask, ControlAnswer, RefusedError, ok
from mock_ares.control.resources.scenarios import choose_for, named
from mock_ares.scenario.diagnostics import ScenarioError, WordsError, counted, dotted
from mock_ares.scenario.model import Reply, Scenario
from mock_ares.server.record.curl import EXAMPLE, ask_line
from mock_ares.server.replies.library import Turn

YEAR = 365 * 86400
"""Seconds."""
MOST_NAME = 200
"""Characters."""
MOST_REPLIES = 10_000
MOST_SCRIPTED = 256_000_000
"""Characters."""
PER_REPLY = 1000
"""Characters."""
NOWHERE = Path("/nonexistent/mock-ares")
"""Where texts are looked for that a script names, while no folder is served."""
ENDS = ("repeat", "cycle", "fail")


def base_of(control: Control) -> Path:
    """The folder that a script's ``text: {file: ...}`` is relative to."""
    return control.folder.home if control.folder is not None else NOWHERE


def token_json(control: Control, id: str, counts: Counter[str]) -> dict[str, Any]:
    known, turn = control.tokens.get(id), control.fake.scripts.get(id)
    chosen = control.fake.steering.chosen_for.get(id)
    return {
        "id": id,
        "name": known.name if known else "",
        "made_here": known is not None,
        "replies": len(turn.scenario.replies) if turn else None,
        "given": turn.taken if turn else 0,
        "chosen": chosen if chosen in control.fake.library.by_name else None,
        "requests": counts[id],
        "time": round(known.time, 3) if known else None,
    }


def tokens_json(control: Control) -> list[dict[str, Any]]:
    counts = Counter(exchange.owner for exchange in control.fake.journal if exchange.owner)
    ids = dict.fromkeys([*reversed(control.tokens), *reversed(counts), *control.fake.scripts])
    return [token_json(control, id, counts) for id in ids]


def _one_json(control: Control, id: str) -> dict[str, Any]:
    return token_json(control, id, Counter(exchange.owner for exchange in control.fake.journal))


def _changed(control: Control) -> None:
    control.hub.publish("tokens", lambda: {"tokens": tokens_json(control)})


async def listed(ask: Ask) -> ControlAnswer:
    return ok({"tokens": tokens_json(ask.control)})


async def one(ask: Ask) -> ControlAnswer:
    return ok(_one_json(ask.control, _known(ask)))


def _known(ask: Ask) -> str:
    control, id = ask.control, ask.path["id"]
    if id in control.tokens or id in control.fake.scripts or any(e.owner == id for e in control.fake.journal):
        return id
    raise RefusedError(404, f"no token is known by the id {id!r}: POST /_mock/api/tokens makes one")


async def create(ask: Ask) -> ControlAnswer:
    control = ask.control
    members: dict[str, Any] = {"name": str, "scenario": str, "lifetime": int, **_SCRIPT}
    body = await ask.body(members, needed=False)
    if sum(word in body for word in ("replies", "text", "scenario")) > 1:
        raise RefusedError(422, "expected at most one of replies, text and scenario")
    name, lifetime = body.get("name", ""), int(body.get("lifetime", MONTH))
    ask.short(body, "name", MOST_NAME)
    if not -YEAR <= lifetime <= YEAR:
        raise RefusedError(422, f"lifetime: expected {-YEAR} to {YEAR} seconds, not {lifetime}", where="lifetime")
    script = await _script(ask, body, needed=False)
    if script is not None:
        _fit(control, "", script)
    chosen = named(control, body["scenario"]).name if "scenario" in body else None
    if len(control.tokens) >= MOST_TOKENS:
        raise RefusedError(409, f"{MOST_TOKENS} tokens are known, which is the most; drop some")
    pair = control.fake.keyring.pair(lifetime=lifetime)
    control.tokens[pair.id] = Known(pair.id, name, time.time(), pair.token, pair.api_key)
    if control.fake.tenants.any:
        control.fake.tenants.enter(pair.id, name or "a token of the control API")
    if script is not None:
        control.fake.scripts[pair.id] = Turn(script)
        control.scripted[pair.id] = _characters(script)
    if chosen is not None:
        choose_for(control, chosen, pair.id)
    _changed(control)
    line = ask_line(ask.url, pair.token, EXAMPLE, ca=control.fake.ca)
    return ok({**_one_json(control, pair.id), "token": pair.token, "api_key": pair.api_key, "curl": line}, 201)


_SCRIPT: dict[str, Any] = {"replies": list, "text": str, "then": str}


async def push(ask: Ask) -> ControlAnswer:
    control, id = ask.control, _known(ask)
    body = await ask.body(_SCRIPT)
    script = await _script(ask, body)
    turn = control.fake.scripts.get(id)
    if turn is not None:
        replies = (*turn.scenario.replies, *script.replies)
        if len(replies) > MOST_REPLIES:
            raise RefusedError(409, f"a script has {MOST_REPLIES} replies at most", where="replies")
        script = replace(turn.scenario, replies=replies, then=body.get("then", turn.scenario.then))
    _fit(control, id, script)
    if turn is None:
        control.fake.scripts[id] = Turn(script)
    else:
        turn.scenario = script
    control.scripted[id] = _characters(script)
    _changed(control)
    return ok(_one_json(control, id))


async def put(ask: Ask) -> ControlAnswer:
    control, id = ask.control, _known(ask)
    script = await _script(ask, await ask.body(_SCRIPT))
    _fit(control, id, script)
    control.fake.scripts[id] = Turn(script)
    control.scripted[id] = _characters(script)
    _changed(control)
    return ok(_one_json(control, id))


def _characters(script: Scenario) -> int:
    """Of its texts, and about as many for what stands around each."""
    parts = (reply.chunks if isinstance(reply.chunks, tuple) else (reply.text or "",) for reply in script.replies)
    return sum(PER_REPLY + sum(len(part) if isinstance(part, str) else 0 for part in each) for each in parts)


def _fit(control: Control, id: str, script: Scenario) -> None:
    """Raises RefusedError where the scripts of all tokens would be too much to keep."""
    scripts = control.fake.scripts
    control.scripted = {each: size for each, size in control.scripted.items() if each in scripts}
    others = sum(size for each, size in control.scripted.items() if each != id)
    if others + _characters(script) > MOST_SCRIPTED:
        reason = f"the scripts of all tokens hold {MOST_SCRIPTED} characters at most; drop some tokens"
        raise RefusedError(409, reason, where="replies")


async def _script(ask: Ask, body: dict[str, Any], *, needed: bool = True) -> Any:
    """The scenario of ``replies`` or ``text``; None where neither is needed nor there. Raises RefusedError."""
    if ("replies" in body) == ("text" in body):
        if not needed and "replies" not in body:
            return None
        raise RefusedError(422, "expected exactly one of replies and text")
    then = body.get("then")
    if then not in (None, *ENDS):
        raise RefusedError(422, f"then: expected {', '.join(ENDS)}, not {then!r}", where="then")
    read, source = (_of_text, body["text"]) if "text" in body else (_of_replies, body["replies"])
    made = await ask.run(ask.much_to_read, read, source, base_of(ask.control))
    return replace(made, name="script", then=then or made.then)


def _of_text(text: str, base: Path) -> Scenario:
    try:
        return loads(text, "<text>", base=base, name="script", errors=NAMES)
    except ScenarioError as error:
        first, count = error.mistakes[0], counted(len(error.mistakes), "mistake")
        reason = f"text: {count}; line {first.line}, column {first.column}: {first.message}"
        raise RefusedError(422, reason, where="text", mistakes=error.mistakes) from None


def _of_replies(replies: list[Any], base: Path) -> Scenario:
    if len(replies) > MOST_REPLIES:
        raise RefusedError(422, f"replies: {MOST_REPLIES} at most", where="replies")
    value = {"replies": [{"text": each} if isinstance(each, str) else each for each in replies]}
    try:
        return from_value(value, base=base, errors=NAMES)
    except WordsError as error:
        place, message = error.found[0]
        raise RefusedError(422, f"{dotted(place)}: {message}", where=dotted(place)) from None


async def release(ask: Ask) -> ControlAnswer:
    control, id, every = ask.control, _known(ask), await every_of(ask)
    turn, number = control.fake.scripts.get(id), ask.integer("reply", 0, 0) or 0
    count = len(turn.scenario.replies) if turn else 0
    if turn is None or number >= count:
        raise RefusedError(404, f"there is no reply {number}: the script has {count}, counted from 0", where="reply")
    held_or_refused(turn.scenario.replies[number], f"reply {number} of the script")
    turn.releases(number).release(every=every)
    return ok(_one_json(control, id))


async def every_of(ask: Ask) -> bool:
    """Whether all pauses are to be released, and not the next alone."""
    body = await ask.body({"all": bool}, needed=False)
    return bool(body.get("all", False))


def held_or_refused(reply: Reply, what: str) -> None:
    """Raises RefusedError for a reply that waits for nobody."""
    if not reply.is_held:
        reason = f"{what} has no pause that is released: pace: {{pauses: [{{at: ..., until: released}}]}} makes one"
        raise RefusedError(409, reason)


async def take_away(ask: Ask) -> ControlAnswer:
    ask.control.fake.scripts.pop(_known(ask), None)
    _changed(ask.control)
    return DONE


async def drop(ask: Ask) -> ControlAnswer:
    _drop(ask.control, _known(ask))
    _changed(ask.control)
    return DONE


def drop_all(control: Control) -> int:
    """Every token that was made here; says how many there were."""
    ids = list(control.tokens)
    for id in ids:
        _drop(control, id)
    for id in [id for id in control.fake.scripts if id not in control.fake.tenants]:
        del control.fake.scripts[id]
    _changed(control)
    return len(ids)


def _drop(control: Control, id: str) -> None:
    fake = control.fake
    known = control.tokens.pop(id, None)
    if known is not None:
        fake.keyring.revoke(known.token)
        fake.keyring.revoke(known.api_key)
        if id in fake.tenants:
            fake.tenants.leave(id)
            fake.forget(id)
    fake.scripts.pop(id, None)
    fake.steering.forget(id)
    fake.library.begin(owner=id)
    fake.end(id)

"""The live controls, the state at a glance, and back to the start."""

from __future__ import annotations

import math
import time
from typing import Any, get_args

from mock_ares._version import __version__
from mock_ares.ares.profiles import PROFILES
from mock_ares.control.context import Control
from mock_ares.control.messages import Ask, ControlAnswer, RefusedError, ok
from mock_ares.control.resources.served_files import broken_json
from mock_ares.control.resources.tokens import drop_all
from mock_ares.control.serializers import break_json, chosen_json
from mock_ares.dialects import DialectName
from mock_ares.paths import CONTRACTS, program

MOST_SPEED = 1000.0
"""Times as fast."""
MOST_LATENCY = 600.0
"""Seconds."""
PARTS = ("streams", "journal", "tokens", "breaks", "chosen", "places", "limits", "store", "settings")


async def health(ask: Ask) -> ControlAnswer:
    return ok({"status": "ok", "version": __version__})


async def document(ask: Ask) -> ControlAnswer:
    return ControlAnswer(200, (CONTRACTS / "control.openapi.yaml").read_bytes(), "application/yaml")


def settings_json(control: Control) -> dict[str, Any]:
    fake = control.fake
    speed: Any = "instant" if math.isinf(fake.speed) else fake.speed
    return {"speed": speed, "dialect": fake.dialect, "profile": fake.profile.name, "latency": fake.latency}


def status_json(ask: Ask) -> dict[str, Any]:
    control = ask.control
    fake, folder = control.fake, control.folder
    return {
        "version": __version__,
        "url": ask.url,
        "program": program(),
        "settings": settings_json(control),
        "default_dialect": fake.profile.default_dialect,
        "scenarios": len(fake.library.by_name),
        "chosen": chosen_json(control.fake),
        "breaks": [break_json(each) for each in fake.steering.breaks],
        "requests": len(fake.journal),
        "open": fake.open_streams,
        "journal": fake.journal.most,
        "folder": None if folder is None else folder.title,
        "editable": folder is not None and folder.editable,
        "broken": broken_json(control),
        "boot": control.hub.boot,
        "uptime": round(time.monotonic() - control.started, 3),
    }


async def status(ask: Ask) -> ControlAnswer:
    return ok(status_json(ask))


async def get(ask: Ask) -> ControlAnswer:
    return ok(settings_json(ask.control))


async def change(ask: Ask) -> ControlAnswer:
    """All of it, or nothing where one value is wrong."""
    body = await ask.body(
        {"speed": (float, str), "dialect": (str, type(None)), "profile": str, "latency": float},
    )
    if not body:
        raise RefusedError(422, "expected one of speed, dialect, profile and latency")
    speed = _speed(body["speed"]) if "speed" in body else None
    dialects = get_args(DialectName)
    if body.get("dialect") not in (None, *dialects):
        reason = f"dialect: expected {', '.join(dialects)} or null, not {body['dialect']!r}"
        raise RefusedError(422, reason, where="dialect")
    if body.get("profile", "docs") not in PROFILES:
        reason = f"profile: expected {' or '.join(PROFILES)}, not {body['profile']!r}"
        raise RefusedError(422, reason, where="profile")
    if not 0.0 <= body.get("latency", 0.0) <= MOST_LATENCY:
        raise RefusedError(422, f"latency: expected 0 to {MOST_LATENCY:g} seconds", where="latency")
    control = ask.control
    if speed is not None:
        control.fake.speed = speed
    if "dialect" in body:
        control.fake.dialect = body["dialect"]
    if "profile" in body:
        control.fake.change_profile(body["profile"])
    if "latency" in body:
        control.fake.latency = float(body["latency"])
    _publish(control)
    return ok(settings_json(control))


def _publish(control: Control) -> None:
    control.hub.publish("settings", lambda: settings_json(control))


def _speed(value: float | str) -> float:
    if value == "instant":
        return math.inf
    if isinstance(value, str) or not 0.0 <= value <= MOST_SPEED:
        reason = f"speed: expected a number from 0 (held) to {MOST_SPEED:g}, or instant, not {value!r}"
        raise RefusedError(422, reason, where="speed")
    return float(value)


async def reset(ask: Ask) -> ControlAnswer:
    body = await ask.body({"only": list}, needed=False)
    parts = body.get("only", list(PARTS))
    for part in parts:
        if part not in PARTS:
            raise RefusedError(422, f"only: expected some of {', '.join(PARTS)}, not {part!r}", where="only")
    if len(set(parts)) < len(parts):
        raise RefusedError(422, "only: a part is named twice", where="only")
    done = {"requests": 0, "streams": 0, "tokens": 0, "breaks": 0}
    for part in PARTS:
        if part in parts:
            _RESETS[part](ask.control, done)
    return ok(done)


def _streams(control: Control, done: dict[str, int]) -> None:
    done["streams"] = control.fake.end_all()


def _journal(control: Control, done: dict[str, int]) -> None:
    done["requests"] = control.clear(None)


def _tokens(control: Control, done: dict[str, int]) -> None:
    done["tokens"] = drop_all(control)


def _breaks(control: Control, done: dict[str, int]) -> None:
    done["breaks"] = len(control.fake.steering.breaks)
    control.fake.steering.breaks.clear()
    control.breaks_changed()


def _chosen(control: Control, done: dict[str, int]) -> None:
    control.fake.steering.chosen = None
    control.fake.steering.chosen_for.clear()
    control.hub.publish("chosen", lambda: chosen_json(control.fake))


def _places(control: Control, done: dict[str, int]) -> None:
    control.fake.library.begin()


def _limits(control: Control, done: dict[str, int]) -> None:
    for limit in control.fake.limits:
        limit.clear()


def _store(control: Control, done: dict[str, int]) -> None:
    control.fake.clear_stores()


def _settings(control: Control, done: dict[str, int]) -> None:
    fake, first = control.fake, control.first
    fake.speed, fake.dialect, fake.latency = first.speed, first.dialect, first.latency
    fake.change_profile(first.profile)
    _publish(control)


_RESETS = {
    "streams": _streams, "journal": _journal, "tokens": _tokens, "breaks": _breaks, "chosen": _chosen,
    "places": _places, "limits": _limits, "store": _store, "settings": _settings,
}  # fmt: skip

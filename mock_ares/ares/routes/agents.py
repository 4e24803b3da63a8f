"""Answers that are always the same, by profile: what the pages show, or the agents of ARES's example configuration.

``answers.json`` has them, with the words by which a question is known to be a specialist's. They are no scenarios: one
profile's differ from the other's, they want credentials, and they stay where somebody serves scenarios of their own.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from mock_ares.ares.routes.operations import OperationCall, Result


@cache
def answers() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))
    return value


def static(call: OperationCall, name: str) -> Any:
    """An answer as the call's profile has it."""
    return answers()[call.profile.name][name]


def list_all(call: OperationCall) -> Result:
    return Result(static(call, "agents"))


def specialist_for(question: str, otherwise: str) -> str:
    """Whom a router hands a question to: the first whose words it has."""
    words = {word.strip(".,;:!?\"'()").lower() for word in question[:10_000].split()}
    return next((name for name, known in answers()["specialists"].items() if words.intersection(known)), otherwise)

"""What the control API, the events and the log tell of exchanges, files, choices and pending faults, as JSON."""

from __future__ import annotations

import re
from typing import Any

from mock_ares.authoring.dump import words
from mock_ares.scenario.diagnostics import Mistake
from mock_ares.server.files.scenario_files import ServedFile
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.overrides import PendingFault
from mock_ares.server.state import FakeState

MOST_MESSAGE = 2000
"""Characters."""
_AS_IT_IS = (
    "number", "method", "path", "query", "agent_type", "scenario", "reply", "broken", "status", "chunks", "segments",
    "bytes", "held", "boundaries", "before_fault", "ending", "duration", "credentials", "reason",
)  # fmt: skip
"""Members that are an exchange's own."""
_SURROGATES = re.compile("[\ud800-\udfff]")


def shown(text: str) -> str:
    """A text that UTF-8 can say: half a surrogate pair, or a byte that was none, is shown as U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def request_json(exchange: Exchange, token_name: str) -> dict[str, Any]:
    """The document's ``Request``."""
    message = exchange.message
    return {
        **{name: getattr(exchange, name) for name in _AS_IT_IS},
        "time": round(exchange.time, 3),
        "message": message if message is None else shown(message[:MOST_MESSAGE]),
        "token": exchange.owner,
        "token_name": token_name,
        "faults": list(exchange.faults),
    }


def break_json(each: PendingFault) -> dict[str, Any]:
    fault: Any = None
    if each.fault is not None:
        arguments = words(each.fault)
        fault = {each.name: arguments} if arguments else each.name
    return {"id": each.id, "fault": fault, "error": each.error, "token": each.owner, "times": each.times}


def chosen_json(fake: FakeState) -> dict[str, Any]:
    """A choice whose file is away for a while holds again when it is back; meanwhile it is none."""
    steering, library = fake.steering, fake.library
    known = {token: name for token, name in steering.chosen_for.items() if name in library.by_name}
    chosen = steering.chosen if steering.chosen in library.by_name else None
    return {"all": chosen, "tokens": known, "default": library.default.name}


def file_json(entry: ServedFile) -> dict[str, Any]:
    return {
        "name": entry.name,
        "size": entry.size,
        "tag": entry.tag,
        "scenario": entry.scenario.name if entry.scenario else None,
        "mistakes": [mistake_json(mistake) for mistake in entry.mistakes],
        "serving": entry.serving,
    }


def mistake_json(mistake: Mistake) -> dict[str, Any]:
    return {"line": mistake.line, "column": mistake.column, "message": mistake.message}

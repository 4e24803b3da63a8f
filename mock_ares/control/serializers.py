"""Exchanges as the control API, the events and the log tell them."""

from __future__ import annotations

import re
from typing import Any

from mock_ares.server.record.journal import Exchange

MOST_MESSAGE = 2000
_SURROGATES = re.compile("[\ud800-\udfff]")


def shown(text: str) -> str:
    """A text that UTF-8 can say: half a surrogate pair, or a byte that was none, is shown as U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def request_told(exchange: Exchange, token_name: str) -> dict[str, Any]:
    """The document's ``Request``."""
    message = exchange.message
    return {
        "number": exchange.number,
        "time": round(exchange.time, 3),
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "message": message if message is None else shown(message[:MOST_MESSAGE]),
        "agent_type": exchange.agent_type,
        "token": exchange.owner,
        "token_name": token_name,
        "scenario": exchange.scenario,
        "reply": exchange.reply,
        "broken": exchange.broken,
        "status": exchange.status,
        "chunks": exchange.chunks,
        "segments": exchange.segments,
        "bytes": exchange.bytes,
        "boundaries": exchange.boundaries,
        "before_fault": exchange.before_fault,
        "ending": exchange.ending,
        "duration": exchange.duration,
        "faults": list(exchange.faults),
        "credentials": exchange.credentials,
        "reason": exchange.reason,
    }

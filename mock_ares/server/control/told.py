"""Exchanges as the control API, the events and the log tell them."""

from __future__ import annotations

import re
import shlex
from typing import Any

from mock_ares.server.journal import Exchange

MOST_MESSAGE = 2000
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_REPEATED = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "origin", "referer", "transfer-encoding",
     "authorization", "cookie", "expect", "priority", "dnt", "pragma", "cache-control", "accept-language"}
)  # fmt: skip


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
        "ending": exchange.ending,
        "duration": exchange.duration,
        "faults": list(exchange.faults),
        "credentials": exchange.credentials,
    }


def curl_again(exchange: Exchange, url: str) -> str:
    """A line for a POSIX shell that asks the same again, with the credentials of ``$ARES_TOKEN``."""
    query = f"?{exchange.query}" if exchange.query else ""
    parts = ["curl -N", f"-X {shlex.quote(exchange.method)}", shlex.quote(f"{url}{exchange.path}{query}")]
    if any(name == "authorization" for name, _ in exchange.headers):
        parts.append('-H "Authorization: Bearer $ARES_TOKEN"')
    for name, value in exchange.headers:
        if name not in _NOT_REPEATED and not name.startswith(("sec-", "proxy-")):
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if exchange.body:
        parts.append(f"--data-binary {shlex.quote(shown(exchange.body.decode(errors='replace')))}")
    return " ".join(parts)

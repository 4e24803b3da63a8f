"""A fake that has what the recorded server had: its clock, its rows, and ids and tokens in the place of its own."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import jwt

from mock_ares.ares.memory.history import Message
from mock_ares.ares.memory.keys import Key
from mock_ares.server.hosting.in_thread import FakeServer
from tests.recordings.replay import UUID, Exchange, Replayed, ask

KEY = b"ares_cafe0123456789abcdefcafe0123456789abcdef"
OWNER = "11111111-1111-4111-8111-111111111111"
EMAIL, PASSWORD = "u1795952551762@example.com", "password1"
_MADE = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=id\":\")" + UUID)
"""Tokens and ids that a response brings."""


class Restored:
    """Asks, in the order of the recording."""

    def __init__(self, server: FakeServer) -> None:
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        self._address, self._fake, self._now = (host, int(port)), server.fake, 0.0
        ring, store = self._fake.keyring, self._fake.store("")
        ring.clock = lambda: self._now
        store.accounts.register(EMAIL, PASSWORD, "n", "20277081-ddc3-4093-bf57-491708297708")
        self._ours = {KEY: ring.issue_api_key(id=OWNER, lifetime=1e11).encode()}
        self._history, self._keys = store.history, store.keys

    def ask(self, exchange: Exchange) -> Replayed:
        self._now = exchange.at or self._now
        self._leave(exchange)
        request = exchange.request
        for theirs, ours in self._ours.items():
            request = request.replace(theirs, ours)
        found = ask(self._address, exchange, request)
        pairs = zip(_MADE.findall(exchange.response), _MADE.findall(found.response), strict=False)
        self._ours |= {theirs: ours for theirs, ours in pairs if theirs != ours}
        return found

    def _leave(self, exchange: Exchange) -> None:
        """The rows that were there, left by exchanges that are not among these."""
        method, path, *_ = *exchange.request.split(b" "), b""
        status, body = exchange.response[9:12], exchange.response.partition(b"\r\n\r\n")[2]
        if status not in (b"200", b"204") or method not in (b"GET", b"DELETE"):
            return
        if path.startswith(b"/api/conversations"):
            found: Any = json.loads(body) if body else {"id": path.rpartition(b"/")[2].decode(), "title": None}
            for row in found if isinstance(found, list) else [found]:
                self._leave_conversation(row, _user(exchange))
            if isinstance(found, list):
                self._take_away({self._id(row) for row in found}, _user(exchange))
        elif path == b"/api/v1/api-keys":
            for row in reversed(json.loads(body)[len(self._keys.of(OWNER)) :]):
                self._keys.add(Key(row["id"], OWNER, row["name"], f"{row['prefix']}{row['id']}", self._now, None))

    def _take_away(self, ids: set[str], user: str) -> None:
        """What others had begun, who are not among these."""
        for kept in self._history.of(user, self._now):
            if kept.id not in ids:
                self._history.delete(kept)

    def _id(self, row: dict[str, Any]) -> str:
        theirs = str(row["id"]).encode()
        return self._ours.get(theirs, theirs).decode()

    def _leave_conversation(self, row: dict[str, Any], user: str) -> None:
        kept = self._history.open(self._id(row), user, self._now, shared=True)
        kept.title = row["title"] or None
        if "updated_at" in row:
            kept.created, kept.updated = moment(row["created_at"]), moment(row["updated_at"])
        if not kept.messages:
            kept.messages += [
                Message(each["role"], each["content"], moment(each["created_at"])) for each in row.get("messages", ())
            ]
        missing = row.get("message_count", 0) - len(kept.messages)
        kept.messages += [Message("user", "", self._now)] * missing


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _user(exchange: Exchange) -> str:
    token = re.search(rb"Bearer (\S+)", exchange.request)
    assert token is not None
    return str(jwt.decode(token[1], options={"verify_signature": False})["sub"])

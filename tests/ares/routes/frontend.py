"""A frontend's side of ARES, and a clock that can be put forward."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.server.live import Got, Live

NOW = 1_773_411_720.25
"""2026-03-13T14:22:00.25Z."""
EMAIL, PASSWORD = "ann@example.com", "correct horse"


@dataclass
class FakeClock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


class Frontend:
    """Sends what it is told, with the credentials it has, at a moment that stands still."""

    def __init__(self, ares: Live) -> None:
        self.ares = ares
        self.clock = FakeClock()
        self.docs = ares.fake.profile.name == "docs"
        self.v1 = "/v1" if self.docs else "/api/v1"
        self.bearer: str | None = None
        ares.fake.keyring.clock = self.clock

    def send(self, method: str, path: str, body: Any = None, *, bearer: str | None = None, **headers: str) -> Got:
        """``body``: JSON, or bytes as they are."""
        fields = dict(headers)
        if body is not None:
            fields.setdefault("content_type", "application/json")
        token = bearer or self.bearer
        if token:
            fields.setdefault("authorization", f"Bearer {token}")
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self.ares.send(method, path, data, **fields)

    def get(self, path: str, **options: str) -> Got:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: str) -> Got:
        return self.send("POST", path, {} if body is None else body, **options)

    def register(self, email: str = EMAIL, password: str = PASSWORD) -> Got:
        return self.post("/api/auth/register", {"email": email, "password": password, "name": "Ann"})

    def tokens(self, email: str = EMAIL, password: str = PASSWORD) -> dict[str, Any]:
        """Those of a login."""
        found: dict[str, Any] = self.post("/api/auth/login", {"email": email, "password": password}).json
        return found

    def enter(self, email: str = EMAIL) -> Frontend:
        """Registers, logs in, and keeps the access token."""
        assert self.register(email).status == 200
        self.bearer = self.tokens(email)["access_token"]
        return self

    def with_key(self) -> Frontend:
        """From now on with a key of nobody else's."""
        self.bearer = self.ares.fake.keyring.issue_api_key(lifetime=1e9)
        return self

    def chat(self, message: str = "hi", context: str | None = None, path: str = "/api/chat") -> Got:
        return self.post(path, {"message": message, "context_id": context})

    def conversations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/conversations").json
        return found

    def said(self, id: str) -> list[tuple[str, str]]:
        """Role and content of each message of a conversation."""
        messages = self.get(f"/api/conversations/{id}").json["messages"]
        return [(message["role"], message["content"]) for message in messages]


def error(got: Got) -> tuple[int, dict[str, Any]]:
    return got.status, got.json

"""How the user interface that comes with ARES behaves as a client, in code of our own: what it needs of the server."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from tests.server.live import Live

ORIGIN = "http://localhost:8080"
"""Of its development server: another origin than the fake's."""


class UiError(Exception):
    """What it would show."""


@dataclass
class Message:
    role: str
    content: str = ""
    agent: str | None = None
    is_streaming: bool = False


@dataclass
class OfficialUi:
    """One tab. It never refreshes a token, and asks the other endpoint where a stream fails."""

    ares: Live
    token: str | None = None
    agents: list[dict[str, Any]] = field(default_factory=list)
    workflows: list[dict[str, Any]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    conversation: str | None = None
    asked: list[str] = field(default_factory=list)
    """The paths of all chats, in order."""

    # Requests in CORS mode

    def fetch(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], Iterator[bytes]]:
        """Raises UiError where the browser would not let the page read the answer."""
        fields = {"origin": ORIGIN}
        if body is not None:
            fields["content-type"] = "application/json"
        if self.token is not None:
            fields["authorization"] = f"Bearer {self.token}"
        self._preflight(method, path, [name for name in fields if name in ("authorization", "content-type")])
        connection = self.ares.connection()
        connection.request(method, path, None if body is None else json.dumps(body), fields)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        if headers.get("access-control-allow-origin") not in (ORIGIN, "*"):
            raise UiError("Network error: blocked")

        def chunks() -> Iterator[bytes]:
            try:
                while data := response.read1():
                    yield data
                if response.length:
                    raise HTTPException("cut short")
            finally:
                connection.close()

        return response.status, headers, chunks()

    def _preflight(self, method: str, path: str, names: list[str]) -> None:
        if not names:
            return
        asked = {"access_control_request_method": method, "access_control_request_headers": ",".join(names)}
        got = self.ares.send("OPTIONS", path, origin=ORIGIN, **asked)
        allowed = {name.strip() for name in got.headers.get("access-control-allow-headers", "").lower().split(",")}
        if not (200 <= got.status < 300 and set(names) <= allowed):
            raise UiError("Network error: preflight")

    def json(self, method: str, path: str, body: Any = None) -> Any:
        status, _, chunks = self.fetch(method, path, body)
        data = b"".join(chunks)
        if not 200 <= status < 300:
            try:
                said = json.loads(data)["error"]
            except (ValueError, KeyError, TypeError):
                said = None
            raise UiError(said if isinstance(said, str) else f"Request failed with status {status}")
        return json.loads(data)

    # Pages

    def enter(self, path: str, **fields: str) -> None:
        """The login page, for both of its forms."""
        found = typed(
            self.json("POST", f"/api/auth/{path}", fields), access_token=str, refresh_token=str, expires_in=int
        )
        self.token = found["access_token"]

    def open_chat(self) -> None:
        """What the chat page loads first."""
        token, self.token = self.token, None
        self.agents = [
            typed(each, agent_type=str, name=str, description=str) for each in self.json("GET", "/api/agents")
        ]
        self.token = token
        self.workflows = [
            typed(each, name=str, entry_agent=str, max_depth=int, max_iterations=int, parallel_subagents=bool)
            for each in self.json("GET", "/api/workflows")
        ]

    def say(self, text: str, agent: str | None = None) -> Message:
        """A message; gives the one that stands there at the end."""
        self.messages.append(Message("user", text))
        placeholder = Message("assistant", is_streaming=True)
        self.messages.append(placeholder)
        body = {"message": text}
        if self.conversation is not None:
            body["context_id"] = self.conversation
        if agent is not None:
            body["agent_type"] = agent
        try:
            self._stream(body, placeholder)
        except (UiError, HTTPException, OSError):
            self.messages.remove(placeholder)
            self._whole(body)
        return self.messages[-1]

    def _whole(self, body: dict[str, str]) -> None:
        self.asked.append("/api/chat")
        try:
            found = typed(self.json("POST", "/api/chat", body), response=str, agent=str, context_id=str)
        except UiError as error:
            self.messages.append(Message("system", f"Error: {error}"))
            return
        self.conversation = found["context_id"]
        self.messages.append(Message("assistant", found["response"], found["agent"]))

    def _stream(self, body: dict[str, str], shown: Message) -> None:
        self.asked.append("/api/chat/stream")
        status, _, chunks = self.fetch("POST", "/api/chat/stream", body)
        if not 200 <= status < 300:
            for _ in chunks:
                pass
            raise UiError(f"Request failed with status {status}")
        label: str | None = None
        for event in events(chunks):
            match event["event"]:
                case "start":
                    label = event.get("agent") or label
                case "token":
                    shown.content += event.get("content") or ""
                case "done":
                    self.conversation = event.get("context_id") or self.conversation
                    shown.is_streaming, shown.agent = False, label
                case "error":
                    shown.content = f"Error: {event.get('error') or 'Unknown error'}"
                    shown.is_streaming, shown.role = False, "system"


def events(chunks: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """Each read decoded by itself; a block ends at two line feeds, and counts if it is ``data: `` and JSON."""
    buffer = ""
    for chunk in chunks:
        buffer += codecs.decode(chunk, "utf-8", "replace")
        while "\n\n" in buffer:
            block, _, buffer = buffer.partition("\n\n")
            if not block.startswith("data: "):
                continue
            try:
                yield typed(json.loads(block.removeprefix("data: ")), event=str)
            except (ValueError, TypeError, UiError):
                continue


def typed(value: Any, **kinds: type) -> dict[str, Any]:
    """An object with members of these types, and whatever else. Raises UiError."""
    if not isinstance(value, dict):
        raise UiError(f"Failed to parse response: {value!r}")
    for name, kind in kinds.items():
        if type(value.get(name)) is not kind:
            raise UiError(f"Failed to parse response: {name}: {value.get(name)!r}")
    return value

"""A JSON object per event, as the real server sends it: start, token, done, error."""

from __future__ import annotations

from mock_ares.dialects.agents import agent_label
from mock_ares.dialects.base import Decoded, Dialect, Event, Names, dialect, json_event, records, string_of


@dialect("typed")
class TypedDialect(Dialect):
    """Compact objects with an ``event`` key; ``done`` or ``error`` is the last."""

    ends = True

    def opening(self, names: Names) -> list[Event]:
        return [_typed(event="start", agent=f"{names.agent} (system)", context_id=names.context_id)]

    def chunk(self, text: str) -> Event:
        return _typed(event="token", content=text)

    def closing(self, names: Names, text: str) -> list[Event]:
        agent = agent_label(names.agent, names.tier)
        return [_typed(event="done", agent=agent, context_id=names.context_id)]

    def error(self, names: Names, message: str) -> Event | None:
        return _typed(event="error", context_id=names.context_id, error=message)

    def knows(self, event: bytes) -> bool:
        return any(each.get("event") in ("start", "token", "done", "error") for each in records(event))

    def carried(self, event: bytes) -> str | None:
        return next((string_of(each, "content") for each in records(event) if each.get("event") == "token"), None)

    def decode(self, body: bytes) -> Decoded:
        text: list[str] = []
        for record in records(body):
            match record.get("event"):
                case "token":
                    text.append(string_of(record, "content"))
                case "done":
                    return Decoded("".join(text), True)
                case "error":
                    return Decoded("".join(text), False, string_of(record, "error"))
        return Decoded("".join(text), False)


def _typed(**record: str) -> Event:
    return json_event(record, ",", ":")

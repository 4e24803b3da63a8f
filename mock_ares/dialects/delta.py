"""A JSON object per event, as the page of the key route prints it; a last one says ``stop``."""

from __future__ import annotations

from mock_ares.dialects.agents import count_tokens
from mock_ares.dialects.base import Decoded, Dialect, Event, Names, dialect, json_event, records, string_of


@dialect("delta")
class DeltaDialect(Dialect):
    """``{"delta": ..., "finish_reason": null}`` per chunk, then one that says ``stop``."""

    ends = True

    def chunk(self, text: str) -> Event:
        return json_event({"delta": text, "finish_reason": None}, ", ", ": ")

    def closing(self, names: Names, text: str) -> list[Event]:
        used = count_tokens(text) if names.tokens_used is None else names.tokens_used
        return [json_event({"delta": "", "finish_reason": "stop", "tokens_used": used}, ", ", ": ")]

    def knows(self, event: bytes) -> bool:
        return any({"delta", "finish_reason"} <= each.keys() for each in records(event))

    def carried(self, event: bytes) -> str | None:
        said = (each for each in records(event) if each.get("finish_reason") != "stop" and "delta" in each)
        return next((string_of(each, "delta") for each in said), None)

    def decode(self, body: bytes) -> Decoded:
        text: list[str] = []
        for record in records(body):
            text.append(string_of(record, "delta"))
            if record.get("finish_reason") == "stop":
                return Decoded("".join(text), True)
        return Decoded("".join(text), False)

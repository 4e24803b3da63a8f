"""ARES's chat endpoints, and those of its pages."""

from __future__ import annotations

from typing import Literal

Auth = Literal["jwt", "api-key", "none"]
Form = Literal["stream", "whole"]
CHATS: dict[str, tuple[Auth, Form]] = {
    "/api/chat/stream": ("jwt", "stream"),
    "/v1/chat/stream": ("api-key", "stream"),
    "/api/v1/chat/stream": ("api-key", "stream"),
    "/api/chat": ("jwt", "whole"),
    "/v1/chat": ("api-key", "whole"),
    "/api/v1/chat": ("api-key", "whole"),
}
"""By path: the credentials that it asks for, and what comes: an event stream, or the whole answer as JSON."""

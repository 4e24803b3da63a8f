"""A client that keeps what it reads byte for byte, with its moments, and how the connection ended."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from mock_ares.recorder.exchange.response import ResponseReader


@dataclass
class Heard:
    """An answer."""

    data: bytes = b""
    reads: list[tuple[float, int]] = field(default_factory=list)
    """Seconds since the request, bytes in all."""
    ending: Literal["open", "close", "reset", "silence"] = "open"
    reader: ResponseReader = field(default_factory=lambda: ResponseReader("POST", 100_000_000))

    @property
    def fields(self) -> dict[str, str]:
        """Of the head, but for what differs each time or is the fake's own."""
        own = {"date", "vary"}
        return {name.lower(): value for name, value in self.reader.fields if name.lower() not in own}

    @property
    def wire(self) -> bytes:
        """All behind the head."""
        return bytes(self.reader.wire)


def ask(
    url: str, head: str, body: bytes = b"", *, patience: float = 60.0, give_up: float | None = None, **fields: str
) -> Heard:
    """``give_up``: seconds of silence after which the client leaves; of anything, four times as many."""
    parts = urlsplit(url)
    heard = Heard(reader=ResponseReader(head.split(" ")[0], 100_000_000))
    lines = [f"{head} HTTP/1.1", f"host: {parts.netloc}", *(f"{n.replace('_', '-')}: {v}" for n, v in fields.items())]
    if body:
        lines += [f"content-length: {len(body)}", "content-type: application/json"]
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=give_up or patience) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        begun = time.monotonic()
        while not heard.reader.complete:
            if give_up is not None and time.monotonic() - begun > 4 * give_up:
                heard.ending = "silence"
                break
            try:
                part = connection.recv(65536)
            except TimeoutError:
                assert give_up is not None, f"nothing came for {patience} s"
                heard.ending = "silence"
                break
            except ConnectionResetError:
                heard.ending = "reset"
                break
            if not part:
                heard.ending = "close"
                heard.reader.end()
                break
            heard.data += part
            heard.reads.append((time.monotonic() - begun, len(heard.data)))
            heard.reader.feed(part, heard.reads[-1][0])
    return heard


def chat(url: str, token: str, message: str = "hi", *, path: str = "/api/chat/stream", **words: object) -> Heard:
    """A chat request; ``agent_type`` and ``context_id`` go into its body, all else is about the client."""
    import json

    about = {name: words.pop(name) for name in ("agent_type", "context_id") if name in words}
    body = json.dumps({"message": message, **about}).encode()
    return ask(url, f"POST {path}", body, authorization=f"Bearer {token}", **words)  # type: ignore[arg-type]

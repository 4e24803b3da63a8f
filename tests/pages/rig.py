"""The pages, served as a development server has them, and the bugs that each can be given."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

HERE = Path(__file__).parent
SELECTORS = {
    "prompt": "#message", "send": "#send", "answer": ".answer", "error": ".error", "busy": "#busy", "new": "#new",
    "stop": "#stop",
}  # fmt: skip
PLAIN: Mapping[str, str] = {
    "late": "incremental",
    "markup": "page-inert",
    "partial": "page-partial",
    "second": "page-second",
    "new": "page-new-chat",
    "stop": "page-stop",
    "freeze": "page-frames",
}
"""The check that is about it, for each bug."""
REACT: Mapping[str, str] = {
    "trim": "chunk-spaces",
    "twice": "chunk-split",
    "leftover": "after-failure",
    "markup": "page-inert",
    "second": "page-second",
    "new": "page-new-chat",
}
MARKDOWN: Mapping[str, str] = {
    "late": "incremental",
    "smart": "text-lookalikes",
    "cut": "long-line",
    "markup": "page-inert",
    "partial": "page-partial",
    "stop": "page-stop",
}
BUGS: Mapping[str, Mapping[str, str]] = {"plain": PLAIN, "react": REACT, "markdown": MARKDOWN}


@dataclass(frozen=True, slots=True)
class Widget:
    """A chat widget from npm, as a page of its own has it, and what comes of it."""

    package: str
    selectors: Mapping[str, str]
    fails: Collection[str]
    """Checks, of those that are run."""
    passes: Collection[str]
    examples: int = 0


WIDGETS: Mapping[str, Widget] = {
    "deep-chat": Widget(
        "deep-chat",
        {
            "prompt": "deep-chat >>> #text-input",
            "send": "deep-chat >>> .input-button:not(:has(#stop-icon))",
            "answer": "deep-chat >>> .ai-message-text:not(.deep-chat-loading-message-bubble)",
            "error": "deep-chat >>> .error-message-text",
            "busy": "deep-chat >>> :is(#stop-icon, .deep-chat-loading-message-bubble)",
            "stop": "deep-chat >>> .input-button:has(#stop-icon)",
        },
        fails=("request", "text-newlines", "text-nul", "bom", "status", "drop-rst"),
        passes=("plain", "read-utf8", "chunk-spaces", "eol-cr", "incremental", "page-inert", "page-stop"),
    ),
    "nlux": Widget(
        "@nlux/core",
        {
            "prompt": "textarea",
            "send": ".nlux-comp-composer button",
            "answer": ".nlux-comp-chatItem--received .nlux-markdown-container",
            "error": ".nlux-comp-exceptionBox",
            "busy": ".nlux-composer--submitting, .nlux-composer--waiting, "
            ".nlux-comp-chatItem--received:has(.md-in-progress)",
        },
        fails=("chunk-split", "text-nul", "page-inert"),
        passes=("status",),
        examples=60,  # what it loses of a plain stream, it loses of one in six
    ),
}


class _Files(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody wants to read about each file."""


@contextmanager
def served(folder: Path = HERE, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The origin at which the folder's files are."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' * (tls is not None)}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""The pages, served as a development server has them, and the bugs that each can be given."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


class _Files(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody wants to read about each file."""


@contextmanager
def served(folder: Path = HERE) -> Iterator[str]:
    """The origin at which the folder's files are."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

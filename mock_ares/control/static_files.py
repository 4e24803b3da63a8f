"""The console's files, at ``/_mock/``. What is there is listed once; no name of a request ever becomes a path."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mock_ares.control.messages import ControlAnswer, RefusedError

CONSOLE = Path(__file__).resolve().parent.parent / "console"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    )
)  # fmt: skip
HEADERS = (
    ("content-security-policy", POLICY),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
)


class Pages:
    """The files as they lie there, read for each request, for who works on them."""

    def __init__(self, folder: Path = CONSOLE) -> None:
        self._folder = folder
        self._known: dict[str, Path] = {}

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> ControlAnswer:
        """Raises RefusedError."""
        if path == "/_mock":
            return ControlAnswer(308, headers=(("location", "/_mock/"),))
        name = path.removeprefix("/_mock/") or "index.html"
        file = self._known.get(name)
        if file is None or not file.is_file():
            self._known = self._files()  # somebody works on them
            file = self._known.get(name)
        if file is None:
            raise RefusedError(404, f"there is no {path}; the console is at /_mock/, its API at /_mock/api/")
        if method not in ("GET", "HEAD"):
            raise RefusedError(405, f"expected GET for {path}, not {method}", headers=(("allow", "GET, HEAD"),))
        data = file.read_bytes()
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        cache = (*HEADERS, ("cache-control", "no-cache"), ("etag", tag))
        if tag in headers.get("if-none-match", ""):
            return ControlAnswer(304, headers=cache)
        return ControlAnswer(200, data, TYPES[file.suffix], cache)

    def _files(self) -> dict[str, Path]:
        return {
            file.relative_to(self._folder).as_posix(): file
            for file in self._folder.rglob("*")
            if file.suffix in TYPES and file.is_file() and not file.is_symlink()
        }

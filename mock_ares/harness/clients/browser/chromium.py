"""Runs a browser client, a file with a function ``streamChat``, in a real Chromium.

    with Chromium() as chromium:
        ran = chromium.run(Path("client.js"), {"url": fake.url, "path": ..., "token": ..., "message": "hi"})

``streamChat({url, path, token, message, show})`` returns the text, or a promise of it, and calls ``show(piece)`` for
each piece that a page would show. One browser serves all runs; each has a document of its own. The page comes from a
port of its own on 127.0.0.1, so a client is as cross-origin as a frontend under development is.
"""

from __future__ import annotations

import json
import mimetypes
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote

from mock_ares.harness.clients.browser.devtools import Browser, ChromiumError, Message, find_chromium, trust_anybody
from mock_ares.monotonic import monotonic
from mock_ares.paths import is_file, resolved

__all__ = ["Chromium", "ChromiumError", "Ran", "find_chromium"]

STAGE = Path(__file__).with_name("chromium_stage.html")
FRAME = b'<!doctype html><meta charset="utf-8"><script>var load = (client) => import(client)</script>'
LIMIT = 64 << 20
"""Characters."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run. ``text`` is None exactly where ``error`` says why."""

    text: str | None
    shown: tuple[str, ...]
    error: str | None
    timed_out: bool = False


class Chromium:
    """A browser that runs clients, one after the other; for one thread at a time.

    Started by the first run, and anew by the next one after it died or could not be brought to stop a client.
    """

    def __init__(self, program: str | None = None) -> None:
        self._program = program
        self._browser: Browser | None = None
        self._session: str | None = None
        self._pages: PageServer | None = None
        self._runs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        client: Path,
        call: Mapping[str, str],
        *,
        timeout: float = 30.0,
        limit: int = LIMIT,
        on_show: Callable[[str], None] = lambda _: None,
    ) -> Ran:
        """Run the client, for at most ``timeout`` seconds.

        ``call``: url (the fake's origin), path, token and message, as ``streamChat`` gets them. ``on_show`` is called
        with each piece while the client runs. More text than ``limit`` characters is the client's error. Raises
        FileNotFoundError where there is no such client, and ChromiumError where the browser fails.
        """
        self._runs += 1
        job: dict[str, object] = {"number": self._runs, "limit": limit, "call": call}
        try:
            browser, session, pages = self._ready()
            if call["url"].startswith("https:"):
                trust_anybody(browser, session)
            job |= {"frame": pages.frame, "client": pages.address(client)}
            pages.missing.clear()
            expression = f"run({json.dumps(job)})"
            evaluation = browser.send(
                "Runtime.evaluate", session, expression=expression, awaitPromise=True, returnByValue=True
            )
            ran = self._watch(browser, evaluation, timeout, on_show)
        except ChromiumError:
            self.close()
            raise
        if ran.error and pages.missing:
            return replace(ran, error=f"{ran.error}; not found beside it: {', '.join(pages.missing)}")
        return ran

    def close(self) -> None:
        """End the browser, its processes, its files and the page server. Another run starts all of them again."""
        self._end_browser()
        if self._pages:
            self._pages.close()
        self._pages = None

    def _ready(self) -> tuple[Browser, str, PageServer]:
        self._pages = self._pages or PageServer()
        self._browser = self._browser or Browser(self._program)
        self._session = self._session or _open_stage(self._browser, self._pages.stage)
        return self._browser, self._session, self._pages

    def _watch(self, browser: Browser, evaluation: int, timeout: float, on_show: Callable[[str], None]) -> Ran:
        shown: list[str] = []
        deadline = monotonic() + timeout
        while (event := browser.receive(deadline)) is not None:
            if event.get("id") == evaluation:
                return _outcome(event, tuple(shown))
            if event.get("method") == "Inspector.targetCrashed":
                self._end_browser()
                return Ran(None, tuple(shown), "the page crashed")
            if event.get("method") == "Runtime.bindingCalled":
                number, piece = json.loads(event["params"]["payload"])
                if number == self._runs:
                    shown.append(piece)
                    on_show(piece)
        self._stop_client(browser)
        return Ran(None, tuple(shown), f"no end within {timeout:g} s", timed_out=True)

    def _stop_client(self, browser: Browser) -> None:
        try:
            browser.call("Runtime.evaluate", self._session, seconds=1.0, expression="clear()")
        except ChromiumError:  # busy for ever, and another page could share its process
            self._end_browser()

    def _end_browser(self) -> None:
        if self._browser:
            self._browser.close()
        self._browser = self._session = None


def _open_stage(browser: Browser, address: str) -> str:
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session: str = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Inspector", "Page", "Runtime"):
        browser.call(f"{domain}.enable", session)
    browser.call("Runtime.addBinding", session, name="report")
    browser.call("Page.navigate", session, url=address)
    deadline = monotonic() + 30
    while event := browser.receive(deadline):
        if event.get("method") == "Page.loadEventFired":
            return session
    raise ChromiumError("the stage did not load within 30 s")


def _outcome(answer: Message, shown: tuple[str, ...]) -> Ran:
    if "error" in answer:
        raise ChromiumError(f"Runtime.evaluate: {answer['error']['message']}")
    result = answer["result"]
    if "exceptionDetails" in result:  # the stage itself catches what a client throws
        raise ChromiumError(f"the stage failed: {result['exceptionDetails']}")
    ended: dict[str, Any] = json.loads(result["result"]["value"])
    return Ran(ended.get("text"), shown, ended.get("error"))


class PageServer:
    """Serves the stage, the frame and the directory of each client, under a path that cannot be guessed."""

    def __init__(self) -> None:
        self.missing: list[str] = []
        """What was asked for in a client's directory and is not there."""
        self._folders: dict[str, Path] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="mock-ares-pages", daemon=True
        )
        self._thread.start()
        self._secret = secrets.token_urlsafe(16)
        base = f"http://127.0.0.1:{self._server.server_address[1]}/{self._secret}"
        self.stage = f"{base}/stage"
        self.frame = f"{base}/frame"
        self._base = base

    def address(self, client: Path) -> str:
        """Where the page finds this file, and beside it the files that it imports."""
        folder = client.resolve(strict=True).parent
        name = next((name for name, known in self._folders.items() if known == folder), None)
        if name is None:
            name = f"client-{len(self._folders)}"
            self._folders[name] = folder
        return f"{self._base}/{name}/{quote(client.name)}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _find(self, target: str) -> tuple[str, bytes] | None:
        secret, _, name = unquote(target.partition("?")[0]).removeprefix("/").partition("/")
        if not secrets.compare_digest(secret.encode(), self._secret.encode()):
            return None
        if name == "stage":
            return "text/html", STAGE.read_bytes()
        if name == "frame":
            return "text/html", FRAME
        folder, _, rest = name.partition("/")
        if folder not in self._folders:
            return None
        file = resolved(self._folders[folder] / rest)
        if not file.is_relative_to(self._folders[folder]) or not is_file(file):
            self.missing.append(rest)
            return None
        kind = "text/javascript" if file.suffix in {".js", ".mjs"} else mimetypes.guess_type(file)[0]
        return kind or "application/octet-stream", file.read_bytes()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        find = self._find

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement of its head

            def do_GET(self) -> None:
                file = find(self.path)
                kind, body = file or ("text/plain", b"not found")
                self.send_response(HTTPStatus.OK if file else HTTPStatus.NOT_FOUND)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody wants to read about each page."""

        return Handler

"""Where pages are opened, and how one talks to them: DevTools messages to a Chromium of our own, or to Playwright's.

Everything that is done to a page, and all judgement, stands in ``tab`` and ``client``; a browser opens pages and
carries messages. In Playwright whoever sends a command waits for its answer, which a page that is at work gives late or
never: so commands go by way of the browser's own session, which takes them at once, and answers come as events.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from mock_ares.harness.clients.browser.client import INSTALL
from mock_ares.harness.clients.browser.devtools import Browser, ChromiumError, Message, find_chromium
from mock_ares.harness.clients.page.trusted_keys import FLAG
from mock_ares.harness.model import UsageError
from mock_ares.monotonic import monotonic

LARGE = 960, 640
PUMPED = 0.005
"""Seconds between two looks at whether Playwright has something."""


class PageBrowser(Protocol):
    """All of it raises ChromiumError where the browser fails."""

    renews: bool
    """A page may be used again with its stores emptied; else another example gets another one."""
    ignores_certificates: bool
    """Pages are let go on whatever certificate they are shown: it could not be told whom to trust."""

    def open(self) -> str:
        """A page in a context of its own; returns the session by which one talks to it."""

    def shut(self, session: str) -> None:
        """Closes that page and its context."""

    def send(self, method: str, session: str, **params: object) -> int:
        """Sends it a command and waits for nothing; returns the number that its answer carries."""

    def receive(self, deadline: float) -> Message | None:
        """The next answer or event, or None at the deadline (on the monotonic clock)."""

    def trust(self, keys: frozenset[str]) -> None:
        """To be called before a page is open: servers with these keys (``trusted_keys.keys_of``) are trusted."""

    def close(self) -> None:
        """Closes all pages. It may be called twice."""


class OwnBrowser:
    """A Chromium that is started for it. Raises UsageError where there is none that works."""

    renews = True
    ignores_certificates = False

    def __init__(self) -> None:
        if (program := find_chromium()) is None:
            raise UsageError(f"a page needs a browser, and there is none on PATH: {INSTALL}")
        self._program = program
        self._contexts: dict[str, str] = {}
        self._start()

    def _start(self, *flags: str) -> None:
        try:
            self._browser = Browser(self._program, flags)
            self._browser.call("Browser.getVersion")
        except ChromiumError as error:
            raise UsageError(f"the browser {self._program} does not work: {error}") from error

    def trust(self, keys: frozenset[str]) -> None:
        if keys:  # which only a browser that starts can be told
            self._browser.close()
            self._start(f"{FLAG}={','.join(sorted(keys))}")

    def receive(self, deadline: float) -> Message | None:
        return self._browser.receive(deadline)

    def close(self) -> None:
        self._browser.close()

    def open(self) -> str:
        browser = self._browser
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        width, height = LARGE
        target = browser.call(
            "Target.createTarget", url="about:blank", browserContextId=context, width=width, height=height
        )["targetId"]
        session: str = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._contexts[session] = context
        return session

    def shut(self, session: str) -> None:
        self._browser.call("Target.disposeBrowserContext", browserContextId=self._contexts.pop(session))

    def send(self, method: str, session: str, **params: object) -> int:
        return self._browser.send(method, session, **params)


class PlaywrightBrowser:
    """The browser of a test that has pytest-playwright; ``new_context`` is that plugin's fixture.

    A context for each page, with all that the user's fixtures put into one. Playwright's objects belong to the thread
    that has made them, so this one does, too. Raises UsageError for a browser that is no Chromium.
    """

    renews = False  # what its context came with would be gone from the stores
    ignores_certificates = True  # it is started by others, with other flags

    def __init__(self, new_context: Callable[[], Any]) -> None:
        from playwright.sync_api import Error

        self._error = Error
        self._new_context = new_context
        self._thread = threading.get_ident()
        self._control: Any = None
        self._contexts: dict[str, Any] = {}
        self._inbox: deque[Message] = deque()
        self._last = 0

    def open(self) -> str:
        assert threading.get_ident() == self._thread, "Playwright's objects stay in their thread"
        context = self._guarded(self._new_context)
        kind = context.browser.browser_type.name if context.browser else "a browser that is kept"
        if kind != "chromium":
            context.close()
            raise UsageError(
                f"the contract of a page talks to Chromium, and this is {kind}: run it with --browser chromium"
            )
        if self._control is None:
            self._control = self._guarded(context.browser.new_browser_cdp_session)
            self._control.on("Target.receivedMessageFromTarget", self._take)
        page = self._guarded(context.new_page)
        of_page = self._guarded(lambda: context.new_cdp_session(page))
        target = self._guarded(lambda: of_page.send("Target.getTargetInfo"))["targetInfo"]["targetId"]
        session: str = self._call("Target.attachToTarget", targetId=target, flatten=False)["sessionId"]
        self._contexts[session] = context
        return session

    def shut(self, session: str) -> None:
        self._guarded(self._contexts.pop(session).close)

    def send(self, method: str, session: str, **params: object) -> int:
        self._last += 1
        message = json.dumps({"id": self._last, "method": method, "params": params})
        self._call("Target.sendMessageToTarget", sessionId=session, message=message)
        return self._last

    def receive(self, deadline: float) -> Message | None:
        while not self._inbox:
            self._call("Browser.getVersion")  # what has come by now is handed over beside
            if (left := deadline - monotonic()) <= 0 and not self._inbox:
                return None
            if not self._inbox:
                time.sleep(min(left, PUMPED))
        return self._inbox.popleft()

    def trust(self, keys: frozenset[str]) -> None:
        """It trusts anybody."""

    def close(self) -> None:
        for session in list(self._contexts):
            self.shut(session)
        control, self._control = self._control, None
        if control is not None:
            self._guarded(control.detach)

    def _take(self, event: Message) -> None:
        self._inbox.append({**json.loads(event["message"]), "sessionId": event["sessionId"]})

    def _call(self, method: str, **params: object) -> Any:
        return self._guarded(lambda: self._control.send(method, params))

    def _guarded(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except self._error as error:
            raise ChromiumError(str(error).partition("\n")[0]) from error

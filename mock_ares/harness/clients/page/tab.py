"""A page in a browser context of its own, as a person has it: one types, clicks, and looks.

What is typed and clicked goes through the browser's own input, so that the page gets the events that it would get of a
keyboard and a mouse. What happens to the page beside that (dialogs, navigations, exceptions, requests) is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mock_ares.harness.clients.browser.devtools import ChromiumError, Message
from mock_ares.harness.clients.page.browsers import PageBrowser
from mock_ares.harness.model import CANARY, UsageError
from mock_ares.monotonic import monotonic

EYES = Path(__file__).with_name("eyes.js")
WORLD = "mock-ares"
LOADED = 20.0
"""Seconds that a page and its set-up have until there is a place to type."""
ANSWERED = 10.0
"""Seconds for a question to the page itself, which may be at work."""
ENABLED = 2.0
"""Seconds that what sends a message has, from when it was typed, until it can be clicked."""
MOST_FRAMES = 100
EXECUTED = f"""(function executed(page) {{
  try {{
    if (page.{CANARY} !== undefined) return true;
  }} catch {{
    return false; // of another origin
  }}
  return Array.from({{ length: Math.min(page.length, {MOST_FRAMES}) }}, (_, number) => page[number]).some(executed);
}})(globalThis)"""
OF_SCRIPTS = frozenset({"Fetch", "XHR", "EventSource"})


class LostError(Exception):
    """The page is not there any more: it crashed, or has gone elsewhere. Says which."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a selector leads."""

    all: int
    visible: int
    x: float = 0.0
    y: float = 0.0
    lines: bool = True
    """Newlines can be typed there."""
    disabled: bool = False
    typed: str = ""
    """What stands there."""
    covered: str = ""
    """What lies over it."""


@dataclass(slots=True)
class PageRequest:
    """A request of the page's scripts."""

    url: str
    method: str
    pending: bool = True
    status: int | None = None
    received: bool = False
    """Something of the answer's body has come to the page."""

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(slots=True)
class Showing:
    """What the page shows of the answer to the question that was typed last."""

    number: int = 0
    text: str = ""
    found: int = 0
    """Elements that have come for it."""
    error: str = ""
    busy: bool = False
    busy_seen: bool = False
    changed: float = 0.0
    """When something of this has, on the monotonic clock."""
    ended: float = 0.0
    """Since when no stream is open; 0: one is."""
    come: float = 0.0
    """Since when the page has got all of them; 0: it has not."""


@dataclass(slots=True)
class Tab:
    """One page. Everything raises ChromiumError where the browser fails, and LostError where the page is gone."""

    browser: PageBrowser
    url: str
    words: dict[str, str]
    setup: str = ""
    seen: Showing = field(default_factory=Showing)
    dialogs: list[str] = field(default_factory=list)
    thrown: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    """Addresses with the canary's name in them."""
    requests: dict[str, PageRequest] = field(default_factory=dict)
    """Since the question."""
    earlier: dict[str, PageRequest] = field(default_factory=dict)
    """Those before it."""
    is_blocked: bool = False
    """Its own scripts have kept it from answering."""
    on_change: Callable[[], object] = lambda: None
    _context: str = ""
    _session: str = ""
    _frame: str = ""
    _world: int | None = None
    """Of the eyes."""
    _own: int | None = None
    """Of the page's scripts."""
    _ready: bool = False
    _lost: str = ""
    _setup_failed: str = ""
    _setup_done: bool = False
    _failed: str = ""

    # Its life

    def open(self) -> None:
        """Returns when there is a place to type. Raises UsageError for an address or a selector that leads nowhere."""
        self._session = self.browser.open()
        for domain in ("Inspector", "Page", "Runtime", "Network"):
            self._call(f"{domain}.enable")
        if self.browser.ignores_certificates:
            self._call("Security.setIgnoreCertificateErrors", ignore=True)
        self._frame = self._call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self._call("Runtime.addBinding", name="told", executionContextName=WORLD)
        source = EYES.read_text(encoding="utf-8").replace("(WORDS)", f"({json.dumps(self.words)})")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=source, worldName=WORLD)
        if self.setup:
            self._call("Runtime.addBinding", name="mock_ares_setup")
            self._call("Page.addScriptToEvaluateOnNewDocument", source=_wrapped(self.setup))
        self._load()

    def renew(self) -> None:
        """The same, without anything that is left of what has been: a new document, and nothing in any store. A context
        of its own would be no emptier, and takes five times as long. Raises the same."""
        parts = urlsplit(self.url)
        self.evaluate("sessionStorage.clear()")
        self._call("Network.clearBrowserCookies")
        self._call("Storage.clearDataForOrigin", origin=f"{parts.scheme}://{parts.netloc}", storageTypes="all")
        self._load()

    def _load(self) -> None:
        self._world, self._ready, self._failed = None, False, ""
        self._setup_done, self._setup_failed = False, ""
        for kept in (self.dialogs, self.thrown, self.fetched, self.requests, self.earlier):
            kept.clear()
        went = self._call("Page.navigate", seconds=LOADED, url=self.url)
        if reason := went.get("errorText"):
            raise UsageError(f"there is no page at {self.url}: {_reason(reason)}")
        self._wait_until_there()
        self._ready = True

    @property
    def is_well(self) -> bool:
        """Whether it is where it was opened."""
        return self._ready and not self._lost and not self.dialogs and not self.is_blocked

    def close(self) -> None:
        if self._session:
            session, self._session = self._session, ""
            self.browser.shut(session)

    def _wait_until_there(self) -> None:
        until = monotonic() + LOADED
        while True:
            if self._setup_failed:
                raise UsageError(f"the script of --setup failed: {self._setup_failed}")
            places = {name: self._find(name) for name in ("prompt", *self._clicked())}
            there = all(place is not None and place.visible == 1 for place in places.values())
            if there and self._set_up and self.evaluate("document.readyState") == "complete":
                return
            if monotonic() > until:
                raise UsageError(self._not_there(places))
            self.listen(0.05)

    def _clicked(self) -> list[str]:
        return [] if self.words["send"] == "Enter" else ["send"]

    @property
    def _set_up(self) -> bool:
        return self._setup_done or not self.setup

    def _not_there(self, places: dict[str, Spot | None]) -> str:
        said = [self._fits(name, place) for name, place in places.items() if place is None or place.visible != 1]
        said = said or [f"the script of --setup has not come to its end after {LOADED:g} s"]
        if self._failed:
            said.append(f"the page answers {self._failed}")
        said += [f"it threw {thrown}" for thrown in self.thrown[:1]]
        said += [f"it opened a dialog: {dialog}" for dialog in self.dialogs[:1]]
        shows = self.excerpt()
        said.append(f"it shows {shows!r}" if shows else "it shows no text")
        if not self.setup and "login" in f"{shows} {self.url}".lower():
            said.append("where it needs a login, --setup SCRIPT runs JavaScript in it first")
        return f"{self.url}: {'; '.join(said)}"

    def _fits(self, name: str, place: Spot | None) -> str:
        option = f"--{name} {self.words[name]!r}"
        if place is None or place.all == 0:
            return f"nothing fits {option}{self.barred(name)}"
        if place.visible == 0:
            return f"what fits {option} is not visible"
        return f"{place.visible} elements fit {option}, and one is meant"

    def barred(self, name: str) -> str:
        """Why nothing can look where that option's selector leads; empty: nothing keeps anybody out."""
        selector = json.dumps(self.words[name])
        if not (said := self.evaluate(f"eyes.barred({selector})")):
            return ""
        found = json.loads(said)
        if found["frame"]:
            return f": {found['way']!r} is a frame of another origin ({found['frame']}), into which no page can look"
        host = self._call("Runtime.evaluate", expression=f"eyes.host({selector})", contextId=self._world)["result"]
        node = self._call("DOM.describeNode", objectId=host["objectId"])["node"]
        kinds = [root["shadowRootType"] for root in node.get("shadowRoots", [])]
        if "closed" in kinds:
            return f": the shadow root of {found['way']!r} is closed, and nothing outside can look into it"
        return f": {found['way']!r} has no shadow root, and is no frame"

    def excerpt(self) -> str:
        said = self.evaluate("eyes.excerpt()")
        return " ".join(said.split())[:120] if isinstance(said, str) else ""

    # A person's hands

    def place(self, name: str) -> Spot:
        """Where the selector of that option leads. Raises UsageError where that is not one place."""
        place = self._find(name)
        if place is None or place.visible != 1:
            raise UsageError(f"{self.url}: {self._fits(name, place)}")
        return place

    def type(self, message: str) -> None:
        """Into the prompt, in place of what stands there."""
        self.click("prompt")
        if self.place("prompt").typed:
            for kind in ("keyDown", "keyUp"):
                self._key(kind, "a", "KeyA", 65, modifiers=2, commands=["selectAll"])
        self._call("Input.insertText", text=message)

    def send(self) -> None:
        """A button that is only there to be pressed once something has been typed is waited for."""
        if self.words["send"] != "Enter":
            until = monotonic() + ENABLED
            while self._known("send").disabled and monotonic() < until:
                self.listen(0.01)
            self.click("send")
            return
        self._key("keyDown", "Enter", "Enter", 13, text="\r")
        self._key("keyUp", "Enter", "Enter", 13)

    def can_send(self) -> bool:
        """Whether another question can be asked."""
        return not any(place.disabled or place.visible != 1 for place in map(self._known, ["prompt", *self._clicked()]))

    def takes_text(self) -> bool:
        """Whether one can type, and nothing has been."""
        place = self._known("prompt")
        return place.visible == 1 and not place.disabled and not place.covered and not place.typed

    def click(self, name: str) -> None:
        place = self.place(name)
        if place.covered:
            raise UsageError(f"{self.url}: {place.covered} lies over what --{name} {self.words[name]!r} fits")
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=place.x, y=place.y, button="left", clickCount=1)

    def _key(self, kind: str, key: str, code: str, number: int, **more: Any) -> None:
        self._call("Input.dispatchKeyEvent", type=kind, key=key, code=code, windowsVirtualKeyCode=number, **more)

    def _known(self, name: str) -> Spot:
        return self._find(name) or Spot(0, 0)

    def _find(self, name: str) -> Spot | None:
        found = self.evaluate(f"eyes.find({json.dumps(self.words[name])})")
        return Spot(**json.loads(found)) if isinstance(found, str) else None

    # Looking

    def begin(self) -> None:
        """What is shown from here on belongs to a new question."""
        self.seen = Showing(self.seen.number + 1, changed=monotonic())
        self.earlier |= self.requests
        self.requests.clear()
        self.evaluate(f"eyes.begin({self.seen.number})")

    def settled(self) -> dict[str, float]:
        """Once the page has drawn what it was told: milliseconds for which nothing has changed (``quiet``), since the
        question (``took``), and the longest between two frames since (``gap``)."""
        found = self.evaluate("eyes.settled()", awaited=True)
        return json.loads(found) if isinstance(found, str) else {"quiet": 0.0, "took": 0.0, "gap": 0.0}

    def standing(self) -> tuple[list[str], list[str]]:
        """All answers that stand there, and the errors."""
        found = self.evaluate("eyes.standing()")
        said = json.loads(found) if isinstance(found, str) else {"texts": [], "errors": []}
        return said["texts"], said["errors"]

    def executed(self) -> bool:
        """Whether the page has executed text, in itself or in a frame of its origin."""
        found = self._call("Runtime.evaluate", expression=EXECUTED, returnByValue=True)
        return bool(found.get("result", {}).get("value"))

    def picture(self) -> str:
        """JPEG, in Base64."""
        taken: str = self._call("Page.captureScreenshot", format="jpeg", quality=70)["data"]
        return taken

    @property
    def pending(self) -> bool:
        """Whether the page's scripts wait for an answer to the question, or read one."""
        return any(asked.pending and asked.method == "POST" for asked in self.requests.values())

    @property
    def awaits(self) -> bool:
        """Whether a script's request is under way of whose answer nothing has come yet."""
        return self.pending and not any(asked.received for asked in self.requests.values() if asked.method == "POST")

    @property
    def reads_on(self) -> bool:
        """The same, of what they have asked for before it."""
        return any(asked.pending and asked.method == "POST" for asked in self.earlier.values())

    def evaluate(self, expression: str, awaited: bool = False) -> Any:
        """In the eyes' world; None where there is none yet."""
        if self._lost:
            raise LostError(self._lost)
        if self._world is None:
            return None
        try:
            found = self._call(
                "Runtime.evaluate",
                expression=expression,
                contextId=self._world,
                awaitPromise=awaited,
                returnByValue=True,
            )
        except ChromiumError as error:
            if "context" in str(error):  # another document has come meanwhile
                return None
            raise
        if "exceptionDetails" in found:
            said = found["exceptionDetails"].get("exception", {}).get("description", "")
            if "is not a valid selector" in said:
                raise UsageError(said.partition("\n")[0].partition(": ")[2].replace("Failed to execute ", ""))
            raise ChromiumError(f"eyes.js: {said}")
        return found["result"].get("value")

    def listen(self, seconds: float) -> None:
        """Takes what comes for so long; less where the answer's looks change."""
        until = monotonic() + seconds
        before = self.seen.changed
        while (message := self.browser.receive(until)) is not None:
            self._take(message)
            if self._lost:
                raise LostError(self._lost)
            if self.seen.changed != before:
                return

    def _call(self, method: str, *, seconds: float = ANSWERED, **params: Any) -> Message:
        number = self.browser.send(method, self._session, **params)
        until = monotonic() + seconds
        while (message := self.browser.receive(until)) is not None:
            if message.get("id") != number:
                self._take(message)
                continue
            if "error" in message:
                raise ChromiumError(f"{method}: {message['error']['message']}")
            result: Message = message["result"]
            return result
        if self._lost:
            raise LostError(self._lost)
        self.is_blocked = True
        raise BlockedError(f"its own scripts have kept it from drawing for {seconds:g} s")

    # What happens to it

    def _take(self, message: Message) -> None:
        if message.get("sessionId") != self._session:
            return
        method, params = message.get("method", ""), message.get("params", {})
        if (handle := _HANDLERS.get(method)) is not None:
            handle(self, params)

    def _dialog(self, params: Message) -> None:
        self.dialogs.append(f"{params['type']} {params['message']!r}")
        self.seen.changed = monotonic()
        self.browser.send("Page.handleJavaScriptDialog", self._session, accept=params["type"] == "beforeunload")

    def _navigated(self, params: Message) -> None:
        frame = params["frame"]
        if frame.get("parentId") or not self._ready:
            return
        here, there = urlsplit(self.url), urlsplit(frame["url"])
        anew = (here.netloc, here.path or "/") == (there.netloc, there.path or "/")
        self._lost = "the page was loaded anew" if anew else f"the page went to {frame['url']}"

    def _threw(self, params: Message) -> None:
        details = params["exceptionDetails"]
        said = details.get("exception", {}).get("description") or details.get("text", "")
        self.thrown.append(said.partition("\n")[0][:200])

    def _told(self, params: Message) -> None:
        if params["name"] == "mock_ares_setup":
            if params["executionContextId"] != self._own:
                return  # of a frame
            self._setup_failed, self._setup_done = params["payload"], True
            return
        said = json.loads(params["payload"])
        seen = self.seen
        if said["asked"] != seen.number:
            return
        seen.text = seen.text[: said["kept"]] + said["more"]
        seen.found, seen.error, seen.busy, seen.busy_seen = (
            said["found"], said["error"], said["busy"], said["busySeen"],
        )  # fmt: skip
        seen.changed = monotonic()
        self.on_change()

    def _requested(self, params: Message) -> None:
        request = params["request"]
        if CANARY in request["url"]:
            self.fetched.append(request["url"])
        if params.get("type") in OF_SCRIPTS:
            self.requests[params["requestId"]] = PageRequest(request["url"], request["method"])

    def _responded(self, params: Message) -> None:
        if (asked := self.requests.get(params["requestId"])) is not None:
            asked.status = params["response"]["status"]
        elif params.get("type") == "Document" and params["response"]["status"] >= 400:
            self._failed = f"{params['response']['status']} {params['response'].get('statusText', '')}".strip()

    def _received(self, params: Message) -> None:
        if (asked := self.requests.get(params["requestId"])) is not None:
            asked.received = True

    def _finished(self, params: Message) -> None:
        for asked in (self.requests, self.earlier):
            if params["requestId"] in asked:
                asked[params["requestId"]].pending = False

    def _world_made(self, params: Message) -> None:
        context = params["context"]
        if context["auxData"].get("frameId") != self._frame:
            return
        if context["name"] == WORLD:
            self._world = context["id"]
        elif context["auxData"].get("isDefault"):
            self._own = context["id"]

    def _crashed(self, params: Message) -> None:
        self._lost = "the page crashed"


class BlockedError(ChromiumError):
    """The page's own scripts keep it from answering."""


_HANDLERS: dict[str, Callable[[Tab, Message], None]] = {
    "Page.javascriptDialogOpening": Tab._dialog,
    "Page.frameNavigated": Tab._navigated,
    "Runtime.exceptionThrown": Tab._threw,
    "Runtime.bindingCalled": Tab._told,
    "Runtime.executionContextCreated": Tab._world_made,
    "Network.requestWillBeSent": Tab._requested,
    "Network.responseReceived": Tab._responded,
    "Network.dataReceived": Tab._received,
    "Network.eventSourceMessageReceived": Tab._received,
    "Network.loadingFinished": Tab._finished,
    "Network.loadingFailed": Tab._finished,
    "Inspector.targetCrashed": Tab._crashed,
}


def _wrapped(script: str) -> str:
    """A script that says when it is done, and why it is not."""
    return (
        "(async () => {\n" + script + "\n})().then(() => mock_ares_setup(''), "
        "(error) => mock_ares_setup(String(error?.stack ?? error).split('\\n')[0] || 'it threw'));"
    )


def _reason(said: str) -> str:
    reasons = {
        "net::ERR_CONNECTION_REFUSED": "nothing listens there; start it, and check it again",
        "net::ERR_NAME_NOT_RESOLVED": "no such host",
        "net::ERR_SSL_PROTOCOL_ERROR": "what listens there speaks no TLS; is it http?",
        "net::ERR_EMPTY_RESPONSE": "what listens there does not answer; is it https?",
    }
    return reasons.get(said, said.removeprefix("net::"))

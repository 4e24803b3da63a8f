"""A whole page as the client: the message is typed into it, and what it shows is the answer.

The page has the address of its server itself, so the fake listens where the page expects it, and takes any credentials.
Each example has the page anew, with nothing in its stores; the questions of one example are asked on the same page, one
after the other, which finds what is left over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mock_ares.authoring.text_files import MOST_SETTINGS, read_whole
from mock_ares.harness.clients.adapter import Adapter, Shown
from mock_ares.harness.clients.browser.devtools import ChromiumError
from mock_ares.harness.clients.page.browsers import OwnBrowser, PageBrowser
from mock_ares.harness.clients.page.markdown import source_of
from mock_ares.harness.clients.page.tab import BlockedError, LostError, Tab
from mock_ares.harness.clients.page.trusted_keys import keys_of
from mock_ares.harness.clients.running_example import MOST_TEXT, RunningExample, UnacceptableError
from mock_ares.harness.model import CANARY, KEY_PATH, Case, HarnessError, Observation, Target, UsageError
from mock_ares.monotonic import monotonic
from mock_ares.paths import is_file, resolved
from mock_ares.scenario.words import whole_number

SELECTORS = ("prompt", "send", "answer", "error", "busy", "new", "stop")
NEEDED = ("prompt", "send", "answer")
FORMS = ("text", "inner-text", "markdown")
PORT = 3000
LOOK = 0.05
"""Seconds between two looks."""
LOOKS = 20
"""A page that has got its bytes is taken to show nothing of them after so many looks, with a frame before each: where
a machine is busy they take longer, as the page does.
"""
QUIET = 0.3
"""Seconds for which nothing has changed, from the end of the stream on."""
QUIET_MS = {True: 30.0, False: QUIET * 1000}
"""The same on the page's own clock: of a page that has shown that it is at work and shows it no more, and of others."""
PATIENCE = 1.0
"""Seconds for which nothing has changed, where the stream has no end; and what a request that went elsewhere gets."""
PENDING = 3.0
"""Seconds that the browser may take to hand over the end of a stream, from that on."""
UNDER_WAY = 5.0
"""Seconds that bytes which have been sent may take to the page; what keeps them is a proxy that waits for the end."""
STOPPED = 1.0
"""Seconds that a stop has to take effect, and in which nothing more comes from then on."""


class PageClient(Adapter):
    """``PageClient("http://localhost:5173", options={"prompt": "#message", "send": "button", "answer": "#answer"})``

    ``options``, all of them texts: the selectors ``prompt``, ``send`` (or ``Enter``), ``answer``, ``error``, ``busy``,
    ``new`` and ``stop``, ``setup`` (a file), ``as`` (text, inner-text or markdown) and ``port``. Raises UsageError.
    """

    spawns = True
    is_browser = True
    releases = True

    def __init__(
        self,
        url: str,
        name: str | None = None,
        capabilities: str | Iterable[str] = (),
        timeout: float | None = None,
        options: Mapping[str, str] = {},
    ) -> None:
        super().__init__(name or url, capabilities, timeout, "best-effort")
        self._keys: frozenset[str] | None = None
        """Whom the browser is to trust; None: not known yet."""
        self._trusted = frozenset[str]()
        """Whom it does."""
        self._server = ""
        self.point(url, options)
        self.port = _port(options.get("port", str(PORT)))
        self.capabilities |= {"page", "incremental"}
        if self._words["new"]:
            self.capabilities |= {"new-chat"}
        if self._words["stop"]:
            self.capabilities |= {"stop", "cancel"}
        if "retry" in self.capabilities and not self._words["busy"]:
            raise UsageError(
                "--can retry needs --busy SELECTOR: else nothing tells a page that waits from one that is done"
            )
        self.browse: Callable[[], PageBrowser] = OwnBrowser
        """What the page is opened in."""
        self._browser: PageBrowser | None = None
        self._tab: Tab | None = None
        self._one_line = False
        self._has_answered = False

    def point(self, url: str, options: Mapping[str, str]) -> None:
        """Says anew where it is, and where things are in it; the next example finds it there."""
        self._url = _address(url)
        self._words = _words(options)
        self._setup = options.get("setup", "")
        self._keys = None

    def find(self, url: str) -> None:
        self._server = url
        self._keys = None

    def start(self) -> None:
        self._script()
        self._browser = self._browser or self._trusting()

    def prepare(self) -> None:
        """A new page, for another example."""
        try:
            self._opened()
        except LostError as error:
            raise UsageError(f"{self._url}: {error} before anything was typed") from None
        except ChromiumError as error:
            self.close()
            raise HarnessError(f"the browser failed: {error}") from error

    def _opened(self) -> None:
        if self._keys is None and self._keys_changed():
            self.close()
        tab = self._tab
        if tab is not None and self._may_stay(tab):
            with suppress(BlockedError):
                tab.renew()
        if tab is not None and tab.is_blocked:  # by its own scripts, which end with the browser
            self.close()
        elif tab is not None and not self._may_stay(tab):
            tab.close()
            self._tab = None
        tab = self._tab
        if tab is None:
            self._browser = self._browser or self._trusting()
            tab = self._tab = Tab(self._browser, self._url, self._words, self._script())
            tab.open()
        self._one_line = not tab.place("prompt").lines

    def _keys_changed(self) -> bool:
        """Looks whom the browser is to trust, and whether it has been told of others."""
        self._keys = keys_of((self._server, self._url))
        return self._keys != self._trusted

    def _trusting(self) -> PageBrowser:
        browser = self.browse()
        self._trusted = self._keys or frozenset()
        browser.trust(self._trusted)
        return browser

    def _may_stay(self, tab: Tab) -> bool:
        same = (tab.url, tab.words) == (self._url, self._words)
        return same and tab.is_well and tab.browser.renews

    def close(self) -> None:
        browser, self._browser, self._tab = self._browser, None, None
        if browser is not None:
            browser.close()

    def refuses(self, case: Case) -> str | None:
        if case.refused:
            return "a page has the address of its server itself, so it cannot be pointed elsewhere"
        if case.path == KEY_PATH:
            return "a page asks where it asks"
        if self._one_line and any(char in "\n\t" for char in case.message):
            return "nobody can type a newline or a tab into the page's one line"
        if not all(char.isprintable() or char in "\n\t" for char in case.message):
            return "nobody can type such characters"
        return super().refuses(case)

    def picture(self) -> str:
        """The page as it is, JPEG in Base64; empty where there is none."""
        try:
            return self._tab.picture() if self._tab is not None and not self._tab.is_blocked else ""
        except (ChromiumError, LostError):
            return ""

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        example = RunningExample(target, shown, MOST_TEXT)
        return self._guarded(example, lambda tab: self._one(tab, example))

    def observe_together(self, targets: Sequence[Target]) -> list[Observation]:
        """The second question is asked while the first is answered, on the same page; where the page lets nobody ask
        then, when it does. No clock decides what overlaps: the answers are held until the page has got so far."""
        first, second = (RunningExample(target, None, MOST_TEXT) for target in targets)
        found: list[Observation] = []

        def both(tab: Tab) -> Observation:
            self._ask(tab, first)
            if not self._is_shown(tab, first, 0):  # an answer that comes as a whole would be taken for the other's
                first.target.release(first.target.asked())
                while first.left and not self._is_over(tab, first):
                    tab.listen(LOOK)
            if second.target.new_chat:
                tab.click("new")
            before, asked = self._ask_beside(tab, first, second)
            self._is_shown(tab, second, len(asked))
            first.target.release(asked)
            self._until_read(tab, first, asked)
            first.target.release(None)
            seen = self._until_its_end(tab, second)
            texts, _ = tab.standing()
            first.restart()
            first.show(self._meant(first.target, texts[-2] if len(texts) > 1 else before))
            found.append(first.returned(first.shown_text))
            return seen

        last = self._guarded(second, both)
        return [*(found or [first.failed("it was not asked to its end")]), last]

    def _ask_beside(self, tab: Tab, first: RunningExample, second: RunningExample) -> tuple[str, Sequence[Any]]:
        """Asks the second question; returns what the page had shown by then, and what it had asked for."""
        self._until_it_lets(tab, first, second.target.message)
        before, asked = tab.seen.text, tuple(first.target.asked())
        self._ask(tab, second)
        if not self._has_asked_again(tab, second, asked):
            second.restart()  # what has come meanwhile was the first's
            self._ask(tab, second)
        return before, asked

    # One question

    def _guarded(self, example: RunningExample, ask: Callable[[Tab], Observation]) -> Observation:
        """What comes of it. Raises UsageError, and HarnessError where the browser fails."""
        tab = self._tab
        if tab is None:
            self.prepare()
            tab = self._tab
        assert tab is not None
        try:
            return ask(tab)
        except LostError as error:
            return self._noted(tab, example.failed(str(error)))
        except UnacceptableError as error:
            return example.failed(str(error))
        except BlockedError:
            self.close()
            return example.given_up()
        except ChromiumError as error:
            self.close()
            raise HarnessError(f"the browser failed: {error}") from error

    def _ask(self, tab: Tab, example: RunningExample) -> None:
        told = ""

        def show() -> None:
            nonlocal told
            now = self._meant(example.target, tab.seen.text)
            if not now.startswith(told):
                told = ""
                example.restart()
            example.show(now[len(told) :])
            told = now

        tab.on_change = lambda: None
        tab.begin()
        tab.on_change = show
        tab.type(example.target.message)
        tab.send()

    def _is_shown(self, tab: Tab, example: RunningExample, before: int) -> bool:
        """Waits until what is sent of its answer before a pause stands there. False: the page keeps that to itself.

        ``before``: requests that were others'.
        """
        sent, looks = monotonic(), 0
        while example.left and not self._is_over(tab, example):
            asked = example.target.asked()[before:]
            if not asked or any(each.exchange.ending == "open" and each.exchange.held is None for each in asked):
                sent, looks = monotonic(), 0
            elif tab.awaits and monotonic() - sent < UNDER_WAY:
                looks = 0
            elif self._is_settled(tab) and (tab.seen.text or looks >= LOOKS):
                return bool(tab.seen.text)
            looks += 1
            tab.listen(LOOK)
        return True

    def _until_it_lets(self, tab: Tab, first: RunningExample, message: str) -> None:
        """Waits until another question can be asked: meanwhile, or once the first is answered. It is typed before: a
        button may be there only then."""
        looks = 0
        while not tab.can_send() and first.left:
            if (looks := looks + 1) == LOOKS:
                first.target.release(first.target.asked())
            if self._is_over(tab, first) and monotonic() - tab.seen.changed >= PATIENCE:
                return
            if tab.takes_text():
                tab.type(message)
            self._look(tab)

    def _has_asked_again(self, tab: Tab, second: RunningExample, asked: Sequence[Any]) -> bool:
        """False: it has let nobody send while it answered the first, and has not said so; now it is done with that."""
        target, looks = second.target, 0
        while len(target.asked()) <= len(asked) and second.left:
            self._look(tab)
            looks = 0 if tab.pending else looks + 1
            if looks == LOOKS:
                target.release(asked)
            if self._is_over(tab, second) and monotonic() - tab.seen.changed >= PATIENCE:
                return False
        return True

    def _look(self, tab: Tab) -> None:
        tab.settled()
        tab.listen(LOOK)

    def _until_read(self, tab: Tab, example: RunningExample, asked: Sequence[Any]) -> None:
        """Until what was asked for before the question is answered, and the page has shown that."""
        before = None
        while example.left:
            self._look(tab)
            now = tab.standing()
            is_open = any(each.exchange.ending == "open" for each in asked)
            if not is_open and not tab.reads_on and now == before:
                return
            before = now

    def _one(self, tab: Tab, example: RunningExample) -> Observation:
        self._ask(tab, example)
        return self._until_its_end(tab, example)

    def _until_its_end(self, tab: Tab, example: RunningExample) -> Observation:
        begun, stop_in = monotonic(), example.target.cancel_in
        while True:
            tab.listen(LOOK)
            if example.satisfied or (stop_in is not None and monotonic() >= begun + stop_in):
                return self._stopped(tab, example)
            if not example.left:
                return self._noted(tab, example.given_up())
            if self._is_over(tab, example) and self._is_settled(tab):
                break
        said = tab.seen.error or (f"the page opened a dialog: {tab.dialogs[0]}" if tab.dialogs else "")
        if said:
            return self._noted(tab, example.failed(said))
        self._expect_an_answer(tab, example)
        return self._noted(tab, example.returned(self._meant(example.target, tab.seen.text)))

    def _is_over(self, tab: Tab, example: RunningExample) -> bool:
        """Whether the answer is all there, for all that one can see: the stream has ended, the page is not busy, and
        nothing has changed for a while."""
        seen, asked = tab.seen, example.target.asked()
        quiet = monotonic() - seen.changed
        open_ = [each for each in asked if each.exchange.ending == "open"]
        if not asked:
            self._refuse_another_server(tab, example, quiet)
        if seen.error or tab.dialogs:
            return quiet >= (QUIET if asked and not open_ else PATIENCE)
        if not asked:
            return False
        if seen.busy:
            return False
        if not open_:
            return self._has_come(tab) and (seen.busy_seen or monotonic() - max(seen.changed, seen.come) >= QUIET)
        seen.ended = seen.come = 0.0
        return seen.busy_seen and quiet >= PATIENCE and all(each.plan.ending.kind == "hang" for each in open_)

    def _has_come(self, tab: Tab) -> bool:
        """Whether the browser has handed over the end of a stream that has ended."""
        seen, now = tab.seen, monotonic()
        seen.ended = seen.ended or now
        if tab.pending and now - seen.ended < PENDING:
            return False
        seen.come = seen.come or now
        return True

    def _is_settled(self, tab: Tab) -> bool:
        seen = tab.seen
        return tab.settled()["quiet"] >= QUIET_MS[seen.busy_seen and not seen.busy]

    def _stopped(self, tab: Tab, example: RunningExample) -> Observation:
        tab.click("stop")
        until = monotonic() + STOPPED
        while monotonic() < until and any(each.exchange.ending == "open" for each in example.target.asked()):
            tab.listen(LOOK)
        tab.settled()
        then, until = tab.seen.text, monotonic() + STOPPED
        while monotonic() < until:
            tab.listen(LOOK)
        tab.settled()
        observation = self._noted(tab, example.cancelled())
        if tab.seen.text != then:
            grown = tab.seen.text.removeprefix(then)
            observation = replace(observation, page=(*observation.page, ("after the stop", grown)))
        return observation

    def _meant(self, target: Target, text: str) -> str:
        """What the text that is shown stands for: of markdown, the source."""
        if self._words["as"] != "markdown" or not (asked := target.asked()):
            return text
        mine = [each for each in asked if each.exchange.message == target.message]
        sent = (mine or asked)[-1].plan.text
        source = source_of(sent, text)
        return text if source is None else source

    # What is wrong

    def _refuse_another_server(self, tab: Tab, example: RunningExample, quiet: float) -> None:
        """Raises UsageError where the page has asked, and not here."""
        fake = urlsplit(example.target.url)
        for asked in list(tab.requests.values()):
            if asked.method != "POST" or quiet < PATIENCE or (asked.pending and asked.status is None):
                continue
            there = urlsplit(asked.url)
            if there.port == fake.port and there.scheme == fake.scheme:
                continue
            got = f"was answered with {asked.status}" if asked.status else "got no answer"
            own = asked.origin == f"{urlsplit(self._url).scheme}://{urlsplit(self._url).netloc}"
            if there.port == fake.port:
                todo = f"run it {'with' if there.scheme == 'https' else 'without'} --tls"
            elif own:
                todo = f"have its proxy pass that on to {example.target.url}"
            else:
                todo = "name its port with --port, or point it here"
            raise UsageError(
                f"the page asked another server, POST {asked.url}, which {got}; the fake listens at "
                f"{example.target.url}: {todo}"
            )

    def _expect_an_answer(self, tab: Tab, example: RunningExample) -> None:
        """Raises UsageError where nothing has ever fitted ``--answer``."""
        self._has_answered = self._has_answered or tab.seen.found > 0
        if self._has_answered or not all(_is_good(each) for each in example.target.asked()):
            return
        texts, _ = tab.standing()
        selector = self._words["answer"]
        what = (
            f"{len(texts)} elements fit --answer {selector!r}, and none has come"
            if texts
            else f"nothing fits --answer {selector!r}{tab.barred('answer')}"
        )
        threw = f"; it threw {tab.thrown[0]}" if tab.thrown else ""
        raise UsageError(f"the page shows no answer to a good stream: {what}; the page shows {tab.excerpt()!r}{threw}")

    def _noted(self, tab: Tab, observation: Observation) -> Observation:
        """With what only a page has."""
        notes = [("threw", each) for each in tab.thrown[:1]] + [("opened a dialog", each) for each in tab.dialogs[:1]]
        try:
            if tab.seen.found > 1:
                notes.append(("answers", f"{tab.seen.found} elements that fit --answer have come for one question"))
            drawn = tab.settled()
            notes.append(("frames", f"{drawn['gap']:.0f} {drawn['took']:.0f}"))
            if tab.executed():
                notes.append(("executed", f"{CANARY} is a global name of the page now"))
            texts, errors = tab.standing()
            notes += [("stands", text) for text in texts] + [("error", error) for error in errors]
        except LostError:
            pass
        except BlockedError as error:
            notes.append(("blocked", str(error)))
        notes += [("fetched", each) for each in tab.fetched]
        return replace(observation, page=tuple(notes))

    def _script(self) -> str:
        if not self._setup:
            return ""
        try:
            return read_whole(Path(self._setup), MOST_SETTINGS).decode()
        except OSError as error:
            raise UsageError(f"cannot read --setup {self._setup}: {error.strerror or error}") from None


def _is_good(asked: object) -> bool:
    plan, exchange = asked.plan, asked.exchange  # type: ignore[attr-defined]
    return bool(plan.streams and plan.text.strip() and not plan.ended and exchange.ending == "complete")


def _address(url: str) -> str:
    if "://" not in url and is_file(Path(url)):
        return resolved(Path(url)).as_uri()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "file") or not (parts.netloc or parts.path):
        raise UsageError(f"--page {url}: write the address of the page, as in --page http://localhost:5173")
    return url


def _words(options: Mapping[str, str]) -> dict[str, str]:
    words = {name: options.get(name, "") for name in SELECTORS}
    if missing := [f"--{name} SELECTOR" for name in NEEDED if not words[name]]:
        raise UsageError(
            f"--page needs {', '.join(missing)}: where the message is typed, what sends it, where the answer stands"
        )
    words["as"] = options.get("as", FORMS[0])
    if words["as"] not in FORMS:
        raise UsageError(f"--as {words['as']}: it is {' or '.join(FORMS)}")
    return words


def _port(word: str) -> int:
    port = whole_number(word, 65535)
    if not port:
        raise UsageError(f"--port {word}: write the port at which the page expects its server, such as {PORT}")
    return port

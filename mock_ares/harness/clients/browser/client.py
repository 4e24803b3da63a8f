"""Clients that run in a page: a file with a function ``streamChat``, loaded into headless Chromium."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from pathlib import Path

from mock_ares.harness.clients.adapter import Adapter, Shown
from mock_ares.harness.clients.browser.chromium import Chromium, ChromiumError, Ran, find_chromium
from mock_ares.harness.clients.protocol import Halves
from mock_ares.harness.clients.running_example import MOST_TEXT, RunningExample
from mock_ares.harness.model import HarnessError, Observation, Target, UsageError
from mock_ares.paths import is_file, is_folder
from mock_ares.scenario.diagnostics import nearest

BLANK = Path(__file__).with_name("blank.js")
NO_FUNCTION = "ReferenceError: the client file has no streamChat"
INSTALL = "install chromium (Debian, Ubuntu: apt install chromium; Fedora: dnf install chromium) or Google Chrome"


class BrowserClient(Adapter):
    """A script or an ES module whose ``streamChat({url, path, token, message, show})`` gives the text or a promise.

    A browser cuts what it reads in its own way, so boundaries are best-effort. A caller that stops early leaves the
    page, as users do.
    """

    restarts = False
    is_browser = True

    def __init__(
        self,
        path: str | Path,
        name: str | None = None,
        capabilities: str | Iterable[str] = (),
        timeout: float | None = None,
        *,
        limit: int = MOST_TEXT,
    ) -> None:
        self._path = Path(path)
        super().__init__(name or self._path.name, capabilities, timeout, "best-effort")
        self._limit = limit
        self._chromium = Chromium()
        self._warm = False

    def start(self) -> None:
        if not is_file(self._path):
            around = self._path.parent
            names = [file.name for file in around.iterdir()] if is_folder(around) else []
            kind = "a directory" if is_folder(self._path) else "not there"
            raise UsageError(f"{self._path} is {kind}{nearest(self._path.name, names, tell_all=False)}")
        if find_chromium() is None:
            raise UsageError(f"a browser client needs a browser, and there is none on PATH: {INSTALL}")
        try:
            self._warm_up()
        except ChromiumError as error:
            raise UsageError(f"the browser {find_chromium()} does not work: {error}") from error

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        try:
            self._warm_up()
            return self._run(RunningExample(target, shown, self._limit))
        except ChromiumError as error:
            self._warm = False
            raise HarnessError(f"the browser failed: {error}") from error
        except FileNotFoundError as error:
            raise UsageError(f"{self._path} is gone: {error}") from error

    def another(self) -> BrowserClient:
        other = copy(self)
        other._chromium, other._warm = Chromium(), False
        return other

    def close(self) -> None:
        self._warm = False
        self._chromium.close()

    def _warm_up(self) -> None:
        """What starting the browser takes is no example's time."""
        if not self._warm:
            self._chromium.run(BLANK, {"url": "", "path": "", "token": "", "message": ""})
            self._warm = True

    def _run(self, example: RunningExample) -> Observation:
        target, listener = example.target, _Listener(example)
        call = {"url": target.url, "path": target.path, "token": target.token, "message": target.message}
        try:
            ran = self._chromium.run(self._path, call, timeout=example.left, limit=self._limit, on_show=listener)
        except _SatisfiedError:
            self.close()
            return example.cancelled()
        example.show(listener.halves.rest())
        return self._observed(example, ran)

    def _observed(self, example: RunningExample, ran: Ran) -> Observation:
        if ran.timed_out:
            return example.given_up()
        if ran.text is not None:
            return example.returned(ran.text)
        error = ran.error or ""
        if error.startswith(NO_FUNCTION):
            raise UsageError(f"{self._path}: {error.removeprefix('ReferenceError: ')}")
        return example.failed(error)


class _SatisfiedError(Exception):
    """The caller has seen what it wanted to see."""


class _Listener:
    def __init__(self, example: RunningExample) -> None:
        self.halves = Halves()
        self._example = example

    def __call__(self, piece: str) -> None:
        self._example.show(self.halves.join(piece))
        if self._example.satisfied:
            raise _SatisfiedError

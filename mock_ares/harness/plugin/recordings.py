"""``@pytest.mark.ares(recording=...)``: run once against a real server, and ever after against what it said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mock_ares.authoring.load import load_all
from mock_ares.harness.plugin.fixtures import LONGEST_TEXT, Ares, Requests, aligned, facts
from mock_ares.harness.plugin.scripted import ScriptedReply
from mock_ares.recorder.exchange.versions import newer
from mock_ares.recorder.folder import FolderError
from mock_ares.recorder.session import RecordingSession
from mock_ares.recorder.upstream import Upstream, UpstreamError
from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import Content, Reply, Scenario
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.record.journal import Exchange

NOT_RECORDED = Reply(
    status=500, content=Content(json={"error": "this request is in no recording; run once more with --ares-record URL"})
)

MOST_TOLD = 5
"""Recorded questions that the line of another one names."""


def opened(server: FakeServer, request: pytest.FixtureRequest, marker: pytest.Mark) -> Any:
    """The test's ``ares``: the fake with its recordings, or with --ares-record the real server."""
    given = marker.kwargs.get("recording")
    if marker.args or set(marker.kwargs) != {"recording"} or not isinstance(given, (str, Path)):
        _fail('write @pytest.mark.ares(recording="FOLDER"), a folder beside the test')
    folder = request.path.parent / given
    if (url := request.config.getoption("ares_record")) is not None:
        return RecordingAres(url, folder)
    mine = RecordedAres(server, request.node.name, request.path.parent)
    try:
        scenarios = load_all([folder]) if folder.is_dir() else []
    except ScenarioError as error:
        _fail(f"{error}{newer(error)}")
    if not scenarios:
        _fail(
            f"there is no recording in {folder}; make it: pytest --ares-record URL, with ARES_TOKEN or ARES_API_KEY set"
        )
    mine.play(folder, scenarios)
    return mine


def _fail(message: str) -> NoReturn:
    raise pytest.fail.Exception(f"ares: {message}", pytrace=False) from None  # the message says it all


def _credential(name: str) -> str:
    return os.environ.get(name) or _fail(f"{name} is not set; with --ares-record the real server is asked with it")


class RecordedAres(Ares):
    """The fake, with recordings for a script. What a test scripts beside them answers what was not recorded."""

    _recorded: tuple[str, ...] = ()

    def play(self, folder: Path, scenarios: list[Scenario]) -> None:
        """Scripts them, and an answer that says so to all else."""
        self._recorded = tuple(_asked(scenario) for scenario in scenarios)
        for scenario in scenarios:
            self._script(scenario, f"{folder.name}/{scenario.name}")
        self._add(ScriptedReply(NOT_RECORDED, True, "", self._release, stands_in=True))

    def _answered(self, exchange: Exchange) -> str:
        if exchange.given is None or exchange.given.content != NOT_RECORDED.content:
            return super()._answered(exchange)
        more = len(self._recorded) - MOST_TOLD
        behind = f" and {more} more" if more > 0 else ""
        return f"not in the recording; recorded: {', '.join(self._recorded[:MOST_TOLD])}{behind}"


def _asked(scenario: Scenario) -> str:
    """What a recording answers: a chat's message, or a path."""
    when = scenario.when
    if when is None:
        return scenario.name
    if isinstance(when.message, str):
        said = when.message
        return repr(said if len(said) <= LONGEST_TEXT else f"{said[: LONGEST_TEXT - 1]}…")
    return scenario.name if when.message is not None else when.endpoint or scenario.name


class RecordingAres:
    """A real server, by way of a recorder. What is recorded takes the place of the folder when the test has passed."""

    path, v1_path = Ares.path, Ares.v1_path

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        self._beside = folder.with_name(f".{folder.name}.recording~")
        shutil.rmtree(self._beside, ignore_errors=True)
        try:
            self._session = RecordingSession(Upstream.of(url), self._beside).__enter__()
        except (UpstreamError, FolderError) as error:
            _fail(str(error))
        try:
            self._session.reach()
        except UpstreamError as error:
            self._session.__exit__()
            shutil.rmtree(self._beside, ignore_errors=True)
            _fail(f"--ares-record: {error}")
        self.url = self._session.url

    @property
    def token(self) -> str:
        return _credential("ARES_TOKEN")

    @property
    def api_key(self) -> str:
        return _credential("ARES_API_KEY")

    def reply(self, *args: Any, **words: Any) -> NoReturn:
        _fail("with --ares-record the real server answers, and cannot be scripted")

    script = fresh = reply

    @property
    def requests(self) -> Requests:
        self._session.settle()
        return Requests(self._session.proxy.journal)

    def told(self) -> list[str]:
        return aligned([list(facts(each)) for each in self.requests])

    def finish(self, *, passed: bool) -> None:
        """Keeps what was recorded, all of it, where the test has passed."""
        self._session.__exit__()
        missing = [
            f"{each.exchange.method} {each.exchange.path}: {each.reason}"
            for each in self._session.outcomes
            if each.missing
        ]
        try:
            if passed and missing:
                _fail("\n".join(["nothing is kept, since something could not be recorded:", *missing]))
            if passed and any(each.file is not None for each in self._session.outcomes):
                old = self._folder.with_name(f".{self._folder.name}.old~")
                if self._folder.exists():
                    self._folder.rename(old)
                self._beside.rename(self._folder)
                shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(self._beside, ignore_errors=True)

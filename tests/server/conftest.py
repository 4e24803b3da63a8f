"""The server's stage, on every protocol class and event loop; and whole fakes, in either profile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from uvicorn.server import ServerState

from mock_ares.server.hosting import loop
from tests.server.fakes import ares, docs, profile, server
from tests.server.stage import COMBINATIONS, Stage

__all__ = ["ares", "docs", "profile", "server"]


def staged(combination: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    protocol, loop_factory = COMBINATIONS[combination]
    stage = Stage()

    def remember() -> ServerState:
        stage.states.append(ServerState())
        return stage.states[-1]

    def started() -> None:
        stage.loop = asyncio.get_running_loop()

    monkeypatch.setattr(loop, "ServerState", remember)
    monkeypatch.setattr(loop, "loop_factory", lambda: loop_factory)
    with loop.Server(stage.app, http=protocol(), on_start=started) as server:
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        stage.address = (host, int(port))
        yield stage
        stage.assert_quiet()


@pytest.fixture(params=COMBINATIONS)
def stage(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Stage]:
    """On every protocol class and loop. At the end all is quiet and nothing has been logged."""
    caplog.set_level(logging.WARNING)
    yield from staged(request.param, monkeypatch)
    assert [record.getMessage() for record in caplog.records] == []

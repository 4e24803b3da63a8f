"""The corrected clients over TLS: told of the authority by what their libraries read, and of nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.clients.rig import Runner
from tests.clients.test_library import play
from tests.clients.test_samples import TOOLS, each

HERE = [tool for tool in TOOLS if tool != "browser"]


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        with FakeServer(Settings(speed=math.inf, tls=True)) as server:
            yield server


@pytest.fixture
def trusting(fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fake.trust.items():
        monkeypatch.setenv(name, value)


@each(*HERE)
@pytest.mark.usefixtures("trusting")
def test_the_text_comes_through_exactly(tool: str, fake: FakeServer, runner: Runner) -> None:
    outcome, expected, boundaries = play(fake, runner, f"{tool}/fixed", "read-utf8")
    assert (expected, boundaries) == ("exact", "exact")
    assert not outcome.failed, outcome.said
    assert outcome.text


@each(*HERE)
@pytest.mark.parametrize("name", ["drop-rst", "drop-fin-inside-event"])
@pytest.mark.usefixtures("trusting")
def test_a_dropped_connection_is_a_failure(tool: str, name: str, fake: FakeServer, runner: Runner) -> None:
    outcome, expected, _ = play(fake, runner, f"{tool}/fixed", name)
    assert (expected, outcome.failed) == ("error", True)


@each(*HERE)
def test_who_is_not_told_asks_nothing(tool: str, fake: FakeServer, runner: Runner) -> None:
    before = len(fake.requests())
    outcome = runner(f"{tool}/fixed", fake.url, fake.credentials().token)
    assert (outcome.text, outcome.failed) == ("", True)
    assert len(fake.requests()) == before
